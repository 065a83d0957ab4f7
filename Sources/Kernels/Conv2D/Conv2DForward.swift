/// output = activation(convolution(input, weights) + bias).
///
/// The names of the rows say what a vector holds: `pixels` of an output row, output `channels`, `images`; or
/// `depthwise`, or `winograd`, where fewer products than the sums have are permitted (``Precision/fast``).
public enum Conv2DForward: KernelOperation {
  public static let name = "conv2d"

  public struct Problem: Sendable, Hashable {
    public var shape: Conv2DShape
    /// The activation that is applied to the outputs as they are stored. NaN stays NaN.
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
    /// The memory that the plan's ``Plan/weightPacking`` filled from `weights` and `bias`; nil: the run packs them
    /// itself.
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
    Levels.winogradTiles().map(winogradForwardKernel) + DirectTile.all.map(directForwardKernel)
    + Levels.batchTiles().map(batchForwardKernel) + depthwiseForwardKernels()
    + depthwiseRowsForwardKernels() + depthwiseStridedForwardKernels() + [.reference(referenceConv2DForward)]

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.shape.validate(name) }
}
