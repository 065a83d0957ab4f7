import KernelsISA

extension RegisterTile {
  /// Adds four k's products to one of the tile's columns of vectors.
  @inline(always)
  private mutating func add(
    _ v: Int, _ a: UnsafePointer<Float>, _ columns: (L.Vector, L.Vector, L.Vector, L.Vector)
  ) {
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[i]), columns.0, sums[i][v]) }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[rows &+ i]), columns.1, sums[i][v]) }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[2 &* rows &+ i]), columns.2, sums[i][v]) }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[3 &* rows &+ i]), columns.3, sums[i][v]) }
  }

  /// Adds products with columns of stored Bᵀ, which are transposed by squares in scratch memory, and the last that fill
  /// none four k at a time. The shuffles go on beside the multiply-adds.
  ///
  /// Whole lines are read once, one of each column: columns that lie a multiple of 4 KB apart share their places in the
  /// first-level cache.
  @inline(always)
  fileprivate mutating func multiplyTransposing(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, columnStride: Int, depth: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var a = a
    var k = 0
    // 1 KB of each column is on its way, then the beginnings of the next columns.
    let distance = 256
    while k &+ L.count <= depth {
      if L.count == 16 || k & 15 == 0 {
        var next = b + (k &+ distance)
        if k &+ distance >= depth { next = b + (vectors &* L.count &* columnStride &+ k &+ distance &- depth) }
        var column = vectors &* L.count
        while column > 0 {
          prefetchToSecondLevel(next)
          next += columnStride
          column &-= 1
        }
      }
      for v in 0..<vectors {
        L.transposeSquare(
          b + (v &* L.count &* columnStride &+ k), columnStride, scratch + v &* L.count, vectors &* L.count)
      }
      var row = UnsafePointer(scratch)
      var left = L.count
      while left > 0 {
        for i in 0..<rows {
          let scalar = L.splat(a[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, L.load(row + v &* L.count), sums[i][v]) }
        }
        a += rows
        row += vectors &* L.count
        left &-= 1
      }
      k &+= L.count
    }
    while k < depth {
      // Not a loop: it would not be unrolled.
      add(0, a, L.columns4(b + k, columnStride))
      if vectors > 1 { add(1, a, L.columns4(b + (L.count &* columnStride &+ k), columnStride)) }
      a += 4 &* rows
      k &+= 4
    }
  }
}

/// The same for one panel of few rows of A and stored Bᵀ, which is transposed in passing by tiles two vectors wide.
struct GEMMTransposingArguments {
  var a: UnsafePointer<Float>
  /// Columns that lie bColumnStride apart.
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// At most 6.
  var rows: Int
  /// At least a tile's: the last tile begins early enough to be whole.
  var columns: Int
  /// A multiple of 4.
  var depth: Int
  var bColumnStride: Int
  var cRowStride: Int
  var columnBias: UnsafePointer<Float>?
  /// As many rows of a tile as a vector has lanes.
  var scratch: UnsafeMutablePointer<Float>
  var relu: Int32
  /// Of what ReLU lets through; infinity for none.
  var ceiling: Float
}

@inline(always)
func multiplyTransposing<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMTransposingArguments>
) {
  // 16 columns, where a vector has half as many lanes or all: memory delivers more streams no faster.
  let width = L.count == 16 ? 16 : 2 &* L.count
  var column = 0
  while column < p.pointee.columns {
    if column > p.pointee.columns &- width { column = p.pointee.columns &- width }
    if L.count == 16 {
      anyRows(RegisterTile<1, 1, L>.self, p, column)
    } else {
      anyRows(RegisterTile<1, 2, L>.self, p, column)
    }
    column &+= width
  }
}

@inline(always)
private func anyRows<let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  switch p.pointee.rows {
  case 1: multiply(RegisterTile<1, vectors, L>.self, p, column)
  case 2: multiply(RegisterTile<2, vectors, L>.self, p, column)
  case 3: multiply(RegisterTile<3, vectors, L>.self, p, column)
  case 4: multiply(RegisterTile<4, vectors, L>.self, p, column)
  case 5: multiply(RegisterTile<5, vectors, L>.self, p, column)
  default: multiply(RegisterTile<6, vectors, L>.self, p, column)
  }
}

@inline(always)
private func multiply<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  let b = p.pointee.b + column &* p.pointee.bColumnStride
  let c = p.pointee.c + column
  var initial = isa_zeros()
  if let bias = p.pointee.columnBias { initial = bias + column }
  var sums = RegisterTile<rows, vectors, L>(initial, stride: 0)
  sums.multiplyTransposing(
    p.pointee.a, b, columnStride: p.pointee.bColumnStride, depth: p.pointee.depth, scratch: p.pointee.scratch)
  sums.store(to: c, stride: p.pointee.cRowStride)
  if p.pointee.relu != 0 {
    for i in 0..<rows {
      for v in 0..<vectors {
        let place = c + (i &* p.pointee.cRowStride &+ v &* L.count)
        L.store(L.rectified(L.load(place), ceiling: p.pointee.ceiling), place)
      }
    }
  }
}
