import KernelsISA

/// What the windows of a row of outputs have for each tap.
protocol WindowShares {
  associatedtype Level: HalfLanes
  /// Vectors for `Level.count` outputs: gradients, and what says which tap they are for.
  static var parts: Int { get }
  /// Makes a row of windows that do not exist, whose parts lie `stride` apart.
  func clear(_ row: UnsafeMutablePointer<Float>, stride: Int)
  /// Lays out row `y` of the outputs, which begins at offset `output`.
  func lay(_ output: Int, y: Int, _ row: UnsafeMutablePointer<Float>, stride: Int)
  /// The share of tap `tap`.
  func share(_ row: UnsafePointer<Float>, stride: Int, tap: Int32) -> Level.Vector
  /// The same, added.
  func add(_ row: UnsafePointer<Float>, stride: Int, tap: Int32, to sum: inout Level.Vector)
}

/// The inputs' gradients under 3×3 windows with stride 1 or 2: each gathers from the at most nine windows that hold it, in
/// scan order of the outputs, as the reference adds.
///
/// Some rows of outputs are laid out at a time, with windows that do not exist around them: no border needs a case of
/// its own. With a stride of 2, even and odd columns have different windows; they are computed apart and woven together.
struct Gradients3x3<Shares: WindowShares> {
  private typealias L = Shares.Level
  private let g: PoolGeometry
  private let shares: Shares
  private let scratch: UnsafeMutablePointer<Float>
  /// From one part of a row to the next.
  private let stride: Int
  /// Room in front of a row.
  private static var front: Int { 16 }

  /// Prepares scratch memory, as much as ``PoolGeometry/threeByThreeGradientByteCount(parts:)``.
  @inline(always)
  init(_ g: PoolGeometry, _ shares: Shares, scratch: UnsafeMutablePointer<Float>) {
    self.g = g
    self.shares = shares
    self.scratch = scratch
    stride = g.threeByThreeGradientStride
    var i = 0
    while !g.isPrepared && i < 1 &+ PoolGeometry.gradientRows {
      shares.clear(scratch + i &* Shares.parts &* stride, stride: stride)
      i &+= 1
    }
  }

  /// Row `y` of the outputs, at column 0.
  @inline(always)
  private func row(_ y: Int) -> UnsafeMutablePointer<Float> {
    let exists = y >= 0 && y < g.outputHeight
    let slot = exists ? 1 &+ y & (PoolGeometry.gradientRows &- 1) : 0
    return scratch + (slot &* Shares.parts &* stride &+ Self.front)
  }

  @inline(always)
  private func share(_ row: UnsafePointer<Float>, _ tap: Int32) -> L.Vector {
    shares.share(row, stride: stride, tap: tap)
  }

  @inline(always)
  func run(_ destination: UnsafeMutablePointer<Float>) {
    if g.strideWidth == 1 {
      run(destination, step: 1)
    } else {
      run(destination, step: 2)
    }
  }

  @inline(always)
  private func add(_ row: UnsafePointer<Float>, _ tap: Int32, to sum: inout L.Vector) {
    shares.add(row, stride: stride, tap: tap, to: &sum)
  }

  /// Adds the shares of three taps, from `tap` down.
  @inline(always)
  private func addThree(_ row: UnsafePointer<Float>, _ tap: Int32, to sum: inout L.Vector) {
    add(row, tap, to: &sum)
    add(row + 1, tap &- 1, to: &sum)
    add(row + 2, tap &- 2, to: &sum)
  }

  @inline(always)
  private func run(_ destination: UnsafeMutablePointer<Float>, step: Int) {
    let (width, padding) = (g.inputWidth, g.paddingWidth)
    let block = step &* L.count
    let blocks = (width &+ block &- 1) & ~(block &- 1)
    let last = scratch + (1 &+ PoolGeometry.gradientRows) &* Shares.parts &* stride
    let last2 = last + blocks
    var input = destination
    var output = 0
    var left = g.planes &* g.inputHeight &* width
    while left > 0 {
      // Rows of this plane's outputs that are laid out.
      var done = 0
      var y = 0
      while y < g.inputHeight {
        let padded = y &+ g.paddingHeight
        // With a stride of 1, two rows at once: they have most windows in common.
        let isPair = step == 1 && y &+ 1 < g.inputHeight
        let current = step == 1 ? padded &+ 1 : padded >> 1
        if current >= done {
          let end = done &+ PoolGeometry.gradientRows &- 3
          while done < end && done < g.outputHeight {
            shares.lay(output, y: done, row(done), stride: stride)
            output &+= g.outputWidth
            done &+= 1
          }
        }
        // Blocks go from right to left: the last runs on into the next row, which is written later. Where there is none,
        // by memory.
        let written = isPair ? width : 0
        let hasRoom = left >= written &+ blocks
        let target = hasRoom ? input : last
        let target2 = hasRoom && isPair ? input + width : last2
        var x = blocks &- block
        if step == 1 {
          let row0 = UnsafePointer(row(padded &- 2) + (padding &- 2))
          let row1 = UnsafePointer(row(padded &- 1) + (padding &- 2))
          let row2 = UnsafePointer(row(padded) + (padding &- 2))
          let row3 = UnsafePointer(row(padded &+ 1) + (padding &- 2))
          while x >= 0 {
            var sum = share(row0 + x, 8)
            add(row0 + (x &+ 1), 7, to: &sum)
            add(row0 + (x &+ 2), 6, to: &sum)
            var sum2 = share(row1 + x, 8)
            add(row1 + (x &+ 1), 7, to: &sum2)
            add(row1 + (x &+ 2), 6, to: &sum2)
            addThree(row1 + x, 5, to: &sum)
            addThree(row2 + x, 5, to: &sum2)
            addThree(row2 + x, 2, to: &sum)
            addThree(row3 + x, 2, to: &sum2)
            L.store(sum, target + x)
            L.store(sum2, target2 + x)
            x &-= L.count
          }
        } else {
          let now = UnsafePointer(row(current))
          let before = UnsafePointer(row(current &- 1))
          if padded & 1 == 0 {
            while x >= 0 {
              let j = x >> 1
              // The windows from whose first taps even padded columns gather.
              let first = j &+ padding
              var even = share(before + (first &- 1), 8)
              add(before + first, 6, to: &even)
              add(now + (first &- 1), 2, to: &even)
              add(now + first, 0, to: &even)
              var odd = share(before + j, 7)
              add(now + j, 1, to: &odd)
              weave(even, odd, target + x)
              x &-= block
            }
          } else {
            while x >= 0 {
              let j = x >> 1
              let first = j &+ padding
              var even = share(now + (first &- 1), 5)
              add(now + first, 3, to: &even)
              weave(even, share(now + j, 4), target + x)
              x &-= block
            }
          }
        }
        if !hasRoom {
          L.copyRow(UnsafePointer(last), input, count: width)
          if isPair { L.copyRow(UnsafePointer(last2), input + width, count: width) }
        }
        input += width &+ written
        left &-= width &+ written
        y &+= isPair ? 2 : 1
      }
    }
  }

  /// Stores even and odd columns of the padded input in turn; without the padding they change places.
  @inline(always)
  private func weave(_ even: L.Vector, _ odd: L.Vector, _ target: UnsafeMutablePointer<Float>) {
    let woven = g.paddingWidth == 0 ? L.interleave(even, odd) : L.interleave(odd, even)
    L.store(woven.low, target)
    L.store(woven.high, target + L.count)
  }
}

extension PoolGeometry {
  /// Rows of outputs that are laid out: those that are needed at once, and some ahead.
  fileprivate static var gradientRows: Int { 8 }

  @inline(always)
  var threeByThreeGradientStride: Int {
    let columns = (inputWidth &+ strideWidth &- 1) / strideWidth &+ 2
    let longest = columns > outputWidth ? columns : outputWidth
    return (longest &+ 2 &* PoolGeometry.slack &+ 15) & ~15
  }

  /// Bytes of scratch memory that a thread needs.
  func threeByThreeGradientByteCount(parts: Int) -> Int {
    let last = 2 * (inputWidth + 2 * PoolGeometry.slack)
    return cacheLines(
      ((1 + PoolGeometry.gradientRows) * parts * threeByThreeGradientStride + last) * MemoryLayout<Float>.stride)
  }
}
