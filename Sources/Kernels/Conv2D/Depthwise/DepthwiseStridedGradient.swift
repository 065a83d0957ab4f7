import KernelsISA

// The weight gradient of a depthwise convolution with a 3×3 kernel, stride 2 and padding 1. A vector holds neighbouring
// gradients of an output row, and every lane sums its own products. The gradients meet the even columns of an input row
// at the kernel's second column, the odd ones at its third, and the odd ones, moved by a lane, at its first. A column of
// vectors is read from the plane's top to its bottom, with the nine sums in registers; an odd row of the input, which
// two rows of gradients meet, is loaded once.

/// A column of vectors of one plane of the gradient.
private struct StridedColumn<L: HalfLanes> {
  /// The input plane; two vectors behind it may be read.
  let source: UnsafePointer<Float>
  /// The plane of the output gradient; a vector behind it may be read.
  let gradient: UnsafePointer<Float>
  /// The first gradient of the column's vectors in their rows.
  let x: Int
  /// The lanes that count: the column on the left has summed the lanes before, and behind them are other rows.
  let lanes: Range<Int>
  /// Rows and columns of the input plane.
  let height: Int
  let width: Int
  /// The distance of the elements that are prefetched, for the input; half of it for the gradient.
  let prefetchOffset: Int

  /// The inputs of a row at the three columns of the kernel; 0 in lanes that do not count.
  @inline(always)
  func taps(_ row: Int, isInside: Bool) -> InlineArray<3, L.Vector> {
    let address = source + (row &* width &+ 2 &* x)
    prefetch(address + prefetchOffset)
    prefetch(address + (prefetchOffset &+ L.count))
    let taps = StridedTaps<L>(address, before: x == 0 ? 0 : address[-1])
    if isInside { return [taps.before, taps.even, taps.odd] }
    return [masked(taps.before), masked(taps.even), masked(taps.odd)]
  }

  /// A row's gradients; 0 in lanes that do not count.
  @inline(always)
  func gradient(_ row: Int, isInside: Bool) -> L.Vector {
    let address = gradient + (row &* (width / 2) &+ x)
    prefetch(address + prefetchOffset / 2)
    let vector = L.load(address)
    return isInside ? vector : masked(vector)
  }

  @inline(always)
  private func masked(_ vector: L.Vector) -> L.Vector {
    let indices = L.laneIndices
    let outside =
      (L.splat(Float(lanes.lowerBound)) .> indices) .| (indices .>= L.splat(Float(lanes.upperBound)))
    return vector.replacing(with: L.splat(0), where: outside)
  }
}

extension RegisterTile {
  /// Adds the products of a row of gradients with the inputs that it meets at one row of the kernel.
  @inline(always)
  fileprivate mutating func add(_ row: Int, _ gradient: L.Vector, _ taps: InlineArray<3, L.Vector>) {
    for column in 0..<3 { sums[row][column] = L.multiplyAdd(gradient, taps[column], sums[row][column]) }
  }

  /// Adds all rows of a column of vectors. Rows above and below the plane are not added.
  @inline(always)
  fileprivate mutating func walk(_ column: StridedColumn<L>, isInside: Bool) where L: HalfLanes {
    var above = zeros(InlineArray<3, L.Vector>.self)
    var y = 0
    while y < column.height {
      let gradient = column.gradient(y / 2, isInside: isInside)
      if y > 0 { add(0, gradient, above) }
      add(1, gradient, column.taps(y, isInside: isInside))
      if y &+ 1 < column.height {
        above = column.taps(y &+ 1, isInside: isInside)
        add(2, gradient, above)
      }
      y &+= 2
    }
  }
}

/// Computes with whole vectors, or with vectors of half the lanes where those hold a row of gradients.
@inline(always)
func accumulateDepthwiseStridedGradient<L: HalfLanes>(
  _ lanes: L.Type, _ p: UnsafePointer<DepthwiseGradientArguments>
) {
  if L.count == 16 && p.pointee.width <= 16 {
    accumulateGradient(L.Half.self, p)
  } else {
    accumulateGradient(lanes, p)
  }
}

/// Sums image by image and channel by channel, then sums the lanes.
@inline(always)
private func accumulateGradient<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseGradientArguments>) {
  let a = p.pointee
  let width = a.width / 2
  let count = a.height &* a.width
  let gradientCount = (a.height &+ 1) / 2 &* width
  let kernelSums = 9 &* L.count
  let copy = a.sums + (a.endChannel &- a.firstChannel) &* kernelSums
  let planes = a.images &* a.channels
  for i in 0..<(a.endChannel &- a.firstChannel) &* kernelSums { a.sums[i] = 0 }
  var image = 0
  while image < a.images {
    var channel = a.firstChannel
    while channel < a.endChannel {
      let plane = image &* a.channels &+ channel
      var source = a.source + plane &* count
      var gradient = a.gradient + plane &* gradientCount
      // The planes are among the last in memory, where vectors may not read beyond the end: copies are read instead.
      if (planes &- plane &- 1) &* gradientCount < 2 &* L.count {
        let second = copy + (count &+ 3 &* L.count)
        L.copyRow(source, copy + L.count, count: count)
        L.copyRow(gradient, second, count: gradientCount)
        source = UnsafePointer(copy + L.count)
        gradient = UnsafePointer(second)
      }
      let sums = a.sums + (channel &- a.firstChannel) &* kernelSums
      var tile = RegisterTile<3, 3, L>(accumulators: sums)
      var x = 0
      while x < width {
        let first = x > 0 && x &+ L.count > width ? width &- L.count : x
        let column = StridedColumn<L>(
          source: source, gradient: gradient, x: first, lanes: x &- first..<min(width &- first, L.count),
          height: a.height, width: a.width,
          // The next column of vectors, or the first of the next plane.
          prefetchOffset: x &+ L.count >= width ? count &- 2 &* first : 2 &* L.count)
        if first == x && x &+ L.count <= width {
          tile.walk(column, isInside: true)
        } else {
          tile.walk(column, isInside: false)
        }
        x &+= L.count
      }
      tile.storeAccumulators(to: sums)
      channel &+= 1
    }
    image &+= 1
  }
  var channel = a.firstChannel
  while channel < a.endChannel {
    let sums = a.sums + (channel &- a.firstChannel) &* kernelSums
    let target = a.target + channel &* 9
    var i = 0
    while i < 9 {
      target[i] = L.sum(L.load(sums + i &* L.count))
      i &+= 1
    }
    channel &+= 1
  }
}
