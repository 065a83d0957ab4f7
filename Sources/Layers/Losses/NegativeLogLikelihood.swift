import Kernels

/// The negated output of each image's class, for networks whose outputs are log-probabilities. After a ``LogSoftmax``
/// it equals ``CrossEntropy``. PyTorch's `NLLLoss`.
///
/// Outputs are `[batch, classes]` and labels `[batch]`, or `[batch, classes, height, width]` and `[batch, height,
/// width]`. Class weights multiply the losses of their class; the mean divides by the sum of the labels' weights.
public struct NegativeLogLikelihood: Loss {
  /// A weight for each class; nil where all are 1.
  public var classWeights: [Float]?
  /// Images or pixels with this label have no loss and no gradient, and do not count in the mean or in an accuracy.
  public var ignoreIndex: Int
  /// How a batch's losses become one number.
  public var reduction: LossReduction

  /// The loss, by default with PyTorch's options.
  public init(classWeights: [Float]? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean) {
    self.classWeights = classWeights
    self.ignoreIndex = ignoreIndex
    self.reduction = reduction
  }

  public var name: String { "NegativeLogLikelihood" }
  public var acceptsPixels: Bool { true }
  public var ignoredLabel: Int? { ignoreIndex }

  public func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss {
    try check(problem)
    let rows = try plan(problem.pixelRows(of: self), images: problem.batchSize)
    return problem.pixels == 1 ? rows : try PlannedPixelLoss(rows, self, problem)
  }

  /// Plans the loss of rows of outputs, which are the pixels of `images` images.
  private func plan(_ problem: LossProblem, images: Int) throws(LossError) -> any PlannedLoss {
    let ignored = Int32(exactly: ignoreIndex)
    let weights = try storage(ofClassWeights: classWeights, problem)
    return PlannedLikelihood(
      try kernel(
        NegativeLogLikelihoodOfLabels.self,
        .init(rows: problem.batchSize, columns: problem.classCount, ignoredLabel: ignored), for: problem),
      try kernel(RowArgmax.self, .init(rows: problem.batchSize, columns: problem.classCount), for: problem),
      LabelDivisor(reduction, weights, ignoredLabel: ignored, images: images))
  }
}

private final class PlannedLikelihood: PlannedLoss {
  private let kernel: Plan<NegativeLogLikelihoodOfLabels>
  private let argmax: Plan<RowArgmax>
  private let divisor: LabelDivisor

  init(_ kernel: Plan<NegativeLogLikelihoodOfLabels>, _ argmax: Plan<RowArgmax>, _ divisor: LabelDivisor) {
    self.kernel = kernel
    self.argmax = argmax
    self.divisor = divisor
  }

  var workspaceByteCount: Int { max(kernel.workspaceByteCount, argmax.workspaceByteCount) }
  var lossCount: Int { kernel.problem.rows }

  func run(_ memory: LossMemory) -> LossTotal {
    guard case .labels(let labels) = memory.targets else { return LossTotal(sum: .nan, divisor: 1) }
    let divisor = divisor(labels, count: lossCount).divisor
    kernel.run(
      NegativeLogLikelihoodOfLabels.Operands(
        outputs: memory.output, labels: labels, classWeights: self.divisor.weights.map { UnsafePointer($0.pointer) },
        losses: memory.losses, gradients: memory.outputGradient, gradientScale: Float(1 / divisor)),
      workspace: memory.workspace)
    if let predictions = memory.predictions {
      argmax.run(RowArgmax.Operands(input: memory.output, output: predictions), workspace: memory.workspace)
    }
    return LossTotal(sum: sum(memory.losses, count: lossCount), divisor: divisor)
  }
}
