/// The largest value of each window of each channel: `[channels, length]` to `[channels, outputLength]`.
///
/// Of equal values the first wins and gets the gradient; NaN is larger than everything. Padding never wins.
public struct MaxPool1D: Layer {
  public var kernelSize: Int
  /// Values from a window to the next; the kernel size by default, so that windows do not overlap.
  public var stride: Int
  /// At most half of the kernel's size.
  public var padding: Int
  public var dilation: Int
  /// Whether a window may hang over the end, as long as it starts inside of the line or the padding before it.
  public var ceilMode: Bool

  public init(_ kernelSize: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceilMode: Bool = false) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }

  public var name: String { "MaxPool1D" }

  private var form: LineForm {
    LineForm(
      name: name,
      layer: MaxPool2D(
        Size2D(1, kernelSize), stride: Size2D(1, stride), padding: Size2D(0, padding), dilation: Size2D(1, dilation),
        ceilMode: ceilMode),
      window: LineWindow(
        kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode,
        largestPadding: kernelSize / 2))
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}
