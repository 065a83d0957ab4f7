import KernelsISA

/// Rows of `columns` values, and a factor for each row. With one column it is the element-wise product of two arrays.
public struct MultiplyProblem: Sendable, Hashable {
  public var rows: Int
  public var columns: Int

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// The element-wise product of two arrays of `count` values.
  public init(count: Int) { self.init(rows: count, columns: 1) }

  var count: Int { rows * columns }

  /// A thread's part is a multiple of so many rows: whole vectors where rows are single values.
  var granule: Int { columns == 1 ? Elementwise.granule : 1 }
}

extension KernelOperation where Problem == MultiplyProblem {
  /// - Throws: ``KernelError`` for negative sizes, and for more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "rows", problem.rows, in: 0...Int.max)
    try require(name, "columns", problem.columns, in: 0...Int.max)
    _ = try product(name, problem.rows, problem.columns, MemoryLayout<Float>.stride)
  }
}

/// y = a·b, with one b for each row of a. All levels give the same bits.
///
/// For a factor for each channel, as in squeeze and excitation, the rows are the planes of the channels.
public enum MultiplyForward: KernelOperation {
  public static let name = "multiply"
  public typealias Problem = MultiplyProblem

  public struct Operands {
    /// `[rows, columns]`
    public var a: UnsafePointer<Float>
    /// `[rows]`
    public var b: UnsafePointer<Float>
    /// `[rows, columns]`; may be exactly the memory of `a`, or with one column that of `b`, but not overlap either
    /// otherwise.
    public var output: UnsafeMutablePointer<Float>

    public init(a: UnsafePointer<Float>, b: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.a = a
      self.b = b
      self.output = output
    }
  }

  public static let kernels: [Kernel<MultiplyForward>] = {
    let levels = Kernel<MultiplyForward>.levelRows(
      "elementwise", Levels.multiplyForward, work: { Work(bytes: $0.count * 8 + $0.rows * 4, pieces: $0.rows) },
      run: { body, problem, parts, operands in
        let (a, b, output) = (operands.a, operands.b, operands.output)
        let isWhole = problem.columns == 1 || problem.columns % 16 == 0
        let nonTemporal =
          isWhole && Streaming.streams(problem.count, from: a, to: output) && b != UnsafePointer(output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows, granule: problem.granule)
          let first = range.lowerBound * problem.columns
          var arguments = MultiplicationArguments(
            a: a + first, b: b + range.lowerBound, output: output + first, rows: range.count,
            columns: problem.columns, nonTemporal: nonTemporal)
          body(&arguments)
        }
      })
    let reference = Kernel<MultiplyForward>.reference { problem, operands in
      for i in 0..<problem.count { operands.output[i] = operands.a[i] * operands.b[i / problem.columns] }
    }
    return levels + [reference]
  }()
}

/// The arguments of the level functions of ``MultiplyForward``.
struct MultiplicationArguments {
  /// `[rows, columns]`
  var a: UnsafePointer<Float>
  /// `[rows]`
  var b: UnsafePointer<Float>
  /// `[rows, columns]`; may be the memory of `a`, or with one column that of `b`.
  var output: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  /// Whether the output is stored non-temporally: it is then other memory, and its rows are whole, aligned vectors.
  var nonTemporal: Bool
}

@inline(always)
func multiply<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<MultiplicationArguments>) {
  if p.pointee.nonTemporal {
    multiply(lanes, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    multiply(lanes, p, nonTemporal: false)
  }
}

@inline(always)
func multiply<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<MultiplicationArguments>, nonTemporal: Bool) {
  let columns = p.pointee.columns
  if columns == 1 {
    let (a, b, output, count) = (p.pointee.a, p.pointee.b, p.pointee.output, p.pointee.rows)
    var i = 0
    while i &+ L.count <= count {
      L.store(L.load(a + i) * L.load(b + i), output + i, nonTemporal: nonTemporal)
      i &+= L.count
    }
    while i < count {
      output[i] = a[i] * b[i]
      i &+= 1
    }
    return
  }
  var (a, output) = (p.pointee.a, p.pointee.output)
  var row = 0
  while row < p.pointee.rows {
    let factor = p.pointee.b[row]
    var i = 0
    while i &+ L.count <= columns {
      L.store(L.load(a + i) * L.splat(factor), output + i, nonTemporal: nonTemporal)
      i &+= L.count
    }
    while i < columns {
      output[i] = a[i] * factor
      i &+= 1
    }
    a += columns
    output += columns
    row &+= 1
  }
}
