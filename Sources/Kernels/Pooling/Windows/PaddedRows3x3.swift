import KernelsISA

/// Padded copies of a few input rows at a time, for 3×3 windows. The columns of each phase of the stride are contiguous, so
/// that a vector of outputs reads contiguous input.
///
/// Each row is read for one row of outputs; the next row of outputs reads the reduced row instead. Several rows are copied
/// before the first is read: a load that spans two stores can't be forwarded and waits until both have reached the cache.
struct PaddedRows3x3<L: HalfLanes> {
  /// Output rows that are computed from the rows copied at once.
  let outputRowsAtOnce: Int
  /// Floats from one row to the next.
  let stride: Int
  /// Floats from the columns of one phase to those of the next. With a stride of 2, taps 0 and 2 of output x are at x and
  /// x + 1, tap 1 at phaseStride + x; with a stride of 1 there is one phase and tap k is at x + k.
  let phaseStride: Int
  let rows: UnsafeMutablePointer<Float>
  /// A row of padding, for rows outside the input.
  let absent: UnsafeMutablePointer<Float>
  /// A vector of scratch memory, for loads that would extend beyond the input.
  private let spare: UnsafeMutablePointer<Float>
  /// The scratch memory behind the rows, for the kernel.
  let remainingScratch: UnsafeMutablePointer<Float>
  private let g: PoolGeometry
  private let padding: Float

  /// Fills the scratch memory, at least ``PoolGeometry/paddedRowsCount3x3`` floats, with padding, for rows of one shape.
  @inline(always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    self.g = g
    self.padding = padding
    outputRowsAtOnce = g.outputRowsAtOnce3x3
    stride = g.paddedRowStride3x3
    phaseStride = g.phaseStride3x3
    absent = scratch
    rows = scratch + stride
    remainingScratch = scratch + g.paddedRowsCount3x3
    spare = remainingScratch - PoolGeometry.slack
    if g.isPrepared { return }
    var i = 0
    while i < g.paddedRowsCount3x3 {
      scratch[i] = padding
      i &+= 1
    }
  }

  /// Copies the next rows.
  ///
  /// - Parameters:
  ///   - end: the end of the input.
  ///   - step: the stride along rows, a constant.
  ///   - sum: the result for the rows before, at first 0.
  /// - Returns: `sum` plus 0 times each element: NaN if `sum` is NaN or if a row holds NaN or an infinity, else 0.
  @inline(always)
  func copyPadded(
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
        // With a column of padding, columns 2j and 2j + 1 of the input are columns 2j + 1 and 2(j + 1) of the padded row.
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
          // A vector that begins at an odd column has the phases exchanged.
          let isOdd = x & 1 != 0
          L.store(even, isOdd ? second + x >> 1 : first + x >> 1)
          L.store(odd, isOdd ? first + (x &+ 1) >> 1 : second + x >> 1)
          x &+= 2 &* L.count
        }
        if width < 2 &* L.count {
          let highs = width > L.count ? width &- L.count : 0
          let lows = width &- highs
          let low = L.load(from, first: lows, end: end, spare: spare)
          let high = L.load(from + lows, first: highs, end: end, spare: spare)
          total = L.multiplyAdd(L.clip(low, first: lows, fill: 0), zero, total)
          total = L.multiplyAdd(L.clip(high, first: highs, fill: 0), zero, total)
          let (even, odd) = L.deinterleave(
            L.clip(low, first: lows, fill: padding), L.clip(high, first: highs, fill: padding))
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

  /// Row `i` of the `number` rows copied, or the row of padding behind them.
  @inline(always)
  func row(_ i: Int, of number: Int) -> UnsafePointer<Float> {
    UnsafePointer(i < number ? rows + i &* stride : absent)
  }
}

extension PoolGeometry {
  /// Floats of a phase of a row.
  @inline(always)
  fileprivate var phaseStride3x3: Int {
    let reach = outputWidth &+ PoolGeometry.slack &+ 2
    let width = (paddingWidth &+ inputWidth) / strideWidth &+ 2
    return ((reach > width ? reach : width) &+ 15) & ~15
  }

  /// Floats of a row.
  @inline(always)
  fileprivate var paddedRowStride3x3: Int { strideWidth &* phaseStride3x3 }

  /// Output rows that are computed from the rows copied at once: as many as need 10 KB, a third of a first-level cache of
  /// 32 KB, at most 8.
  @inline(always)
  fileprivate var outputRowsAtOnce3x3: Int {
    let fitting = 2560 / (paddedRowStride3x3 &* strideHeight)
    let least = fitting < 8 ? fitting : 8
    // Even, as output rows at stride 1 are computed in pairs.
    return fitting < 2 ? 2 : least & ~1
  }

  /// Floats of scratch memory for ``PaddedRows3x3``: a row of padding, the rows copied at once with the two before the first
  /// of a plane's output rows, and a vector.
  @inline(always)
  var paddedRowsCount3x3: Int {
    (3 &+ outputRowsAtOnce3x3 &* strideHeight) &* paddedRowStride3x3 &+ PoolGeometry.slack
  }
}
