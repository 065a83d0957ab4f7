import Kernels

/// A transposed convolution, with which decoders enlarge images: `[channels, height, width]` to `[outputChannels,
/// outputHeight, outputWidth]`.
///
/// Each input pixel adds weight(i, o, ky, kx) · input(i, y, x) to the output at y·stride + ky·dilation − padding,
/// x·stride + kx·dilation − padding; the output's size is (size − 1)·stride − 2·padding + dilation·(kernelSize − 1) +
/// outputPadding + 1. The layer computes the input gradient of a ``Conv2D`` whose input has this output's shape; its
/// own backward pass is that convolution's forward pass and weight gradient. Parameters: `weight` `[inputChannels,
/// outputChannels / groups, height, width]` and `bias` `[outputChannels]`, as PyTorch's `ConvTranspose2d` has them.
public struct TransposedConv2D: Layer {
  /// The number of output channels.
  public var outputChannels: Int
  /// The kernel's height and width, in pixels.
  public var kernelSize: Size2D
  /// The distance between neighbouring windows in the output, in pixels: the factor of enlargement.
  public var stride: Size2D
  /// The rows and columns removed from each side of the output.
  public var padding: Size2D
  /// Additional rows and columns at the output's bottom and right, less than the stride: a strided convolution maps
  /// several image sizes to one, and this selects among them.
  public var outputPadding: Size2D
  /// The distance between neighbouring kernel positions, in pixels; 1 for a dense kernel.
  public var dilation: Size2D
  /// The channels are split into this many groups, each convolved separately.
  public var groups: Int
  /// Whether a learned bias is added to each output channel.
  public var bias: Bool

  /// A transposed convolution; each size is a number for both axes or a ``Size2D``, in pixels.
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

  public var kind: String { "TransposedConv2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    return [shape.inputChannels, shape.inputHeight, shape.inputWidth]
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let shape = try shape(for: inputShape, batchSize: 1)
    let outputs = outputChannels / groups
    // As PyTorch, takes the weight's second dimension as the number of inputs of a sum.
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

  /// The convolution whose transpose this layer is: its input is this layer's output.
  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Conv2DShape {
    guard 1...Int(Int32.max) ~= outputChannels else {
      throw .invalidValue(
        layer: kind, name: "outputChannels", value: "\(outputChannels)", expected: "1 to \(Int32.max)")
    }
    try Window(layer: kind, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
      .checkOptions()
    try requireImage(inputShape, layer: kind)
    guard groups >= 1, outputChannels.isMultiple(of: groups), inputShape[0].isMultiple(of: groups) else {
      throw .invalidValue(
        layer: kind, name: "groups", value: "\(groups)",
        expected: "a divisor of \(inputShape[0]) input channels and \(outputChannels) output channels")
    }
    guard 0..<stride.height ~= outputPadding.height, 0..<stride.width ~= outputPadding.width else {
      throw .invalidValue(
        layer: kind, name: "outputPadding", value: "\(outputPadding)", expected: "less than the stride, \(stride)")
    }
    func size(_ axis: KeyPath<Size2D, Int>, _ count: Int) -> Int {
      (count - 1) * stride[keyPath: axis] - 2 * padding[keyPath: axis]
        + dilation[keyPath: axis] * (kernelSize[keyPath: axis] - 1) + outputPadding[keyPath: axis] + 1
    }
    let (height, width) = (size(\.height, inputShape[1]), size(\.width, inputShape[2]))
    guard height >= 1, width >= 1 else {
      throw .inputShape(layer: kind, given: inputShape, expected: "an image so large that padding leaves some of it")
    }
    _ = try addressable([outputChannels, height, width], "output", layer: kind)
    _ = try addressable(
      [inputShape[0], outputChannels / groups, kernelSize.height, kernelSize.width], "weight", layer: kind)
    return Conv2DShape(
      batch: batchSize, inputChannels: outputChannels, inputHeight: height, inputWidth: width,
      outputChannels: inputShape[0], kernelHeight: kernelSize.height, kernelWidth: kernelSize.width,
      strideHeight: stride.height, strideWidth: stride.width, paddingHeight: padding.height,
      paddingWidth: padding.width, dilationHeight: dilation.height, dilationWidth: dilation.width, groups: groups)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    var shape = try shape(for: problem.inputShape, batchSize: problem.batchSize)
    shape.precision = problem.precision
    return try PlannedTransposedConv2D(shape, hasBias: bias, problem, kind)
  }
}

private final class PlannedTransposedConv2D: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<Conv2DBackwardData>
  private let forwardBias: Plan<BiasForward>?
  private let backwardWeights: Plan<Conv2DBackwardWeights>?
  private let backwardBias: Plan<BiasBackward>?
  private let backwardData: Plan<Conv2DForward>?

  init(_ shape: Conv2DShape, hasBias: Bool, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    let outputs = ChannelsProblem(
      batch: shape.batch, channels: shape.inputChannels, plane: shape.inputHeight * shape.inputWidth)
    let trains = problem.needsParameterGradients
    forward = try problem.kernel(Conv2DBackwardData.self, shape, for: kind)
    forwardBias = hasBias ? try problem.kernel(BiasForward.self, outputs, for: kind) : nil
    backwardWeights = try problem.backwardKernel(Conv2DBackwardWeights.self, shape, for: kind, if: trains)
    backwardBias = try problem.backwardKernel(BiasBackward.self, outputs, for: kind, if: hasBias && trains)
    backwardData = try problem.backwardKernel(
      Conv2DForward.self, Conv2DForward.Problem(shape: shape), for: kind, if: problem.needsInputGradient)
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
