import ISA

/// A register tile of C: `rows` rows of `vectors` vectors each, in accumulators.
///
/// The sizes are part of the type, so every loop over the tile has a constant count: it is unrolled whole, and the sums
/// stay in registers.
struct RegisterTile<let rows: Int, let vectors: Int, L: Lanes> {
  var sums: InlineArray<rows, InlineArray<vectors, L.Vector>>

  /// A tile of zeros.
  @inline(always) init() { sums = zeros(InlineArray<rows, InlineArray<vectors, L.Vector>>.self) }

  /// The tile that `spill` wrote to memory, which is aligned for its vectors.
  @inline(always) init(spilledTo memory: UnsafePointer<Float>) {
    typealias Sums = InlineArray<rows, InlineArray<vectors, L.Vector>>
    sums = UnsafeRawPointer(memory).assumingMemoryBound(to: Sums.self).pointee
  }
  @inline(always) static var columns: Int { vectors &* L.count }

  /// Writes the sums row by row: the one use of them outside the loop that makes them. They are finished from memory,
  /// because a tile that is read in more than one place, or by a loop that is not unrolled, is kept in memory.
  @inline(always)
  func spill(to scratch: UnsafeMutablePointer<Float>) {
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], scratch + (i &* vectors &+ v) &* L.count) }
    }
  }

  /// Adds the products of `depth` columns of a panel of A and rows of a panel of B.
  @inline(always)
  mutating func multiply(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, depth: Int) {
    var a = a
    var b = b
    var k = depth
    while k > 0 {
      var row = zeros(InlineArray<vectors, L.Vector>.self)
      for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
      for i in 0..<rows {
        let scalar = L.splat(a[i])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
      }
      a += rows
      b += vectors &* L.count
      k &-= 1
    }
  }
}

extension RegisterTile {
  /// The rows that begin `stride` apart in memory.
  @inline(always)
  init(_ memory: UnsafePointer<Float>, stride: Int) {
    self.init()
    for i in 0..<rows {
      for v in 0..<vectors { sums[i][v] = L.load(memory + (i &* stride &+ v &* L.count)) }
    }
  }

  /// Writes the rows `stride` apart.
  @inline(always)
  func store(to memory: UnsafeMutablePointer<Float>, stride: Int) {
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], memory + (i &* stride &+ v &* L.count)) }
    }
  }

  /// Adds the products of `depth` columns of a panel of A and of as many rows of B that lie `bStride` apart.
  @inline(always)
  mutating func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, bStride: Int, depth: Int, ahead: Int,
    _ fetching: inout Fetching
  ) {
    var a = a
    var b = b
    var left = depth
    while left > 0 {
      var k = fetching.take(left)
      left &-= k
      while k > 0 {
        var row = zeros(InlineArray<vectors, L.Vector>.self)
        for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
        prefetchToWrite(b + ahead)
        if vectors &* L.count > 16 { prefetchToWrite(b + (ahead &+ 16)) }
        fetching.fetch()
        for i in 0..<rows {
          let scalar = L.splat(a[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
        }
        a += rows
        b += bStride
        k &-= 1
      }
      fetching.turn()
    }
  }

  /// `multiply`, which leaves the rows of B in `panel`, one after the other. The stores cost nothing beside the
  /// multiply-adds, and while this column of tiles is computed, the next one's part of B is on its way.
  @inline(always)
  mutating func multiplyPacking(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, bStride: Int, depth: Int,
    panel: UnsafeMutablePointer<Float>, _ fetching: inout Fetching
  ) {
    var a = a
    var b = b
    var panel = panel
    var left = depth
    while left > 0 {
      var k = fetching.take(left)
      left &-= k
      while k > 0 {
        var row = zeros(InlineArray<vectors, L.Vector>.self)
        for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
        for v in 0..<vectors { L.store(row[v], panel + v &* L.count) }
        fetching.fetchPair()
        for i in 0..<rows {
          let scalar = L.splat(a[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
        }
        a += rows
        b += bStride
        panel += vectors &* L.count
        k &-= 1
      }
      fetching.turn()
    }
  }
}

/// The state of fetching what is needed next.
struct Fetching {
  private var line: UnsafePointer<Float>
  private var step: Int
  /// Lines of this time that are left.
  private var left: Int
  private var first: UnsafePointer<Float>
  private let count: Int
  private let repeatStep: Int
  private var repeats: Int

  @inline(always)
  init(_ range: GEMMFetch) {
    first = range.first
    line = first
    step = range.step
    count = range.count
    left = count
    repeatStep = range.repeatStep
    repeats = range.repeats
    if repeats <= 0 || count <= 0 {
      left = Int.max
      step = 0
      repeats = 0
    }
  }

  @inline(always) var isDone: Bool { repeats == 0 }

  /// How many of `most` steps can be made before `turn`.
  @inline(always)
  mutating func take(_ most: Int) -> Int {
    let steps = most < left ? most : left
    left &-= steps
    return steps
  }

  /// Asks for the next line.
  @inline(always)
  mutating func fetch() {
    prefetchToSecondLevel(line)
    line += step
  }

  /// Asks for the next line and the one behind it.
  @inline(always)
  mutating func fetchPair() {
    prefetchToSecondLevel(line)
    prefetchToSecondLevel(line + 16)
    line += step
  }

  /// Goes on with the next time when this one's lines are fetched.
  @inline(always)
  mutating func turn() {
    if left > 0 { return }
    repeats &-= 1
    if repeats > 0 {
      first += repeatStep
      line = first
      left = count
    } else {
      left = Int.max
      step = 0
    }
  }
}
