import Kernels

/// The largest value of each window of each channel: `[channels, height, width]` to `[channels, outputHeight,
/// outputWidth]`.
///
/// Of equal maxima, the first in row-major order gets the gradient; NaN counts as larger than every number. Padding is
/// never the maximum.
public struct MaxPool2D: Layer {
  /// The window's size, in pixels.
  public var kernelSize: Size2D
  /// The distance between neighbouring windows, in pixels; by default the kernel size, so that windows do not overlap.
  public var stride: Size2D
  /// The padding on each side, in pixels; at most half of the kernel size.
  public var padding: Size2D
  /// The distance between neighbouring positions of a window, in pixels.
  public var dilation: Size2D
  /// Whether a window may extend beyond the lower and right edge, if it starts within the image or its upper left
  /// padding.
  public var ceilMode: Bool

  /// A pooling whose stride is, by default, the kernel size.
  public init(
    _ kernelSize: any Size2DConvertible, stride: (any Size2DConvertible)? = nil,
    padding: any Size2DConvertible = 0, dilation: any Size2DConvertible = 1, ceilMode: Bool = false
  ) {
    self.kernelSize = kernelSize.size2D
    self.stride = stride?.size2D ?? kernelSize.size2D
    self.padding = padding.size2D
    self.dilation = dilation.size2D
    self.ceilMode = ceilMode
  }

  public var kind: String { "MaxPool2D" }

  /// Whether it halves planes of even sizes, by windows that do not overlap.
  var halves: Bool {
    kernelSize == Size2D(2) && stride == Size2D(2) && padding == Size2D(0) && dilation == Size2D(1)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    do {
      try MaxPool2DForward.validate(shape)
    } catch {
      throw .kernel(layer: kind, error)
    }
    return try addressable([inputShape[0], shape.outputHeight, shape.outputWidth], "output", layer: kind)
  }

  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Pool2DShape {
    try Window(
      layer: kind, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode
    )
    .check(inputShape, largestPadding: Size2D(kernelSize.height / 2, kernelSize.width / 2))
    return Pool2DShape(
      batch: batchSize, channels: inputShape[0], inputHeight: inputShape[1], inputWidth: inputShape[2],
      kernelHeight: kernelSize.height, kernelWidth: kernelSize.width, strideHeight: stride.height,
      strideWidth: stride.width, paddingHeight: padding.height, paddingWidth: padding.width,
      dilationHeight: dilation.height, dilationWidth: dilation.width, ceilMode: ceilMode)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedMaxPool2D(shape(for: problem.inputShape, batchSize: problem.batchSize), problem, kind)
  }
}

/// Saves the index of each maximum in its window.
private final class PlannedMaxPool2D: PlannedLayer, RunsImagesApart {
  let savedByteCount: Int
  let savedBytesPerImage: Int
  let workspaceByteCount: Int
  private let savesIndices: Bool
  private let forward: Plan<MaxPool2DForward>
  private let backward: Plan<MaxPool2DBackward>?

  init(_ shape: Pool2DShape, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    forward = try problem.kernel(MaxPool2DForward.self, shape, for: kind)
    backward = try problem.backwardKernel(MaxPool2DBackward.self, shape, for: kind, if: problem.needsInputGradient)
    savesIndices = backward != nil
    let outputCount = shape.channels * shape.outputHeight * shape.outputWidth
    savedBytesPerImage = savesIndices ? outputCount * MemoryLayout<Int32>.stride : 0
    savedByteCount = shape.batch * savedBytesPerImage
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }
  var readsInput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      MaxPool2DForward.Operands(
        input: memory.input, output: memory.output,
        maxIndices: savesIndices ? memory.saved.assumingMemoryBound(to: Int32.self) : nil),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      MaxPool2DBackward.Operands(
        outputGradient: memory.outputGradient, maxIndices: memory.saved.assumingMemoryBound(to: Int32.self),
        inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
