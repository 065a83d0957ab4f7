import KernelsISA

/// The gradients of ``MultiplyForward``: g·b of a, and of b the sum of g·a over its row.
///
/// A row is summed lane by lane in runs of 8192 values, then the halves of the vector; runs are added in Double. A sum
/// depends on its own row alone.
public enum MultiplyBackward: KernelOperation {
  public static let name = "multiply"
  public static let pass = "multiplyBackward-data"
  public typealias Problem = MultiplyProblem

  public struct Operands {
    /// What the forward pass read, `[rows, columns]`.
    public var a: UnsafePointer<Float>
    /// What the forward pass read, `[rows]`.
    public var b: UnsafePointer<Float>
    /// `[rows, columns]`
    public var outputGradient: UnsafePointer<Float>
    /// `[rows, columns]`; may be the output gradient's memory, and no other part of it. Nil where it is not wanted.
    public var aGradient: UnsafeMutablePointer<Float>?
    /// `[rows]`; nil where it is not wanted.
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
          withRowScratch { scratch in
            var arguments = MultiplicationBackwardArguments(
              a: operands.a + first, b: operands.b + range.lowerBound, outputGradient: operands.outputGradient + first,
              aGradient: operands.aGradient.map { $0 + first },
              bGradient: operands.bGradient.map { $0 + range.lowerBound }, rows: range.count, columns: problem.columns,
              scratch: scratch)
            body(&arguments)
          }
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

/// Values of a row that are summed in Float.
private let runLength = 8192

struct MultiplicationBackwardArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  /// May be the output gradient's memory.
  var aGradient: UnsafeMutablePointer<Float>?
  var bGradient: UnsafeMutablePointer<Float>?
  var rows: Int
  var columns: Int
  /// A vector.
  var scratch: UnsafeMutablePointer<Float>
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

/// The sum of g·a of a run, whose gradients of a are written on the way.
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
    let left = count &- i < L.count ? count &- i : L.count
    // The zeros behind the last value add nothing.
    let g = L.load(outputGradient + i, first: left)
    first = L.multiplyAdd(g, L.load(a + i, first: left), first)
    if let aGradient {
      L.store(g * L.splat(factor), left == L.count ? aGradient + i : p.pointee.scratch)
      if left < L.count { L.copy(p.pointee.scratch, aGradient + i, first: left) }
    }
    i &+= L.count
  }
  return L.total(first + second)
}

/// Rows of one value: both gradients are products.
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
