/// The columns of a 4 × 4 square whose rows lie `stride` elements apart.
@inline(__always)
func transposed4x4(
  _ source: UnsafePointer<Float>, _ stride: Int
) -> (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>) {
  let a = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
  let b = UnsafeRawPointer(source + stride).loadUnaligned(as: SIMD4<Float>.self)
  let c = UnsafeRawPointer(source + 2 &* stride).loadUnaligned(as: SIMD4<Float>.self)
  let d = UnsafeRawPointer(source + 3 &* stride).loadUnaligned(as: SIMD4<Float>.self)
  let acLow = interleave(a.lowHalf, c.lowHalf)
  let acHigh = interleave(a.highHalf, c.highHalf)
  let bdLow = interleave(b.lowHalf, d.lowHalf)
  let bdHigh = interleave(b.highHalf, d.highHalf)
  return (
    interleave(acLow.lowHalf, bdLow.lowHalf), interleave(acLow.highHalf, bdLow.highHalf),
    interleave(acHigh.lowHalf, bdHigh.lowHalf), interleave(acHigh.highHalf, bdHigh.highHalf)
  )
}

@inline(__always)
private func interleave(_ even: SIMD2<Float>, _ odd: SIMD2<Float>) -> SIMD4<Float> {
  SIMD4(even.x, odd.x, even.y, odd.y)
}
