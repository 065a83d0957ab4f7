/// The mean of each window of each channel: `[channels, length]` to `[channels, outputLength]`.
public struct AveragePool1D: Layer {
  public var kernelSize: Int
  /// Values from a window to the next; the kernel size by default, so that windows do not overlap.
  public var stride: Int
  /// At most half of the kernel's size.
  public var padding: Int
  /// Whether a window may hang over the end, as long as it starts inside of the line or the padding before it.
  public var ceilMode: Bool
  /// Whether the zeros of the padding count in a mean.
  public var countIncludePad: Bool

  public init(
    _ kernelSize: Int, stride: Int? = nil, padding: Int = 0, ceilMode: Bool = false, countIncludePad: Bool = true
  ) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.ceilMode = ceilMode
    self.countIncludePad = countIncludePad
  }

  public var name: String { "AveragePool1D" }

  private var form: LineForm {
    LineForm(
      name: name,
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
