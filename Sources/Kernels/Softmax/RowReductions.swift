extension Lanes {
  /// The largest of all lanes; any of them where some are NaN.
  @inline(always) static func maximum(_ vector: Vector) -> Float {
    if Vector.self == SIMD16<Float>.self {
      let (low, high) = unsafeBitCast(vector, to: (SIMD8<Float>, SIMD8<Float>).self)
      return maximum8(low.replacing(with: high, where: high .> low))
    } else if Vector.self == SIMD8<Float>.self {
      return maximum8(unsafeBitCast(vector, to: SIMD8<Float>.self))
    } else {
      return maximum4(unsafeBitCast(vector, to: SIMD4<Float>.self))
    }
  }

  @inline(always) private static func maximum8(_ vector: SIMD8<Float>) -> Float {
    let (low, high) = unsafeBitCast(vector, to: (SIMD4<Float>, SIMD4<Float>).self)
    return maximum4(low.replacing(with: high, where: high .> low))
  }

  @inline(always) private static func maximum4(_ vector: SIMD4<Float>) -> Float {
    let first = vector[2] > vector[0] ? vector[2] : vector[0]
    let second = vector[3] > vector[1] ? vector[3] : vector[1]
    return second > first ? second : first
  }

  /// The sum of all lanes by the tree of ``sum(_:)``, always inlined.
  @inline(always) static func total(_ vector: Vector) -> Float {
    if Vector.self == SIMD32<Float>.self {
      let (low, high) = unsafeBitCast(vector, to: (SIMD16<Float>, SIMD16<Float>).self)
      return total16(low + high)
    } else if Vector.self == SIMD16<Float>.self {
      return total16(unsafeBitCast(vector, to: SIMD16<Float>.self))
    } else if Vector.self == SIMD8<Float>.self {
      return total8(unsafeBitCast(vector, to: SIMD8<Float>.self))
    } else {
      return total4(unsafeBitCast(vector, to: SIMD4<Float>.self))
    }
  }

  @inline(always) private static func total16(_ vector: SIMD16<Float>) -> Float {
    let (low, high) = unsafeBitCast(vector, to: (SIMD8<Float>, SIMD8<Float>).self)
    return total8(low + high)
  }

  @inline(always) private static func total8(_ vector: SIMD8<Float>) -> Float {
    let (low, high) = unsafeBitCast(vector, to: (SIMD4<Float>, SIMD4<Float>).self)
    return total4(low + high)
  }

  @inline(always) private static func total4(_ vector: SIMD4<Float>) -> Float {
    (vector[0] + vector[2]) + (vector[1] + vector[3])
  }

  /// The first lane that holds `value`, which is in at least one lane. Each such lane adds a power of two; the sum is exact.
  @inline(always) static func firstLane(of value: Float, in vector: Vector) -> Int {
    var powers = splat(0)
    for lane in 0..<count { powers[lane] = Float(1 << lane) }
    let found = splat(0).replacing(with: powers, where: vector .== splat(value))
    return Int(total(found)).trailingZeroBitCount
  }
}

/// The index of the largest value of a row, the first of equals, or of the first NaN if there is one, as in PyTorch.
@inline(always)
func argmax(_ row: UnsafePointer<Float>, columns: Int) -> Int {
  var maxIndex = 0
  var i = 1
  while i < columns {
    let isBetter = row[i] > row[maxIndex] || (row[i] != row[i] && row[maxIndex] == row[maxIndex])
    if isBetter { maxIndex = i }
    i &+= 1
  }
  return maxIndex
}
