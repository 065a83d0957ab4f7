import KernelsISA

/// The most rows of a level's register tile, MR, as a type.
struct TileRows<let most: Int> {}

extension RegisterTile {
  /// The micro-kernel: adds `depth` rank-1 updates, a column of a panel of A times a row of B, which lie `bStride` apart.
  ///
  /// - Parameter bDistance: elements from the row of B that is loaded to the line of B that is prefetched.
  @inline(always)
  mutating func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, bStride: Int, depth: Int, bDistance: Int,
    _ cursor: inout PrefetchCursor
  ) {
    var a = a
    var b = b
    var left = depth
    while left > 0 {
      var k = cursor.take(left)
      left &-= k
      while k > 0 {
        var row = zeros(InlineArray<vectors, L.Vector>.self)
        for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
        prefetchToWrite(b + bDistance)
        if vectors &* L.count > 16 { prefetchToWrite(b + (bDistance &+ 16)) }
        cursor.prefetchLine()
        for i in 0..<rows {
          let scalar = L.splat(a[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
        }
        a += rows
        b += bStride
        k &-= 1
      }
      cursor.advance()
    }
  }

  /// The micro-kernel that packs B as well: it stores the rows of B that it loads into a panel. The stores cost nothing
  /// beside the multiply-adds, and the next panel of B is prefetched during them.
  @inline(always)
  mutating func multiplyPacking(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, bStride: Int, depth: Int,
    panel: UnsafeMutablePointer<Float>, _ cursor: inout PrefetchCursor
  ) {
    var a = a
    var b = b
    var panel = panel
    var left = depth
    while left > 0 {
      var k = cursor.take(left)
      left &-= k
      while k > 0 {
        var row = zeros(InlineArray<vectors, L.Vector>.self)
        for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
        for v in 0..<vectors { L.store(row[v], panel + v &* L.count) }
        cursor.prefetchTwoLines()
        for i in 0..<rows {
          let scalar = L.splat(a[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
        }
        a += rows
        b += bStride
        panel += vectors &* L.count
        k &-= 1
      }
      cursor.advance()
    }
  }
}

/// Rows (MR) and vectors (NR ÷ lanes) of a level's register tile: as many accumulators as the registers hold beside a row
/// of B and a broadcast of A.
func gemmTile(_ level: InstructionSet) -> (rows: Int, vectors: Int) {
  switch level {
  #if arch(arm64)
    case .neon: (12, 2)
  #else
    case .baseline, .avx2: (6, 2)
    case .avx512: (12, 2)
  #endif
  }
}
