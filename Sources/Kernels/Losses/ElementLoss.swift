import KernelsISA

/// A loss of each element of `rows` outputs, such as images, with `columns` elements each.
public struct ElementLossProblem: Sendable, Hashable {
  public var rows: Int
  public var columns: Int
  /// The error from which on ``SmoothL1Error`` and ``HuberError`` are linear; not used by other losses.
  public var threshold: Float
  /// The exponent of ``SigmoidFocalLoss``; not used by other losses.
  public var gamma: Float
  /// The weight α of positive targets in ``SigmoidFocalLoss``, 0 to 1; the weight of negative targets is 1 − α. Nil for 1 and 1.
  public var alpha: Float?

  public init(rows: Int, columns: Int, threshold: Float = 1, gamma: Float = 2, alpha: Float? = nil) {
    self.rows = rows
    self.columns = columns
    self.threshold = threshold
    self.gamma = gamma
    self.alpha = alpha
  }
}

/// The memory of a loss of elements. Matrices are `[rows, columns]`; outputs and inputs are in different memory.
public struct ElementLossOperands {
  /// The factors of the losses of elements and of their gradients.
  public enum Weights {
    /// `[columns]`: the same in every row.
    case columns(UnsafePointer<Float>)
    /// `[rows, columns]`
    case elements(UnsafePointer<Float>)
  }

  public var outputs: UnsafePointer<Float>
  public var targets: UnsafePointer<Float>
  public var weights: Weights?
  /// `[columns]`, for ``BinaryCrossEntropy`` and ``SigmoidFocalLoss``: the factors of the cross entropies of positive targets. Nil
  /// for 1.
  public var positiveWeights: UnsafePointer<Float>?
  /// `[rows]`: the sum of the losses of each row, not scaled.
  public var rowLosses: UnsafeMutablePointer<Float>
  /// The loss of each element, not scaled; nil if not wanted.
  public var elementLosses: UnsafeMutablePointer<Float>?
  /// The gradients by the outputs; nil if not wanted.
  public var gradients: UnsafeMutablePointer<Float>?
  /// The factor of the gradients: 1/(rows·columns) for the gradient of the mean.
  public var gradientScale: Float

  public init(
    outputs: UnsafePointer<Float>, targets: UnsafePointer<Float>, weights: Weights? = nil,
    positiveWeights: UnsafePointer<Float>? = nil, rowLosses: UnsafeMutablePointer<Float>,
    elementLosses: UnsafeMutablePointer<Float>? = nil, gradients: UnsafeMutablePointer<Float>? = nil,
    gradientScale: Float = 1
  ) {
    self.outputs = outputs
    self.targets = targets
    self.weights = weights
    self.positiveWeights = positiveWeights
    self.rowLosses = rowLosses
    self.elementLosses = elementLosses
    self.gradients = gradients
    self.gradientScale = gradientScale
  }
}

/// Elements of a chunk. Rows are divided into chunks, which are summed in Float, and the sums of chunks are added in Double: a
/// chunk's sum is accurate to six digits whatever the row's length. Chunks are partitioned among threads.
private let chunkSize = 1024

extension KernelOperation where Problem == ElementLossProblem, Operands == ElementLossOperands {
  /// - Throws: ``KernelError`` for negative rows, no columns, more elements than can be addressed, a threshold that is not
  ///   finite and above 0, a gamma that is negative or not finite, and an alpha outside 0 to 1.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateRows(name, rows: problem.rows, columns: problem.columns)
    guard problem.threshold > 0, problem.threshold.isFinite else {
      throw .invalidParameter(
        operation: name, parameter: "threshold", value: "\(problem.threshold)", expected: "above 0, and finite")
    }
    try requireFinite(name, "gamma", problem.gamma, atLeast: 0)
    if let alpha = problem.alpha, !(alpha >= 0 && alpha <= 1) {
      throw .invalidParameter(operation: name, parameter: "alpha", value: "\(alpha)", expected: "0 to 1")
    }
  }

  /// A row of the table for each level, and the reference. `chunks`: a vector holds neighbouring elements of a chunk.
  ///
  /// - Parameters:
  ///   - functions: the level functions.
  ///   - multiplyAdds: the work estimate of an element in multiply-adds, without its memory traffic.
  ///   - parameters: the two parameters of the level functions.
  ///   - loss: the loss and the derivative of one element, for the reference.
  static func rows(
    _ functions: LevelFunctions<ElementLossArguments>, multiplyAdds: Int = 0,
    parameters: @escaping @Sendable (Problem) -> (threshold: Float, slope: Float) = { ($0.threshold, 1) },
    reference loss:
      @escaping @Sendable (
        _ output: Double, _ target: Double, _ positiveWeight: Double, Problem
      ) -> (value: Double, derivative: Double)
  ) -> [Kernel<Self>] {
    let levels = InstructionSet.allCases.map { level in
      let body = functions[level]
      return Kernel<Self>(
        algorithm: "chunks", level: level,
        cost: { problem, _ in
          Workspace.cost(ifFits: ElementLossRun.chunks(ofRow: problem.columns) * MemoryLayout<Float>.stride)
        }
      ) { problem, threads in
        let count = problem.rows * problem.columns
        let chunks = ElementLossRun.chunks(ofRow: problem.columns)
        let work = Work(multiplyAdds: count * multiplyAdds, bytes: count * 12, pieces: max(problem.rows * chunks, 1))
        let run = ElementLossRun(
          problem: problem, parameters: parameters(problem), chunks: chunks, parts: work.parts(threads: threads),
          body: body)
        return PreparedKernel(workspaceByteCount: run.workspaceByteCount) { operands, workspace in
          run(operands, workspace)
        }
      }
    }
    return levels + [.reference { referenceLosses($0, $1, loss) }]
  }

  private static func referenceLosses(
    _ problem: Problem, _ operands: Operands, _ loss: (Double, Double, Double, Problem) -> (Double, Double)
  ) {
    for row in 0..<problem.rows {
      var sum = 0.0
      for column in 0..<problem.columns {
        let i = row * problem.columns + column
        let weight: Double =
          switch operands.weights {
          case .columns(let weights): Double(weights[column])
          case .elements(let weights): Double(weights[i])
          case nil: 1
          }
        let (value, derivative) = loss(
          Double(operands.outputs[i]), Double(operands.targets[i]), Double(operands.positiveWeights?[column] ?? 1),
          problem)
        sum += weight * value
        operands.elementLosses?[i] = Float(weight * value)
        operands.gradients?[i] = Float(weight * derivative * Double(operands.gradientScale))
      }
      operands.rowLosses[row] = Float(sum)
    }
  }
}

/// Runs the chunks in parts, then sums each row's chunks.
private struct ElementLossRun: Sendable {
  let problem: ElementLossProblem
  let parameters: (threshold: Float, slope: Float)
  /// Chunks of a row.
  let chunks: Int
  let parts: Int
  let body: LevelFunction<ElementLossArguments>

  static func chunks(ofRow columns: Int) -> Int { (columns + chunkSize - 1) / chunkSize }

  /// Rows whose chunk sums fit into the workspace. With one chunk a row, the chunk's sum is the row's, and no workspace is needed.
  private var rowsAtOnce: Int {
    let fitting = Workspace.mostKernelBytes / (chunks * MemoryLayout<Float>.stride)
    return chunks == 1 ? problem.rows : max(min(problem.rows, fitting), 1)
  }

  var workspaceByteCount: Int { chunks == 1 ? 0 : rowsAtOnce * chunks * MemoryLayout<Float>.stride }

  func callAsFunction(_ operands: ElementLossOperands, _ workspace: UnsafeMutableRawPointer) {
    var first = 0
    while first < problem.rows {
      let rows = first..<min(first + rowsAtOnce, problem.rows)
      let sums = chunks > 1 ? workspace.assumingMemoryBound(to: Float.self) : operands.rowLosses
      Parallel.run(parts: parts) { part in
        let range = Parallel.range(part, of: parts, items: rows.count * chunks)
        if range.isEmpty { return }
        run(
          (first * chunks + range.lowerBound)..<(first * chunks + range.upperBound), operands, sums + range.lowerBound)
      }
      if chunks == 1 { return }
      for row in rows {
        var sum = 0.0
        for chunk in 0..<chunks { sum += Double(sums[(row - first) * chunks + chunk]) }
        operands.rowLosses[row] = Float(sum)
      }
      first = rows.upperBound
    }
  }

  /// The index of a chunk's first element, or of the element behind the last chunk.
  private func start(ofChunk chunk: Int) -> Int {
    chunk / chunks * problem.columns + chunk % chunks * chunkSize
  }

  /// Computes a range of the chunks of all rows, and writes their sums to `sums`.
  private func run(_ range: Range<Int>, _ operands: ElementLossOperands, _ sums: UnsafeMutablePointer<Float>) {
    let first = start(ofChunk: range.lowerBound)
    var weights: UnsafePointer<Float>?
    var hasElementWeights = false
    switch operands.weights {
    case .columns(let columns): weights = columns
    case .elements(let elements): (weights, hasElementWeights) = (elements + first, true)
    case nil: break
    }
    var nonTemporal = problem.columns % 32 == 0 && Streaming.pays(outputCount: problem.rows * problem.columns)
    if let gradients = operands.gradients { nonTemporal = nonTemporal && Streaming.isAligned(gradients) }
    withScratch { scratch in
      var arguments = ElementLossArguments(
        outputs: operands.outputs + first, targets: operands.targets + first, weights: weights,
        positiveWeights: operands.positiveWeights, losses: operands.elementLosses.map { $0 + first },
        gradients: operands.gradients.map { $0 + first }, sums: sums, chunks: range.count,
        chunkSize: chunkSize, firstColumn: range.lowerBound % chunks * chunkSize, columns: problem.columns,
        count: start(ofChunk: range.upperBound) - first, hasElementWeights: hasElementWeights,
        nonTemporal: nonTemporal, gradientScale: operands.gradientScale, threshold: parameters.threshold,
        slope: parameters.slope,
        scratch: scratch)
      body(&arguments)
    }
  }

  /// Calls `body` with five pairs of vectors on the stack, for the last elements of a run.
  @inline(__always)
  private func withScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    var memory = (
      SIMD32<Float>.zero, SIMD32<Float>.zero, SIMD32<Float>.zero, SIMD32<Float>.zero, SIMD32<Float>.zero
    )
    withUnsafeMutableBytes(of: &memory) { bytes in
      if let base = bytes.baseAddress { body(base.assumingMemoryBound(to: Float.self)) }
    }
  }
}
