import KernelsISA

/// The gradients that 3×3 windows give to the input elements under their taps, read from padded copies of rows of outputs.
protocol WindowGradient {
  associatedtype Level: HalfLanes
  /// The arrays that make a row: the gradients, and for max pooling the indices of the maxima; `stride` floats apart.
  static var components: Int { get }
  /// Writes a row of padding, whose windows give 0 to every tap.
  func clear(_ row: UnsafeMutablePointer<Float>, stride: Int)
  /// Copies row `y` of the outputs, which begins at element `output`.
  func copyPadded(_ output: Int, y: Int, _ row: UnsafeMutablePointer<Float>, stride: Int)
  /// The gradients that the windows at `row` give to the elements under tap `tap`.
  func load(_ row: UnsafePointer<Float>, stride: Int, tap: Int32) -> Level.Vector
  /// Adds these gradients to `sum`.
  func add(_ row: UnsafePointer<Float>, stride: Int, tap: Int32, to sum: inout Level.Vector)
}

/// The input gradient of 3×3 windows with stride 1 or 2: each element sums the gradients of the at most nine windows that
/// cover it, in scan order of the outputs, the order of the reference.
///
/// A few rows of outputs at a time are copied to scratch memory with padding around them, so that no border needs a case of
/// its own. With a stride of 2, even and odd columns are covered by different windows; they are computed separately and
/// interleaved.
struct Gradients3x3<Gradient: WindowGradient> {
  private typealias L = Gradient.Level
  private let g: PoolGeometry
  private let gradient: Gradient
  private let scratch: UnsafeMutablePointer<Float>
  /// Floats from one array of a row to the next.
  private let stride: Int
  /// Floats of padding in front of a row.
  private static var front: Int { 16 }

  /// Writes the rows of padding to the scratch memory, which has as many bytes as ``PoolGeometry/gradientByteCount3x3(components:)``.
  @inline(always)
  init(_ g: PoolGeometry, _ gradient: Gradient, scratch: UnsafeMutablePointer<Float>) {
    self.g = g
    self.gradient = gradient
    self.scratch = scratch
    stride = g.gradientStride3x3
    var i = 0
    while !g.isPrepared && i < 1 &+ PoolGeometry.gradientRingRows {
      gradient.clear(scratch + i &* Gradient.components &* stride, stride: stride)
      i &+= 1
    }
  }

  /// The copy of row `y` of the outputs, at column 0; the row of padding for rows that do not exist.
  @inline(always)
  private func row(_ y: Int) -> UnsafeMutablePointer<Float> {
    let exists = y >= 0 && y < g.outputHeight
    let slot = exists ? 1 &+ y & (PoolGeometry.gradientRingRows &- 1) : 0
    return scratch + (slot &* Gradient.components &* stride &+ Self.front)
  }

  @inline(always)
  private func load(_ row: UnsafePointer<Float>, _ tap: Int32) -> L.Vector {
    gradient.load(row, stride: stride, tap: tap)
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
    gradient.add(row, stride: stride, tap: tap, to: &sum)
  }

  /// Adds the gradients for the taps `tap`, `tap` − 1 and `tap` − 2, each from the next column of windows.
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
    let spare = scratch + (1 &+ PoolGeometry.gradientRingRows) &* Gradient.components &* stride
    let spare2 = spare + blocks
    var input = destination
    var output = 0
    var left = g.planes &* g.inputHeight &* width
    while left > 0 {
      // Rows of this plane's outputs that are copied.
      var copied = 0
      var y = 0
      while y < g.inputHeight {
        let padded = y &+ g.paddingHeight
        // With a stride of 1, two rows at once: most of their windows are the same.
        let isPair = step == 1 && y &+ 1 < g.inputHeight
        let current = step == 1 ? padded &+ 1 : padded >> 1
        if current >= copied {
          let end = copied &+ PoolGeometry.gradientRingRows &- 3
          while copied < end && copied < g.outputHeight {
            gradient.copyPadded(output, y: copied, row(copied), stride: stride)
            output &+= g.outputWidth
            copied &+= 1
          }
        }
        // Blocks go from right to left: the excess of the last block is in the next row, which is written later. Where no
        // row follows, the blocks are stored to scratch memory and the row is copied from there.
        let written = isPair ? width : 0
        let hasRoom = left >= written &+ blocks
        let target = hasRoom ? input : spare
        let target2 = hasRoom && isPair ? input + width : spare2
        var x = blocks &- block
        if step == 1 {
          let row0 = UnsafePointer(row(padded &- 2) + (padding &- 2))
          let row1 = UnsafePointer(row(padded &- 1) + (padding &- 2))
          let row2 = UnsafePointer(row(padded) + (padding &- 2))
          let row3 = UnsafePointer(row(padded &+ 1) + (padding &- 2))
          while x >= 0 {
            var sum = load(row0 + x, 8)
            add(row0 + (x &+ 1), 7, to: &sum)
            add(row0 + (x &+ 2), 6, to: &sum)
            var sum2 = load(row1 + x, 8)
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
          let lower = UnsafePointer(row(current))
          let upper = UnsafePointer(row(current &- 1))
          if padded & 1 == 0 {
            while x >= 0 {
              let j = x >> 1
              // Even columns of the padded input are covered by two windows, of which this is the second.
              let first = j &+ padding
              var even = load(upper + (first &- 1), 8)
              add(upper + first, 6, to: &even)
              add(lower + (first &- 1), 2, to: &even)
              add(lower + first, 0, to: &even)
              var odd = load(upper + j, 7)
              add(lower + j, 1, to: &odd)
              interleaveStore(even, odd, target + x)
              x &-= block
            }
          } else {
            while x >= 0 {
              let j = x >> 1
              let first = j &+ padding
              var even = load(lower + (first &- 1), 5)
              add(lower + first, 3, to: &even)
              interleaveStore(even, load(lower + j, 4), target + x)
              x &-= block
            }
          }
        }
        if !hasRoom {
          L.copyRow(UnsafePointer(spare), input, count: width)
          if isPair { L.copyRow(UnsafePointer(spare2), input + width, count: width) }
        }
        input += width &+ written
        left &-= width &+ written
        y &+= isPair ? 2 : 1
      }
    }
  }

  /// Interleaves and stores the even and odd columns of the padded input. A column of padding makes even columns of the
  /// padded input odd columns of the input.
  @inline(always)
  private func interleaveStore(_ even: L.Vector, _ odd: L.Vector, _ target: UnsafeMutablePointer<Float>) {
    let interleaved = g.paddingWidth == 0 ? L.interleave(even, odd) : L.interleave(odd, even)
    L.store(interleaved.low, target)
    L.store(interleaved.high, target + L.count)
  }
}

extension PoolGeometry {
  /// Rows of outputs in scratch memory, a power of 2: at most three are read for a row of inputs, the others are copied in
  /// advance.
  fileprivate static var gradientRingRows: Int { 8 }

  /// Floats of an array of a row of outputs with its padding.
  @inline(always)
  var gradientStride3x3: Int {
    let columns = (inputWidth &+ strideWidth &- 1) / strideWidth &+ 2
    let longest = columns > outputWidth ? columns : outputWidth
    return (longest &+ 2 &* PoolGeometry.slack &+ 15) & ~15
  }

  /// Bytes of scratch memory that a thread needs for ``Gradients3x3``.
  func gradientByteCount3x3(components: Int) -> Int {
    let spareRows = 2 * (inputWidth + 2 * PoolGeometry.slack)
    return cacheLines(
      ((1 + PoolGeometry.gradientRingRows) * components * gradientStride3x3 + spareRows) * MemoryLayout<Float>.stride)
  }
}
