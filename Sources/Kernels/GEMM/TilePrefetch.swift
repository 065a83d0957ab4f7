/// Lines of matrices that are prefetched one by one while a tile is computed. Many at once would be dropped: the processor
/// waits for two dozen lines at most.
struct TilePrefetch {
  /// The lines of some rows of a matrix.
  struct Part {
    var row: UnsafePointer<Float>
    var stride: Int
    var rows: Int
    var columns: Int
  }

  private var address: UnsafePointer<Float>
  /// Elements from a line to the next: 0 behind the last part, whose one line costs less than a branch.
  private var step: Int
  /// Lines of the current row from `address` on.
  private var lines: Int
  private var current: Part
  private var second: Part
  private var third: Part

  @inline(always)
  init(nothingBut line: UnsafePointer<Float>) {
    address = line
    step = 0
    lines = .max
    current = Part(row: line, stride: 0, rows: 0, columns: 0)
    (second, third) = (current, current)
  }

  @inline(always)
  init(_ first: Part, _ second: Part, _ third: Part) {
    current = first
    self.second = second
    self.third = third
    address = first.row
    step = 16
    lines = 0
    startRow()
  }

  /// Goes to the current row, or if its part has none, to the next part; behind the last part, stays at one line.
  @inline(always)
  private mutating func startRow() {
    // Any part may have none.
    if current.rows == 0 { goToNextPart() }
    if current.rows == 0 { goToNextPart() }
    address = current.row
    if current.rows == 0 {
      lines = .max
      step = 0
      return
    }
    lines = (current.columns &+ 15) / 16
    current.row += current.stride
    current.rows &-= 1
  }

  @inline(always)
  private mutating func goToNextPart() {
    current = second
    second = third
    third.rows = 0
  }

  /// Prefetches the next line.
  @inline(always)
  mutating func advance() {
    prefetch(address)
    address += step
    lines &-= 1
    if lines == 0 { startRow() }
  }
}
