import KernelsISA

/// Transposes each matrix of a batch: output[b, c, r] = input[b, r, c]. All levels give the same bits.
///
/// It converts images `[batch, channels, plane]` to channels-last, `[batch, plane, channels]`. With rows and columns
/// exchanged it is its own inverse and its own backward pass.
public enum Transposition: KernelOperation {
  public static let name = "transpose"

  public struct Problem: Sendable, Hashable {
    public var batch: Int
    /// The rows of the input.
    public var rows: Int
    /// The columns of the input.
    public var columns: Int

    public init(batch: Int, rows: Int, columns: Int) {
      self.batch = batch
      self.rows = rows
      self.columns = columns
    }

    /// The inverse transposition.
    public var inverse: Problem { Problem(batch: batch, rows: columns, columns: rows) }
  }

  public struct Operands {
    /// `[batch, rows, columns]`
    public var input: UnsafePointer<Float>
    /// `[batch, columns, rows]`
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.output = output
    }
  }

  /// - Throws: ``KernelError`` for negative sizes and more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    let sizes = 0...Int(Int32.max)
    try require(name, "batch", problem.batch, in: sizes)
    try require(name, "rows", problem.rows, in: sizes)
    try require(name, "columns", problem.columns, in: sizes)
    _ = try product(name, problem.batch, problem.rows, problem.columns, MemoryLayout<Float>.stride)
  }

  /// Rows of a block, or columns where the matrix has more columns than rows; threads share blocks. A block of 32
  /// channels is 128 KB, which stays in a second-level cache.
  private static let blockCount = 1024

  /// The rows are named after the strips of rows, each a vector high, in which a matrix is transposed.
  public static let kernels: [Kernel<Transposition>] =
    InstructionSet.allCases.map { level in
      let body = Levels.transpose[level]
      return Kernel(algorithm: "strips", level: level) { problem, threads in
        let matrix = problem.rows * problem.columns
        let splitsRows = problem.rows >= problem.columns
        let blocks = (max(problem.rows, problem.columns) + blockCount - 1) / blockCount
        let pieces = problem.batch * blocks
        let parts = Work(bytes: problem.batch * matrix * 8, pieces: max(pieces, 1)).parts(threads: threads)
        return PreparedKernel { operands, _ in
          if problem.batch * matrix == 0 { return }
          Parallel.run(parts: parts) { part in
            for piece in Parallel.range(part, of: parts, items: pieces) {
              let first = piece % blocks * blockCount
              let start = piece / blocks * matrix
              let count = min(blockCount, (splitsRows ? problem.rows : problem.columns) - first)
              var arguments = TransposeArguments(
                source: operands.input + start + (splitsRows ? first * problem.columns : first),
                target: operands.output + start + (splitsRows ? first : first * problem.rows),
                rows: splitsRows ? count : problem.rows, columns: splitsRows ? problem.columns : count,
                sourceStride: problem.columns, targetStride: problem.rows)
              body(&arguments)
            }
          }
        }
      }
    } + [
      .reference { problem, operands in
        let matrix = problem.rows * problem.columns
        for i in 0..<problem.batch * matrix {
          let (row, column) = (i % matrix / problem.columns, i % problem.columns)
          operands.output[i / matrix * matrix + column * problem.rows + row] = operands.input[i]
        }
      }
    ]
}
