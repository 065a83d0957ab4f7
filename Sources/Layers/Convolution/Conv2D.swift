import Kernels

/// Two-dimensional convolution with learned kernels: `[channels, height, width]` to `[outputChannels, outputHeight,
/// outputWidth]`.
///
///     Conv2D(6, kernelSize: 5)      // PyTorch's nn.Conv2d(3, 6, 5), where 3 channels come in
///
/// The first argument is the number of output channels; the number of input channels follows from the layer before.
///
/// Output channel o at y, x is bias(o) plus the sum over the input channels of o's group and the kernel's positions of
/// weight(o, i, ky, kx) · input(i, y·stride + ky·dilation − padding, x·stride + kx·dilation − padding), where the input
/// outside the image is 0, or what ``paddingMode`` says. Parameters: `weight` `[outputChannels, inputChannels / groups,
/// height, width]` and `bias` `[outputChannels]`, as in PyTorch.
public struct Conv2D: Layer {
  /// The number of output channels.
  public var outputChannels: Int
  /// The kernel's height and width, in pixels.
  public var kernelSize: Size2D
  /// The distance between neighbouring windows, in pixels.
  public var stride: Size2D
  /// The rows and columns added on each side; ignored where ``keepsSize``.
  public var padding: Size2D
  /// How the pixels around the image are made.
  public var paddingMode: PaddingMode
  /// Whether the image is padded so that the output is as large as the input: PyTorch's `padding="same"`. The stride is
  /// 1; where an even kernel needs an odd number of rows or columns, the extra one is at the bottom or right.
  public var keepsSize: Bool
  /// The distance between neighbouring kernel positions, in pixels; 1 for a dense kernel.
  public var dilation: Size2D
  /// The channels are split into this many groups, each convolved separately; as many groups as input channels make a
  /// depthwise convolution.
  public var groups: Int
  /// Whether a learned bias is added to each output channel.
  public var bias: Bool
  /// The arithmetic that kernels may use; nil for the model's, ``Model/precision``.
  public var precision: Precision?
  /// How the weight is initialised; nil for PyTorch's default, ``Initialization/uniform(fanIn:)``. The bias always has
  /// the default.
  public var initialization: Initialization?

  /// A convolution; each size is a number for both axes or a ``Size2D``, in pixels.
  public init(
    _ outputChannels: Int, kernelSize: any Size2DConvertible, stride: any Size2DConvertible = 1,
    padding: any Size2DConvertible = 0, dilation: any Size2DConvertible = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, initialization: Initialization? = nil
  ) {
    self.initialization = initialization
    self.paddingMode = paddingMode
    keepsSize = false
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize.size2D
    self.stride = stride.size2D
    self.padding = padding.size2D
    self.dilation = dilation.size2D
    self.groups = groups
    self.bias = bias
  }

  /// The type of `padding: .same`.
  public enum SamePadding: Sendable { case same }

  /// A convolution whose output is as large as its input: `Conv2D(16, kernelSize: 4, padding: .same)`.
  public init(
    _ outputChannels: Int, kernelSize: any Size2DConvertible, padding: SamePadding,
    dilation: any Size2DConvertible = 1, groups: Int = 1, bias: Bool = true, paddingMode: PaddingMode = .zeros,
    initialization: Initialization? = nil
  ) {
    self.init(
      outputChannels, kernelSize: kernelSize, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode,
      initialization: initialization)
    keepsSize = true
  }

  public var kind: String { "Conv2D" }
  public func canApply(_ activation: FusedActivation) -> Bool { true }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    return try addressable([outputChannels, shape.outputHeight, shape.outputWidth], "output", layer: kind)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let shape = try shape(for: inputShape, batchSize: 1)
    let inputs = shape.inputChannels / groups
    let uniform = Initialization.uniform(fanIn: inputs * kernelSize.height * kernelSize.width)
    let weight = ParameterDescription(
      name: "weight", shape: [outputChannels, inputs, kernelSize.height, kernelSize.width],
      initialization: initialization ?? uniform)
    try weight.initialization.check(weight.shape, layer: kind)
    guard bias else { return [weight] }
    return [weight, ParameterDescription(name: "bias", shape: [outputChannels], initialization: uniform)]
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    let shape = try shape(for: inputShape, batchSize: 1)
    let sum = shape.inputChannels / groups * kernelSize.height * kernelSize.width
    return outputChannels * shape.outputHeight * shape.outputWidth * sum
  }

  /// The padding that the kernels can do: zeros, as many on opposite sides.
  private var kernelPadding: Size2D {
    guard keepsSize else { return padding }
    let (height, width) = (dilation.height * (kernelSize.height - 1), dilation.width * (kernelSize.width - 1))
    return Size2D(height / 2, width / 2)
  }

  /// The layer that pads before the convolution; nil where the kernels can pad.
  private var paddingLayer: Pad2D? {
    let before = kernelPadding
    var after = before
    if keepsSize {
      after.height = dilation.height * (kernelSize.height - 1) - before.height
      after.width = dilation.width * (kernelSize.width - 1) - before.width
    }
    let isKernels = (paddingMode == .zeros && before == after) || (before, after) == (Size2D(0), Size2D(0))
    if isKernels { return nil }
    return Pad2D(
      top: before.height, bottom: after.height, left: before.width, right: after.width, mode: paddingMode)
  }

  /// The convolution of the image that ``paddingLayer`` has padded.
  private var unpadded: Conv2D {
    var result = self
    result.padding = Size2D(0)
    result.keepsSize = false
    return result
  }

  /// The kernels' problem; checks the options and the input's shape.
  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Conv2DShape {
    guard !keepsSize || stride == Size2D(1) else {
      throw .invalidValue(layer: kind, name: "stride", value: "\(stride)", expected: "1 where the size is kept")
    }
    let padding = kernelPadding
    if let layer = paddingLayer {
      try Window(layer: kind, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
        .checkOptions()
      do {
        return try unpadded.shape(for: layer.outputShape(for: inputShape), batchSize: batchSize)
      } catch {
        // The inner error describes the padded image, which the caller does not know: name the given shape instead.
        guard case .inputShape(_, _, let expected) = error else { throw error }
        throw .inputShape(layer: kind, given: inputShape, expected: expected + " with \(paddingMode) around it")
      }
    }
    guard 1...Int(Int32.max) ~= outputChannels else {
      throw .invalidValue(
        layer: kind, name: "outputChannels", value: "\(outputChannels)", expected: "1 to \(Int32.max)")
    }
    try Window(layer: kind, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
      .check(inputShape)
    guard groups >= 1, outputChannels.isMultiple(of: groups), inputShape[0].isMultiple(of: groups) else {
      throw .invalidValue(
        layer: kind, name: "groups", value: "\(groups)",
        expected: "a divisor of \(inputShape[0]) input channels and \(outputChannels) output channels")
    }
    _ = try addressable(
      [outputChannels, inputShape[0] / groups, kernelSize.height, kernelSize.width], "weight", layer: kind)
    return Conv2DShape(
      batch: batchSize, inputChannels: inputShape[0], inputHeight: inputShape[1], inputWidth: inputShape[2],
      outputChannels: outputChannels, kernelHeight: kernelSize.height, kernelWidth: kernelSize.width,
      strideHeight: stride.height, strideWidth: stride.width, paddingHeight: padding.height,
      paddingWidth: padding.width, dilationHeight: dilation.height, dilationWidth: dilation.width, groups: groups)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    if let shape = try kernelShape(problem) { return try PlannedConv2D(shape, hasBias: bias, problem, kind) }
    // The sequence leaves it to its last layer, if that is the convolution, to add an addend and to apply an activation.
    if problem.hasAddend { return try Sequential(paddingLayer.map { [$0, unpadded] } ?? [unpadded]).plan(problem) }
    var layers: [any Layer] = [unpadded]
    if let layer = paddingLayer { layers.insert(layer, at: 0) }
    if let activation = problem.activation { layers.append(activation.layer) }
    return try Sequential(layers).plan(problem)
  }

  /// The kernels' problem for a batch; nil where another layer has to pad before.
  func kernelShape(_ problem: LayerProblem) throws(LayerError) -> Conv2DShape? {
    guard paddingLayer == nil else { return nil }
    var shape = try shape(for: problem.inputShape, batchSize: problem.batchSize)
    shape.precision = precision ?? problem.precision
    return shape
  }
}

private final class PlannedConv2D: PlannedLayer, PacksParameters, RunsImagesApart, AddsAddend {
  let workspaceByteCount: Int
  let overwritesOutputGradient: Bool
  let readsOutput: Bool
  private let hasBias: Bool
  /// The packed weights. Unchecked: written before the first run, then only read.
  nonisolated(unsafe) private var packedWeights: Workspace?
  private let forward: Plan<Conv2DForward>
  private let backwardActivation: FusedActivationGradient
  private let backwardWeights: Plan<Conv2DBackwardWeights>?
  private let backwardData: Plan<Conv2DBackwardData>?

  init(_ shape: Conv2DShape, hasBias: Bool, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    self.hasBias = hasBias
    overwritesOutputGradient = problem.activation != nil
    readsOutput = problem.activation != nil
    forward = try problem.kernel(
      Conv2DForward.self,
      Conv2DForward.Problem(shape: shape, activation: problem.activation, hasAddend: problem.hasAddend), for: kind)
    let outputCount = shape.batch * shape.outputChannels * shape.outputHeight * shape.outputWidth
    backwardActivation = try FusedActivationGradient(problem, count: outputCount, for: kind)
    backwardWeights = try problem.backwardKernel(
      Conv2DBackwardWeights.self, shape, for: kind, if: problem.needsParameterGradients)
    backwardData = try problem.backwardKernel(
      Conv2DBackwardData.self, shape, for: kind, if: problem.needsInputGradient)
    workspaceByteCount = max(
      forward.workspaceByteCount, backwardActivation.workspaceByteCount, backwardWeights?.workspaceByteCount ?? 0,
      backwardData?.workspaceByteCount ?? 0)
  }

  var readsInput: Bool { backwardWeights != nil }
  var addsAddend: Bool { forward.problem.hasAddend }

  var convolutionKernels: [String] {
    [forward.kernel.name] + [backwardData?.kernel.name, backwardWeights?.kernel.name].compactMap(\.self)
  }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      Conv2DForward.Operands(
        input: memory.input, weights: memory.parameters[0], bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil,
        output: memory.output, addend: memory.addend, packedWeights: packedWeights.map { UnsafeRawPointer($0.base) }),
      workspace: memory.workspace)
  }

  /// The most outputs of a channel, in the whole batch, for which weights are packed in advance: with more outputs,
  /// packing at each run costs little compared with the convolution.
  private static let fewOutputs = 4096

  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters) {
    let shape = forward.problem.shape
    guard let packing = forward.weightPacking,
      shape.batch * shape.outputHeight * shape.outputWidth <= PlannedConv2D.fewOutputs
    else { return }
    packedWeights = packed.form(
      packing, weights: [UnsafePointer(parameters[0])], biases: [hasBias ? UnsafePointer(parameters[1]) : nil])
  }

  func backward(_ memory: BackwardMemory) {
    let gradient = memory.outputGradient
    backwardActivation.run(memory, workspace: memory.workspace)
    backwardWeights?.run(
      Conv2DBackwardWeights.Operands(
        input: memory.input, outputGradient: gradient, weightGradient: memory.parameterGradients[0],
        biasGradient: hasBias ? memory.parameterGradients[1] : nil),
      workspace: memory.workspace)
    guard let inputGradient = memory.inputGradient else { return }
    backwardData?.run(
      Conv2DBackwardData.Operands(
        outputGradient: gradient, weights: memory.parameters[0], inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
