import Kernels

/// The transpose of a convolution, which decoders enlarge images with: `[channels, height, width]` to
/// `[outputChannels, outputHeight, outputWidth]`.
///
/// Each input pixel adds weight(i, o, ky, kx) · input(i, y, x) to the output at y·stride + ky·dilation − padding,
/// x·stride + kx·dilation − padding; the output is as large as (size − 1)·stride − 2·padding + dilation·(kernelSize − 1) +
/// outputPadding + 1. It is the input gradient of the ``Conv2D`` that leads from the output to the input, and its own
/// gradients are that convolution and its weight gradient. Parameters: `weight`
/// `[inputChannels, outputChannels / groups, height, width]` and `bias` `[outputChannels]`, as PyTorch's
/// `ConvTranspose2d` has them.
public struct TransposedConv2D: Layer {
  public var outputChannels: Int
  public var kernelSize: Size2D
  public var stride: Size2D
  public var padding: Size2D
  /// Rows and columns that the output has more at its lower right, less than the stride: several sizes of images lead to
  /// the same size under a convolution with a stride.
  public var outputPadding: Size2D
  public var dilation: Size2D
  public var groups: Int
  public var bias: Bool

  public init(
    _ outputChannels: Int, kernelSize: any Size2DConvertible, stride: any Size2DConvertible = 1,
    padding: any Size2DConvertible = 0, outputPadding: any Size2DConvertible = 0, groups: Int = 1, bias: Bool = true,
    dilation: any Size2DConvertible = 1
  ) {
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize.size2D
    self.stride = stride.size2D
    self.padding = padding.size2D
    self.outputPadding = outputPadding.size2D
    self.dilation = dilation.size2D
    self.groups = groups
    self.bias = bias
  }

  public var name: String { "TransposedConv2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    return [shape.inputChannels, shape.inputHeight, shape.inputWidth]
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let shape = try shape(for: inputShape, batchSize: 1)
    let outputs = outputChannels / groups
    // PyTorch takes the weight's second dimension for the inputs of a sum here too.
    let initialization = Initialization.uniform(fanIn: outputs * kernelSize.height * kernelSize.width)
    let weight = ParameterDescription(
      name: "weight", shape: [shape.outputChannels, outputs, kernelSize.height, kernelSize.width],
      initialization: initialization)
    guard bias else { return [weight] }
    return [weight, ParameterDescription(name: "bias", shape: [outputChannels], initialization: initialization)]
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    _ = try shape(for: inputShape, batchSize: 1)
    return inputShape.count * (outputChannels / groups) * kernelSize.height * kernelSize.width
  }

  /// The convolution that this is the transpose of: its input is this layer's output.
  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Conv2DShape {
    guard 1...Int(Int32.max) ~= outputChannels else {
      throw .invalidValue(
        layer: name, name: "outputChannels", value: "\(outputChannels)", expected: "1 to \(Int32.max)")
    }
    try Window(layer: name, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
      .checkOptions()
    try requireImage(inputShape, layer: name)
    guard groups >= 1, outputChannels.isMultiple(of: groups), inputShape[0].isMultiple(of: groups) else {
      throw .invalidValue(
        layer: name, name: "groups", value: "\(groups)",
        expected: "a divisor of \(inputShape[0]) input channels and \(outputChannels) output channels")
    }
    guard 0..<stride.height ~= outputPadding.height, 0..<stride.width ~= outputPadding.width else {
      throw .invalidValue(
        layer: name, name: "outputPadding", value: "\(outputPadding)", expected: "less than the stride, \(stride)")
    }
    func size(_ axis: KeyPath<Size2D, Int>, _ count: Int) -> Int {
      (count - 1) * stride[keyPath: axis] - 2 * padding[keyPath: axis]
        + dilation[keyPath: axis] * (kernelSize[keyPath: axis] - 1) + outputPadding[keyPath: axis] + 1
    }
    let (height, width) = (size(\.height, inputShape[1]), size(\.width, inputShape[2]))
    guard height >= 1, width >= 1 else {
      throw .inputShape(layer: name, given: inputShape, expected: "an image so large that padding leaves some of it")
    }
    _ = try addressable([outputChannels, height, width], "output", layer: name)
    _ = try addressable(
      [inputShape[0], outputChannels / groups, kernelSize.height, kernelSize.width], "weight", layer: name)
    return Conv2DShape(
      batch: batchSize, inputChannels: outputChannels, inputHeight: height, inputWidth: width,
      outputChannels: inputShape[0], kernelHeight: kernelSize.height, kernelWidth: kernelSize.width,
      strideHeight: stride.height, strideWidth: stride.width, paddingHeight: padding.height,
      paddingWidth: padding.width, dilationHeight: dilation.height, dilationWidth: dilation.width, groups: groups)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedTransposedConv2D(
      shape(for: problem.inputShape, batchSize: problem.batchSize), hasBias: bias, problem, name)
  }
}

private final class PlannedTransposedConv2D: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<Conv2DBackwardData>
  private let forwardBias: Plan<BiasForward>?
  private let backwardWeights: Plan<Conv2DBackwardWeights>?
  private let backwardBias: Plan<BiasBackward>?
  private let backwardData: Plan<Conv2DForward>?

  init(_ shape: Conv2DShape, hasBias: Bool, _ problem: LayerProblem, _ name: String) throws(LayerError) {
    let outputs = ChannelsProblem(
      batch: shape.batch, channels: shape.inputChannels, plane: shape.inputHeight * shape.inputWidth)
    let trains = problem.needsParameterGradients
    forward = try problem.kernel(Conv2DBackwardData.self, shape, for: name)
    forwardBias = hasBias ? try problem.kernel(BiasForward.self, outputs, for: name) : nil
    backwardWeights = try problem.backwardKernel(Conv2DBackwardWeights.self, shape, for: name, if: trains)
    backwardBias = try problem.backwardKernel(BiasBackward.self, outputs, for: name, if: hasBias && trains)
    backwardData = try problem.backwardKernel(
      Conv2DForward.self, Conv2DForward.Problem(shape: shape), for: name, if: problem.needsInputGradient)
    workspaceByteCount = max(
      max(forward.workspaceByteCount, forwardBias?.workspaceByteCount ?? 0),
      max(backwardWeights?.workspaceByteCount ?? 0, backwardBias?.workspaceByteCount ?? 0),
      backwardData?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      Conv2DBackwardData.Operands(
        outputGradient: memory.input, weights: memory.parameters[0], inputGradient: memory.output),
      workspace: memory.workspace)
    forwardBias?.run(
      BiasForward.Operands(input: memory.output, bias: memory.parameters[1], output: memory.output),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    let gradient = UnsafePointer(memory.outputGradient)
    backwardWeights?.run(
      Conv2DBackwardWeights.Operands(
        input: gradient, outputGradient: memory.input, weightGradient: memory.parameterGradients[0],
        biasGradient: nil),
      workspace: memory.workspace)
    backwardBias?.run(
      BiasBackward.Operands(outputGradient: gradient, biasGradient: memory.parameterGradients[1]),
      workspace: memory.workspace)
    guard let inputGradient = memory.inputGradient else { return }
    backwardData?.run(
      Conv2DForward.Operands(input: gradient, weights: memory.parameters[0], bias: nil, output: inputGradient),
      workspace: memory.workspace)
  }
}
