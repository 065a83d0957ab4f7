/// Transforms the sums of each tile at stride 2 into outputs, finishes them, and transposes them to the planes of the
/// target.
@inline(always)
func winogradStridedOutput<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<WinogradOutputArguments>) {
  let n = L.count
  let scratch = p.pointee.scratch
  let (rows, width) = (p.pointee.rows, p.pointee.columns)
  let stride = p.pointee.pointStride
  let floor = L.splat(p.pointee.addend == nil ? p.pointee.floor : -.infinity)
  var check = L.splat(0)
  var channel = 0
  while channel < p.pointee.channels {
    let bias = L.load(p.pointee.bias + channel)
    var position = p.pointee.positions
    var wide = p.pointee.wideColumns
    var x = 0
    while x < width {
      let step = wide > 0 ? 4 : 3
      prefetchAddend(lanes, p, channel: channel, column: x)
      let sums = p.pointee.sums + (position.pointee &* p.pointee.tileStride &+ channel)
      // What needs no transform along the rows, row by row.
      var k = 0
      while k < 4 {
        let y = Winograd42.outputs(lanes, L.five(sums + (25 &+ k) &* stride, 4 &* stride))
        let raw = L.four(sums + (65 &+ k) &* stride, 4 &* stride)
        L.store4((y.0 + raw.0, y.1 + raw.1, y.2 + raw.2, y.3 + raw.3), scratch + k &* n, 4 &* n)
        k &+= 1
      }
      let c = (
        column(lanes, sums, stride, 0), column(lanes, sums, stride, 1), column(lanes, sums, stride, 2),
        column(lanes, sums, stride, 3), column(lanes, sums, stride, 4)
      )
      let columns = min(width &- x, step)
      let target = p.pointee.strip + x &* n
      let pitch = width &* n
      // The last row or column of a tile that has one less is made of products that were not computed.
      finish(lanes, (c.0.0, c.1.0, c.2.0, c.3.0, c.4.0), scratch, columns, bias, floor, &check, target)
      if rows > 1 {
        finish(
          lanes, (c.0.1, c.1.1, c.2.1, c.3.1, c.4.1), scratch + 4 &* n, columns, bias, floor, &check, target + pitch)
      }
      if rows > 2 {
        finish(
          lanes, (c.0.2, c.1.2, c.2.2, c.3.2, c.4.2), scratch + 8 &* n, columns, bias, floor, &check,
          target + 2 &* pitch)
      }
      if rows > 3 {
        finish(
          lanes, (c.0.3, c.1.3, c.2.3, c.3.3, c.4.3), scratch + 12 &* n, columns, bias, floor, &check,
          target + 3 &* pitch)
      }
      position += 1
      wide &-= 1
      x &+= step
    }
    storeStrip(lanes, p, channel: channel, addend: p.pointee.addend)
    channel &+= n
  }
  if !(L.sum(check) == 0) { p.pointee.isNonFinite.pointee = true }
}

/// The sums of a column that are to be transformed along the rows: of the kernels of 2×2 and of 1×2 taps.
@inline(always)
private func column<L: Lanes>(
  _ lanes: L.Type, _ sums: UnsafePointer<Float>, _ stride: Int, _ c: Int
) -> Four<L> {
  let y = Winograd42.outputs(lanes, L.five(sums + c &* stride, 5 &* stride))
  let raw = L.four(sums + (45 &+ 4 &* c) &* stride, stride)
  return (y.0 + raw.0, y.1 + raw.1, y.2 + raw.2, y.3 + raw.3)
}

/// Transforms a row, adds what needed no transform, and finishes the first `columns` outputs.
@inline(always)
private func finish<L: Lanes>(
  _ lanes: L.Type, _ row: Five<L>, _ rest: UnsafePointer<Float>, _ columns: Int, _ bias: L.Vector, _ floor: L.Vector,
  _ check: inout L.Vector, _ target: UnsafeMutablePointer<Float>
) {
  let y = Winograd42.outputs(lanes, row)
  finishOutput(lanes, y.0 + L.load(rest), bias, floor, &check, target)
  if columns > 1 { finishOutput(lanes, y.1 + L.load(rest + L.count), bias, floor, &check, target + L.count) }
  if columns > 2 {
    finishOutput(lanes, y.2 + L.load(rest + 2 &* L.count), bias, floor, &check, target + 2 &* L.count)
  }
  if columns > 3 {
    finishOutput(lanes, y.3 + L.load(rest + 3 &* L.count), bias, floor, &check, target + 3 &* L.count)
  }
}

/// Transforms the sums of each tile of output gradients into 8×8 input gradients, and transposes them to the planes of the
/// target: the kernel of 2×2 taps makes those of odd rows and columns, that of 2×1 those of odd rows, and so on.
@inline(always)
func winogradStridedData<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<WinogradOutputArguments>) {
  let n = L.count
  let (rows, width) = (p.pointee.rows, p.pointee.columns)
  let stride = p.pointee.pointStride
  var check = L.splat(0)
  var channel = 0
  while channel < p.pointee.channels {
    var position = p.pointee.positions
    var wide = p.pointee.wideColumns
    var x = 0
    while x < width {
      let step = wide > 0 ? 8 : 6
      let sums = p.pointee.sums + (position.pointee &* p.pointee.tileStride &+ channel)
      let pixels = StridedPixels<L>(
        first: p.pointee.strip + x &* n, pitch: width &* n, rows: rows, columns: min(width &- x, step))
      let c = (
        Winograd42.outputs(lanes, L.five(sums, 5 &* stride)),
        Winograd42.outputs(lanes, L.five(sums + stride, 5 &* stride)),
        Winograd42.outputs(lanes, L.five(sums + 2 &* stride, 5 &* stride)),
        Winograd42.outputs(lanes, L.five(sums + 3 &* stride, 5 &* stride)),
        Winograd42.outputs(lanes, L.five(sums + 4 &* stride, 5 &* stride))
      )
      pixels.store(row: Winograd42.outputs(lanes, (c.0.0, c.1.0, c.2.0, c.3.0, c.4.0)), 1, column: 1, &check)
      pixels.store(row: Winograd42.outputs(lanes, (c.0.1, c.1.1, c.2.1, c.3.1, c.4.1)), 3, column: 1, &check)
      pixels.store(row: Winograd42.outputs(lanes, (c.0.2, c.1.2, c.2.2, c.3.2, c.4.2)), 5, column: 1, &check)
      pixels.store(row: Winograd42.outputs(lanes, (c.0.3, c.1.3, c.2.3, c.3.3, c.4.3)), 7, column: 1, &check)
      var k = 0
      while k < 4 {
        let y = Winograd42.outputs(lanes, L.five(sums + (25 &+ k) &* stride, 4 &* stride))
        pixels.store(column: y, 2 &* k, &check)
        let row = Winograd42.outputs(lanes, L.five(sums + (45 &+ k) &* stride, 4 &* stride))
        pixels.store(row: row, 2 &* k, column: 1, &check)
        pixels.store(row: L.four(sums + (65 &+ 4 &* k) &* stride, stride), 2 &* k, column: 0, &check)
        k &+= 1
      }
      position += 1
      wide &-= 1
      x &+= step
    }
    storeStrip(lanes, p, channel: channel, addend: nil)
    channel &+= n
  }
  if !(L.sum(check) == 0) { p.pointee.isNonFinite.pointee = true }
}

/// The pixels of a tile in a strip, of which those behind the last row or column are not stored.
private struct StridedPixels<L: Lanes> {
  let first: UnsafeMutablePointer<Float>
  let pitch: Int
  let rows: Int
  let columns: Int

  /// Stores four pixels of a row, every second one from a column on.
  @inline(always)
  func store(row y: Four<L>, _ row: Int, column: Int, _ check: inout L.Vector) {
    if row >= rows { return }
    let target = first + row &* pitch
    store(y.0, target, column, &check)
    store(y.1, target, column &+ 2, &check)
    store(y.2, target, column &+ 4, &check)
    store(y.3, target, column &+ 6, &check)
  }

  /// Stores the four pixels of odd rows of a column.
  @inline(always)
  func store(column y: Four<L>, _ column: Int, _ check: inout L.Vector) {
    if rows > 1 { store(y.0, first + pitch, column, &check) }
    if rows > 3 { store(y.1, first + 3 &* pitch, column, &check) }
    if rows > 5 { store(y.2, first + 5 &* pitch, column, &check) }
    if rows > 7 { store(y.3, first + 7 &* pitch, column, &check) }
  }

  @inline(always)
  private func store(_ y: L.Vector, _ row: UnsafeMutablePointer<Float>, _ column: Int, _ check: inout L.Vector) {
    if column >= columns { return }
    check = L.multiplyAdd(y, L.splat(0), check)
    L.store(y, row + column &* L.count)
  }
}
