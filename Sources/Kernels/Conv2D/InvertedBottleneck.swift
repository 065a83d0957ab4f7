// Three convolutions in one pass, for inference: what is between them stays in the caches.

/// The sizes of an inverted bottleneck, the block of MobileNetV2: a 1×1 convolution that expands the channels of an image,
/// a depthwise convolution, and a 1×1 convolution that reduces the channels.
public struct InvertedBottleneckShape: Sendable, Hashable {
  /// The convolution in the middle, with as many groups and output channels as input channels. It has the batch and the
  /// images' height and width.
  public var depthwise: Conv2DShape
  /// The channels of an image, which are expanded to those of `depthwise`.
  public var inputChannels: Int
  /// The channels of the result.
  public var outputChannels: Int
  /// The activation behind the expansion.
  public var expansionActivation: FusedActivation?
  /// The activation behind the depthwise convolution.
  public var depthwiseActivation: FusedActivation?
  /// The activation behind the last convolution.
  public var activation: FusedActivation?

  public init(
    inputChannels: Int, depthwise: Conv2DShape, outputChannels: Int, expansionActivation: FusedActivation? = nil,
    depthwiseActivation: FusedActivation? = nil, activation: FusedActivation? = nil
  ) {
    self.depthwise = depthwise
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.expansionActivation = expansionActivation
    self.depthwiseActivation = depthwiseActivation
    self.activation = activation
  }

  /// Elements of the input and of the output.
  public var inputCount: Int { depthwise.batch * inputChannels * depthwise.inputPlane }
  public var outputCount: Int { depthwise.batch * outputChannels * depthwise.outputPlane }
  /// Multiply-adds of a pass over the batch.
  public var multiplyAdds: Int {
    expansion.multiplyAdds + depthwise.multiplyAdds + projection.multiplyAdds
  }

  /// The 1×1 convolution in front.
  var expansion: Conv2DShape {
    Conv2DShape(
      batch: depthwise.batch, inputChannels: inputChannels, inputHeight: depthwise.inputHeight,
      inputWidth: depthwise.inputWidth, outputChannels: depthwise.inputChannels, kernelHeight: 1, kernelWidth: 1)
  }

  /// The 1×1 convolution behind.
  var projection: Conv2DShape {
    Conv2DShape(
      batch: depthwise.batch, inputChannels: depthwise.outputChannels, inputHeight: depthwise.outputHeight,
      inputWidth: depthwise.outputWidth, outputChannels: outputChannels, kernelHeight: 1, kernelWidth: 1)
  }

  func validate(_ operation: String) throws(KernelError) {
    try depthwise.validate(operation)
    for (parameter, channels) in [("groups", depthwise.groups), ("outputChannels", depthwise.outputChannels)]
    where channels != depthwise.inputChannels {
      throw .invalidParameter(
        operation: operation, parameter: "depthwise.\(parameter)", value: "\(channels)",
        expected: "\(depthwise.inputChannels), as there are input channels")
    }
    try expansion.validate(operation)
    try projection.validate(operation)
  }
}

/// output = activation(project(activation(convolve(activation(expand(input)))))), each convolution with a bias.
///
/// Every sum has the order of a convolution's, so that finite values give the bits of three convolutions one after the
/// other.
public enum InvertedBottleneckForward: KernelOperation {
  public static let name = "inverted-bottleneck"
  public typealias Problem = InvertedBottleneckShape

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// The weights of the convolutions in their order.
    public var weights: InvertedBottleneckWeights
    /// `[batch, outputChannels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>
    /// The memory that the plan's ``Plan/weightPacking`` filled from the three weights and biases; nil: the run packs
    /// them itself.
    public var packedWeights: UnsafeRawPointer?

    public init(
      input: UnsafePointer<Float>, weights: InvertedBottleneckWeights, output: UnsafeMutablePointer<Float>,
      packedWeights: UnsafeRawPointer? = nil
    ) {
      self.input = input
      self.weights = weights
      self.output = output
      self.packedWeights = packedWeights
    }
  }

  public static let kernels: [Kernel<InvertedBottleneckForward>] =
    Levels.bottleneckTiles().map(bottleneckKernel) + [referenceInvertedBottleneck]

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.validate(name) }
}

/// The weights of an inverted bottleneck; a bias of nil is zeros.
public struct InvertedBottleneckWeights {
  /// `[depthwise channels, inputChannels]`
  public var expansion: UnsafePointer<Float>
  /// `[depthwise channels]`
  public var expansionBias: UnsafePointer<Float>?
  /// `[depthwise channels, kernelHeight, kernelWidth]`
  public var depthwise: UnsafePointer<Float>
  /// `[depthwise channels]`
  public var depthwiseBias: UnsafePointer<Float>?
  /// `[outputChannels, depthwise channels]`
  public var projection: UnsafePointer<Float>
  /// `[outputChannels]`
  public var projectionBias: UnsafePointer<Float>?

  public init(
    expansion: UnsafePointer<Float>, expansionBias: UnsafePointer<Float>? = nil, depthwise: UnsafePointer<Float>,
    depthwiseBias: UnsafePointer<Float>? = nil, projection: UnsafePointer<Float>,

    projectionBias: UnsafePointer<Float>? = nil
  ) {
    self.expansion = expansion
    self.expansionBias = expansionBias
    self.depthwise = depthwise
    self.depthwiseBias = depthwiseBias
    self.projection = projection
    self.projectionBias = projectionBias
  }
}

/// The definition: the convolutions one after the other.
private let referenceInvertedBottleneck = Kernel<InvertedBottleneckForward>(
  algorithm: "reference", level: .lowest, cost: { _, _ in .infinity },
  prepare: { shape, _ in
    let expandedBytes = cacheLines(shape.depthwise.inputCount * 4)
    return PreparedKernel(workspaceByteCount: expandedBytes + shape.depthwise.outputCount * 4) { operands, workspace in
      let expanded = workspace.assumingMemoryBound(to: Float.self)
      let filtered = (workspace + expandedBytes).assumingMemoryBound(to: Float.self)
      let weights = operands.weights
      referenceConv2DForward(
        .init(shape: shape.expansion, activation: shape.expansionActivation),
        .init(input: operands.input, weights: weights.expansion, bias: weights.expansionBias, output: expanded))
      referenceConv2DForward(
        .init(shape: shape.depthwise, activation: shape.depthwiseActivation),
        .init(input: expanded, weights: weights.depthwise, bias: weights.depthwiseBias, output: filtered))
      referenceConv2DForward(
        .init(shape: shape.projection, activation: shape.activation),
        .init(
          input: filtered, weights: weights.projection, bias: weights.projectionBias, output: operands.output))
    }
  })
