import KernelsISA

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

extension RegisterTile {
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

/// Cache lines that are needed next, and fetched into the second-level cache in the meantime: `repeats` times `count` lines that begin `step` elements apart.
struct GEMMFetch {
  var first: UnsafePointer<Float>
  var step: Int
  var count: Int
  /// Elements from the first line to the first of the next time.
  var repeatStep: Int
  /// 0: nothing is fetched.
  var repeats: Int
}
