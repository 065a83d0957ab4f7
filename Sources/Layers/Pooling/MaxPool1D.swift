/// The largest value of each window of each channel: `[channels, length]` to `[channels, outputLength]`.
///
/// Of equal maxima, the first gets the gradient; NaN counts as larger than every number. Padding is never the maximum.
public struct MaxPool1D: Layer {
  /// The window's size, in values.
  public var kernelSize: Int
  /// The distance between neighbouring windows, in values; by default the kernel size, so that windows do not overlap.
  public var stride: Int
  /// The padding on each side, in values; at most half of the kernel size.
  public var padding: Int
  /// The distance between neighbouring positions of a window, in values.
  public var dilation: Int
  /// Whether a window may extend beyond the end, if it starts within the line or the padding before it.
  public var ceilMode: Bool

  /// A pooling whose stride is, by default, the kernel size.
  public init(_ kernelSize: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceilMode: Bool = false) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }

  public var kind: String { "MaxPool1D" }

  private var form: LineForm {
    LineForm(
      kind: kind,
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
