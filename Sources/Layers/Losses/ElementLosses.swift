import Kernels

/// The squared error, (x − t)², of each output x with target t. PyTorch's `MSELoss`.
///
/// For this and the other elementwise losses, targets are values of the output's shape, or labels, which are one-hot
/// encoded. The mean divides by the number of outputs; if elements are weighted, this loss and ``L1`` divide by the sum
/// of the weights.
public struct MeanSquaredError: Loss {
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(reduction: LossReduction = .mean) { self.reduction = reduction }

  public var name: String { "MeanSquaredError" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try PlannedElementLoss<SquaredError>(self, problem)
  }
}

/// The absolute error, |x − t|, of each output x with target t. PyTorch's `L1Loss`.
public struct L1: Loss {
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(reduction: LossReduction = .mean) { self.reduction = reduction }

  public var name: String { "L1" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try PlannedElementLoss<AbsoluteError>(self, problem)
  }
}

/// Quadratic for errors |e| below β and linear beyond: e²/2β, then |e| − β/2, with e = x − t. PyTorch's `SmoothL1Loss`.
public struct SmoothL1: Loss {
  /// The error β at which the loss becomes linear, at least 0; with 0 it is ``L1``.
  public var beta: Float
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(beta: Float = 1, reduction: LossReduction = .mean) {
    self.beta = beta
    self.reduction = reduction
  }

  public var name: String { "SmoothL1" }
  public var acceptsValues: Bool { true }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    guard beta >= 0, beta.isFinite else { throw invalid("beta", beta, expected: "at least 0, and finite") }
    if beta == 0 { return try PlannedElementLoss<AbsoluteError>(self, problem) }
    return try PlannedElementLoss<SmoothL1Error>(self, problem, threshold: beta)
  }
}

/// Quadratic for errors |e| below δ and linear beyond: e²/2, then δ·(|e| − δ/2), with e = x − t. PyTorch's `HuberLoss`.
public struct Huber: Loss {
  /// The error δ at which the loss becomes linear, above 0.
  public var delta: Float
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(delta: Float = 1, reduction: LossReduction = .mean) {
    self.delta = delta
    self.reduction = reduction
  }

  public var name: String { "Huber" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    guard delta > 0, delta.isFinite else { throw invalid("delta", delta, expected: "above 0, and finite") }
    return try PlannedElementLoss<HuberError>(self, problem, threshold: delta, meanCountsWeights: false)
  }
}

/// The Kullback-Leibler divergence of target probabilities t from the predicted ones, whose logarithms are the outputs
/// x: t·(log t − x). PyTorch's `KLDivLoss`. For the mean divergence of distributions, use the reduction
/// ``LossReduction/batchMean``.
public struct KLDivergence: Loss {
  /// Whether the targets are log-probabilities, too.
  public var logTargets: Bool
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(logTargets: Bool = false, reduction: LossReduction = .mean) {
    self.logTargets = logTargets
    self.reduction = reduction
  }

  public var name: String { "KLDivergence" }
  public var acceptsLabels: Bool { !logTargets }
  public var acceptsValues: Bool { true }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    if logTargets { return try PlannedElementLoss<KullbackLeiblerOfLogarithms>(self, problem) }
    return try PlannedElementLoss<KullbackLeibler>(self, problem)
  }
}

/// Binary cross entropy of the sigmoid of each output x with a target t from 0 to 1: −(p·t·log σ(x) + (1 − t)·log(1 −
/// σ(x))), with the positive weight p; without overflow for any output. PyTorch's `BCEWithLogitsLoss`.
public struct BinaryCrossEntropyWithLogits: Loss {
  /// The weight of each output's loss, of a shape that broadcasts to an image's output; nil for 1. The mean still
  /// divides by the number of outputs.
  public var weight: Tensor?
  /// The weight p of positive targets, of a shape that broadcasts to an image's output; nil for 1.
  public var positiveWeight: Tensor?
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(weight: Tensor? = nil, positiveWeight: Tensor? = nil, reduction: LossReduction = .mean) {
    self.weight = weight
    self.positiveWeight = positiveWeight
    self.reduction = reduction
  }

  public var name: String { "BinaryCrossEntropyWithLogits" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { weight == nil }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try PlannedElementLoss<BinaryCrossEntropy>(
      self, problem, weights: try broadcast("weight", weight, problem),
      positiveWeights: try broadcast("positiveWeight", positiveWeight, problem), meanCountsWeights: false)
  }

  /// A tensor broadcast to the outputs of an image.
  private func broadcast(
    _ name: String, _ tensor: Tensor?, _ problem: LossProblem
  ) throws(LossError) -> FloatStorage? {
    guard let tensor else { return nil }
    let shape = problem.outputShape.dimensions
    let sizes = [Int](repeating: 1, count: max(shape.count - tensor.shape.rank, 0)) + tensor.shape.dimensions
    guard sizes.count == shape.count, zip(sizes, shape).allSatisfy({ $0 == $1 || $0 == 1 }) else {
      throw invalid("the shape of \(name)", tensor.shape, expected: "one that broadcasts to \(problem.outputShape)")
    }
    guard FloatStorage.fits(problem.outputShape.count) else {
      throw .kernel(loss: self.name, .tooLarge(operation: BinaryCrossEntropy.name))
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
