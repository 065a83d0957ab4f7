/// output = activation(convolution(input, weights) + bias + addend).
///
/// The names of the rows say what a vector holds: `pixels` of an output row, output `channels`, `images`; or
/// `depthwise`, or `winograd`, where fewer products than the sums have are permitted (``Precision/fast``).
public enum Conv2DForward: KernelOperation {
  public static let name = "conv2d"

  public struct Problem: Sendable, Hashable {
    public var shape: Conv2DShape
    /// The activation that is applied to the outputs as they are stored. NaN stays NaN.
    public var activation: FusedActivation?
    /// Whether runs add an addend, such as the shortcut of a residual block, before the activation. The outputs have the
    /// bits of the convolution and ``AddForward`` in two runs.
    public var hasAddend: Bool

    public init(shape: Conv2DShape, activation: FusedActivation? = nil, hasAddend: Bool = false) {
      self.shape = shape
      self.activation = activation
      self.hasAddend = hasAddend
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
    /// `[batch, outputChannels, outputHeight, outputWidth]`, other memory than the output's; read where the problem's
    /// ``Problem/hasAddend`` is true, where nil stands for nothing to add.
    public var addend: UnsafePointer<Float>?
    /// The memory that the plan's ``Plan/weightPacking`` filled from `weights` and `bias`; nil: the run packs them
    /// itself.
    public var packedWeights: UnsafeRawPointer?

    public init(
      input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>, addend: UnsafePointer<Float>? = nil, packedWeights: UnsafeRawPointer? = nil
    ) {
      self.input = input
      self.weights = weights
      self.bias = bias
      self.output = output
      self.addend = addend
      self.packedWeights = packedWeights
    }
  }

  public static let kernels: [Kernel<Conv2DForward>] =
    Levels.winogradTiles().map(winogradForwardKernel)
    + (DirectTile.all.map(directForwardKernel) + Levels.batchTiles().map(batchForwardKernel)
    + depthwiseForwardKernels() + depthwiseRowsForwardKernels() + depthwiseStridedForwardKernels())
    .map(\.addingAfterwards) + [.reference(referenceConv2DForward)]

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.shape.validate(name) }
}

extension Kernel<Conv2DForward> {
  /// The row for problems with an addend, too: the convolution, and then the sum in place.
  fileprivate var addingAfterwards: Kernel {
    Kernel(algorithm: algorithm, level: level, tile: tile, cost: cost, terms: costTerms) { problem, machine, threads in
      guard problem.hasAddend else { return prepare(problem, threads, machine: machine) }
      let convolution = prepare(Conv2DForward.Problem(shape: problem.shape), threads, machine: machine)
      let sums = AddForward.Problem(count: problem.shape.outputCount, activation: problem.activation)
      let row = AddForward.kernels.first { $0.level == level } ?? AddForward.kernels[AddForward.kernels.count - 1]
      let sum = row.prepare(sums, threads, machine: machine)
      return PreparedKernel(
        workspaceByteCount: max(convolution.workspaceByteCount, sum.workspaceByteCount), path: convolution.path,
        weightPacking: convolution.weightPacking
      ) { operands, workspace in
        convolution.body(operands, workspace)
        let output = operands.output
        if let addend = operands.addend {
          sum.body(AddForward.Operands(a: UnsafePointer(output), b: addend, output: output), workspace)
        } else {
          for i in 0..<sums.count { output[i] = problem.activation.limit(output[i]) }
        }
      }
    }
  }
}
