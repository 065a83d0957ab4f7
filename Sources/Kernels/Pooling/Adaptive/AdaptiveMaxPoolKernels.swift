import KernelsISA

struct AdaptiveMaxPoolArguments {
  var input: UnsafePointer<Float>
  var output: UnsafeMutablePointer<Float>
  /// Of the winners in their planes, y * inputWidth + x.
  var indices: UnsafeMutablePointer<Int32>?
  var planes: Int
  var inputHeight: Int
  var inputWidth: Int
  var outputHeight: Int
  var outputWidth: Int
  /// A row of inputs.
  var values: UnsafeMutablePointer<Float>
  /// As many.
  var rows: UnsafeMutablePointer<Int32>
}

/// For each row of outputs, the maxima of the columns under it and their rows are found with vectors, then each output's
/// among its columns.
@inline(always)
func runAdaptiveMaxPoolForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AdaptiveMaxPoolArguments>) {
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
        let winner = winner(p.pointee.values, p.pointee.rows, from: columns.first, to: columns.end)
        p.pointee.output[output] = p.pointee.values[winner]
        if let indices = p.pointee.indices {
          let row = rows.first &+ Int(p.pointee.rows[winner])
          indices[output] = Int32(truncatingIfNeeded: row &* width &+ winner)
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

/// The maximum of each column of some rows, and the row that it is in: the first of equals, the last NaN.
@inline(always)
private func columnMaxima<L: HalfLanes>(
  _ lanes: L.Type, _ input: UnsafePointer<Float>, width: Int, rows: Int, _ p: UnsafePointer<AdaptiveMaxPoolArguments>
) {
  var x = 0
  while x &+ L.count <= width {
    var maximum = L.load(input + x)
    var place = L.Positions(repeating: 0)
    var row = 1
    while row < rows {
      let value = L.load(input + (row &* width &+ x))
      let takes = L.takesOver(value, maximum)
      maximum = L.select(maximum, value, where: takes)
      place = L.select(place, Int32(truncatingIfNeeded: row), where: takes)
      row &+= 1
    }
    L.store(maximum, p.pointee.values + x)
    L.store(place, p.pointee.rows + x)
    x &+= L.count
  }
  while x < width {
    var maximum = input[x]
    var place: Int32 = 0
    var row = 1
    while row < rows {
      let value = input[row &* width &+ x]
      if value > maximum || value != value {
        maximum = value
        place = Int32(truncatingIfNeeded: row)
      }
      row &+= 1
    }
    p.pointee.values[x] = maximum
    p.pointee.rows[x] = place
    x &+= 1
  }
}

/// The column of the largest value, of equals that of the first in scan order, rows before columns; of NaN the last.
@inline(always)
private func winner(
  _ values: UnsafeMutablePointer<Float>, _ rows: UnsafeMutablePointer<Int32>, from first: Int, to end: Int
) -> Int {
  var winner = first
  var x = first &+ 1
  while x < end {
    let (value, best) = (values[x], values[winner])
    let takes =
      value != value
      ? best == best || rows[x] >= rows[winner] : value > best || (value == best && rows[x] < rows[winner])
    if takes { winner = x }
    x &+= 1
  }
  return winner
}
