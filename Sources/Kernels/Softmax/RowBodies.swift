import KernelsISA

/// The outputs of a row from its reduced inputs: from x − max x and Σ exp(x − max x).
protocol RowMap {
  /// Whether the outputs are computed from exp(x − max x), which is then stored in the output until the sum is known.
  static var usesExponentials: Bool { get }
  /// The second operand of `apply`, a term or a factor, computed once a row.
  static func parameter<L: Lanes>(_ lanes: L.Type, sum: Float) -> Float
  /// The second operands of a row in each lane.
  static func parameters<L: Lanes>(_ lanes: L.Type, sums: L.Vector) -> L.Vector
  /// The outputs from the exponentials, or from x − max x, and the parameter.
  static func apply<L: Lanes>(_ lanes: L.Type, _ value: L.Vector, _ parameter: L.Vector) -> L.Vector
}

/// The input gradient of a row, from its outputs y, its output gradient g and the sum of `term` over the row.
protocol RowGradient {
  /// The terms of the sum.
  static func term<L: Lanes>(_ lanes: L.Type, output y: L.Vector, gradient g: L.Vector) -> L.Vector
  /// The input gradients from the sum.
  static func apply<L: Lanes>(
    _ lanes: L.Type, output y: L.Vector, gradient g: L.Vector, sum: L.Vector
  ) -> L.Vector
}

/// The arguments of ``mapRows(_:_:_:)``.
struct RowsArguments {
  /// `[rows, columns]`
  var input: UnsafePointer<Float>
  /// `[rows, columns]`
  var output: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  /// Scratch memory of three vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// Softmax or log softmax of all rows.
@inline(always)
func mapRows<L: Lanes, Map: RowMap>(_ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<RowsArguments>) {
  if p.pointee.columns > L.count {
    wideRows(lanes, map, p)
  } else if Map.usesExponentials {
    narrowRows(lanes, map, p)
  } else {
    narrowRowGroups(lanes, map, p)
  }
}

/// The arguments of ``mapRowsBackward(_:_:_:)``; all matrices are `[rows, columns]`.
struct RowsBackwardArguments {
  /// The output of the forward pass.
  var output: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  var inputGradient: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  /// Scratch memory of two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// The gradient of softmax or log softmax of all rows.
@inline(always)
func mapRowsBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<RowsBackwardArguments>
) {
  if p.pointee.columns <= L.count {
    narrowRowsBackward(lanes, gradient, p)
  } else {
    wideRowsBackward(lanes, gradient, p)
  }
}

/// Rows of at most one vector, one vector each. The excess that a vector stores to the next rows is overwritten by their
/// vectors. The last rows, whose excess would leave the matrix, go through a vector of scratch memory: with partial loads and
/// stores the optimiser would compute every row in pieces.
@inline(always)
private func narrowRows<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<RowsArguments>
) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let isOutside = L.laneIndices .>= L.splat(Float(columns))
  var start = 0
  while start < total {
    let isWhole = start &+ L.count <= total
    let x = narrowRow(lanes, p, start, isWhole).replacing(with: L.splat(-.infinity), where: isOutside)
    let shifted = (x - L.splat(L.maximum(x))).replacing(with: L.splat(0), where: isOutside)
    let exponentials = L.exponential(shifted).replacing(with: L.splat(0), where: isOutside)
    let parameter = Map.parameter(lanes, sum: L.total(exponentials))
    storeNarrowRow(lanes, Map.apply(lanes, exponentials, L.splat(parameter)), p, start, isWhole)
    start &+= columns
  }
}

/// Rows of at most one vector, for functions with an expensive parameter that apply it to x: as many rows as lanes are reduced,
/// then their parameters are computed in one vector, then the rows are read again.
@inline(always)
private func narrowRowGroups<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<RowsArguments>
) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let isOutside = L.laneIndices .>= L.splat(Float(columns))
  let sums = p.pointee.scratch + L.count
  let maxima = p.pointee.scratch + 2 &* L.count
  var first = 0
  while first < total {
    let next = first &+ L.count &* columns
    let end = next < total ? next : total
    var start = first
    var row = 0
    while start < end {
      let x = narrowRow(lanes, p, start, start &+ L.count <= total)
        .replacing(with: L.splat(-.infinity), where: isOutside)
      let largest = L.maximum(x)
      let shifted = (x - L.splat(largest)).replacing(with: L.splat(0), where: isOutside)
      maxima[row] = largest
      sums[row] = L.total(L.exponential(shifted).replacing(with: L.splat(0), where: isOutside))
      start &+= columns
      row &+= 1
    }
    L.store(Map.parameters(lanes, sums: L.load(sums)), sums)
    start = first
    row = 0
    while start < end {
      let isWhole = start &+ L.count <= total
      let shifted = narrowRow(lanes, p, start, isWhole) - L.splat(maxima[row])
      storeNarrowRow(lanes, Map.apply(lanes, shifted, L.splat(sums[row])), p, start, isWhole)
      start &+= columns
      row &+= 1
    }
    first = end
  }
}

/// The vector that begins with the row at `start`; `isWhole` says whether it lies inside the matrix.
@inline(always)
private func narrowRow<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<RowsArguments>, _ start: Int, _ isWhole: Bool
) -> L.Vector {
  if !isWhole { L.copy(p.pointee.input + start, p.pointee.scratch, first: p.pointee.columns) }
  return L.load(isWhole ? p.pointee.input + start : UnsafePointer(p.pointee.scratch))
}

/// Stores the vector that begins with the row at `start`.
@inline(always)
private func storeNarrowRow<L: Lanes>(
  _ lanes: L.Type, _ vector: L.Vector, _ p: UnsafePointer<RowsArguments>, _ start: Int, _ isWhole: Bool
) {
  L.store(vector, isWhole ? p.pointee.output + start : p.pointee.scratch)
  if !isWhole { L.copy(p.pointee.scratch, p.pointee.output + start, first: p.pointee.columns) }
}

/// Rows of more than one vector. The last vector of a row overlaps the one before it.
@inline(always)
private func wideRows<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<RowsArguments>
) {
  let columns = p.pointee.columns
  var row = 0
  while row < p.pointee.rows {
    let input = p.pointee.input + row &* columns
    let output = p.pointee.output + row &* columns
    let largest = rowMaximum(lanes, input, columns: columns)
    let sum = rowExponentials(
      lanes, input, largest: largest, into: Map.usesExponentials ? output : nil, columns: columns)
    let parameter = L.splat(Map.parameter(lanes, sum: sum))
    let final = columns &- L.count
    if Map.usesExponentials {
      let last = Map.apply(lanes, L.load(output + final), parameter)
      var i = 0
      while i < final {
        L.store(Map.apply(lanes, L.load(output + i), parameter), output + i)
        i &+= L.count
      }
      L.store(last, output + final)
    } else {
      var i = 0
      while i < columns {
        let start = i < final ? i : final
        L.store(Map.apply(lanes, L.load(input + start) - L.splat(largest), parameter), output + start)
        i &+= L.count
      }
    }
    row &+= 1
  }
}

/// Rows of at most one vector, as in ``narrowRows``.
@inline(always)
private func narrowRowsBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<RowsBackwardArguments>
) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let isOutside = L.laneIndices .>= L.splat(Float(columns))
  var start = 0
  while start < total {
    let isWhole = start &+ L.count <= total
    let (first, second) = (p.pointee.scratch, p.pointee.scratch + L.count)
    if !isWhole {
      L.copy(p.pointee.output + start, first, first: columns)
      L.copy(p.pointee.outputGradient + start, second, first: columns)
    }
    let y = L.load(isWhole ? p.pointee.output + start : UnsafePointer(first))
    let g = L.load(isWhole ? p.pointee.outputGradient + start : UnsafePointer(second))
    let term = Gradient.term(lanes, output: y, gradient: g).replacing(with: L.splat(0), where: isOutside)
    let result = Gradient.apply(lanes, output: y, gradient: g, sum: L.splat(L.total(term)))
    L.store(result, isWhole ? p.pointee.inputGradient + start : first)
    if !isWhole { L.copy(first, p.pointee.inputGradient + start, first: columns) }
    start &+= columns
  }
}

/// Rows of more than one vector. The last vector of a row overlaps the one before it.
@inline(always)
private func wideRowsBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<RowsBackwardArguments>
) {
  let columns = p.pointee.columns
  let final = columns &- L.count
  var row = 0
  while row < p.pointee.rows {
    let y = p.pointee.output + row &* columns
    let g = p.pointee.outputGradient + row &* columns
    let result = p.pointee.inputGradient + row &* columns
    var sums = L.splat(0)
    var i = 0
    while i &+ L.count <= columns {
      sums += Gradient.term(lanes, output: L.load(y + i), gradient: L.load(g + i))
      i &+= L.count
    }
    if i < columns {
      let term = Gradient.term(lanes, output: L.load(y + final), gradient: L.load(g + final))
      sums += term.replacing(with: L.splat(0), where: L.splat(Float(i &- final)) .> L.laneIndices)
    }
    let sum = L.splat(L.total(sums))
    i = 0
    while i < columns {
      let start = i < final ? i : final
      L.store(
        Gradient.apply(lanes, output: L.load(y + start), gradient: L.load(g + start), sum: sum), result + start)
      i &+= L.count
    }
    row &+= 1
  }
}
