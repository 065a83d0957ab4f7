struct MaxPoolForwardArguments {
  var geometry: PoolGeometry
  var input: UnsafePointer<Float>
  var output: UnsafeMutablePointer<Float>
  /// Of the winners in their windows, ky * kernelWidth + kx.
  var positions: UnsafeMutablePointer<Int32>?
  /// Of all kernels but 2x2.
  var scratch: UnsafeMutablePointer<Float>
}

struct MaxPoolBackwardArguments {
  var geometry: PoolGeometry
  var outputGradient: UnsafePointer<Float>
  var positions: UnsafePointer<Int32>
  var inputGradient: UnsafeMutablePointer<Float>
}

struct MaxPoolGatherArguments {
  var pass: MaxPoolBackwardArguments
  var scratch: UnsafeMutablePointer<Float>
}
