import Kernels

/// The mean of each window of each channel: `[channels, height, width]` to `[channels, outputHeight, outputWidth]`.
public struct AveragePool2D: Layer {
  /// The window's size, in pixels.
  public var kernelSize: Size2D
  /// The distance between neighbouring windows, in pixels; by default the kernel size, so that windows do not overlap.
  public var stride: Size2D
  /// The padding on each side, in pixels; at most half of the kernel size.
  public var padding: Size2D
  /// Whether a window may extend beyond the lower and right edge, if it starts within the image or its upper left
  /// padding.
  public var ceilMode: Bool
  /// Whether the padding's zeros count in the mean.
  public var countIncludePad: Bool

  /// A pooling whose stride is, by default, the kernel size.
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

  public var kind: String { "AveragePool2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    do {
      try AveragePool2DForward.validate(shape)
    } catch {
      throw .kernel(layer: kind, error)
    }
    return try addressable([inputShape[0], shape.outputHeight, shape.outputWidth], "output", layer: kind)
  }

  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Pool2DShape {
    try Window(
      layer: kind, kernelSize: kernelSize, stride: stride, padding: padding, dilation: Size2D(1), ceilMode: ceilMode
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
    return try PlannedAveragePool<AveragePool2DForward, AveragePool2DBackward>(shape, problem, kind)
  }
}
