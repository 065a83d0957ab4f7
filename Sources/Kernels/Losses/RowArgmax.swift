import KernelsISA

/// The index of each row's largest value: the first of equals, or the first NaN if there is one.
public enum RowArgmax: KernelOperation {
  public static let name = "argmax"
  public typealias Problem = RowsProblem

  public struct Operands {
    /// `[rows, columns]`
    public var input: UnsafePointer<Float>
    /// `[rows]`
    public var output: UnsafeMutablePointer<Int32>

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Int32>) {
      self.input = input
      self.output = output
    }
  }

  /// `rows`: a vector holds neighbouring columns of one row.
  public static let kernels: [Kernel<RowArgmax>] = {
    let levels = Kernel<RowArgmax>.levelRows(
      "rows", Levels.rowArgmax,
      work: { Work(bytes: $0.rows * $0.columns * 4, pieces: max($0.rows, 1)) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.rows)
          withRowScratch { scratch in
            var arguments = ArgmaxArguments(
              input: operands.input + range.lowerBound * problem.columns, output: operands.output + range.lowerBound,
              rows: range.count, columns: problem.columns, scratch: scratch)
            body(&arguments)
          }
        }
      })
    let reference = Kernel<RowArgmax>.reference { problem, operands in
      for row in 0..<problem.rows {
        let index = argmax(operands.input + row * problem.columns, columns: problem.columns)
        operands.output[row] = Int32(truncatingIfNeeded: index)
      }
    }
    return levels + [reference]
  }()
}

/// The arguments of ``rowArgmax(_:_:)``.
struct ArgmaxArguments {
  /// `[rows, columns]`
  var input: UnsafePointer<Float>
  /// `[rows]`
  var output: UnsafeMutablePointer<Int32>
  var rows: Int
  var columns: Int
  /// Scratch memory of a vector.
  var scratch: UnsafeMutablePointer<Float>
}

/// The index of the largest value of each row. A row of at most one vector is loaded as one vector, which may extend into the
/// next rows; rows with NaN are computed by the scalar ``argmax(_:columns:)``.
@inline(always)
func rowArgmax<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ArgmaxArguments>) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let isNarrow = columns <= L.count
  let isOutside = L.laneIndices .>= L.splat(Float(columns))
  var row = 0
  while row < p.pointee.rows {
    let values = p.pointee.input + row &* columns
    let zero = L.splat(0)
    var index = 0
    if isNarrow {
      let isWhole = row &* columns &+ L.count <= total
      if !isWhole { L.copy(values, p.pointee.scratch, first: columns) }
      var x = L.load(isWhole ? values : UnsafePointer(p.pointee.scratch))
      x = x.replacing(with: L.splat(-.infinity), where: isOutside)
      let isNaN = zero.replacing(with: L.splat(1), where: x .!= x)
      if L.total(isNaN) == 0 {
        index = L.firstLane(of: L.maximum(x), in: x)
      } else {
        index = argmax(values, columns: columns)
      }
    } else {
      var largest = L.load(values + columns - L.count)
      var isNaN = zero.replacing(with: L.splat(1), where: largest .!= largest)
      var i = 0
      while i &+ L.count < columns {
        let x = L.load(values + i)
        largest = L.larger(largest, x)
        isNaN = isNaN.replacing(with: L.splat(1), where: x .!= x)
        i &+= L.count
      }
      if L.total(isNaN) == 0 {
        index = firstIndex(of: L.maximum(largest), in: values)
      } else {
        index = argmax(values, columns: columns)
      }
    }
    p.pointee.output[row] = Int32(truncatingIfNeeded: index)
    row &+= 1
  }
}
