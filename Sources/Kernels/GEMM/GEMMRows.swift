import KernelsISA

/// The product of few rows of A with B as it lies.
struct GEMMRowsArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// 16 values a row.
  var scratch: UnsafeMutablePointer<Float>
  /// C, or as many elements, columns rounded up to 16.
  var sums: UnsafeMutablePointer<Float>
  var sumsRowStride: Int
  /// Elements from 16 columns of the sums to the next 16.
  var sumsStep: Int
  var rows: Int
  var columns: Int
  var depth: Int
  /// Elements from one row to the next.
  var aRowStride: Int
  /// Elements from one k to the next.
  var aStride: Int
  /// Elements from one row to the next.
  var bStride: Int
  var cRowStride: Int
  var alpha: Float
  var beta: Float
  var rowBias: UnsafePointer<Float>?
  var columnBias: UnsafePointer<Float>?
  var relu: Int32
  /// Of what ReLU lets through; infinity for none.
  var ceiling: Float
}

/// Few rows of C, which stay in a cache while 8 or 16 rows of B at a time pass by from end to end: memory is read in order,
/// each line once, which is what it does best.
@inline(always)
func multiplyRows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>) {
  var row = 0
  while row < p.pointee.rows {
    begin(lanes, p, row)
    row &+= 1
  }
  var k = 0
  while k < p.pointee.depth {
    let b = p.pointee.b + k &* p.pointee.bStride
    if L.count == 16, 2..<pairedRows ~= p.pointee.rows, k &+ 16 <= p.pointee.depth {
      copyA(p, k, count: 16)
      multiply(Steps<16, L>.self, p, b)
      k &+= 16
    } else if k &+ 8 <= p.pointee.depth {
      copyA(p, k, count: 8)
      multiply(Steps<8, L>.self, p, b)
      k &+= 8
    } else {
      copyA(p, k, count: 1)
      one(lanes, p, b)
      k &+= 1
    }
  }
  if p.pointee.relu != 0 || p.pointee.sums != p.pointee.c {
    row = 0
    while row < p.pointee.rows {
      end(lanes, p, row)
      row &+= 1
    }
  }
}

/// Many rows of C and a B of few rows, which stays in a cache: C is written in order, which is all that takes time.
@inline(always)
func multiplyOuter<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>) {
  let (columns, depth) = (p.pointee.columns, p.pointee.depth)
  var row = 0
  while row < p.pointee.rows {
    let a = p.pointee.a + row &* p.pointee.aRowStride
    let c = p.pointee.c + row &* p.pointee.cRowStride
    var j = 0
    while j < columns {
      let width = columns &- j
      var sum = initial(lanes, p, row, j, width)
      var k = 0
      while k < depth {
        let scalar = L.splat(a[k &* p.pointee.aStride] * p.pointee.alpha)
        sum = L.multiplyAdd(scalar, L.load(p.pointee.b + (k &* p.pointee.bStride &+ j), first: width), sum)
        k &+= 1
      }
      if p.pointee.relu != 0 { sum = L.rectified(sum, ceiling: p.pointee.ceiling) }
      L.store(sum, c + j, first: width)
      j &+= L.count
    }
    row &+= 1
  }
}

/// Where the sums of a row and a column are.
@inline(always)
private func place(_ p: UnsafePointer<GEMMRowsArguments>, _ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
  let block = p.pointee.sums + (column &>> 4) &* p.pointee.sumsStep
  return block + (row &* p.pointee.sumsRowStride &+ column & 15)
}

/// Writes what the sums of a row begin with.
@inline(always)
private func begin<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int) {
  var j = 0
  while j < p.pointee.columns {
    let width = p.pointee.columns &- j
    L.store(initial(lanes, p, row, j, width), place(p, row, j), first: width)
    j &+= L.count
  }
}

/// What sums begin with: beta · C + bias, whichever there is of the two, or 0. A −0 stays what it is where nothing is
/// added to it.
@inline(always)
private func initial<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int, _ j: Int, _ width: Int
) -> L.Vector {
  var bias = L.splat(0)
  if let rowBias = p.pointee.rowBias { bias = L.splat(rowBias[row]) }
  if let columnBias = p.pointee.columnBias { bias = L.load(columnBias + j, first: width) }
  if p.pointee.beta == 0 { return bias }
  let c = p.pointee.c + (row &* p.pointee.cRowStride &+ j)
  let scaled = L.load(UnsafePointer(c), first: width) * L.splat(p.pointee.beta)
  return p.pointee.rowBias == nil && p.pointee.columnBias == nil ? scaled : scaled + bias
}

/// Brings the sums of a row to C.
@inline(always)
private func end<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int) {
  let c = p.pointee.c + row &* p.pointee.cRowStride
  var j = 0
  while j < p.pointee.columns {
    let width = p.pointee.columns &- j
    var sum = L.load(UnsafePointer(place(p, row, j)), first: width)
    if p.pointee.relu != 0 { sum = L.rectified(sum, ceiling: p.pointee.ceiling) }
    L.store(sum, c + j, first: width)
    j &+= L.count
  }
}

/// Puts the next k of all rows side by side, 16 places a row.
@inline(always)
private func copyA(_ p: UnsafePointer<GEMMRowsArguments>, _ k: Int, count: Int) {
  var source = p.pointee.a + k &* p.pointee.aStride
  var target = p.pointee.scratch
  var row = p.pointee.rows
  while row > 0 {
    var i = 0
    while i < count {
      target[i] = source[i &* p.pointee.aStride] * p.pointee.alpha
      i &+= 1
    }
    source += p.pointee.aRowStride
    target += 16
    row &-= 1
  }
}

/// From so many rows on, two vectors of columns at a time.
private let pairedRows = 12

/// Steps of k that are multiplied at once, as a type: as many vectors of B as half of the registers hold.
private struct Steps<let count: Int, L: Lanes> {}

/// Adds the products of one row of C and a few k. It is computed as fast as B arrives, and the processor finds out what
/// to fetch better than a program does.
@inline(always)
private func multiplyOne<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) -> Int {
  let (columns, stride) = (p.pointee.columns, p.pointee.bStride)
  let c = p.pointee.sums
  let a = UnsafePointer(p.pointee.scratch)
  var scalars = zeros(InlineArray<count, L.Vector>.self)
  for i in 0..<count { scalars[i] = L.splat(a[i]) }
  var j = 0
  while j &+ L.count <= columns {
    var sum = L.load(UnsafePointer(c + j))
    for i in 0..<count { sum = L.multiplyAdd(scalars[i], L.load(b + (i &* stride &+ j)), sum) }
    L.store(sum, c + j)
    j &+= L.count
  }
  return j
}

/// Adds the products of a few k, two vectors of columns at a time: a value of A is used twice, and as sums are added to
/// one after the other, more of them are under way.
@inline(always)
private func multiplyPairs<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) -> Int {
  let (columns, stride) = (p.pointee.columns, p.pointee.bStride)
  let (rowStride, step) = (p.pointee.sumsRowStride, p.pointee.sumsStep)
  let next = b + count &* stride
  var j = 0
  while j &+ 32 <= columns {
    var low = zeros(InlineArray<count, L.Vector>.self)
    var high = zeros(InlineArray<count, L.Vector>.self)
    for i in 0..<count {
      let row = b + (i &* stride &+ j)
      low[i] = L.load(row)
      high[i] = L.load(row + 16)
    }
    for i in 0..<count {
      prefetchToSecondLevel(next + (i &* stride &+ j))
      prefetchToSecondLevel(next + (i &* stride &+ j &+ 16))
    }
    var a = UnsafePointer(p.pointee.scratch)
    var c = place(p, 0, j)
    var left = p.pointee.rows
    repeat {
      prefetchToWrite(c + 2 &* step)
      prefetchToWrite(c + 3 &* step)
      var (first, second) = (L.load(UnsafePointer(c)), L.load(UnsafePointer(c + step)))
      for i in 0..<count {
        let scalar = L.splat(a[i])
        first = L.multiplyAdd(scalar, low[i], first)
        second = L.multiplyAdd(scalar, high[i], second)
      }
      L.store(first, c)
      L.store(second, c + step)
      a += 16
      c += rowStride
      left &-= 1
    } while left > 0
    j &+= 32
  }
  return j
}

/// Adds the products of a few k, while as many rows of B are fetched.
@inline(always)
private func multiply<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) {
  let (columns, stride) = (p.pointee.columns, p.pointee.bStride)
  let next = b + count &* stride
  var j = 0
  if L.count == 16, p.pointee.rows == 1 { j = multiplyOne(steps, p, b) }
  if L.count == 16, count == 8, p.pointee.rows >= pairedRows { j = multiplyPairs(steps, p, b) }
  while j &+ 16 <= columns {
    for i in 0..<count { prefetchToSecondLevel(next + (i &* stride &+ j)) }
    for v in 0..<16 / L.count {
      let first = j &+ v &* L.count
      var row = zeros(InlineArray<count, L.Vector>.self)
      for i in 0..<count { row[i] = L.load(b + (i &* stride &+ first)) }
      var a = UnsafePointer(p.pointee.scratch)
      var c = place(p, 0, first)
      var left = p.pointee.rows
      repeat {
        prefetchToWrite(c + 2 &* p.pointee.sumsStep)
        var sum = L.load(UnsafePointer(c))
        for i in 0..<count { sum = L.multiplyAdd(L.splat(a[i]), row[i], sum) }
        L.store(sum, c)
        a += 16
        c += p.pointee.sumsRowStride
        left &-= 1
      } while left > 0
    }
    j &+= 16
  }
  while j < columns {
    let width = columns &- j
    var a = UnsafePointer(p.pointee.scratch)
    var c = place(p, 0, j)
    var left = p.pointee.rows
    repeat {
      var sum = L.load(c, first: width)
      for i in 0..<count { sum = L.multiplyAdd(L.splat(a[i]), L.load(b + (i &* stride &+ j), first: width), sum) }
      L.store(sum, c, first: width)
      a += 16
      c += p.pointee.sumsRowStride
      left &-= 1
    } while left > 0
    j &+= L.count
  }
}

/// Adds the products of one k.
@inline(always)
private func one<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) {
  var row = 0
  while row < p.pointee.rows {
    let a = L.splat(p.pointee.scratch[16 &* row])
    var j = 0
    while j < p.pointee.columns {
      let width = p.pointee.columns &- j
      let c = place(p, row, j)
      L.store(L.multiplyAdd(a, L.load(b + j, first: width), L.load(UnsafePointer(c), first: width)), c, first: width)
      j &+= L.count
    }
    row &+= 1
  }
}
