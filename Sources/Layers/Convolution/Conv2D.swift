import Kernels

/// Convolution of an image's channels with learned kernels: `[channels, height, width]` to
/// `[outputChannels, outputHeight, outputWidth]`.
///
/// Output channel o at y, x is bias(o) plus the sum over the input channels of o's group and the kernel's positions of
/// weight(o, i, ky, kx) · input(i, y·stride + ky·dilation − padding, x·stride + kx·dilation − padding), where the input
/// is 0 outside of the image. Parameters: `weight` `[outputChannels, inputChannels / groups, height, width]` and `bias`
/// `[outputChannels]`, as in PyTorch.
public struct Conv2D: Layer {
  public var outputChannels: Int
  public var kernelSize: Size2D
  public var stride: Size2D
  public var padding: Size2D
  public var dilation: Size2D
  /// The channels are split into this many groups, each convolved on its own; as many as there are input channels makes
  /// a depthwise convolution.
  public var groups: Int
  /// Whether there is a bias.
  public var bias: Bool

  /// A convolution; each size is a number for both axes or a ``Size2D``.
  public init(
    _ outputChannels: Int, kernelSize: any Size2DConvertible, stride: any Size2DConvertible = 1,
    padding: any Size2DConvertible = 0, dilation: any Size2DConvertible = 1, groups: Int = 1, bias: Bool = true
  ) {
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize.size2D
    self.stride = stride.size2D
    self.padding = padding.size2D
    self.dilation = dilation.size2D
    self.groups = groups
    self.bias = bias
  }

  public var name: String { "Conv2D" }
  public var canApplyReLU: Bool { true }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    return try addressable([outputChannels, shape.outputHeight, shape.outputWidth], "output", layer: name)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let shape = try shape(for: inputShape, batchSize: 1)
    let inputs = shape.inputChannels / groups
    let initialization = Initialization.uniform(fanIn: inputs * kernelSize.height * kernelSize.width)
    let weight = ParameterDescription(
      name: "weight", shape: [outputChannels, inputs, kernelSize.height, kernelSize.width],
      initialization: initialization)
    guard bias else { return [weight] }
    return [weight, ParameterDescription(name: "bias", shape: [outputChannels], initialization: initialization)]
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    let shape = try shape(for: inputShape, batchSize: 1)
    let sum = shape.inputChannels / groups * kernelSize.height * kernelSize.width
    return outputChannels * shape.outputHeight * shape.outputWidth * sum
  }

  /// The problem of the kernels, once the options and the input's shape are checked.
  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Conv2DShape {
    guard 1...Int(Int32.max) ~= outputChannels else {
      throw .invalidValue(
        layer: name, name: "outputChannels", value: "\(outputChannels)", expected: "1 to \(Int32.max)")
    }
    try Window(layer: name, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
      .check(inputShape)
    guard groups >= 1, outputChannels.isMultiple(of: groups), inputShape[0].isMultiple(of: groups) else {
      throw .invalidValue(
        layer: name, name: "groups", value: "\(groups)",
        expected: "a divisor of \(inputShape[0]) input channels and \(outputChannels) output channels")
    }
    _ = try addressable(
      [outputChannels, inputShape[0] / groups, kernelSize.height, kernelSize.width], "weight", layer: name)
    return Conv2DShape(
      batch: batchSize, inputChannels: inputShape[0], inputHeight: inputShape[1], inputWidth: inputShape[2],
      outputChannels: outputChannels, kernelHeight: kernelSize.height, kernelWidth: kernelSize.width,
      strideHeight: stride.height, strideWidth: stride.width, paddingHeight: padding.height,
      paddingWidth: padding.width, dilationHeight: dilation.height, dilationWidth: dilation.width, groups: groups)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedConv2D(shape(for: problem.inputShape, batchSize: problem.batchSize), hasBias: bias, problem, name)
  }
}

private final class PlannedConv2D: PlannedLayer {
  let workspaceByteCount: Int
  let overwritesOutputGradient: Bool
  let readsOutput: Bool
  private let hasBias: Bool
  private let forward: Plan<Conv2DForward>
  private let backwardReLU: Plan<ReLUBackward>?
  private let backwardWeights: Plan<Conv2DBackwardWeights>?
  private let backwardData: Plan<Conv2DBackwardData>?

  init(_ shape: Conv2DShape, hasBias: Bool, _ problem: LayerProblem, _ name: String) throws(LayerError) {
    self.hasBias = hasBias
    overwritesOutputGradient = problem.appliesReLU
    readsOutput = problem.appliesReLU
    forward = try problem.kernel(
      Conv2DForward.self, Conv2DForward.Problem(shape: shape, relu: problem.appliesReLU), for: name)
    let outputCount = shape.batch * shape.outputChannels * shape.outputHeight * shape.outputWidth
    backwardReLU = try problem.backwardKernel(
      ReLUBackward.self, ElementwiseProblem(count: outputCount), for: name, if: problem.appliesReLU)
    backwardWeights = try problem.backwardKernel(
      Conv2DBackwardWeights.self, shape, for: name, if: problem.needsParameterGradients)
    backwardData = try problem.backwardKernel(
      Conv2DBackwardData.self, shape, for: name, if: problem.needsInputGradient)
    workspaceByteCount = max(
      forward.workspaceByteCount, backwardReLU?.workspaceByteCount ?? 0, backwardWeights?.workspaceByteCount ?? 0,
      backwardData?.workspaceByteCount ?? 0)
  }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      Conv2DForward.Operands(
        input: memory.input, weights: memory.parameters[0], bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil,
        output: memory.output),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    let gradient = memory.outputGradient
    backwardReLU?.run(
      ElementwiseBackwardOperands(output: memory.output, outputGradient: gradient, inputGradient: gradient),
      workspace: memory.workspace)
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
