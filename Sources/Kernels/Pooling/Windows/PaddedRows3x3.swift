import KernelsISA

/// Rows of input under 3×3 windows, some at a time, laid out with their padding in place and with the columns of each
/// phase of the stride side by side: vectors of outputs then read contiguous input, and a border cuts no window.
///
/// Each row is read for one row of outputs only: what the next one needs of it is kept reduced. Rows are laid out some at
/// a time because a load that needs the data of two stores waits for both to reach the cache.
struct PaddedRows3x3<L: HalfLanes> {
  /// Output rows that are made of the rows laid out at once.
  let group: Int
  /// From one row to the next.
  let stride: Int
  /// From the columns of one phase to those of the next: with a stride of 2, taps 0 and 2 of output x lie at x and x + 1,
  /// tap 1 at phaseStride + x; with a stride of 1 they lie side by side.
  let phaseStride: Int
  let rows: UnsafeMutablePointer<Float>
  /// A row outside the input.
  let absent: UnsafeMutablePointer<Float>
  /// A vector by which rows are read that have no room behind them.
  private let spare: UnsafeMutablePointer<Float>
  /// The rest of the scratch memory.
  let rest: UnsafeMutablePointer<Float>
  private let g: PoolGeometry
  private let padding: Float

  /// Prepares scratch memory, as much as ``PoolGeometry/threeByThreeCount``, for rows of one shape.
  @inline(always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    self.g = g
    self.padding = padding
    group = g.threeByThreeGroup
    stride = g.threeByThreeStride
    phaseStride = g.threeByThreePhase
    absent = scratch
    rows = scratch + stride
    rest = scratch + g.threeByThreeCount
    spare = rest - PoolGeometry.slack
    if g.isPrepared { return }
    var i = 0
    while i < g.threeByThreeCount {
      scratch[i] = padding
      i &+= 1
    }
  }

  /// Lays out the next rows.
  ///
  /// - Parameters:
  ///   - end: where the input ends.
  ///   - step: the stride along rows, a constant.
  /// - Returns: a sum that is NaN if `sum` is, or if a row holds NaN or an infinity.
  @inline(always)
  func lay(
    _ source: UnsafePointer<Float>, rows number: Int, end: UnsafePointer<Float>, step: Int, _ sum: L.Vector
  ) -> L.Vector {
    let width = g.inputWidth
    let zero = L.splat(0)
    var (from, to) = (source, rows)
    var total = sum
    var i = 0
    while i < number {
      if step == 1 {
        let to = to + g.paddingWidth
        var x = 0
        while width >= L.count && x < width {
          if x &+ L.count > width { x = width &- L.count }
          let value = L.load(from + x)
          prefetch(from + (x &+ 2048))
          total = L.multiplyAdd(value, zero, total)
          L.store(value, to + x)
          x &+= L.count
        }
        if width < L.count {
          let value = L.load(from, first: width, end: end, spare: spare)
          total = L.multiplyAdd(L.clip(value, first: width, fill: 0), zero, total)
          L.store(L.clip(value, first: width, fill: padding), to)
        }
      } else {
        // Columns 2j and 2j + 1 without padding are 2j + 1 and 2(j + 1) with a column of it.
        let first = to + (g.paddingWidth == 0 ? 0 : phaseStride)
        let second = to + (g.paddingWidth == 0 ? phaseStride : 1)
        var x = 0
        while width >= 2 &* L.count && x < width {
          if x &+ 2 &* L.count > width { x = width &- 2 &* L.count }
          let (low, high) = (L.load(from + x), L.load(from + (x &+ L.count)))
          prefetch(from + (x &+ 2048))
          if L.count == 16 { prefetch(from + (x &+ 2064)) }
          total = L.multiplyAdd(high, zero, L.multiplyAdd(low, zero, total))
          let (even, odd) = L.deinterleave(low, high)
          // An odd start swaps the two.
          let isOdd = x & 1 != 0
          L.store(even, isOdd ? second + x >> 1 : first + x >> 1)
          L.store(odd, isOdd ? first + (x &+ 1) >> 1 : second + x >> 1)
          x &+= 2 &* L.count
        }
        if width < 2 &* L.count {
          let behind = width > L.count ? width &- L.count : 0
          let lows = width &- behind
          let low = L.load(from, first: lows, end: end, spare: spare)
          let high = L.load(from + lows, first: behind, end: end, spare: spare)
          total = L.multiplyAdd(L.clip(low, first: lows, fill: 0), zero, total)
          total = L.multiplyAdd(L.clip(high, first: behind, fill: 0), zero, total)
          let (even, odd) = L.deinterleave(
            L.clip(low, first: lows, fill: padding), L.clip(high, first: behind, fill: padding))
          L.store(even, first)
          L.store(odd, second)
        }
      }
      from += width
      to += stride
      i &+= 1
    }
    return total
  }

  /// Row `i` of those laid out, of which there are `number`; behind them the input has ended.
  @inline(always)
  func row(_ i: Int, of number: Int) -> UnsafePointer<Float> {
    UnsafePointer(i < number ? rows + i &* stride : absent)
  }
}

extension PoolGeometry {
  @inline(always)
  fileprivate var threeByThreePhase: Int {
    let reach = outputWidth &+ PoolGeometry.slack &+ 2
    let width = (paddingWidth &+ inputWidth) / strideWidth &+ 2
    return ((reach > width ? reach : width) &+ 15) & ~15
  }

  @inline(always)
  fileprivate var threeByThreeStride: Int { strideWidth &* threeByThreePhase }

  /// As many output rows as need a third of a first-level cache of 32 KB, at most 8.
  @inline(always)
  fileprivate var threeByThreeGroup: Int {
    let fitting = 2560 / (threeByThreeStride &* strideHeight)
    let least = fitting < 8 ? fitting : 8
    // Even: with a stride of 1 output rows are made in pairs.
    return fitting < 2 ? 2 : least & ~1
  }

  /// Floats of scratch memory for ``PaddedRows3x3``: a row outside the input, those of a group and the two before
  /// it, and a vector.
  @inline(always)
  var threeByThreeCount: Int {
    (3 &+ threeByThreeGroup &* strideHeight) &* threeByThreeStride &+ PoolGeometry.slack
  }
}
