/// The gradients of weights and bias, summed over the batch.
///
/// The names of the rows say what a vector holds: `pixels`, `channels` (output channels), `images`; or `depthwise`,
/// or `winograd` for ``Precision/fast``.
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
    Levels.winogradGradientTiles().map(winogradBackwardWeightsKernel)
    + Levels.pixelVectorGradientTiles().map(pixelVectorGradientKernel)
    + ChannelVectorGradientTiles.all.map(channelVectorGradientKernel)
    + Levels.batchGradientTiles().map(batchGradientKernel)
    + depthwiseBackwardWeightsKernels() + [.reference(referenceConv2DBackwardWeights)]

  public static func validate(_ shape: Conv2DShape) throws(KernelError) { try shape.validate(name) }
}
