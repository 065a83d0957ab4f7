/// The arguments of the kernels of average, adaptive average and global average pooling.
struct AveragePoolArguments {
  var geometry: PoolGeometry
  /// Forward the input, `[planes, inputHeight, inputWidth]`; backward the output gradient, of the output's shape.
  var source: UnsafePointer<Float>
  /// Forward the output, `[planes, outputHeight, outputWidth]`; backward the input gradient, of the input's shape.
  var destination: UnsafeMutablePointer<Float>
  /// Scratch memory, of the size in the kernel's row of the table.
  var scratch: UnsafeMutablePointer<Float>
}
