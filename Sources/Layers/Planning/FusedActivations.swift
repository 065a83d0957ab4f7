import Kernels

extension FusedActivation {
  /// The activation that a layer computes; nil for layers that compute none, or one that other layers cannot fuse.
  init?(_ layer: any Layer) {
    switch layer {
    case is ReLU: self = .relu
    case is ReLU6: self = .relu6
    default: return nil
    }
  }

  /// The activation as a separate layer.
  var layer: any Layer {
    switch self {
    case .relu: ReLU()
    case .relu6: ReLU6()
    }
  }
}

/// The gradient of an activation fused into a layer, computed in place on the output's gradient.
struct FusedActivationGradient: Sendable {
  private let relu: Plan<ReLUBackward>?
  private let relu6: Plan<ReLU6Backward>?

  /// - Parameter count: the number of output values in the batch.
  init(_ problem: LayerProblem, count: Int, for layer: String) throws(LayerError) {
    let elements = ElementwiseProblem(count: count)
    relu = try problem.backwardKernel(ReLUBackward.self, elements, for: layer, if: problem.activation == .relu)
    relu6 = try problem.backwardKernel(ReLU6Backward.self, elements, for: layer, if: problem.activation == .relu6)
  }

  var workspaceByteCount: Int { max(relu?.workspaceByteCount ?? 0, relu6?.workspaceByteCount ?? 0) }

  /// Does nothing where no activation was fused.
  func run(_ memory: BackwardMemory, workspace: UnsafeMutableRawPointer) {
    let operands = ElementwiseBackwardOperands(
      output: memory.output, outputGradient: memory.outputGradient, inputGradient: memory.outputGradient)
    relu?.run(operands, workspace: workspace)
    relu6?.run(operands, workspace: workspace)
  }
}
