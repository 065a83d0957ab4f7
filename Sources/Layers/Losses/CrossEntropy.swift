import Kernels

/// Cross entropy of the softmax of the scores: −log(exp(scoreₗ) / Σ exp(scoreᵢ)) for an image of class l, its mean over
/// the batch. Softmax and loss are one pass, stable for scores of any size.
public struct CrossEntropy: Loss {
  public init() {}

  public var name: String { "CrossEntropy" }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    guard problem.classes >= 1 else {
      throw .invalidValue(layer: name, name: "classes", value: "\(problem.classes)", expected: "at least 1")
    }
    return try PlannedCrossEntropy(problem, name)
  }
}

private final class PlannedCrossEntropy: PlannedLoss {
  private let kernel: Plan<SoftmaxCrossEntropy>

  init(_ problem: LossProblem, _ name: String) throws(LayerError) {
    do {
      kernel = try Plan<SoftmaxCrossEntropy>(
        SoftmaxCrossEntropy.Problem(
          rows: problem.batchSize, columns: problem.classes, gradientScale: 1 / Float(max(problem.batchSize, 1))),
        level: problem.level, threads: problem.threads)
    } catch {
      throw .kernel(layer: name, error)
    }
  }

  var workspaceByteCount: Int { kernel.workspaceByteCount }

  func run(_ memory: LossMemory) {
    kernel.run(
      SoftmaxCrossEntropy.Operands(
        logits: memory.scores, labels: memory.labels, losses: memory.losses, logitGradients: memory.scoreGradients,
        predictions: memory.predictions),
      workspace: memory.workspace)
  }
}
