/// output = activation(convolution(input, weights) + bias).
public enum Conv2DForward: KernelOperation {
  public static let name = "conv2d"

  public struct Problem: Sendable, Hashable {
    public var shape: Conv2DShape
    /// What becomes of the outputs as they are stored; NaN stays.
    public var activation: FusedActivation?

    public init(shape: Conv2DShape, activation: FusedActivation? = nil) {
      self.shape = shape
      self.activation = activation
    }
  }

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`
    public var weights: UnsafePointer<Float>
    /// `[outputChannels]`
    public var bias: UnsafePointer<Float>?
    /// `[batch, outputChannels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>
    /// What the plan's ``Plan/weightPacking`` made of `weights` and `bias`; nil where the run is to pack them.
    public var packedWeights: UnsafeRawPointer?

    public init(
      input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>, packedWeights: UnsafeRawPointer? = nil
    ) {
      self.input = input
      self.weights = weights
      self.bias = bias
      self.output = output
      self.packedWeights = packedWeights
    }
  }

  public static let kernels: [Kernel<Conv2DForward>] =
    DirectTile.all.map(directForwardKernel) + batchTiles().map(batchForwardKernel) + depthwiseForwardKernels()
    + [.reference(referenceConv2DForward)]

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.shape.validate(name) }
}

/// The gradient of the input from that of the output: a convolution of the output gradient with the kernel turned by
/// 180° and its channels exchanged.
public enum Conv2DBackwardData: KernelOperation {
  public static let name = "conv2d"
  public static let pass = "backward-data"

  public struct Operands {
    /// `[batch, outputChannels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`
    public var weights: UnsafePointer<Float>
    /// `[batch, inputChannels, inputHeight, inputWidth]`, overwritten
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(
      outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
      self.outputGradient = outputGradient
      self.weights = weights
      self.inputGradient = inputGradient
    }
  }

  public static let kernels: [Kernel<Conv2DBackwardData>] =
    DirectTile.all.map(directBackwardDataKernel) + batchTiles().map(batchBackwardDataKernel)
    + depthwiseBackwardDataKernels() + [.reference(referenceConv2DBackwardData)]

  public static func validate(_ shape: Conv2DShape) throws(KernelError) { try shape.validate(name) }
}

/// The gradients of weights and bias, summed over the batch.
public enum Conv2DBackwardWeights: KernelOperation {
  public static let name = "conv2d"
  public static let pass = "backward-weights"

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, outputChannels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`, overwritten
    public var weightGradient: UnsafeMutablePointer<Float>
    /// `[outputChannels]`, overwritten
    public var biasGradient: UnsafeMutablePointer<Float>?

    public init(
      input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
      biasGradient: UnsafeMutablePointer<Float>? = nil
    ) {
      self.input = input
      self.outputGradient = outputGradient
      self.weightGradient = weightGradient
      self.biasGradient = biasGradient
    }
  }

  public static let kernels: [Kernel<Conv2DBackwardWeights>] =
    pixelVectorGradientTiles().map(pixelVectorGradientKernel)
    + channelVectorGradientTiles().map(channelVectorGradientKernel)
    + batchGradientTiles().map(batchGradientKernel)
    + depthwiseBackwardWeightsKernels() + [.reference(referenceConv2DBackwardWeights)]

  public static func validate(_ shape: Conv2DShape) throws(KernelError) { try shape.validate(name) }
}
