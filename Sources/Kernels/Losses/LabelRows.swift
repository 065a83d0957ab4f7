import KernelsISA

/// One-hot rows: one value at the label and another in all other columns.
public enum OneHot: KernelOperation {
  public static let name = "one-hot"

  public struct Problem: Sendable, Hashable {
    public var rows: Int
    public var columns: Int
    /// The value at the label.
    public var on: Float
    /// The value in all other columns.
    public var off: Float

    public init(rows: Int, columns: Int, on: Float = 1, off: Float = 0) {
      self.rows = rows
      self.columns = columns
      self.on = on
      self.off = off
    }
  }

  public struct Operands {
    /// `[rows]`, each at least 0 and below `columns`.
    public var labels: UnsafePointer<Int32>
    /// `[rows, columns]`
    public var output: UnsafeMutablePointer<Float>

    public init(labels: UnsafePointer<Int32>, output: UnsafeMutablePointer<Float>) {
      self.labels = labels
      self.output = output
    }
  }

  /// `rows`: a vector fills neighbouring columns of one row.
  public static let kernels: [Kernel<OneHot>] = {
    let levels = Kernel<OneHot>.levelRows(
      "rows", Levels.labelRows,
      work: { Work(bytes: $0.rows * $0.columns * 4, pieces: max($0.rows, 1)) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          withRowScratch { scratch in
            var arguments = LabelRowsArguments(
              labels: operands.labels + range.lowerBound, values: nil, weights: nil, losses: nil,
              output: operands.output + range.lowerBound * problem.columns, rows: range.count,
              columns: problem.columns, ignoredLabel: .min, on: problem.on, off: problem.off, scratch: scratch)
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
    for row in 0..<problem.rows {
      for column in 0..<problem.columns {
        let isLabel = column == Int(operands.labels[row])
        operands.output[row * problem.columns + column] = isLabel ? problem.on : problem.off
      }
    }
  }
}

/// The negative log likelihood: the negated output at each row's label, times the class weight, for outputs that are
/// logarithms of probabilities. Its gradient is the negated weight at the label and 0 elsewhere.
public enum NegativeLogLikelihoodOfLabels: KernelOperation {
  public static let name = "negative-log-likelihood"

  public struct Problem: Sendable, Hashable {
    public var rows: Int
    public var columns: Int
    /// Rows of this label have a loss and gradients of 0; any other label lies in 0 ..< columns.
    public var ignoredLabel: Int32?

    public init(rows: Int, columns: Int, ignoredLabel: Int32? = nil) {
      self.rows = rows
      self.columns = columns
      self.ignoredLabel = ignoredLabel
    }
  }

  public struct Operands {
    /// `[rows, columns]`
    public var outputs: UnsafePointer<Float>
    /// `[rows]`
    public var labels: UnsafePointer<Int32>
    /// `[columns]`; nil for 1.
    public var classWeights: UnsafePointer<Float>?
    /// `[rows]`: the loss of each row, weighted and not scaled.
    public var losses: UnsafeMutablePointer<Float>
    /// `[rows, columns]`; nil if not wanted.
    public var gradients: UnsafeMutablePointer<Float>?
    /// The factor of the gradients.
    public var gradientScale: Float

    public init(
      outputs: UnsafePointer<Float>, labels: UnsafePointer<Int32>, classWeights: UnsafePointer<Float>? = nil,
      losses: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>? = nil, gradientScale: Float = 1
    ) {
      self.outputs = outputs
      self.labels = labels
      self.classWeights = classWeights
      self.losses = losses
      self.gradients = gradients
      self.gradientScale = gradientScale
    }
  }

  /// `rows`: a vector fills neighbouring columns of one row of gradients.
  public static let kernels: [Kernel<NegativeLogLikelihoodOfLabels>] = {
    let levels = Kernel<NegativeLogLikelihoodOfLabels>.levelRows(
      "rows", Levels.labelRows,
      work: { Work(bytes: $0.rows * $0.columns * 4, pieces: max($0.rows, 1)) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          let first = range.lowerBound
          withRowScratch { scratch in
            var arguments = LabelRowsArguments(
              labels: operands.labels + first, values: operands.outputs + first * problem.columns,
              weights: operands.classWeights, losses: operands.losses + first,
              output: operands.gradients.map { $0 + first * problem.columns }, rows: range.count,
              columns: problem.columns, ignoredLabel: problem.ignoredLabel ?? .min, on: -operands.gradientScale,
              off: 0, scratch: scratch)
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
    for row in 0..<problem.rows {
      let isIgnored = operands.labels[row] == problem.ignoredLabel
      let label = isIgnored ? 0 : Int(operands.labels[row])
      let weight = operands.classWeights?[label] ?? 1
      operands.losses[row] = isIgnored ? 0 : -operands.outputs[row * problem.columns + label] * weight
      for column in 0..<problem.columns {
        let isLabel = column == label && !isIgnored
        operands.gradients?[row * problem.columns + column] = isLabel ? -weight * operands.gradientScale : 0
      }
    }
  }
}

/// The arguments of ``labelRows(_:_:)``.
struct LabelRowsArguments {
  /// `[rows]`, each in 0 ..< columns or ``ignoredLabel``.
  var labels: UnsafePointer<Int32>
  /// `[rows, columns]`, whose negated values at the labels are the losses; nil for one-hot rows.
  var values: UnsafePointer<Float>?
  /// `[columns]`: class weights; nil for 1.
  var weights: UnsafePointer<Float>?
  /// `[rows]`; nil for one-hot rows.
  var losses: UnsafeMutablePointer<Float>?
  /// `[rows, columns]`: one-hot rows or gradients; nil if not wanted.
  var output: UnsafeMutablePointer<Float>?
  var rows: Int
  var columns: Int
  /// The label of rows with a loss of 0 and no `on` in the output.
  var ignoredLabel: Int32
  /// The output at the label, before its weight.
  var on: Float
  /// The output in all other columns.
  var off: Float
  /// Scratch memory of a vector.
  var scratch: UnsafeMutablePointer<Float>
}

/// Writes the losses, then the rows of the output. The last vector of a row extends into the next row, which is written later;
/// in the last row it goes through scratch memory.
@inline(always)
func labelRows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<LabelRowsArguments>) {
  let columns = p.pointee.columns
  if let values = p.pointee.values, let losses = p.pointee.losses {
    var row = 0
    while row < p.pointee.rows {
      let label = p.pointee.labels[row]
      var loss: Float = 0
      if label != p.pointee.ignoredLabel {
        loss = -values[row &* columns &+ Int(label)]
        if let weights = p.pointee.weights { loss *= weights[Int(label)] }
      }
      losses[row] = loss
      row &+= 1
    }
  }
  guard let output = p.pointee.output else { return }
  let total = p.pointee.rows &* columns
  let off = L.splat(p.pointee.off)
  L.store(off, p.pointee.scratch)
  var row = 0
  while row < p.pointee.rows {
    let first = row &* columns
    var i = first
    while i < first &+ columns {
      if i &+ L.count <= total {
        L.store(off, output + i)
      } else {
        L.copy(p.pointee.scratch, output + i, first: first &+ columns &- i)
      }
      i &+= L.count
    }
    let label = p.pointee.labels[row]
    if label != p.pointee.ignoredLabel {
      var value = p.pointee.on
      if let weights = p.pointee.weights { value *= weights[Int(label)] }
      output[first &+ Int(label)] = value
    }
    row &+= 1
  }
}
