/// The arguments of the forward kernels of max pooling.
struct MaxPoolForwardArguments {
  var geometry: PoolGeometry
  /// `[planes, inputHeight, inputWidth]`
  var input: UnsafePointer<Float>
  /// `[planes, outputHeight, outputWidth]`
  var output: UnsafeMutablePointer<Float>
  /// `[planes, outputHeight, outputWidth]`: the index of each maximum in its window, ky · kernelWidth + kx; nil if not
  /// wanted.
  var maxIndices: UnsafeMutablePointer<Int32>?
  /// Scratch memory, of the size in the kernel's row of the table; `2x2` uses none.
  var scratch: UnsafeMutablePointer<Float>
}

/// The arguments of the backward kernels of max pooling.
struct MaxPoolBackwardArguments {
  var geometry: PoolGeometry
  /// `[planes, outputHeight, outputWidth]`
  var outputGradient: UnsafePointer<Float>
  /// `[planes, outputHeight, outputWidth]`: the indices that the forward pass wrote.
  var maxIndices: UnsafePointer<Int32>
  /// `[planes, inputHeight, inputWidth]`; overwritten.
  var inputGradient: UnsafeMutablePointer<Float>
}

/// The arguments of the backward kernel for 3×3 windows, which gathers from padded copies.
struct MaxPoolGatherArguments {
  var pass: MaxPoolBackwardArguments
  /// Scratch memory of ``PoolGeometry/gradientByteCount3x3(components:)`` bytes.
  var scratch: UnsafeMutablePointer<Float>
}
