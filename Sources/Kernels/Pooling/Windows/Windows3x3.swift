import KernelsISA

/// A reduction of the elements of a 3×3 window, along its rows first.
protocol WindowReduction {
  associatedtype Level: HalfLanes
  /// The reduced elements of `Level.count` windows.
  associatedtype Value
  /// The memory of a row of outputs.
  associatedtype Target
  /// Vectors of a value: 2 for a maximum and its index.
  static var components: Int { get }
  /// The reduction of three elements in one row of the window.
  func reduce(_ a: Level.Vector, _ b: Level.Vector, _ c: Level.Vector) -> Value
  /// The reduction of the window's rows above row `row`, and of that row.
  func merge(_ above: Value, _ value: Value, row: Int32) -> Value
  /// Loads a value that is carried to the next row of outputs, its vectors `stride` floats apart.
  func load(_ carried: UnsafePointer<Float>, stride: Int) -> Value
  /// Stores a value that is carried to the next row of outputs.
  func store(_ value: Value, _ carried: UnsafeMutablePointer<Float>, stride: Int)
  /// The row of outputs at offset `output`, which is row `y` of its plane.
  func target(_ output: Int, y: Int) -> Target
  /// Scratch memory in place of `target`, for a row behind which a vector must not extend.
  func spare(_ target: Target, _ memory: UnsafeMutablePointer<Float>, stride: Int) -> Target
  /// Stores the outputs from column `x` on.
  func store(_ value: Value, _ target: Target, _ x: Int)
  /// Copies a row of outputs.
  func copy(_ source: Target, _ target: Target, count: Int)
}

/// Reduces 3×3 windows with stride 1 or 2, the same along both axes.
///
/// Each row of input is reduced once, along its columns, and the reduced row is carried to the next row of outputs where
/// that needs it, too. Two rows of input are reduced at a time: they complete one row of outputs with a stride of 2, and two
/// with a stride of 1, whose windows share the reduction of their middle two rows.
struct Windows3x3<Reduction: WindowReduction> {
  private typealias L = Reduction.Level
  private let g: PoolGeometry
  private let reduction: Reduction
  private let rows: PaddedRows3x3<Reduction.Level>
  /// Two rows that are carried, then two rows of outputs for the end of the last plane.
  private let carried: UnsafeMutablePointer<Float>
  /// Floats from one vector of a value to the next.
  private let stride: Int

  /// Prepares the scratch memory, which has as many bytes as ``PoolGeometry/byteCount3x3(components:)``.
  @inline(always)
  init(_ g: PoolGeometry, _ reduction: Reduction, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    self.g = g
    self.reduction = reduction
    rows = PaddedRows3x3<Reduction.Level>(g, scratch: scratch, padding: padding)
    carried = rows.remainingScratch
    stride = g.carriedStride
  }

  /// Computes all outputs.
  ///
  /// - Returns: NaN if the input holds NaN or an infinity, else 0.
  @inline(always)
  func run(_ source: UnsafePointer<Float>) -> Float {
    g.strideHeight == 1 ? run(source, step: 1) : run(source, step: 2)
  }

  /// The reductions of `L.count` rows of three elements, one for each output column from `row` on.
  @inline(always)
  private func reduceRow(_ row: UnsafePointer<Float>, step: Int) -> Reduction.Value {
    reduction.reduce(L.load(row), L.load(row + (step == 1 ? 1 : rows.phaseStride)), L.load(row + (3 &- step)))
  }

  @inline(always)
  private func run(_ source: UnsafePointer<Float>, step: Int) -> Float {
    // Rows that a window shares with the one below.
    let shared = 3 &- step
    let (width, inputWidth) = (g.outputWidth, g.inputWidth)
    let slotStride = Reduction.components &* stride
    let (first, second) = (carried, carried + slotStride)
    let (spareRow, spareRow2) = (carried + 2 &* slotStride, carried + 3 &* slotStride)
    let vectors = (width &+ L.count &- 1) & ~(L.count &- 1)
    let sourceEnd = source + g.planes &* g.inputHeight &* inputWidth
    var source = source
    var output = 0
    let outputEnd = g.planes &* g.outputHeight &* width
    var sum = L.splat(0)
    while output < outputEnd {
      var y = 0
      while y < g.outputHeight {
        let end = y &+ rows.outputRowsAtOnce < g.outputHeight ? y &+ rows.outputRowsAtOnce : g.outputHeight
        // A plane's first rows of outputs need the shared rows of their first window, too; later ones find them carried.
        let before = y == 0 ? shared &- g.paddingHeight : 0
        let start = y == 0 ? 0 : y &* step &+ shared &- g.paddingHeight
        let wanted = before &+ (end &- y) &* step
        let number = wanted < g.inputHeight &- start ? wanted : g.inputHeight &- start
        sum = rows.copyPadded(source + start &* inputWidth, rows: number, end: sourceEnd, step: step, sum)
        var i = 0
        while y == 0 && i < shared {
          let row = i < g.paddingHeight ? UnsafePointer(rows.absent) : rows.row(i &- g.paddingHeight, of: number)
          var x = 0
          while x < width {
            reduction.store(reduceRow(row + x, step: step), carried + (i &* slotStride &+ x), stride: stride)
            x &+= L.count
          }
          i &+= 1
        }
        i = before
        while y < end {
          let upper = rows.row(i, of: number)
          let lower = rows.row(i &+ 1, of: number)
          // Blocks go from right to left: the excess of the last block is in the next row, which is written later. Where
          // no row follows, the blocks are stored to scratch memory and the row is copied from there.
          let isPair = step == 1 && y &+ 1 < end
          let written = isPair ? width : 0
          let hasRoom = output &+ written &+ vectors <= outputEnd
          let target = reduction.target(output, y: y)
          let target2 = reduction.target(output &+ written, y: isPair ? y &+ 1 : y)
          let spare = reduction.spare(target, spareRow, stride: stride)
          let spare2 = reduction.spare(target2, spareRow2, stride: stride)
          let destination = hasRoom ? target : spare
          let destination2 = hasRoom && isPair ? target2 : spare2
          var x = vectors &- L.count
          while x >= 0 {
            let above = reduction.load(UnsafePointer(first) + x, stride: stride)
            let fresh = reduceRow(upper + x, step: step)
            let below = reduceRow(lower + x, step: step)
            if step == 1 {
              let middle = reduction.merge(reduction.load(UnsafePointer(second) + x, stride: stride), fresh, row: 1)
              reduction.store(fresh, first + x, stride: stride)
              reduction.store(below, second + x, stride: stride)
              reduction.store(reduction.merge(above, middle, row: 1), destination, x)
              reduction.store(reduction.merge(middle, below, row: 2), destination2, x)
            } else {
              reduction.store(below, first + x, stride: stride)
              reduction.store(reduction.merge(reduction.merge(above, fresh, row: 1), below, row: 2), destination, x)
            }
            x &-= L.count
          }
          if !hasRoom {
            reduction.copy(spare, target, count: width)
            if isPair { reduction.copy(spare2, target2, count: width) }
          }
          output &+= width &+ written
          i &+= 2
          y &+= isPair ? 2 : 1
        }
      }
      source += g.inputHeight &* inputWidth
    }
    return L.sum(sum)
  }
}

extension PoolGeometry {
  /// Floats from one carried row to the next: an output row and a vector of excess.
  @inline(always)
  var carriedStride: Int { (outputWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  /// Bytes of scratch memory that a thread needs for a reduction whose values have `components` vectors.
  func byteCount3x3(components: Int) -> Int {
    cacheLines((paddedRowsCount3x3 + 4 * components * carriedStride) * MemoryLayout<Float>.stride)
  }
}
