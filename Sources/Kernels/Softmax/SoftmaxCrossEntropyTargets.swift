import KernelsISA

/// Softmax and cross entropy with any targets t: for a row of logits x
///
///     loss = Σⱼ tⱼ·(log Σᵢ exp(xᵢ) - xⱼ)
///     ∂loss/∂xⱼ = softmax(x)ⱼ·Σᵢ tᵢ - tⱼ
///
/// With class weights w and a label smoothing s over K classes, the targets of a label k are
/// tⱼ = wₖ·(1 - s)·[j = k] + wⱼ·s/K, and those of probabilities p are tⱼ = wⱼ·((1 - s)·pⱼ + s/K), as in PyTorch.
public struct CrossEntropyTargetsProblem: Sendable, Hashable {
  public var rows: Int
  public var columns: Int
  /// The fraction of the target that is distributed evenly over all classes, 0 to 1.
  public var labelSmoothing: Float
  /// Rows of this label have a loss and gradients of 0; any other label lies in 0 ..< columns.
  public var ignoredLabel: Int32?

  public init(rows: Int, columns: Int, labelSmoothing: Float = 0, ignoredLabel: Int32? = nil) {
    self.rows = rows
    self.columns = columns
    self.labelSmoothing = labelSmoothing
    self.ignoredLabel = ignoredLabel
  }
}

/// The memory of a cross entropy with targets of type `Target`; outputs and inputs are in different memory.
public struct CrossEntropyTargetsOperands<Target> {
  /// `[rows, columns]`
  public var logits: UnsafePointer<Float>
  /// Labels, `[rows]`, or probabilities, `[rows, columns]`.
  public var targets: UnsafePointer<Target>
  /// `[columns]`; nil for 1.
  public var classWeights: UnsafePointer<Float>?
  /// `[rows]`: the loss of each row, weighted and not scaled.
  public var losses: UnsafeMutablePointer<Float>
  /// `[rows, columns]`; nil if not wanted.
  public var logitGradients: UnsafeMutablePointer<Float>?
  /// `[rows]`: the index of the largest logit, as in ``SoftmaxCrossEntropy``; nil if not wanted.
  public var predictions: UnsafeMutablePointer<Int32>?
  /// The factor of the gradients.
  public var gradientScale: Float

  public init(
    logits: UnsafePointer<Float>, targets: UnsafePointer<Target>, classWeights: UnsafePointer<Float>? = nil,
    losses: UnsafeMutablePointer<Float>, logitGradients: UnsafeMutablePointer<Float>? = nil,
    predictions: UnsafeMutablePointer<Int32>? = nil, gradientScale: Float = 1
  ) {
    self.logits = logits
    self.targets = targets
    self.classWeights = classWeights
    self.losses = losses
    self.logitGradients = logitGradients
    self.predictions = predictions
    self.gradientScale = gradientScale
  }
}

/// Softmax and cross entropy with labels, class weights, label smoothing and an ignored label. Without any of these options
/// ``SoftmaxCrossEntropy`` is faster.
public enum SoftmaxCrossEntropyOfLabels: KernelOperation {
  public static let name = "softmax-cross-entropy-labels"
  public typealias Problem = CrossEntropyTargetsProblem
  public typealias Operands = CrossEntropyTargetsOperands<Int32>

  public static let kernels = rows(Levels.crossEntropyLabels) { row, problem, operands in
    let label = operands.targets[row]
    if label == problem.ignoredLabel { return nil }
    return (0..<problem.columns).map { j in
      let weight = Double(operands.classWeights?[j] ?? 1)
      let smoothingPerClass = Double(problem.labelSmoothing) / Double(problem.columns)
      return weight * (smoothingPerClass + (j == Int(label) ? 1 - Double(problem.labelSmoothing) : 0))
    }
  }
}

/// Softmax and cross entropy with probabilities of the classes, class weights and label smoothing.
public enum SoftmaxCrossEntropyOfProbabilities: KernelOperation {
  public static let name = "softmax-cross-entropy-probabilities"
  public typealias Problem = CrossEntropyTargetsProblem
  public typealias Operands = CrossEntropyTargetsOperands<Float>

  public static let kernels = rows(Levels.crossEntropyProbabilities) { row, problem, operands in
    (0..<problem.columns).map { j in
      let weight = Double(operands.classWeights?[j] ?? 1)
      let smoothingPerClass = Double(problem.labelSmoothing) / Double(problem.columns)
      let probability = Double(operands.targets[row * problem.columns + j])
      return weight * ((1 - Double(problem.labelSmoothing)) * probability + smoothingPerClass)
    }
  }
}

extension KernelOperation where Problem == CrossEntropyTargetsProblem {
  /// - Throws: ``KernelError`` for negative rows, no columns, more elements than can be addressed, and a label smoothing
  ///   outside 0 to 1.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateRows(name, rows: problem.rows, columns: problem.columns)
    guard problem.labelSmoothing >= 0, problem.labelSmoothing <= 1 else {
      throw .invalidParameter(
        operation: name, parameter: "labelSmoothing", value: "\(problem.labelSmoothing)", expected: "0 to 1")
    }
  }

  /// A row of the table for each level, and the reference, for which `targets` returns the targets of a row, nil if the row is
  /// ignored. `rows`: a vector holds neighbouring columns of one row.
  fileprivate static func rows<Target>(
    _ functions: LevelFunctions<CrossEntropyTargetsArguments>,
    targets: @escaping @Sendable (_ row: Int, Problem, Operands) -> [Double]?
  ) -> [Kernel<Self>] where Operands == CrossEntropyTargetsOperands<Target> {
    let levels = Kernel<Self>.levelRows(
      "rows", functions,
      work: { rowWork(rows: $0.rows, columns: $0.columns) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          let first = range.lowerBound
          let offset = first * problem.columns
          let isOfLabels = Target.self == Int32.self
          let targets = UnsafeRawPointer(operands.targets + (isOfLabels ? first : offset))
          withRowScratch { scratch in
            var arguments = CrossEntropyTargetsArguments(
              logits: operands.logits + offset,
              labels: isOfLabels ? targets.assumingMemoryBound(to: Int32.self) : nil,
              probabilities: isOfLabels ? nil : targets.assumingMemoryBound(to: Float.self),
              classWeights: operands.classWeights, losses: operands.losses + first,
              logitGradients: operands.logitGradients.map { $0 + offset },
              predictions: operands.predictions.map { $0 + first }, rows: range.count, columns: problem.columns,
              ignoredLabel: problem.ignoredLabel ?? .min, oneMinusSmoothing: 1 - problem.labelSmoothing,
              smoothingPerClass: problem.labelSmoothing / Float(problem.columns), gradientScale: operands.gradientScale,
              scratch: scratch)
            body(&arguments)
          }
        }
      })
    return levels + [.reference { reference($0, $1, targets) }]
  }

  private static func reference<Target>(
    _ problem: Problem, _ operands: Operands, _ targets: (Int, Problem, Operands) -> [Double]?
  ) where Operands == CrossEntropyTargetsOperands<Target> {
    let columns = problem.columns
    for row in 0..<problem.rows {
      let logits = operands.logits + row * columns
      let prediction = argmax(logits, columns: columns)
      operands.predictions?[row] = Int32(truncatingIfNeeded: prediction)
      guard let target = targets(row, problem, operands) else {
        operands.losses[row] = 0
        for i in 0..<columns { operands.logitGradients?[row * columns + i] = 0 }
        continue
      }
      let largest = Double(logits[prediction])
      var sum = 0.0
      for i in 0..<columns { sum += exp(Double(logits[i]) - largest) }
      var loss = 0.0
      for i in 0..<columns where target[i] != 0 || Target.self == Float.self {
        loss += target[i] * (log(sum) - (Double(logits[i]) - largest))
      }
      operands.losses[row] = Float(loss)
      let total = target.reduce(0, +)
      for i in 0..<columns {
        let gradient = exp(Double(logits[i]) - largest) / sum * total - target[i]
        operands.logitGradients?[row * columns + i] = Float(gradient * Double(operands.gradientScale))
      }
    }
  }
}
