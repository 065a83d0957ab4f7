import KernelsISA

/// Planes that are resampled to another size: each output is a weighted mean of the four inputs around its position.
public struct BilinearProblem: Sendable, Hashable {
  /// Images × channels.
  public var planes: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var outputHeight: Int
  public var outputWidth: Int
  /// Whether the centres of the outermost inputs and outputs are aligned, or the edges of the planes.
  public var alignCorners: Bool

  public init(
    planes: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int, alignCorners: Bool
  ) {
    self.planes = planes
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.alignCorners = alignCorners
  }

  var inputCount: Int { planes * inputHeight * inputWidth }
  var outputCount: Int { planes * outputHeight * outputWidth }

  /// Bytes of a row of outputs in scratch memory, with a vector of excess; the forward pass needs two.
  fileprivate var rowByteCount: Int { cacheLines((outputWidth + 48) * MemoryLayout<Float>.stride) }

  /// The longest axis with a ``LinearTable``, which then has 6 MB; the reference computes longer ones.
  private static let longestAxis = 1 << 19

  fileprivate var cost: Double? {
    guard max(inputHeight, inputWidth, outputHeight, outputWidth) <= Self.longestAxis else { return nil }
    return Workspace.cost(ifFits: 2 * rowByteCount)
  }

  /// The position of an output along an axis: the input before it, and the weight of the next input. Computed in integers, with
  /// one rounding.
  ///
  /// As in PyTorch, the position of output o is (o + 1/2)·inputs/outputs − 1/2, at least 0, with edges aligned, else
  /// o·(inputs − 1)/(outputs − 1).
  static func position(
    _ output: Int, inputs: Int, outputs: Int, alignCorners: Bool
  ) -> (first: Int, nextWeight: Float) {
    let (numerator, denominator) =
      alignCorners
      ? (output * (inputs - 1), max(outputs - 1, 1))
      : (max((2 * output + 1) * inputs - outputs, 0), 2 * outputs)
    let (first, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return (first, Float(Double(remainder) / Double(denominator)))
  }
}

extension KernelOperation where Problem == BilinearProblem {
  /// - Throws: ``KernelError`` for a negative number of planes, sizes outside 1 to 2³⁰, and more elements than can be
  ///   addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    let sizes = 1...1 << 30
    try require(name, "planes", problem.planes, in: 0...Int(Int32.max))
    try require(name, "inputHeight", problem.inputHeight, in: sizes)
    try require(name, "inputWidth", problem.inputWidth, in: sizes)
    try require(name, "outputHeight", problem.outputHeight, in: sizes)
    try require(name, "outputWidth", problem.outputWidth, in: sizes)
    try product(name, problem.planes, problem.inputHeight, problem.inputWidth, MemoryLayout<Float>.stride)
    try product(name, problem.planes, problem.outputHeight, problem.outputWidth, MemoryLayout<Float>.stride)
  }

  /// A row of the table for each level. `rows`: threads compute rows of the destination, and a vector holds neighbouring
  /// outputs of a row.
  fileprivate static func rows(
    _ functions: LevelFunctions<BilinearArguments>, isForward: Bool,
    arrays: @escaping @Sendable (Operands) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>)
  ) -> [Kernel<Self>] {
    InstructionSet.allCases.map { level in
      let body = functions[level]
      return Kernel(algorithm: "rows", level: level, cost: { problem, _ in problem.cost }) { problem, threads in
        let items = problem.planes * (isForward ? problem.outputHeight : problem.inputHeight)
        let work = Work(
          multiplyAdds: (problem.inputCount + problem.outputCount) * 16,
          bytes: (problem.inputCount + problem.outputCount) * MemoryLayout<Float>.stride, pieces: items)
        let parts = work.parts(threads: threads)
        let rows = LinearTable(
          inputs: problem.inputHeight, outputs: problem.outputHeight, alignCorners: problem.alignCorners)
        let columns = LinearTable(
          inputs: problem.inputWidth, outputs: problem.outputWidth, alignCorners: problem.alignCorners)
        let scratch = (isForward ? 2 : 1) * problem.rowByteCount
        return PreparedKernel(workspaceByteCount: parts * scratch) { operands, workspace in
          let (source, destination) = arrays(operands)
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: items)
            var arguments = BilinearArguments(
              rows: rows.axis, columns: columns.axis, source: source, destination: destination,
              begin: range.lowerBound, end: range.upperBound,
              scratch: (workspace + part * scratch).assumingMemoryBound(to: Float.self))
            body(&arguments)
          }
        }
      }
    }
  }
}

/// The positions of the outputs along an axis, as the level functions read them.
private final class LinearTable: @unchecked Sendable {
  let axis: LinearAxis
  private let first: UnsafeMutablePointer<Int32>
  private let nextWeight: UnsafeMutablePointer<Float>
  private let start: UnsafeMutablePointer<Int32>

  init(inputs: Int, outputs: Int, alignCorners: Bool) {
    first = .allocate(capacity: outputs)
    nextWeight = .allocate(capacity: outputs)
    start = .allocate(capacity: inputs + 1)
    var next = 0
    for output in 0..<outputs {
      let position = BilinearProblem.position(output, inputs: inputs, outputs: outputs, alignCorners: alignCorners)
      (first + output).initialize(to: Int32(position.first))
      (nextWeight + output).initialize(to: position.nextWeight)
      while next <= position.first {
        (start + next).initialize(to: Int32(output))
        next += 1
      }
    }
    while next <= inputs {
      (start + next).initialize(to: Int32(outputs))
      next += 1
    }
    axis = LinearAxis(inputs: inputs, outputs: outputs, first: first, nextWeight: nextWeight, start: start)
  }

  deinit {
    first.deallocate()
    nextWeight.deallocate()
    start.deallocate()
  }
}

/// Bilinear upsampling as in PyTorch: along each axis y = (1 − w)·a + w·b, where a and b are the inputs before and behind the
/// output's position (at the end both are the last input) and w is its distance from a.
public enum BilinearUpsampleForward: KernelOperation {
  public static let name = "bilinear-upsample"
  public typealias Problem = BilinearProblem

  public struct Operands {
    /// `[planes, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[planes, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.output = output
    }
  }

  public static let kernels: [Kernel<BilinearUpsampleForward>] =
    rows(Levels.bilinearForward, isForward: true, arrays: { ($0.input, $0.output) }) + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    let (height, width) = (problem.inputHeight, problem.inputWidth)
    for i in 0..<problem.outputCount {
      let (row, column) = (i / problem.outputWidth, i % problem.outputWidth)
      let input = operands.input + row / problem.outputHeight * height * width
      let y = BilinearProblem.position(
        row % problem.outputHeight, inputs: height, outputs: problem.outputHeight, alignCorners: problem.alignCorners)
      let x = BilinearProblem.position(
        column, inputs: width, outputs: problem.outputWidth, alignCorners: problem.alignCorners)
      func along(_ row: Int) -> Double {
        let (a, b) = (input[row * width + x.first], input[row * width + min(x.first + 1, width - 1)])
        return Double(1 - x.nextWeight) * Double(a) + Double(x.nextWeight) * Double(b)
      }
      let (above, below) = (along(y.first), along(min(y.first + 1, height - 1)))
      operands.output[i] = Float(Double(1 - y.nextWeight) * above + Double(y.nextWeight) * below)
    }
  }
}

/// The gradient of ``BilinearUpsampleForward``: each input's gradient is the sum of the output gradients times its weights in
/// them, down the columns first, then along the row, from the first output to the last.
public enum BilinearUpsampleBackward: KernelOperation {
  public static let name = "bilinear-upsample"
  public static let pass = "backward-data"
  public typealias Problem = BilinearProblem

  public struct Operands {
    /// `[planes, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[planes, inputHeight, inputWidth]`
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>) {
      self.outputGradient = outputGradient
      self.inputGradient = inputGradient
    }
  }

  public static let kernels: [Kernel<BilinearUpsampleBackward>] =
    rows(Levels.bilinearBackward, isForward: false, arrays: { ($0.outputGradient, $0.inputGradient) })
    + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    let (height, width) = (problem.inputHeight, problem.inputWidth)
    operands.inputGradient.update(repeating: 0, count: problem.inputCount)
    for i in 0..<problem.outputCount {
      let (row, column) = (i / problem.outputWidth, i % problem.outputWidth)
      let inputGradient = operands.inputGradient + row / problem.outputHeight * height * width
      let y = BilinearProblem.position(
        row % problem.outputHeight, inputs: height, outputs: problem.outputHeight, alignCorners: problem.alignCorners)
      let x = BilinearProblem.position(
        column, inputs: width, outputs: problem.outputWidth, alignCorners: problem.alignCorners)
      for (row, vertical) in [(y.first, 1 - y.nextWeight), (min(y.first + 1, height - 1), y.nextWeight)] {
        for (column, horizontal) in [(x.first, 1 - x.nextWeight), (min(x.first + 1, width - 1), x.nextWeight)] {
          inputGradient[row * width + column] += vertical * operands.outputGradient[i] * horizontal
        }
      }
    }
  }
}
