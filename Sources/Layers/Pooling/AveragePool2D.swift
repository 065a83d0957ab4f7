import Kernels

/// The mean of each window of each channel: `[channels, height, width]` to `[channels, outputHeight, outputWidth]`.
public struct AveragePool2D: Layer {
  public var kernelSize: Size2D
  /// Rows and columns from a window to the next; the kernel size by default, so that windows do not overlap.
  public var stride: Size2D
  /// At most half of the kernel's size.
  public var padding: Size2D
  /// Whether a window may hang over the lower and right edge, as long as it starts inside of the image or the padding
  /// before it.
  public var ceilMode: Bool
  /// Whether the zeros of the padding count in a mean.
  public var countIncludePad: Bool

  public init(
    _ kernelSize: any Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: any Size2DConvertible = 0, ceilMode: Bool = false, countIncludePad: Bool = true
  ) {
    self.kernelSize = kernelSize.size2D
    self.stride = stride?.size2D ?? kernelSize.size2D
    self.padding = padding.size2D
    self.ceilMode = ceilMode
    self.countIncludePad = countIncludePad
  }

  public var name: String { "AveragePool2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    do {
      try AveragePool2DForward.validate(shape)
    } catch {
      throw .kernel(layer: name, error)
    }
    return try addressable([inputShape[0], shape.outputHeight, shape.outputWidth], "output", layer: name)
  }

  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Pool2DShape {
    try Window(
      layer: name, kernelSize: kernelSize, stride: stride, padding: padding, dilation: Size2D(1), ceilMode: ceilMode
    )
    .check(inputShape, largestPadding: Size2D(kernelSize.height / 2, kernelSize.width / 2))
    return Pool2DShape(
      batch: batchSize, channels: inputShape[0], inputHeight: inputShape[1], inputWidth: inputShape[2],
      kernelHeight: kernelSize.height, kernelWidth: kernelSize.width, strideHeight: stride.height,
      strideWidth: stride.width, paddingHeight: padding.height, paddingWidth: padding.width, ceilMode: ceilMode,
      countIncludePad: countIncludePad)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try shape(for: problem.inputShape, batchSize: problem.batchSize)
    return try PlannedAveragePool<AveragePool2DForward, AveragePool2DBackward>(shape, problem, name)
  }
}
