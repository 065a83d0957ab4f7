import KernelsISA

/// The arguments of ``adaptiveMaxPoolForward(_:_:)``.
struct AdaptiveMaxPoolArguments {
  /// `[planes, inputHeight, inputWidth]`
  var input: UnsafePointer<Float>
  /// `[planes, outputHeight, outputWidth]`
  var output: UnsafeMutablePointer<Float>
  /// `[planes, outputHeight, outputWidth]`: the index of each maximum in its plane, y · inputWidth + x; nil if not wanted.
  var indices: UnsafeMutablePointer<Int32>?
  var planes: Int
  var inputHeight: Int
  var inputWidth: Int
  var outputHeight: Int
  var outputWidth: Int
  /// Scratch memory of `inputWidth` floats: the maximum of each column under a row of outputs.
  var values: UnsafeMutablePointer<Float>
  /// Scratch memory of `inputWidth` integers: the row of each of these maxima, from the first row under the outputs.
  var rows: UnsafeMutablePointer<Int32>
}

/// For each row of outputs, vectors find the maxima of the input columns under it and their rows; then each output finds the
/// maximum of its columns.
@inline(always)
func adaptiveMaxPoolForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AdaptiveMaxPoolArguments>) {
  let (height, width) = (p.pointee.inputHeight, p.pointee.inputWidth)
  let (outputHeight, outputWidth) = (p.pointee.outputHeight, p.pointee.outputWidth)
  var input = p.pointee.input
  var output = 0
  var plane = 0
  while plane < p.pointee.planes {
    var oy = 0
    while oy < outputHeight {
      let rows = AdaptivePool2DShape.window(oy, input: height, outputs: outputHeight)
      columnMaxima(lanes, input + rows.first &* width, width: width, rows: rows.end &- rows.first, p)
      var ox = 0
      while ox < outputWidth {
        let columns = AdaptivePool2DShape.window(ox, input: width, outputs: outputWidth)
        let column = maximumColumn(p.pointee.values, p.pointee.rows, from: columns.first, to: columns.end)
        p.pointee.output[output] = p.pointee.values[column]
        if let indices = p.pointee.indices {
          let row = rows.first &+ Int(p.pointee.rows[column])
          indices[output] = Int32(truncatingIfNeeded: row &* width &+ column)
        }
        output &+= 1
        ox &+= 1
      }
      oy &+= 1
    }
    input += height &* width
    plane &+= 1
  }
}

/// Finds the maximum of each column of some rows, and the row that holds it: the first of equals, the last NaN.
@inline(always)
private func columnMaxima<L: HalfLanes>(
  _ lanes: L.Type, _ input: UnsafePointer<Float>, width: Int, rows: Int, _ p: UnsafePointer<AdaptiveMaxPoolArguments>
) {
  var x = 0
  while x &+ L.count <= width {
    var maximum = L.load(input + x)
    var maxRow = L.Indices(repeating: 0)
    var row = 1
    while row < rows {
      let value = L.load(input + (row &* width &+ x))
      let replaces = L.replacesMaximum(value, maximum)
      maximum = L.select(maximum, value, where: replaces)
      maxRow = L.select(maxRow, Int32(truncatingIfNeeded: row), where: replaces)
      row &+= 1
    }
    L.store(maximum, p.pointee.values + x)
    L.store(maxRow, p.pointee.rows + x)
    x &+= L.count
  }
  while x < width {
    var maximum = input[x]
    var maxRow: Int32 = 0
    var row = 1
    while row < rows {
      let value = input[row &* width &+ x]
      if value > maximum || value != value {
        maximum = value
        maxRow = Int32(truncatingIfNeeded: row)
      }
      row &+= 1
    }
    p.pointee.values[x] = maximum
    p.pointee.rows[x] = maxRow
    x &+= 1
  }
}

/// The column of the largest value: of equals the first in scan order, row by row, and the last NaN.
@inline(always)
private func maximumColumn(
  _ values: UnsafeMutablePointer<Float>, _ rows: UnsafeMutablePointer<Int32>, from first: Int, to end: Int
) -> Int {
  var column = first
  var x = first &+ 1
  while x < end {
    let (value, maximum) = (values[x], values[column])
    let replaces =
      value != value
      ? maximum == maximum || rows[x] >= rows[column] : value > maximum || (value == maximum && rows[x] < rows[column])
    if replaces { column = x }
    x &+= 1
  }
  return column
}
