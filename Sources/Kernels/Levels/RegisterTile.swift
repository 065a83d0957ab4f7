/// A register tile of C: `rows` rows of `vectors` vectors each, in accumulators.
///
/// The sizes are part of the type, so every loop over the tile has a constant count: it is unrolled whole, and the sums
/// stay in registers.
struct RegisterTile<let rows: Int, let vectors: Int, L: Lanes> {
  var sums: InlineArray<rows, InlineArray<vectors, L.Vector>>

  /// A tile of zeros.
  @inline(always) init() { sums = zeros(InlineArray<rows, InlineArray<vectors, L.Vector>>.self) }

  /// The tile that `storeAccumulators` wrote to memory, which is aligned for its vectors.
  @inline(always) init(accumulators memory: UnsafePointer<Float>) {
    typealias Sums = InlineArray<rows, InlineArray<vectors, L.Vector>>
    sums = UnsafeRawPointer(memory).assumingMemoryBound(to: Sums.self).pointee
  }
  @inline(always) static var columns: Int { vectors &* L.count }

  /// Writes the sums row by row: the one use of them outside the loop that makes them. They are finished from memory,
  /// because a tile that is read in more than one place, or by a loop that is not unrolled, is kept in memory.
  @inline(always)
  func storeAccumulators(to scratch: UnsafeMutablePointer<Float>) {
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
}
