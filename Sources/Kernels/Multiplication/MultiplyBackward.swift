import KernelsISA

/// The gradients of ``MultiplyForward``: that of `a` is g·b, that of `b` the sum of g·a over its row.
///
/// Threads share rows. Runs of 8,192 values of a row are summed lane by lane and then by the halves of the vector; the
/// sums of runs are added in Double. So a sum depends on its own row only.
public enum MultiplyBackward: KernelOperation {
  public static let name = "multiply"
  public static let pass = "backward-data"
  public typealias Problem = MultiplyProblem

  public struct Operands {
    /// `[rows, columns]`, as in the forward pass.
    public var a: UnsafePointer<Float>
    /// `[rows]`, as in the forward pass.
    public var b: UnsafePointer<Float>
    /// `[rows, columns]`
    public var outputGradient: UnsafePointer<Float>
    /// `[rows, columns]`; may be exactly the output gradient's memory, but not overlap it otherwise. Nil if not needed.
    public var aGradient: UnsafeMutablePointer<Float>?
    /// `[rows]`; nil if not needed.
    public var bGradient: UnsafeMutablePointer<Float>?

    public init(
      a: UnsafePointer<Float>, b: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
      aGradient: UnsafeMutablePointer<Float>?, bGradient: UnsafeMutablePointer<Float>?
    ) {
      self.a = a
      self.b = b
      self.outputGradient = outputGradient
      self.aGradient = aGradient
      self.bGradient = bGradient
    }
  }

  public static let kernels: [Kernel<MultiplyBackward>] = {
    let levels = Kernel<MultiplyBackward>.levelRows(
      "rows", Levels.multiplyBackward, work: { Work(bytes: $0.count * 12 + $0.rows * 8, pieces: $0.rows) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows, granule: problem.granule)
          let first = range.lowerBound * problem.columns
          var arguments = MultiplicationBackwardArguments(
            a: operands.a + first, b: operands.b + range.lowerBound, outputGradient: operands.outputGradient + first,
            aGradient: operands.aGradient.map { $0 + first },
            bGradient: operands.bGradient.map { $0 + range.lowerBound }, rows: range.count, columns: problem.columns)
          body(&arguments)
        }
      })
    let reference = Kernel<MultiplyBackward>.reference { problem, operands in
      for row in 0..<problem.rows {
        let factor = operands.b[row]
        var sum = 0.0
        for i in row * problem.columns..<(row + 1) * problem.columns {
          let gradient = operands.outputGradient[i]
          sum += Double(gradient) * Double(operands.a[i])
          operands.aGradient?[i] = gradient * factor
        }
        operands.bGradient?[row] = Float(sum)
      }
    }
    return levels + [reference]
  }()
}

/// Values of a run, which is summed in Float.
private let runLength = 8192

/// The arguments of the level functions of ``MultiplyBackward``.
struct MultiplicationBackwardArguments {
  /// `[rows, columns]`
  var a: UnsafePointer<Float>
  /// `[rows]`
  var b: UnsafePointer<Float>
  /// `[rows, columns]`
  var outputGradient: UnsafePointer<Float>
  /// `[rows, columns]`; may be the output gradient's memory. Nil if not needed.
  var aGradient: UnsafeMutablePointer<Float>?
  /// `[rows]`; nil if not needed.
  var bGradient: UnsafeMutablePointer<Float>?
  var rows: Int
  var columns: Int
}

@inline(always)
func multiplyBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<MultiplicationBackwardArguments>) {
  let columns = p.pointee.columns
  if columns == 1 {
    elements(lanes, p)
    return
  }
  var row = 0
  while row < p.pointee.rows {
    let start = row &* columns
    var total = 0.0
    var done = 0
    while done < columns {
      let length = columns &- done < runLength ? columns &- done : runLength
      total += Double(sum(lanes, p, from: start &+ done, count: length, factor: p.pointee.b[row]))
      done &+= length
    }
    if let bGradient = p.pointee.bGradient { bGradient[row] = Float(total) }
    row &+= 1
  }
}

/// The sum of g·a over a run. Also writes the run's gradients of `a`.
@inline(always)
private func sum<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<MultiplicationBackwardArguments>, from start: Int, count: Int, factor: Float
) -> Float {
  let a = p.pointee.a + start
  let outputGradient = p.pointee.outputGradient + start
  let aGradient = p.pointee.aGradient.map { $0 + start }
  var (first, second) = (L.splat(0), L.splat(0))
  var i = 0
  while i &+ 2 &* L.count <= count {
    let (g0, g1) = (L.load(outputGradient + i), L.load(outputGradient + i + L.count))
    first = L.multiplyAdd(g0, L.load(a + i), first)
    second = L.multiplyAdd(g1, L.load(a + i + L.count), second)
    if let aGradient {
      L.store(g0 * L.splat(factor), aGradient + i)
      L.store(g1 * L.splat(factor), aGradient + i + L.count)
    }
    i &+= 2 &* L.count
  }
  while i < count {
    let remaining = count &- i < L.count ? count &- i : L.count
    // The lanes after the last value are 0 and add nothing.
    let g = L.load(outputGradient + i, first: remaining)
    first = L.multiplyAdd(g, L.load(a + i, first: remaining), first)
    if let aGradient {
      L.store(g * L.splat(factor), aGradient + i, first: remaining)
    }
    i &+= L.count
  }
  return L.total(first + second)
}

/// The gradients of rows of one value: both are products.
@inline(always)
private func elements<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<MultiplicationBackwardArguments>) {
  let (a, b, outputGradient, count) = (p.pointee.a, p.pointee.b, p.pointee.outputGradient, p.pointee.rows)
  var i = 0
  while i &+ L.count <= count {
    let g = L.load(outputGradient + i)
    let (first, second) = (g * L.load(b + i), g * L.load(a + i))
    if let aGradient = p.pointee.aGradient { L.store(first, aGradient + i) }
    if let bGradient = p.pointee.bGradient { L.store(second, bGradient + i) }
    i &+= L.count
  }
  while i < count {
    let (first, second) = (outputGradient[i] * b[i], outputGradient[i] * a[i])
    if let aGradient = p.pointee.aGradient { aGradient[i] = first }
    if let bGradient = p.pointee.bGradient { bGradient[i] = second }
    i &+= 1
  }
}
