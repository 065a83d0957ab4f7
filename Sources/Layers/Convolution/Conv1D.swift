import Kernels

/// Convolution of a line's channels with learned kernels: `[channels, length]` to `[outputChannels, outputLength]`.
///
/// It is a ``Conv2D`` of images of one row. Parameters: `weight` `[outputChannels, inputChannels / groups, kernelSize]` and
/// `bias` `[outputChannels]`, as in PyTorch.
public struct Conv1D: Layer {
  public var outputChannels: Int
  public var kernelSize: Int
  public var stride: Int
  /// Values on each side; not used where ``keepsSize``.
  public var padding: Int
  /// What is taken to lie around the line.
  public var paddingMode: PaddingMode
  /// Whether the line is padded so that the output is as long as the input: PyTorch's `padding="same"`. The stride is 1;
  /// where an even kernel needs an odd number of values, the end gets one more.
  public var keepsSize: Bool
  public var dilation: Int
  /// The channels are split into this many groups, each convolved on its own.
  public var groups: Int
  /// Whether there is a bias.
  public var bias: Bool
  /// How the weight's first values are drawn; nil for PyTorch's default, ``Initialization/uniform(fanIn:)``, which the
  /// bias always has.
  public var initialization: Initialization?

  public init(
    _ outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, paddingMode: PaddingMode = .zeros, initialization: Initialization? = nil
  ) {
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.paddingMode = paddingMode
    keepsSize = false
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
    self.initialization = initialization
  }

  /// A convolution whose output is as long as its input: `Conv1D(16, kernelSize: 4, padding: .same)`.
  public init(
    _ outputChannels: Int, kernelSize: Int, padding: Conv2D.SamePadding, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, paddingMode: PaddingMode = .zeros, initialization: Initialization? = nil
  ) {
    self.init(
      outputChannels, kernelSize: kernelSize, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode,
      initialization: initialization)
    keepsSize = true
  }

  public var name: String { "Conv1D" }
  public func canApply(_ activation: FusedActivation) -> Bool { form.layer.canApply(activation) }

  private var form: LineForm {
    var layer = Conv2D(
      outputChannels, kernelSize: Size2D(1, kernelSize), stride: Size2D(1, stride), padding: Size2D(0, padding),
      dilation: Size2D(1, dilation), groups: groups, bias: bias, paddingMode: paddingMode,
      initialization: initialization)
    layer.keepsSize = keepsSize
    return LineForm(
      name: name, layer: layer,
      window: LineWindow(
        kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation, keepsSize: keepsSize))
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try form.parameters(for: inputShape)
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try form.multiplyAddsPerImage(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}
