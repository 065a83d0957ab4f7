import Kernels

/// Focal loss of the softmax of the scores (Lin and others, 2017): −α·(1 − p)ᵞ·log p for the probability p of an
/// image's class, which reduces the weight of images that are classified with confidence. With γ = 0 and no class
/// weights it is ``CrossEntropy``.
///
/// Scores are `[batch, classes]` and labels `[batch]`, or for each pixel `[batch, classes, height, width]` and `[batch,
/// height, width]`. The mean divides by the number of images or pixels that are not ignored, whatever their weights.
public struct FocalLoss: Loss {
  /// The exponent γ, at least 0: the larger it is, the less confident predictions weigh.
  public var gamma: Float
  /// α for each class; nil where all are 1.
  public var classWeights: [Float]?
  /// Images or pixels with this label have no loss and no gradient, and do not count in the mean or in an accuracy. It
  /// may also be a class.
  public var ignoreIndex: Int
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// A focal loss, by default with γ = 2.
  public init(
    gamma: Float = 2, classWeights: [Float]? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean
  ) {
    self.gamma = gamma
    self.classWeights = classWeights
    self.ignoreIndex = ignoreIndex
    self.reduction = reduction
  }

  public var name: String { "FocalLoss" }
  public var acceptsPixels: Bool { true }
  public var ignoredLabel: Int? { ignoreIndex }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try check(problem)
    try checkGamma(gamma)
    let rows = try plan(problem.pixelRows(of: self), images: problem.batchSize)
    return problem.pixels == 1 ? rows : try PlannedPixelLoss(rows, self, problem)
  }

  /// Plans the loss of rows of scores, which are the pixels of `images` images.
  private func plan(_ problem: LossProblem, images: Int) throws(LossError) -> any PlannedLoss {
    let ignored = Int32(exactly: ignoreIndex)
    return PlannedFocalLoss(
      try kernel(
        SoftmaxFocalLoss.self,
        .init(rows: problem.batchSize, columns: problem.classCount, gamma: gamma, ignoredLabel: ignored), for: problem),
      try storage(ofClassWeights: classWeights, problem),
      LabelDivisor(reduction, nil, ignoredLabel: ignored, images: images))
  }
}

private final class PlannedFocalLoss: PlannedLoss {
  private let kernel: Plan<SoftmaxFocalLoss>
  private let weights: FloatStorage?
  private let divisor: LabelDivisor

  init(_ kernel: Plan<SoftmaxFocalLoss>, _ weights: FloatStorage?, _ divisor: LabelDivisor) {
    self.kernel = kernel
    self.weights = weights
    self.divisor = divisor
  }

  var workspaceByteCount: Int { kernel.workspaceByteCount }
  var lossCount: Int { kernel.problem.rows }

  func run(_ memory: LossMemory) -> LossTotal {
    guard case .labels(let labels) = memory.targets else { return LossTotal(sum: .nan, divisor: 1) }
    let divisor = divisor(labels, count: lossCount).divisor
    kernel.run(
      SoftmaxFocalLoss.Operands(
        logits: memory.output, labels: labels, classWeights: weights.map { UnsafePointer($0.pointer) },
        losses: memory.losses, logitGradients: memory.outputGradient, predictions: memory.predictions,
        gradientScale: Float(1 / divisor)),
      workspace: memory.workspace)
    return LossTotal(sum: sum(memory.losses, count: lossCount), divisor: divisor)
  }
}

/// Focal loss of the sigmoid of each output x with a target t from 0 to 1: w·uᵞ times the binary cross entropy, with
/// the error u = t·(1 − σ(x)) + (1 − t)·σ(x) and the weight w = α·t + (1 − α)·(1 − t). torchvision's
/// `sigmoid_focal_loss`. The mean divides by the number of outputs.
public struct BinaryFocalLossWithLogits: Loss {
  /// The exponent γ, at least 0: the larger it is, the less confident predictions weigh.
  public var gamma: Float
  /// The weight α of positive targets, 0 to 1; negative targets have 1 − α. nil for a weight of 1 for both.
  public var alpha: Float?
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// A focal loss, by default with γ = 2.
  public init(gamma: Float = 2, alpha: Float? = 0.25, reduction: LossReduction = .mean) {
    self.gamma = gamma
    self.alpha = alpha
    self.reduction = reduction
  }

  public var name: String { "BinaryFocalLossWithLogits" }
  public var acceptsValues: Bool { true }
  public var acceptsElementWeights: Bool { true }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try checkGamma(gamma)
    if let alpha, !(0...1 ~= alpha) { throw invalid("alpha", alpha, expected: "0 to 1, or nil") }
    return try PlannedElementLoss<SigmoidFocalLoss>(
      self, problem, gamma: gamma, alpha: alpha, meanCountsWeights: false)
  }
}

extension Loss {
  fileprivate func checkGamma(_ gamma: Float) throws(LossError) {
    guard gamma >= 0, gamma.isFinite else { throw invalid("gamma", gamma, expected: "at least 0, and finite") }
  }
}
