/// The gradient of the input from that of the output: a convolution of the output gradient with the kernel flipped by
/// 180° and its input and output channels exchanged.
///
/// `pixels` and `channels` are the direct kernels, `images` the image-innermost ones; the names say what a vector
/// holds. `winograd` is for ``Precision/fast``.
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
    Levels.winogradTiles().map(winogradBackwardDataKernel) + DirectTile.all.map(directBackwardDataKernel)
    + Levels.batchTiles().map(batchBackwardDataKernel)
    + depthwiseBackwardDataKernels() + depthwiseStridedBackwardDataKernels() + [.reference(referenceConv2DBackwardData)]

  public static func validate(_ shape: Conv2DShape) throws(KernelError) { try shape.validate(name) }
}
