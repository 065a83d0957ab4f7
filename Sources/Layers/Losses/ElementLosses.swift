import Kernels

/// The squared difference from the targets, (x − t)². PyTorch's `MSELoss`.
///
/// Targets of this and of the other losses of elements are values of the output's shape, or labels, which stand for rows
/// of a 1 at the class and 0 elsewhere. The mean divides by the number of outputs or, where this loss and ``L1`` are
/// weighted, by the sum of the weights.
public struct MeanSquaredError: Loss {
  public var reduction: LossReduction

  public init(reduction: LossReduction = .mean) { self.reduction = reduction }

  public var name: String { "MeanSquaredError" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    try PlannedElementLoss<SquaredError>(self, problem)
  }
}

/// The absolute difference from the targets, |x − t|. PyTorch's `L1Loss`.
public struct L1: Loss {
  public var reduction: LossReduction

  public init(reduction: LossReduction = .mean) { self.reduction = reduction }

  public var name: String { "L1" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    try PlannedElementLoss<AbsoluteError>(self, problem)
  }
}

/// A parabola for differences e below `beta`, lines beyond: e²/2β, then |e| − β/2. PyTorch's `SmoothL1Loss`.
public struct SmoothL1: Loss {
  /// Where the lines begin, at least 0; ``L1`` at 0.
  public var beta: Float
  public var reduction: LossReduction

  public init(beta: Float = 1, reduction: LossReduction = .mean) {
    self.beta = beta
    self.reduction = reduction
  }

  public var name: String { "SmoothL1" }
  public var acceptsValues: Bool { true }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    guard beta >= 0, beta.isFinite else { throw invalid("beta", beta, expected: "at least 0, and finite") }
    if beta == 0 { return try PlannedElementLoss<AbsoluteError>(self, problem) }
    return try PlannedElementLoss<SmoothL1Error>(self, problem, threshold: beta)
  }
}

/// A parabola for differences e below `delta`, lines beyond: e²/2, then δ·(|e| − δ/2). PyTorch's `HuberLoss`.
public struct Huber: Loss {
  /// Where the lines begin, above 0.
  public var delta: Float
  public var reduction: LossReduction

  public init(delta: Float = 1, reduction: LossReduction = .mean) {
    self.delta = delta
    self.reduction = reduction
  }

  public var name: String { "Huber" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    guard delta > 0, delta.isFinite else { throw invalid("delta", delta, expected: "above 0, and finite") }
    return try PlannedElementLoss<HuberError>(self, problem, threshold: delta, meanCountsWeights: false)
  }
}

/// The Kullback-Leibler divergence of target probabilities t from those whose logarithms the outputs x are: t·(log t − x).
/// PyTorch's `KLDivLoss`. The divergence of distributions is the reduction ``LossReduction/batchMean``.
public struct KLDivergence: Loss {
  /// Whether the targets are logarithms of probabilities, too.
  public var logTargets: Bool
  public var reduction: LossReduction

  public init(logTargets: Bool = false, reduction: LossReduction = .mean) {
    self.logTargets = logTargets
    self.reduction = reduction
  }

  public var name: String { "KLDivergence" }
  public var acceptsLabels: Bool { !logTargets }
  public var acceptsValues: Bool { true }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    if logTargets { return try PlannedElementLoss<KullbackLeiblerOfLogarithms>(self, problem) }
    return try PlannedElementLoss<KullbackLeibler>(self, problem)
  }
}

/// Cross entropy of the outputs' sigmoids, each with a target t of 0 to 1 of its own: −(p·t·log σ(x) + (1 − t)·log(1 − σ(x))),
/// stable for outputs of any size. PyTorch's `BCEWithLogitsLoss`.
public struct BinaryCrossEntropyWithLogits: Loss {
  /// What losses are multiplied by; its shape fits the end of the output's, as in broadcasting. nil for 1. The mean
  /// divides by the number of outputs all the same.
  public var weight: Tensor?
  /// What the losses of positive targets are multiplied by, of such a shape; nil for 1.
  public var positiveWeight: Tensor?
  public var reduction: LossReduction

  public init(weight: Tensor? = nil, positiveWeight: Tensor? = nil, reduction: LossReduction = .mean) {
    self.weight = weight
    self.positiveWeight = positiveWeight
    self.reduction = reduction
  }

  public var name: String { "BinaryCrossEntropyWithLogits" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { weight == nil }

  public func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss {
    try PlannedElementLoss<BinaryCrossEntropy>(
      self, problem, weights: try broadcast("weight", weight, problem),
      positiveWeights: try broadcast("positiveWeight", positiveWeight, problem), meanCountsWeights: false)
  }

  /// A tensor's value for each output of an image.
  private func broadcast(
    _ name: String, _ tensor: Tensor?, _ problem: LossProblem
  ) throws(LayerError) -> FloatStorage? {
    guard let tensor else { return nil }
    let shape = problem.outputShape.dimensions
    let sizes = [Int](repeating: 1, count: max(shape.count - tensor.shape.rank, 0)) + tensor.shape.dimensions
    guard sizes.count == shape.count, zip(sizes, shape).allSatisfy({ $0 == $1 || $0 == 1 }) else {
      throw invalid("the shape of \(name)", tensor.shape, expected: "one that broadcasts to \(problem.outputShape)")
    }
    guard FloatStorage.fits(problem.outputShape.count) else {
      throw .kernel(layer: self.name, .tooLarge(operation: BinaryCrossEntropy.name))
    }
    let storage = FloatStorage(uninitialized: problem.outputShape.count)
    tensor.withUnsafeBufferPointer { values in
      for i in 0..<problem.outputShape.count {
        var (rest, index, step) = (i, 0, 1)
        for axis in shape.indices.reversed() {
          if sizes[axis] > 1 { index += rest % shape[axis] * step }
          rest /= shape[axis]
          step *= sizes[axis]
        }
        storage.pointer[i] = values[index]
      }
    }
    return storage
  }
}
