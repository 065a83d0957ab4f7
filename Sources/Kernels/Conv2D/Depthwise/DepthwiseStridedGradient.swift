import KernelsISA

// The weight gradient of a depthwise convolution with a 3×3 kernel, stride 2 and padding 1. A vector holds neighbouring
// gradients of an output row, and every lane sums its own products. The gradients meet the even columns of an input row
// at the kernel's second column, the odd ones at its third, and the odd ones, moved by a lane, at its first. Two rows of
// the input are read at once, from left to right, as they lie in memory, with the nine sums in registers: the first one
// meets one row of gradients, the second one that row and the next.

extension RegisterTile where L: HalfLanes {
  /// Adds the products of a row of gradients with the inputs that it meets at one row of the kernel.
  @inline(always)
  private mutating func add(_ row: Int, _ gradient: L.Vector, _ taps: StridedTaps<L>) {
    sums[row][0] = L.multiplyAdd(gradient, taps.before, sums[row][0])
    sums[row][1] = L.multiplyAdd(gradient, taps.even, sums[row][1])
    sums[row][2] = L.multiplyAdd(gradient, taps.odd, sums[row][2])
  }

  /// Adds the products of a vector of gradients, and of the one below it, with two rows of inputs.
  ///
  /// - Parameters:
  ///   - source: the first input of the first row; two vectors may be read from each row.
  ///   - gradient: the first gradient; a vector may be read from each row.
  ///   - x: its column.
  ///   - width: gradients of a row.
  ///   - isWhole: whether the input has the second row.
  ///   - isLast: whether there is no next row of gradients.
  ///   - lanes: the lanes that count; nil: all.
  @inline(always)
  fileprivate mutating func addRows(
    _ source: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, x: Int, width: Int, isWhole: Bool, isLast: Bool,
    lanes: Range<Int>?
  ) {
    func counted(_ vector: L.Vector) -> L.Vector {
      guard let lanes else { return vector }
      let indices = L.laneIndices
      let outside = (L.splat(Float(lanes.lowerBound)) .> indices) .| (indices .>= L.splat(Float(lanes.upperBound)))
      return vector.replacing(with: L.splat(0), where: outside)
    }
    func taps(_ row: UnsafePointer<Float>) -> StridedTaps<L> {
      prefetch(row + depthwisePrefetch)
      prefetch(row + (depthwisePrefetch &+ L.count))
      var taps = StridedTaps<L>(row, before: x == 0 ? 0 : row[-1])
      taps.before = counted(taps.before)
      taps.even = counted(taps.even)
      taps.odd = counted(taps.odd)
      return taps
    }
    prefetch(gradient + depthwisePrefetch)
    let here = counted(L.load(gradient))
    add(1, here, taps(source))
    if isWhole {
      let second = taps(source + 2 &* width)
      add(2, here, second)
      if !isLast { add(0, counted(L.load(gradient + width)), second) }
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
      var y = 0
      while y < a.height {
        let (isWhole, isLast) = (y &+ 1 < a.height, y &+ 2 >= a.height)
        var x = 0
        while x &+ L.count <= width {
          tile.addRows(
            source + 2 &* x, gradient + x, x: x, width: width, isWhole: isWhole, isLast: isLast, lanes: nil)
          x &+= L.count
        }
        if x < width {
          // The last vector ends with the row, where that is long enough: its first lanes have been summed.
          let first = max(width &- L.count, 0)
          tile.addRows(
            source + 2 &* first, gradient + first, x: first, width: width, isWhole: isWhole, isLast: isLast,
            lanes: x &- first..<min(width &- first, L.count))
        }
        source += 2 &* a.width
        gradient += width
        y &+= 2
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
