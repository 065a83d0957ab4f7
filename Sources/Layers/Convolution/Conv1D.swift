import Kernels

/// One-dimensional convolution with learned kernels: `[channels, length]` to `[outputChannels, outputLength]`.
///
/// It runs as a ``Conv2D`` on images of one row. Parameters: `weight` `[outputChannels, inputChannels / groups,
/// kernelSize]` and `bias` `[outputChannels]`, as in PyTorch.
public struct Conv1D: Layer {
  /// The number of output channels.
  public var outputChannels: Int
  /// The kernel's length, in values.
  public var kernelSize: Int
  /// The distance between neighbouring windows, in values.
  public var stride: Int
  /// The values added on each side; ignored where ``keepsSize``.
  public var padding: Int
  /// How the values beyond the ends are made.
  public var paddingMode: PaddingMode
  /// Whether the line is padded so that the output is as long as the input: PyTorch's `padding="same"`. The stride is
  /// 1; where an even kernel needs an odd number of values, the extra one is at the end.
  public var keepsSize: Bool
  /// The distance between neighbouring kernel positions, in values; 1 for a dense kernel.
  public var dilation: Int
  /// The channels are split into this many groups, each convolved separately.
  public var groups: Int
  /// Whether a learned bias is added to each output channel.
  public var bias: Bool
  /// How the weight is initialised; nil for PyTorch's default, ``Initialization/uniform(fanIn:)``. The bias always has
  /// the default.
  public var initialization: Initialization?

  /// A convolution; sizes are in values.
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

  public var kind: String { "Conv1D" }
  public func canApply(_ activation: FusedActivation) -> Bool { form.layer.canApply(activation) }

  private var form: LineForm {
    var layer = Conv2D(
      outputChannels, kernelSize: Size2D(1, kernelSize), stride: Size2D(1, stride), padding: Size2D(0, padding),
      dilation: Size2D(1, dilation), groups: groups, bias: bias, paddingMode: paddingMode,
      initialization: initialization)
    layer.keepsSize = keepsSize
    return LineForm(
      kind: kind, layer: layer,
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
