/// A function that a project wants to stay fast: the 64-bit FNV-1a hash of some bytes.
public func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}

/// Another: the mean of some numbers.
public func mean(_ values: UnsafeBufferPointer<Float>) -> Float {
  // Eight sums, so that the additions do not wait for each other.
  var sums = SIMD8<Float>()
  let whole = values.count / 8 * 8
  for index in stride(from: 0, to: whole, by: 8) {
    sums += UnsafeRawPointer(values.baseAddress! + index).loadUnaligned(as: SIMD8<Float>.self)
  }
  return (values[whole...].reduce(0, +) + sums.sum()) / Float(values.count)
}
