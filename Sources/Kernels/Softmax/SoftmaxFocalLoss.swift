import KernelsISA

/// Focal loss of class labels with softmax (Lin and others, 2017): cross entropy weighted by (1 − p)ᵞ, which is small for rows
/// that are classified well. For a row of logits x with label k, p = softmax(x)ₖ, and the label's class weight α
///
///     loss = -α·(1 - p)ᵞ·log p
///     ∂loss/∂xⱼ = α·(1 - p)ᵞ·(1 - γ·p·log p/(1 - p))·(softmax(x)ⱼ - [j = k])
///
/// 1 − p is computed as the sum of the other classes, so it is accurate near p = 1. With γ = 0 it is
/// ``SoftmaxCrossEntropyOfLabels``. A row that holds NaN, +infinity, or only -infinity has NaN losses and gradients.
public enum SoftmaxFocalLoss: KernelOperation {
  public static let name = "softmax-focal-loss"

  /// `rows` examples of `columns` classes.
  public struct Problem: Sendable, Hashable {
    public var rows: Int
    public var columns: Int
    /// The exponent γ, at least 0.
    public var gamma: Float
    /// Rows of this label have a loss and gradients of 0; any other label lies in 0 ..< columns.
    public var ignoredLabel: Int32?

    public init(rows: Int, columns: Int, gamma: Float = 2, ignoredLabel: Int32? = nil) {
      self.rows = rows
      self.columns = columns
      self.gamma = gamma
      self.ignoredLabel = ignoredLabel
    }
  }

  public struct Operands {
    /// `[rows, columns]`
    public var logits: UnsafePointer<Float>
    /// `[rows]`
    public var labels: UnsafePointer<Int32>
    /// `[columns]`: α of each class; nil for 1.
    public var classWeights: UnsafePointer<Float>?
    /// `[rows]`: the loss of each row, weighted and not scaled.
    public var losses: UnsafeMutablePointer<Float>
    /// `[rows, columns]`, other memory than the logits; nil if not wanted.
    public var logitGradients: UnsafeMutablePointer<Float>?
    /// `[rows]`: the index of the largest logit, as in ``SoftmaxCrossEntropy``; nil if not wanted.
    public var predictions: UnsafeMutablePointer<Int32>?
    /// The factor of the gradients.
    public var gradientScale: Float

    public init(
      logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, classWeights: UnsafePointer<Float>? = nil,
      losses: UnsafeMutablePointer<Float>, logitGradients: UnsafeMutablePointer<Float>? = nil,
      predictions: UnsafeMutablePointer<Int32>? = nil, gradientScale: Float = 1
    ) {
      self.logits = logits
      self.labels = labels
      self.classWeights = classWeights
      self.losses = losses
      self.logitGradients = logitGradients
      self.predictions = predictions
      self.gradientScale = gradientScale
    }
  }

  /// `rows`: a vector holds neighbouring columns of one row.
  public static let kernels: [Kernel<SoftmaxFocalLoss>] = {
    let levels = Kernel<SoftmaxFocalLoss>.levelRows(
      "rows", Levels.softmaxFocalLoss,
      work: { rowWork(rows: $0.rows, columns: $0.columns) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          let first = range.lowerBound
          withRowScratch { scratch in
            var arguments = SoftmaxFocalLossArguments(
              logits: operands.logits + first * problem.columns, labels: operands.labels + first,
              classWeights: operands.classWeights, losses: operands.losses + first,
              logitGradients: operands.logitGradients.map { $0 + first * problem.columns },
              predictions: operands.predictions.map { $0 + first }, rows: range.count, columns: problem.columns,
              ignoredLabel: problem.ignoredLabel ?? .min, gamma: problem.gamma, gradientScale: operands.gradientScale,
              scratch: scratch)
            body(&arguments)
          }
        }
      })
    return levels + [.reference(reference)]
  }()

  /// - Throws: ``KernelError`` for negative rows, no columns, more elements than can be addressed, and a gamma that is
  ///   negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateRows(name, rows: problem.rows, columns: problem.columns)
    try requireFinite(name, "gamma", problem.gamma, atLeast: 0)
  }

  private static func reference(_ problem: Problem, _ operands: Operands) {
    let columns = problem.columns
    for row in 0..<problem.rows {
      let logits = operands.logits + row * columns
      let prediction = argmax(logits, columns: columns)
      operands.predictions?[row] = Int32(truncatingIfNeeded: prediction)
      guard operands.labels[row] != problem.ignoredLabel else {
        operands.losses[row] = 0
        for i in 0..<columns { operands.logitGradients?[row * columns + i] = 0 }
        continue
      }
      let label = Int(operands.labels[row])
      let largest = Double(logits[prediction])
      var others = 0.0
      for i in 0..<columns where i != label { others += exp(Double(logits[i]) - largest) }
      let distance = Double(logits[label]) - largest
      let labelExponential = exp(distance)
      let sum = labelExponential + others
      let (p, complement) = (labelExponential / sum, others / sum)
      let logarithm = labelExponential >= others ? -log1p(others / labelExponential) : distance - log(sum)
      let focus = Double(operands.classWeights?[label] ?? 1) * pow(complement, Double(problem.gamma))
      operands.losses[row] = Float(-focus * logarithm)
      // −p·log p/(1 − p) is 1 at p = 1, and 0 at p = 0.
      let growth = p == 0 ? 0 : complement == 0 ? 1 : -p * logarithm / complement
      let slope = focus * (1 + Double(problem.gamma) * growth) * Double(operands.gradientScale)
      for i in 0..<columns {
        let probability = exp(Double(logits[i]) - largest) / sum
        operands.logitGradients?[row * columns + i] = Float((i == label ? -complement : probability) * slope)
      }
    }
  }
}

/// The arguments of ``focalLoss(_:_:)``.
struct SoftmaxFocalLossArguments {
  /// `[rows, columns]`
  var logits: UnsafePointer<Float>
  /// `[rows]`, each in 0 ..< columns or ``ignoredLabel``.
  var labels: UnsafePointer<Int32>
  /// `[columns]`: α of each class; nil for 1.
  var classWeights: UnsafePointer<Float>?
  /// `[rows]`
  var losses: UnsafeMutablePointer<Float>
  /// `[rows, columns]`; nil if not wanted.
  var logitGradients: UnsafeMutablePointer<Float>?
  /// `[rows]`; nil if not wanted.
  var predictions: UnsafeMutablePointer<Int32>?
  var rows: Int
  var columns: Int
  /// The label of rows with a loss and gradients of 0.
  var ignoredLabel: Int32
  /// The exponent γ.
  var gamma: Float
  /// The factor of the gradients.
  var gradientScale: Float
  /// Scratch memory of a vector.
  var scratch: UnsafeMutablePointer<Float>
}
