import KernelsISA

/// What becomes of the elements of a window.
protocol WindowReduction {
  associatedtype Level: HalfLanes
  /// The reduced elements of `Level.count` windows.
  associatedtype Value
  /// Where a row of outputs goes.
  associatedtype Target
  /// Vectors of a value.
  static var parts: Int { get }
  /// Of three elements side by side.
  func reduce(_ a: Level.Vector, _ b: Level.Vector, _ c: Level.Vector) -> Value
  /// Of rows of the window from the first on, and its row `row`.
  func merge(_ above: Value, _ value: Value, row: Int32) -> Value
  /// A value that is carried, with `stride` between its parts.
  func load(_ carried: UnsafePointer<Float>, stride: Int) -> Value
  func store(_ value: Value, _ carried: UnsafeMutablePointer<Float>, stride: Int)
  /// The row of outputs at offset `output`, which is row `y` of its plane.
  func target(_ output: Int, y: Int) -> Target
  /// The same row, written to memory that has room behind it.
  func spare(_ target: Target, _ memory: UnsafeMutablePointer<Float>, stride: Int) -> Target
  func store(_ value: Value, _ target: Target, _ x: Int)
  /// Copies a row of outputs.
  func copy(_ source: Target, _ target: Target, count: Int)
}

/// Reduces 3×3 windows with stride 1 or 2, along both axes alike.
///
/// Each row of input is reduced once, along its columns; what the next row of outputs needs of it, too, is carried to it.
/// Two rows of input are taken at a time: they make one row of outputs with a stride of 2, and two with a stride of 1,
/// whose windows have the reduction of their middle two rows in common.
struct Windows3x3<Reduction: WindowReduction> {
  private typealias L = Reduction.Level
  private let g: PoolGeometry
  private let reduction: Reduction
  private let rows: PaddedRows3x3<Reduction.Level>
  /// Rows that are carried, and two of outputs that have no room.
  private let carried: UnsafeMutablePointer<Float>
  /// From one part of a row to the next.
  private let stride: Int

  /// Prepares scratch memory, as much as ``PoolGeometry/threeByThreeByteCount(parts:)``.
  @inline(always)
  init(_ g: PoolGeometry, _ reduction: Reduction, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    self.g = g
    self.reduction = reduction
    rows = PaddedRows3x3<Reduction.Level>(g, scratch: scratch, padding: padding)
    carried = rows.rest
    stride = g.carriedStride
  }

  /// - Returns: NaN if the input holds NaN or an infinity.
  @inline(always)
  func run(_ source: UnsafePointer<Float>) -> Float {
    g.strideHeight == 1 ? run(source, step: 1) : run(source, step: 2)
  }

  @inline(always)
  private func along(_ row: UnsafePointer<Float>, step: Int) -> Reduction.Value {
    reduction.reduce(L.load(row), L.load(row + (step == 1 ? 1 : rows.phaseStride)), L.load(row + (3 &- step)))
  }

  @inline(always)
  private func run(_ source: UnsafePointer<Float>, step: Int) -> Float {
    // Rows that a window has in common with the next.
    let shared = 3 &- step
    let (width, inputWidth) = (g.outputWidth, g.inputWidth)
    let slotStride = Reduction.parts &* stride
    let (first, second) = (carried, carried + slotStride)
    let (last, last2) = (carried + 2 &* slotStride, carried + 3 &* slotStride)
    let vectors = (width &+ L.count &- 1) & ~(L.count &- 1)
    let sourceEnd = source + g.planes &* g.inputHeight &* inputWidth
    var source = source
    var output = 0
    let outputEnd = g.planes &* g.outputHeight &* width
    var sum = L.splat(0)
    while output < outputEnd {
      var y = 0
      while y < g.outputHeight {
        let end = y &+ rows.group < g.outputHeight ? y &+ rows.group : g.outputHeight
        // With the rows before the first output's last ones, which are carried to it.
        let before = y == 0 ? shared &- g.paddingHeight : 0
        let start = y == 0 ? 0 : y &* step &+ shared &- g.paddingHeight
        let wanted = before &+ (end &- y) &* step
        let number = wanted < g.inputHeight &- start ? wanted : g.inputHeight &- start
        sum = rows.lay(source + start &* inputWidth, rows: number, end: sourceEnd, step: step, sum)
        var i = 0
        while y == 0 && i < shared {
          let row = i < g.paddingHeight ? UnsafePointer(rows.absent) : rows.row(i &- g.paddingHeight, of: number)
          var x = 0
          while x < width {
            reduction.store(along(row + x, step: step), carried + (i &* slotStride &+ x), stride: stride)
            x &+= L.count
          }
          i &+= 1
        }
        i = before
        while y < end {
          let upper = rows.row(i, of: number)
          let lower = rows.row(i &+ 1, of: number)
          // Blocks go from right to left: the last runs on into the next row, which is written later. Where there is
          // none, by memory.
          let isPair = step == 1 && y &+ 1 < end
          let written = isPair ? width : 0
          let hasRoom = output &+ written &+ vectors <= outputEnd
          let target = reduction.target(output, y: y)
          let target2 = reduction.target(output &+ written, y: isPair ? y &+ 1 : y)
          let spare = reduction.spare(target, last, stride: stride)
          let spare2 = reduction.spare(target2, last2, stride: stride)
          let place = hasRoom ? target : spare
          let place2 = hasRoom && isPair ? target2 : spare2
          var x = vectors &- L.count
          while x >= 0 {
            let above = reduction.load(UnsafePointer(first) + x, stride: stride)
            let fresh = along(upper + x, step: step)
            let below = along(lower + x, step: step)
            if step == 1 {
              let middle = reduction.merge(reduction.load(UnsafePointer(second) + x, stride: stride), fresh, row: 1)
              reduction.store(fresh, first + x, stride: stride)
              reduction.store(below, second + x, stride: stride)
              reduction.store(reduction.merge(above, middle, row: 1), place, x)
              reduction.store(reduction.merge(middle, below, row: 2), place2, x)
            } else {
              reduction.store(below, first + x, stride: stride)
              reduction.store(reduction.merge(reduction.merge(above, fresh, row: 1), below, row: 2), place, x)
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
  /// Floats from one carried row to the next: outputs of a row, and room for the vector that runs past the last.
  @inline(always)
  var carriedStride: Int { (outputWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  /// Bytes of scratch memory that a thread needs for a reduction whose values have `parts` vectors.
  func threeByThreeByteCount(parts: Int) -> Int {
    cacheLines((threeByThreeCount + 4 * parts * carriedStride) * MemoryLayout<Float>.stride)
  }
}
