import KernelsISA

/// Softmax and cross entropy with class labels, in one pass: for a row of logits x with label k
///
///     loss = log Σⱼ exp(xⱼ) - xₖ
///     ∂loss/∂xⱼ · gradientScale = (softmax(x)ⱼ - [j = k]) · gradientScale
///
/// computed after the row's largest logit has been subtracted, so that logits of any size neither overflow nor lose the
/// sum. A row that holds NaN, +infinity, or only -infinity has NaN losses and gradients, as in PyTorch.
public enum SoftmaxCrossEntropy: KernelOperation {
  public static let name = "softmax-cross-entropy"

  /// `rows` examples of `columns` classes.
  public struct Problem: Sendable, Hashable {
    public var rows: Int
    public var columns: Int
    /// The factor of the gradients: 1/rows for the gradient of the mean loss.
    public var gradientScale: Float

    public init(rows: Int, columns: Int, gradientScale: Float) {
      self.rows = rows
      self.columns = columns
      self.gradientScale = gradientScale
    }
  }

  public struct Operands {
    /// `[rows, columns]`
    public var logits: UnsafePointer<Float>
    /// `[rows]`, each at least 0 and below `columns`.
    public var labels: UnsafePointer<Int32>
    /// `[rows]`: the loss of each row, not scaled.
    public var losses: UnsafeMutablePointer<Float>
    /// `[rows, columns]`, other memory than the logits; nil if not wanted.
    public var logitGradients: UnsafeMutablePointer<Float>?
    /// `[rows]`: the index of the largest logit, the first of equals, or of the first NaN if there is one. Nil if not wanted.
    public var predictions: UnsafeMutablePointer<Int32>?

    public init(
      logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, losses: UnsafeMutablePointer<Float>,
      logitGradients: UnsafeMutablePointer<Float>? = nil, predictions: UnsafeMutablePointer<Int32>? = nil
    ) {
      self.logits = logits
      self.labels = labels
      self.losses = losses
      self.logitGradients = logitGradients
      self.predictions = predictions
    }
  }

  /// `rows`: a vector holds neighbouring columns of one row.
  public static let kernels: [Kernel<SoftmaxCrossEntropy>] = {
    let levels = Kernel<SoftmaxCrossEntropy>.levelRows(
      "rows", Levels.softmaxCrossEntropy,
      work: { rowWork(rows: $0.rows, columns: $0.columns) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          let first = range.lowerBound
          withRowScratch { scratch in
            var arguments = SoftmaxCrossEntropyArguments(
              logits: operands.logits + first * problem.columns, labels: operands.labels + first,
              losses: operands.losses + first,
              logitGradients: operands.logitGradients.map { $0 + first * problem.columns },
              predictions: operands.predictions.map { $0 + first }, rows: range.count, columns: problem.columns,
              gradientScale: problem.gradientScale, scratch: scratch)
            body(&arguments)
          }
        }
      })
    return levels + [.reference(reference)]
  }()

  /// - Throws: ``KernelError`` for negative rows, no columns, or more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateRows(name, rows: problem.rows, columns: problem.columns)
  }

  private static func reference(_ problem: Problem, _ operands: Operands) {
    let columns = problem.columns
    for row in 0..<problem.rows {
      let logits = operands.logits + row * columns
      let label = Int(operands.labels[row])
      let prediction = argmax(logits, columns: columns)
      let largest = Double(logits[prediction])
      var sum = 0.0
      for i in 0..<columns { sum += exp(Double(logits[i]) - largest) }
      operands.losses[row] = Float(log(sum) - (Double(logits[label]) - largest))
      operands.predictions?[row] = Int32(truncatingIfNeeded: prediction)
      for i in 0..<columns {
        let probability = exp(Double(logits[i]) - largest) / sum
        let gradient = (i == label ? probability - 1 : probability) * Double(problem.gradientScale)
        operands.logitGradients?[row * columns + i] = Float(gradient)
      }
    }
  }
}

/// The arguments of ``crossEntropy(_:_:)``.
struct SoftmaxCrossEntropyArguments {
  /// `[rows, columns]`
  var logits: UnsafePointer<Float>
  /// `[rows]`, each in 0 ..< columns.
  var labels: UnsafePointer<Int32>
  /// `[rows]`
  var losses: UnsafeMutablePointer<Float>
  /// `[rows, columns]`; nil if not wanted.
  var logitGradients: UnsafeMutablePointer<Float>?
  /// `[rows]`; nil if not wanted.
  var predictions: UnsafeMutablePointer<Int32>?
  var rows: Int
  var columns: Int
  /// The factor of the gradients.
  var gradientScale: Float
  /// Scratch memory of a vector.
  var scratch: UnsafeMutablePointer<Float>
}

/// Losses, gradients and predictions of all rows.
@inline(always)
func crossEntropy<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SoftmaxCrossEntropyArguments>) {
  if p.pointee.columns <= L.count {
    narrowCrossEntropy(lanes, p)
  } else {
    wideCrossEntropy(lanes, p)
  }
}
