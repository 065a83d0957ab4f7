import KernelsISA

/// Planes that are enlarged by whole factors, each value to a rectangle of `scaleHeight` × `scaleWidth` copies (nearest
/// neighbour).
public struct UpsampleProblem: Sendable, Hashable {
  /// Images × channels.
  public var planes: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var scaleHeight: Int
  public var scaleWidth: Int

  public init(planes: Int, inputHeight: Int, inputWidth: Int, scaleHeight: Int, scaleWidth: Int) {
    self.planes = planes
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.scaleHeight = scaleHeight
    self.scaleWidth = scaleWidth
  }

  var rows: Int { planes * inputHeight }
  var outputWidth: Int { inputWidth * scaleWidth }
  var inputCount: Int { rows * inputWidth }
  var outputCount: Int { rows * scaleHeight * outputWidth }

  /// Input rows that are widened, or summed, at a time: about 2048 outputs, 8 KB.
  fileprivate var chunk: Int { max(2048 / max(outputWidth, 1), 1) }

  /// Bytes of scratch memory that a thread needs, with a vector of excess.
  fileprivate var scratchByteCount: Int { cacheLines((chunk * outputWidth + 32) * MemoryLayout<Float>.stride) }
}

extension KernelOperation where Problem == UpsampleProblem {
  /// - Throws: ``KernelError`` for negative sizes, factors below 1, and more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    let sizes = 0...Int(Int32.max)
    try require(name, "planes", problem.planes, in: sizes)
    try require(name, "inputHeight", problem.inputHeight, in: sizes)
    try require(name, "inputWidth", problem.inputWidth, in: sizes)
    try require(name, "scaleHeight", problem.scaleHeight, in: 1...Int(Int32.max))
    try require(name, "scaleWidth", problem.scaleWidth, in: 1...Int(Int32.max))
    _ = try product(name, problem.inputWidth, problem.scaleWidth, MemoryLayout<Float>.stride)
    _ = try product(
      name, problem.planes, problem.inputHeight, problem.inputWidth, problem.scaleHeight, problem.scaleWidth,
      MemoryLayout<Float>.stride)
  }

  /// A row of the table for each level. `rows`: threads compute rows of the small image, and a vector holds neighbouring elements
  /// of a row of the large one. A few rows at a time are widened, or summed, in scratch memory.
  static func rows(
    _ functions: LevelFunctions<UpsampleArguments>, isForward: Bool,
    arrays: @escaping @Sendable (Operands) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>)
  ) -> [Kernel<Self>] {
    InstructionSet.allCases.map { level in
      let body = functions[level]
      return Kernel(
        algorithm: "rows", level: level, cost: { problem, _ in Workspace.cost(ifFits: problem.scratchByteCount) }
      ) { problem, threads in
        let bytes = (problem.inputCount + problem.outputCount) * MemoryLayout<Float>.stride
        let parts = Work(bytes: bytes, pieces: problem.rows).parts(threads: threads)
        let (chunk, scratch) = (problem.chunk, problem.scratchByteCount)
        return PreparedKernel(workspaceByteCount: parts * scratch) { operands, workspace in
          if problem.outputCount == 0 { return }
          let (source, destination) = arrays(operands)
          let nonTemporal =
            isForward && problem.outputWidth % 16 == 0
            && Streaming.streams(problem.outputCount, from: source, to: destination)
          let outputRow = problem.scaleHeight * problem.outputWidth
          let (sourceRow, destinationRow) =
            isForward ? (problem.inputWidth, outputRow) : (outputRow, problem.inputWidth)
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.rows)
            var arguments = UpsampleArguments(
              source: source + range.lowerBound * sourceRow,
              destination: destination + range.lowerBound * destinationRow,
              rows: range.count, width: problem.inputWidth, scaleHeight: problem.scaleHeight,
              scaleWidth: problem.scaleWidth, scratch: (workspace + part * scratch).assumingMemoryBound(to: Float.self),
              chunk: chunk, nonTemporal: nonTemporal)
            body(&arguments)
          }
        }
      }
    }
  }
}

/// Upsampling: output row i, column j is input row ⌊i / scaleHeight⌋, column ⌊j / scaleWidth⌋. All levels give the same
/// bits.
public enum UpsampleForward: KernelOperation {
  public static let name = "upsample"
  public typealias Problem = UpsampleProblem

  public struct Operands {
    /// `[planes, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[planes, inputHeight · scaleHeight, inputWidth · scaleWidth]`
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.output = output
    }
  }

  public static let kernels: [Kernel<UpsampleForward>] =
    rows(Levels.upsampleForward, isForward: true, arrays: { ($0.input, $0.output) })
    + [
      .reference { problem, operands in
        for i in 0..<problem.outputCount {
          let (row, column) = (i / problem.outputWidth, i % problem.outputWidth)
          operands.output[i] =
            operands.input[
              row / problem.scaleHeight * problem.inputWidth + column / problem.scaleWidth]
        }
      }
    ]
}

/// The gradient of ``UpsampleForward``: the sum of each rectangle, column by column, then over the columns.
public enum UpsampleBackward: KernelOperation {
  public static let name = "upsample"
  public static let pass = "backward-data"
  public typealias Problem = UpsampleProblem

  public struct Operands {
    /// `[planes, inputHeight · scaleHeight, inputWidth · scaleWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[planes, inputHeight, inputWidth]`
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>) {
      self.outputGradient = outputGradient
      self.inputGradient = inputGradient
    }
  }

  public static let kernels: [Kernel<UpsampleBackward>] =
    rows(Levels.upsampleBackward, isForward: false, arrays: { ($0.outputGradient, $0.inputGradient) })
    + [
      .reference { problem, operands in
        for i in 0..<problem.inputCount {
          let (row, column) = (i / problem.inputWidth, i % problem.inputWidth)
          var sum: Float = 0
          for x in 0..<problem.scaleWidth {
            var columnSum: Float = 0
            for y in 0..<problem.scaleHeight {
              let outputRow = row * problem.scaleHeight + y
              columnSum +=
                operands.outputGradient[outputRow * problem.outputWidth + column * problem.scaleWidth + x]
            }
            sum += columnSum
          }
          operands.inputGradient[i] = sum
        }
      }
    ]
}
