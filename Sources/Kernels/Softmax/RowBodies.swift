import KernelsISA

/// What a row of outputs is made of once its inputs have been reduced: from x - largest x, and Σ exp(x - largest x).
protocol RowMap {
  /// Whether the outputs are made from exp(x - largest x), which is then kept in their place meanwhile.
  static var usesExponentials: Bool { get }
  /// The outputs' second term or factor, computed once a row.
  static func parameter<L: Lanes>(_ lanes: L.Type, sum: Float) -> Float
  /// The same for as many rows as there are lanes.
  static func parameters<L: Lanes>(_ lanes: L.Type, sums: L.Vector) -> L.Vector
  /// The outputs from the exponentials, or from x - largest x, and the parameter.
  static func apply<L: Lanes>(_ lanes: L.Type, _ value: L.Vector, _ parameter: L.Vector) -> L.Vector
}

/// A row's input gradients, from its outputs y, its output gradients g and the row's sum of `term`.
protocol RowGradient {
  static func term<L: Lanes>(_ lanes: L.Type, output y: L.Vector, gradient g: L.Vector) -> L.Vector
  static func apply<L: Lanes>(
    _ lanes: L.Type, output y: L.Vector, gradient g: L.Vector, sum: L.Vector
  ) -> L.Vector
}

struct RowsArguments {
  var input: UnsafePointer<Float>
  var output: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  /// Three vectors.
  var scratch: UnsafeMutablePointer<Float>
}

@inline(always)
func mapRows<L: Lanes, Map: RowMap>(_ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<RowsArguments>) {
  if p.pointee.columns > L.count {
    wideRows(lanes, map, p)
  } else if Map.usesExponentials {
    narrowRows(lanes, map, p)
  } else {
    narrowRowsTogether(lanes, map, p)
  }
}

struct RowsBackwardArguments {
  /// Of the forward pass.
  var output: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  var inputGradient: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  /// Two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

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

/// Rows of at most one vector, one vector each. A vector may reach into the rows behind; what it stores there is
/// overwritten when their turn comes. The last rows, behind which there is not enough memory, go through the scratch
/// vector: loaded and stored in pieces, the optimiser would compute every row in pieces.
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

/// The same for functions whose parameter is long to compute and needed only with x: as many rows as there are lanes are
/// reduced, then their parameters are computed together, then the rows are read again.
@inline(always)
private func narrowRowsTogether<L: Lanes, Map: RowMap>(
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

/// The vector that a row begins.
@inline(always)
private func narrowRow<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<RowsArguments>, _ start: Int, _ isWhole: Bool
) -> L.Vector {
  if !isWhole { L.copy(p.pointee.input + start, p.pointee.scratch, first: p.pointee.columns) }
  return L.load(isWhole ? p.pointee.input + start : UnsafePointer(p.pointee.scratch))
}

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
