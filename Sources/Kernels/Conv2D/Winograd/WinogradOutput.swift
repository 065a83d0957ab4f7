/// The arguments of `winogradOutput`: the outputs of a row of tiles of one image for a panel of channels.
struct WinogradOutputArguments {
  /// The position of each tile of the row among those of its block.
  var positions: UnsafePointer<Int>
  /// The sums of the tile at position 0; elements from a tile to the next, and from a product to the next.
  var sums: UnsafePointer<Float>
  var tileStride: Int
  var pointStride: Int
  /// Channels of the panel.
  var channels: Int
  /// The bias of each channel, padded to whole vectors.
  var bias: UnsafePointer<Float>
  /// What is added to the outputs, in the places of the target; nil where nothing is.
  var addend: UnsafePointer<Float>?
  /// The limits of the outputs, or of the sums with the addend.
  var floor: Float
  var ceiling: Float
  /// The first output of the row of tiles in the first channel's plane; elements from a plane to the next.
  var target: UnsafeMutablePointer<Float>
  var planeStride: Int
  /// Rows of the target in these tiles, at most a tile's, and its columns in them.
  var rows: Int
  var columns: Int
  /// Tiles of all columns; those behind them have one less.
  var wideColumns: Int
  /// Columns of the target.
  var width: Int
  /// Memory for the outputs, pixel by pixel, a vector of channels each: a tile's rows of `columns`.
  var strip: UnsafeMutablePointer<Float>
  /// Memory for 24 vectors.
  var scratch: UnsafeMutablePointer<Float>
  /// Set to true where a sum is not finite.
  var isNonFinite: UnsafeMutablePointer<Bool>
  /// Whether the outputs are stored non-temporally at avx512: these are whole, aligned cache lines, of whole vectors of
  /// channels.
  var nonTemporal: Bool
}

/// Transforms the sums of each tile into outputs, finishes them, and transposes them to the planes of the target.
@inline(always)
func winogradOutput<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ p: UnsafePointer<WinogradOutputArguments>
) {
  let n = L.count
  let scratch = p.pointee.scratch
  let width = p.pointee.columns
  let pointStride = p.pointee.pointStride
  let floor = L.splat(p.pointee.addend == nil ? p.pointee.floor : -.infinity)
  var check = L.splat(0)
  var channel = 0
  while channel < p.pointee.channels {
    let bias = L.load(p.pointee.bias + channel)
    var position = p.pointee.positions
    var wide = p.pointee.wideColumns
    var x = 0
    while x < width {
      let step = wide > 0 ? F.outputs : F.outputs &- 1
      prefetchAddend(lanes, p, channel: channel, column: x)
      let sums = p.pointee.sums + (position.pointee &* p.pointee.tileStride &+ channel)
      var j = 0
      while j < 6 {
        let y = F.outputs(L.self, L.six(sums + j &* pointStride, 6 &* pointStride))
        L.store(y.0, scratch + j &* n)
        L.store(y.1, scratch + (6 &+ j) &* n)
        if F.outputs > 2 {
          L.store(y.2, scratch + (12 &+ j) &* n)
          L.store(y.3, scratch + (18 &+ j) &* n)
        }
        j &+= 1
      }
      let columns = min(width &- x, step)
      var i = 0
      // The last row or column of a tile that has one less is made of products that were not computed.
      while i < p.pointee.rows {
        let y = F.outputs(L.self, L.six(scratch + 6 &* i &* n, n))
        let target = p.pointee.strip + (i &* width &+ x) &* n
        finishOutput(lanes, y.0, bias, floor, &check, target)
        if columns > 1 { finishOutput(lanes, y.1, bias, floor, &check, target + n) }
        if F.outputs > 2, columns > 2 { finishOutput(lanes, y.2, bias, floor, &check, target + 2 &* n) }
        if F.outputs > 2, columns > 3 { finishOutput(lanes, y.3, bias, floor, &check, target + 3 &* n) }
        i &+= 1
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

/// Prefetches a line of each plane of the addend, which is read when the last tile's outputs are stored: that plane by
/// plane, in few lines each, is no stream that the processor would follow.
@inline(always)
func prefetchAddend<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<WinogradOutputArguments>, channel: Int, column: Int
) {
  guard let addend = p.pointee.addend else { return }
  // The rows of a plane follow each other; as much of them as its columns are of all.
  let first = addend + (channel &* p.pointee.planeStride &+ column &* p.pointee.rows)
  var plane = 0
  while plane < L.count {
    prefetchToSecondLevel(first + plane &* p.pointee.planeStride)
    plane &+= 1
  }
}

/// Stores an output, with its bias and at least `floor`.
///
/// - Parameter check: stays zero with finite outputs: such a value times zero is zero, and anything else makes NaN of the sum.
@inline(always)
func finishOutput<L: Lanes>(
  _ lanes: L.Type, _ y: L.Vector, _ bias: L.Vector, _ floor: L.Vector, _ check: inout L.Vector,
  _ target: UnsafeMutablePointer<Float>
) {
  check = L.multiplyAdd(y, L.splat(0), check)
  L.store(L.larger(y + bias, floor), target)
}

/// Applies the upper limit to the outputs in the strip, and transposes them to the planes of a vector of channels, where
/// an addend is added.
@inline(always)
func storeStrip<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<WinogradOutputArguments>, channel: Int, addend: UnsafePointer<Float>?
) {
  let n = L.count
  let width = p.pointee.columns
  let count = p.pointee.rows &* width
  if p.pointee.ceiling < .infinity, addend == nil {
    let limit = L.splat(p.pointee.ceiling)
    var address = p.pointee.strip
    let end = address + count &* n
    while address < end {
      L.store(L.smaller(L.load(address), limit), address)
      address += n
    }
  }
  let channels = min(p.pointee.channels &- channel, n)
  let target = p.pointee.target + channel &* p.pointee.planeStride
  if L.count == 16, let addend, channels == L.count, count % L.count == 0, width == p.pointee.width {
    // Planes may share a set of the first-level cache: their lines are not to be read again.
    let first = addend + channel &* p.pointee.planeStride
    let (floor, ceiling) = (L.splat(p.pointee.floor), L.splat(p.pointee.ceiling))
    var x = 0
    while x < count {
      L.transposeSquare(p.pointee.strip + x &* n, n, target + x, p.pointee.planeStride) { outputs, offset in
        limited(lanes, outputs + L.load(first + (x &+ offset)), floor, ceiling)
      }
      x &+= n
    }
    return
  }
  if L.count == 16, p.pointee.nonTemporal {
    var x = 0
    while x < count {
      L.transposeSquare(p.pointee.strip + x &* n, n, target + x, p.pointee.planeStride, nonTemporal: true)
      x &+= n
    }
  } else {
    // Whole rows of planes follow each other.
    let isWhole = width == p.pointee.width
    var y = 0
    while y < (isWhole ? 1 : p.pointee.rows) {
      L.transpose(
        p.pointee.strip + y &* width &* n, n, rows: isWhole ? count : width, columns: channels,
        target + y &* p.pointee.width, p.pointee.planeStride)
      y &+= 1
    }
  }
  if let addend {
    addToTarget(lanes, p, addend + channel &* p.pointee.planeStride, target, channels: channels)
  }
}

/// Adds an addend to the outputs that were just stored to the planes of a vector of channels, and applies the limits.
@inline(__always)
private func addToTarget<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<WinogradOutputArguments>, _ addend: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, channels: Int
) {
  let (floor, ceiling) = (L.splat(p.pointee.floor), L.splat(p.pointee.ceiling))
  // Whole rows of planes follow each other.
  let isWhole = p.pointee.columns == p.pointee.width
  let count = isWhole ? p.pointee.rows &* p.pointee.width : p.pointee.columns
  var row = 0
  while row < (isWhole ? 1 : p.pointee.rows) {
    var offset = row &* p.pointee.width
    var channel = 0
    while channel < channels {
      var i = 0
      while i &+ L.count <= count {
        let sum = L.load(target + offset + i) + L.load(addend + offset + i)
        L.store(limited(lanes, sum, floor, ceiling), target + offset + i)
        i &+= L.count
      }
      if i < count {
        let sum = L.load(target + offset + i, first: count &- i) + L.load(addend + offset + i, first: count &- i)
        L.store(limited(lanes, sum, floor, ceiling), target + offset + i, first: count &- i)
      }
      offset &+= p.pointee.planeStride
      channel &+= 1
    }
    row &+= 1
  }
}

/// A sum with the addend within the limits, as ``AddForward`` has it.
@inline(__always)
private func limited<L: Lanes>(
  _ lanes: L.Type, _ sum: L.Vector, _ floor: L.Vector, _ ceiling: L.Vector
) -> L.Vector {
  L.smaller(L.raised(sum, to: floor), ceiling)
}
