import Kernels

/// Cross entropy of the softmax of the scores: −log(exp(scoreₗ) / Σ exp(scoreᵢ)) for an image of class l. Softmax and
/// loss are computed in one pass, without overflow for any scores. PyTorch's `CrossEntropyLoss`.
///
/// Scores are `[batch, classes]`, or `[batch, classes, height, width]` with scores for each pixel. Targets are labels,
/// `[batch]` or `[batch, height, width]`, or class probabilities of the scores' shape. With class weights w and label
/// smoothing s over K classes, a label l corresponds to the targets tⱼ = wⱼ·((1 − s)·[j = l] + s/K), and probabilities
/// p to tⱼ = wⱼ·((1 − s)·pⱼ + s/K); the loss is −Σ tⱼ·log softmaxⱼ. For labels, the mean divides by the sum of the
/// labels' weights; for probabilities, by the number of images or pixels.
public struct CrossEntropy: Loss {
  /// A weight for each class; nil where all are 1.
  public var classWeights: [Float]?
  /// Images or pixels with this label have no loss and no gradient, and do not count in the mean or in an accuracy. It
  /// may also be a class.
  public var ignoreIndex: Int
  /// The fraction s of the target that is distributed evenly over all classes, 0 to 1.
  public var labelSmoothing: Float
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// A cross entropy, by default with PyTorch's options.
  public init(
    classWeights: [Float]? = nil, ignoreIndex: Int = -100, labelSmoothing: Float = 0, reduction: LossReduction = .mean
  ) {
    self.classWeights = classWeights
    self.ignoreIndex = ignoreIndex
    self.labelSmoothing = labelSmoothing
    self.reduction = reduction
  }

  public var name: String { "CrossEntropy" }
  public var acceptsValues: Bool { true }
  public var acceptsPixels: Bool { true }
  public var ignoredLabel: Int? { ignoreIndex }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try check(problem)
    guard problem.outputShape.rank >= 1 else {
      throw invalid(
        "the network's output shape", problem.outputShape, expected: "[classes] or [classes, height, width]")
    }
    let rows = try plan(problem.pixelRows(of: self), images: problem.batchSize)
    return problem.pixels == 1 ? rows : try PlannedPixelLoss(rows, self, problem)
  }

  /// Plans the loss of rows of scores, which are the pixels of `images` images.
  private func plan(_ problem: LossProblem, images: Int) throws(LossError) -> any PlannedLoss {
    let weights = try storage(ofClassWeights: classWeights, problem)
    let targets = CrossEntropyTargetsProblem(
      rows: problem.batchSize, columns: problem.classCount, labelSmoothing: labelSmoothing,
      ignoredLabel: Int32(exactly: ignoreIndex))
    switch problem.targets {
    case .labels:
      return PlannedCrossEntropy(
        try kernel(SoftmaxCrossEntropyOfLabels.self, targets, for: problem),
        plain: weights == nil && labelSmoothing == 0
          ? try kernel(
            SoftmaxCrossEntropy.self,
            .init(rows: problem.batchSize, columns: problem.classCount, gradientScale: plainScale(problem, images)),
            for: problem)
          : nil, LabelDivisor(reduction, weights, ignoredLabel: Int32(exactly: ignoreIndex), images: images))
    case .values:
      return PlannedProbabilityCrossEntropy(
        try kernel(SoftmaxCrossEntropyOfProbabilities.self, targets, for: problem), weights,
        divisor: plainDivisor(problem, images))
    }
  }

  /// The divisor of a batch's loss where no row is ignored or weighted.
  private func plainDivisor(_ problem: LossProblem, _ images: Int) -> Double {
    switch reduction {
    case .mean: Double(problem.batchSize)
    case .batchMean: Double(images)
    case .sum, .unreduced: 1
    }
  }

  /// The factor of the gradients where no row is ignored or weighted.
  private func plainScale(_ problem: LossProblem, _ images: Int) -> Float {
    1 / Float(max(plainDivisor(problem, images), 1))
  }
}

/// The divisor of a batch's loss for label targets.
struct LabelDivisor: @unchecked Sendable {
  let reduction: LossReduction
  let weights: FloatStorage?
  let ignoredLabel: Int32?
  /// The number of images in a batch, each of which has one label or one for each pixel.
  let images: Int

  init(_ reduction: LossReduction, _ weights: FloatStorage?, ignoredLabel: Int32?, images: Int) {
    self.images = images
    self.reduction = reduction
    self.weights = weights
    self.ignoredLabel = ignoredLabel
  }

  /// The divisor of a batch, and whether it has ignored labels.
  func callAsFunction(_ labels: UnsafePointer<Int32>, count: Int) -> (divisor: Double, ignoresSome: Bool) {
    var total = 0.0
    var ignored = 0
    for i in 0..<count {
      if labels[i] == ignoredLabel {
        ignored += 1
      } else if let weights {
        total += Double(weights.pointer[Int(labels[i])])
      }
    }
    switch reduction {
    case .mean: return (weights == nil ? Double(count - ignored) : total, ignored > 0)
    case .batchMean: return (Double(images), ignored > 0)
    case .sum, .unreduced: return (1, ignored > 0)
    }
  }
}

/// The sum of losses in Double, in order.
func sum(_ losses: UnsafePointer<Float>, count: Int) -> Double {
  var sum = 0.0
  for i in 0..<count { sum += Double(losses[i]) }
  return sum
}

private final class PlannedCrossEntropy: PlannedLoss {
  /// The kernel for all options.
  private let kernel: Plan<SoftmaxCrossEntropyOfLabels>
  /// A faster kernel with the same bits, for batches without ignored or weighted labels; nil where options rule it out.
  private let plain: Plan<SoftmaxCrossEntropy>?
  private let divisor: LabelDivisor

  init(_ kernel: Plan<SoftmaxCrossEntropyOfLabels>, plain: Plan<SoftmaxCrossEntropy>?, _ divisor: LabelDivisor) {
    self.kernel = kernel
    self.plain = plain
    self.divisor = divisor
  }

  var workspaceByteCount: Int { max(kernel.workspaceByteCount, plain?.workspaceByteCount ?? 0) }
  var lossCount: Int { kernel.problem.rows }

  func run(_ memory: LossMemory) -> LossTotal {
    guard case .labels(let labels) = memory.targets else { return LossTotal(sum: .nan, divisor: 1) }
    let (divisor, ignoresSome) = divisor(labels, count: lossCount)
    if let plain, !ignoresSome {
      plain.run(
        SoftmaxCrossEntropy.Operands(
          logits: memory.output, labels: labels, losses: memory.losses, logitGradients: memory.outputGradient,
          predictions: memory.predictions),
        workspace: memory.workspace)
    } else {
      kernel.run(
        SoftmaxCrossEntropyOfLabels.Operands(
          logits: memory.output, targets: labels, classWeights: self.divisor.weights.map { UnsafePointer($0.pointer) },
          losses: memory.losses, logitGradients: memory.outputGradient, predictions: memory.predictions,
          gradientScale: Float(1 / divisor)),
        workspace: memory.workspace)
    }
    return LossTotal(sum: sum(memory.losses, count: lossCount), divisor: divisor)
  }
}

private final class PlannedProbabilityCrossEntropy: PlannedLoss {
  private let kernel: Plan<SoftmaxCrossEntropyOfProbabilities>
  private let weights: FloatStorage?
  private let divisor: Double

  init(_ kernel: Plan<SoftmaxCrossEntropyOfProbabilities>, _ weights: FloatStorage?, divisor: Double) {
    self.kernel = kernel
    self.weights = weights
    self.divisor = divisor
  }

  var workspaceByteCount: Int { kernel.workspaceByteCount }
  var lossCount: Int { kernel.problem.rows }

  func run(_ memory: LossMemory) -> LossTotal {
    guard case .values(let targets) = memory.targets else { return LossTotal(sum: .nan, divisor: 1) }
    kernel.run(
      SoftmaxCrossEntropyOfProbabilities.Operands(
        logits: memory.output, targets: targets, classWeights: weights.map { UnsafePointer($0.pointer) },
        losses: memory.losses, logitGradients: memory.outputGradient, predictions: memory.predictions,
        gradientScale: Float(1 / divisor)),
      workspace: memory.workspace)
    return LossTotal(sum: sum(memory.losses, count: lossCount), divisor: divisor)
  }
}
