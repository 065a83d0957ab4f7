/// The mean of each window of each channel: `[channels, length]` to `[channels, outputLength]`.
public struct AveragePool1D: Layer {
  /// The window's size, in values.
  public var kernelSize: Int
  /// The distance between neighbouring windows, in values; by default the kernel size, so that windows do not overlap.
  public var stride: Int
  /// The padding on each side, in values; at most half of the kernel size.
  public var padding: Int
  /// Whether a window may extend beyond the end, if it starts within the line or the padding before it.
  public var ceilMode: Bool
  /// Whether the padding's zeros count in the mean.
  public var countIncludePad: Bool

  /// A pooling whose stride is, by default, the kernel size.
  public init(
    _ kernelSize: Int, stride: Int? = nil, padding: Int = 0, ceilMode: Bool = false, countIncludePad: Bool = true
  ) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.ceilMode = ceilMode
    self.countIncludePad = countIncludePad
  }

  public var kind: String { "AveragePool1D" }

  private var form: LineForm {
    LineForm(
      kind: kind,
      layer: AveragePool2D(
        Size2D(1, kernelSize), stride: Size2D(1, stride), padding: Size2D(0, padding), ceilMode: ceilMode,
        countIncludePad: countIncludePad),
      window: LineWindow(
        kernelSize: kernelSize, stride: stride, padding: padding, dilation: 1, ceilMode: ceilMode,
        largestPadding: kernelSize / 2))
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}
