import KernelsISA

/// A matrix whose rows are computed independently.
public struct RowsProblem: Sendable, Hashable {
  public var rows: Int
  public var columns: Int

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// The matrices of a row-wise function, both `[rows, columns]`, in different memory.
public struct RowsOperands {
  public var input: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>

  public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    self.input = input
    self.output = output
  }
}

/// The matrices of a row-wise function's backward pass, all `[rows, columns]`; the input gradient is in different memory.
public struct RowsBackwardOperands {
  /// The output of the forward pass.
  public var output: UnsafePointer<Float>
  public var outputGradient: UnsafePointer<Float>
  public var inputGradient: UnsafeMutablePointer<Float>

  public init(
    output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
  }
}

/// Writes one row of outputs.
typealias RowReference =
  @Sendable (
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ columns: Int
  ) -> Void

/// Writes one row of the input gradient.
typealias RowGradientReference =
  @Sendable (
    _ output: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>,
    _ columns: Int
  ) -> Void

extension KernelOperation where Problem == RowsProblem {
  /// - Throws: ``KernelError`` for negative rows, no columns, or more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateRows(name, rows: problem.rows, columns: problem.columns)
  }
}

extension KernelOperation where Problem == RowsProblem, Operands == RowsOperands {
  /// A row of the table for each level, and the reference, which writes one row of the matrix. `rows`: a vector holds neighbouring
  /// columns of one row.
  static func rows(
    _ functions: LevelFunctions<RowsArguments>, reference: @escaping RowReference
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "rows", functions,
      work: { rowWork(rows: $0.rows, columns: $0.columns) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          let first = range.lowerBound * problem.columns
          withRowScratch { scratch in
            var arguments = RowsArguments(
              input: operands.input + first, output: operands.output + first, rows: range.count,
              columns: problem.columns, scratch: scratch)
            body(&arguments)
          }
        }
      })
    let last = Kernel<Self>.reference { problem, operands in
      for row in 0..<problem.rows {
        let first = row * problem.columns
        reference(operands.input + first, operands.output + first, problem.columns)
      }
    }
    return levels + [last]
  }
}

extension KernelOperation where Problem == RowsProblem, Operands == RowsBackwardOperands {
  /// A row of the table for each level, and the reference, which writes one row of the input gradient. `rows`: a vector holds
  /// neighbouring columns of one row.
  static func rows(
    _ functions: LevelFunctions<RowsBackwardArguments>, reference: @escaping RowGradientReference
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "rows", functions,
      work: { rowWork(rows: $0.rows, columns: $0.columns) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          let first = range.lowerBound * problem.columns
          withRowScratch { scratch in
            var arguments = RowsBackwardArguments(
              output: operands.output + first, outputGradient: operands.outputGradient + first,
              inputGradient: operands.inputGradient + first, rows: range.count, columns: problem.columns,
              scratch: scratch)
            body(&arguments)
          }
        }
      })
    let last = Kernel<Self>.reference { problem, operands in
      for row in 0..<problem.rows {
        let first = row * problem.columns
        reference(
          operands.output + first, operands.outputGradient + first, operands.inputGradient + first, problem.columns)
      }
    }
    return levels + [last]
  }
}

/// The work of a pass over rows with exponentials or sums along short rows. Work estimate: 64 multiply-adds an element.
func rowWork(rows: Int, columns: Int) -> Work {
  Work(multiplyAdds: rows * columns * 64, pieces: rows)
}

/// Checks the size of a matrix whose rows are computed independently.
func validateRows(_ operation: String, rows: Int, columns: Int) throws(KernelError) {
  try require(operation, "rows", rows, in: 0...Int.max)
  try require(operation, "columns", columns, in: 1...Int(Int32.max))
  _ = try product(operation, rows, columns, MemoryLayout<Float>.stride)
}
