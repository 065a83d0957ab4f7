import KernelsISA

/// C = A · Bᵀ + bias of many rows and few columns, A row by row. A's rows are the lanes: they are transposed in passing.
struct GEMMNarrowArguments {
  var a: UnsafePointer<Float>
  /// For each k the values of all columns, side by side.
  var b: UnsafePointer<Float>
  /// From one k's to the next's: columns rounded up to 4, 8, 12 or 16.
  var bStride: Int
  var c: UnsafeMutablePointer<Float>
  /// As many rows of a vector as it has lanes, or C has columns, and once more.
  var scratch: UnsafeMutablePointer<Float>
  /// At least a vector's lanes: the last tile begins early enough to be whole.
  var rows: Int
  /// At most 12, or 16 with 32 registers.
  var columns: Int
  /// A multiple of 4.
  var depth: Int
  var aRowStride: Int
  var cRowStride: Int
  var columnBias: UnsafePointer<Float>?
  var relu: Int32
  /// Of what ReLU lets through; infinity for none.
  var ceiling: Float
}

/// Many rows and few columns: the lanes are rows of A, squares of which are transposed in scratch memory while the
/// squares before them are multiplied. Packing A would take as long as multiplying.
@inline(always)
func multiplyNarrow<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMNarrowArguments>) {
  let sums = p.pointee.scratch + L.count &* L.count
  var row = 0
  while row < p.pointee.rows {
    if row > p.pointee.rows &- L.count { row = p.pointee.rows &- L.count }
    switch p.pointee.bStride {
    case 4: tile(RegisterTile<4, 1, L>.self, p, row)
    case 8: tile(RegisterTile<8, 1, L>.self, p, row)
    case 12: tile(RegisterTile<12, 1, L>.self, p, row)
    default: if L.count == 16 { tile(RegisterTile<16, 1, L>.self, p, row) }
    }
    if p.pointee.relu != 0 {
      var j = 0
      while j < p.pointee.columns {
        let place = sums + j &* L.count
        L.store(L.rectified(L.load(place), ceiling: p.pointee.ceiling), place)
        j &+= 1
      }
    }
    L.transpose(
      sums, L.count, rows: p.pointee.columns, columns: L.count, p.pointee.c + row &* p.pointee.cRowStride,
      p.pointee.cRowStride)
    row &+= L.count
  }
}

/// The sums of a vector of rows, a row of scratch memory for each column.
@inline(always)
private func tile<let columns: Int, L: Lanes>(
  _ tile: RegisterTile<columns, 1, L>.Type, _ p: UnsafePointer<GEMMNarrowArguments>, _ row: Int
) {
  let (a, stride, depth) = (p.pointee.a + row &* p.pointee.aRowStride, p.pointee.aRowStride, p.pointee.depth)
  let scratch = p.pointee.scratch
  let sumsMemory = scratch + L.count &* L.count
  var initial = isa_zeros()
  if let bias = p.pointee.columnBias {
    var j = 0
    while j < p.pointee.columns {
      L.store(L.splat(bias[j]), sumsMemory + j &* L.count)
      j &+= 1
    }
    initial = UnsafePointer(sumsMemory)
  }
  var sums = RegisterTile<columns, 1, L>(initial, stride: L.count)
  var b = p.pointee.b
  var k = 0
  while k < depth {
    // A line of each row at a time, 512 bytes ahead; then the next rows' first.
    let distance = 128
    if k & 15 == 0 {
      var next = a + (k &+ distance)
      if k &+ distance >= depth { next = a + (L.count &* stride &+ k &+ distance &- depth) }
      for _ in 0..<L.count {
        prefetchToSecondLevel(next)
        next += stride
      }
    }
    var steps = L.count
    if k &+ L.count <= depth {
      L.transposeSquare(a + k, stride, scratch, L.count)
    } else {
      L.store4(L.columns4(a + k, stride), scratch, L.count)
      steps = 4
    }
    k &+= steps
    var values = UnsafePointer(scratch)
    while steps > 0 {
      let value = L.load(values)
      for j in 0..<columns { sums.sums[j][0] = L.multiplyAdd(L.splat(b[j]), value, sums.sums[j][0]) }
      b += columns
      values += L.count
      steps &-= 1
    }
  }
  sums.store(to: sumsMemory, stride: L.count)
}
