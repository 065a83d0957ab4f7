/// A register tile of an output matrix: `rows` × `vectors` vectors of accumulators.
///
/// The sizes are part of the type, so that every loop over the tile has a constant count: it is fully unrolled, and the
/// accumulators stay in registers.
struct RegisterTile<let rows: Int, let vectors: Int, L: Lanes> {
  /// The accumulators.
  var sums: InlineArray<rows, InlineArray<vectors, L.Vector>>

  /// A tile of zeros.
  @inline(always) init() { sums = zeros(InlineArray<rows, InlineArray<vectors, L.Vector>>.self) }

  /// A tile whose vectors repeat one value each, those at `values` row by row.
  @inline(always) init(splatting values: UnsafePointer<Float>) {
    self.init()
    for i in 0..<rows {
      for v in 0..<vectors { sums[i][v] = L.splat(values[i &* vectors &+ v]) }
    }
  }

  /// The tile that `storeAccumulators` wrote to memory, which is aligned for its vectors.
  @inline(always) init(accumulators memory: UnsafePointer<Float>) {
    typealias Sums = InlineArray<rows, InlineArray<vectors, L.Vector>>
    sums = UnsafeRawPointer(memory).assumingMemoryBound(to: Sums.self).pointee
  }

  /// The columns of the tile, in floats.
  @inline(always) static var columns: Int { vectors &* L.count }

  /// Writes the accumulators row by row to scratch memory, from which the epilogue reads them.
  ///
  /// It is the only use of the accumulators outside the loop that computes them: the compiler keeps a tile in memory
  /// that is read in more than one place, or by a loop that is not unrolled.
  @inline(always)
  func storeAccumulators(to scratch: UnsafeMutablePointer<Float>) {
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], scratch + (i &* vectors &+ v) &* L.count) }
    }
  }

  /// Adds the product of two packed panels: A of `depth` columns of `rows` elements, B of `depth` rows of `vectors`
  /// vectors.
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
  /// Loads a tile whose rows lie `stride` elements apart.
  @inline(always)
  init(_ memory: UnsafePointer<Float>, stride: Int) {
    self.init()
    for i in 0..<rows {
      for v in 0..<vectors { sums[i][v] = L.load(memory + (i &* stride &+ v &* L.count)) }
    }
  }

  /// Stores the tile with its rows `stride` elements apart.
  @inline(always)
  func store(to memory: UnsafeMutablePointer<Float>, stride: Int) {
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], memory + (i &* stride &+ v &* L.count)) }
    }
  }
}
