import Kernels

/// An elementwise loss. Label targets are one-hot encoded.
final class PlannedElementLoss<Op: KernelOperation>: PlannedLoss
where Op.Problem == ElementLossProblem, Op.Operands == ElementLossOperands, Op.RunError == Never {
  let workspaceByteCount: Int
  let lossCount: Int
  private let kernel: Plan<Op>
  private let labels: (oneHot: Plan<OneHot>, argmax: Plan<RowArgmax>)?
  /// Sums the weights of each image, if the mean divides by the weights.
  private let weightSums: Plan<BiasBackward>?
  private let weights: FloatStorage?
  private let positiveWeights: FloatStorage?
  private let reduction: LossReduction
  private let regions: Regions

  /// The byte offsets in the workspace of the one-hot targets and of the kernels' workspace; values for each row come
  /// first.
  private struct Regions {
    let targets: Int
    let kernels: Int
  }

  /// - Parameters:
  ///   - threshold: the kernel's threshold, such as β or δ.
  ///   - weights: the weights of an image's outputs; nil for 1.
  ///   - positiveWeights: the weights of positive targets; nil for 1.
  ///   - meanCountsWeights: whether the mean divides by the sum of the elements' weights instead of their number.
  init(
    _ loss: some Loss, _ problem: LossProblem, threshold: Float = 1, gamma: Float = 2, alpha: Float? = nil,
    weights: FloatStorage? = nil, positiveWeights: FloatStorage? = nil, meanCountsWeights: Bool = true
  ) throws(LossError) {
    try loss.check(problem)
    let (rows, columns) = (problem.batchSize, problem.outputShape.count)
    kernel = try loss.kernel(
      Op.self, .init(rows: rows, columns: columns, threshold: threshold, gamma: gamma, alpha: alpha), for: problem)
    weightSums =
      loss.acceptsElementWeights && meanCountsWeights && loss.reduction == .mean
      ? try loss.kernel(BiasBackward.self, .init(batch: 1, channels: rows, plane: columns), for: problem) : nil
    labels =
      problem.targets == .labels
      ? (
        try loss.kernel(OneHot.self, .init(rows: rows, columns: columns), for: problem),
        try loss.kernel(RowArgmax.self, .init(rows: rows, columns: columns), for: problem)
      ) : nil
    self.weights = weights
    self.positiveWeights = positiveWeights
    reduction = loss.reduction
    lossCount = loss.reduction == .unreduced ? rows * columns : rows
    let targets = (rows * 4 + 63) & ~63
    regions = Regions(targets: targets, kernels: targets + (labels == nil ? 0 : (rows * columns * 4 + 63) & ~63))
    workspaceByteCount =
      regions.kernels
      + max(
        kernel.workspaceByteCount, weightSums?.workspaceByteCount ?? 0, labels?.oneHot.workspaceByteCount ?? 0,
        labels?.argmax.workspaceByteCount ?? 0)
  }

  func run(_ memory: LossMemory) -> LossTotal {
    let rows = kernel.problem.rows
    let rowValues = memory.workspace.assumingMemoryBound(to: Float.self)
    let workspace = memory.workspace + regions.kernels
    let targets: UnsafePointer<Float>
    switch (memory.targets, labels) {
    case (.values(let values), nil):
      targets = values
    case (.labels(let given), let labels?):
      let rows = (memory.workspace + regions.targets).assumingMemoryBound(to: Float.self)
      labels.oneHot.run(OneHot.Operands(labels: given, output: rows), workspace: workspace)
      if let predictions = memory.predictions {
        labels.argmax.run(RowArgmax.Operands(input: memory.output, output: predictions), workspace: workspace)
      }
      targets = UnsafePointer(rows)
    default: return LossTotal(sum: .nan, divisor: 1)
    }
    let divisor = divisor(memory, rowValues, workspace)
    let rowLosses = reduction == .unreduced ? rowValues : memory.losses
    kernel.run(
      ElementLossOperands(
        outputs: memory.output, targets: targets,
        weights: memory.weights.map { .elements($0) } ?? weights.map { .columns(UnsafePointer($0.pointer)) },
        positiveWeights: positiveWeights.map { UnsafePointer($0.pointer) }, rowLosses: rowLosses,
        elementLosses: reduction == .unreduced ? memory.losses : nil, gradients: memory.outputGradient,
        gradientScale: Float(1 / divisor)),
      workspace: workspace)
    return LossTotal(sum: sum(rowLosses, count: rows), divisor: divisor)
  }

  private func divisor(
    _ memory: LossMemory, _ rowValues: UnsafeMutablePointer<Float>, _ workspace: UnsafeMutableRawPointer
  ) -> Double {
    let (rows, columns) = (kernel.problem.rows, kernel.problem.columns)
    switch reduction {
    case .mean:
      guard let weights = memory.weights, let weightSums else { return Double(rows) * Double(columns) }
      weightSums.run(
        BiasBackward.Operands(outputGradient: weights, biasGradient: rowValues), workspace: workspace)
      return sum(rowValues, count: rows)
    case .batchMean: return Double(rows)
    case .sum, .unreduced: return 1
    }
  }
}
