import KernelsISA

// Windows side by side: the stride is the kernel's size, and no border cuts one.

/// The maximum of finite elements, and the place of the first of equals.
///
/// First down the columns, a vector of them at a time. A column's maximum and its place then are one number of 64 bits
/// that orders as they do: the larger value, and of equal ones the smaller place. A window's is the largest of its
/// columns' numbers. Leaves NaN at the start of the scratch memory if the input holds NaN or an infinity: the outputs are
/// not right then.
@inline(always)
func runMaxPoolTilesForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let g = p.pointee.geometry
  let (kernelHeight, kernelWidth) = (g.kernelHeight, g.kernelWidth)
  let span = g.outputWidth &* kernelWidth
  let room = g.tilesColumns
  let scratch = p.pointee.scratch + 16
  let keys = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int64.self)
  let halves = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
  // For each column its place in the first row of its window, and for each place its distance from the window's first.
  let columns = UnsafeMutableRawPointer(scratch + 2 &* room).assumingMemoryBound(to: Int32.self)
  let distances = columns + room
  var x = 0
  while !g.isPrepared && x < room {
    columns[x] = Int32(truncatingIfNeeded: x % kernelWidth)
    x &+= 1
  }
  var place = 0
  while !g.isPrepared && place < kernelHeight &* kernelWidth {
    let distance = place / kernelWidth &* g.inputWidth &+ place % kernelWidth
    distances[place] = Int32(truncatingIfNeeded: distance)
    place &+= 1
  }
  let spare = scratch + (3 &* room &+ kernelHeight &* kernelWidth)
  var i = 0
  while !g.isPrepared && i < L.count {
    spare[i] = 0
    i &+= 1
  }
  var source = p.pointee.input
  let end = source + g.planes &* g.inputHeight &* g.inputWidth
  var output = p.pointee.output
  var positions = p.pointee.positions
  let zero = L.splat(0)
  let ones = L.Positions(repeating: -1)
  let magnitude = L.Positions(repeating: Int32.max)
  let shift = L.Positions(repeating: 31)
  var sum = zero
  var plane = 0
  while plane < g.planes {
    var y = 0
    while y < g.outputHeight {
      let top = source + y &* kernelHeight &* g.inputWidth
      x = 0
      while x < span {
        let isNarrow = span < L.count
        if x &+ L.count > span && !isNarrow { x = span &- L.count }
        var row = top + x
        var best = isNarrow ? L.load(row, first: span, end: end, spare: spare) : L.load(row)
        prefetch(row + 1024)
        sum = L.multiplyAdd(best, zero, sum)
        let first: L.Positions = L.load(UnsafePointer(columns + x))
        var winner = first
        var ky = 1
        while ky < kernelHeight {
          row += g.inputWidth
          let value = isNarrow ? L.load(row, first: span, end: end, spare: spare) : L.load(row)
          prefetch(row + 1024)
          sum = L.multiplyAdd(value, zero, sum)
          let wins = value .> best
          best = L.select(best, value, where: wins)
          let place = first &+ L.Positions(repeating: Int32(truncatingIfNeeded: ky &* kernelWidth))
          winner = L.select(winner, place, where: wins)
          ky &+= 1
        }
        // The two zeros are equal. Negative values order as integers do when all bits but the sign are turned.
        let bits = L.bits(best + zero)
        let order = bits ^ ((bits &>> shift) & magnitude)
        let pairs = L.interleave(L.vector(winner ^ ones), L.vector(order))
        L.store(pairs.low, halves + 2 &* x)
        L.store(pairs.high, halves + (2 &* x &+ L.count))
        x &+= L.count
      }
      var window = top
      var key = keys
      var ox = 0
      while ox < g.outputWidth {
        var best = key[0]
        var kx = 1
        while kx < kernelWidth {
          best = key[kx] > best ? key[kx] : best
          kx &+= 1
        }
        let place = ~Int32(truncatingIfNeeded: best)
        output[ox] = window[Int(distances[Int(place)])]
        if let positions { positions[ox] = place }
        window += kernelWidth
        key += kernelWidth
        ox &+= 1
      }
      output += g.outputWidth
      if let next = positions { positions = next + g.outputWidth }
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
    plane &+= 1
  }
  p.pointee.scratch.pointee = L.sum(sum)
}

extension PoolGeometry {
  /// Columns that windows cover, with room for the vector that runs past the last.
  @inline(always)
  var tilesColumns: Int { (outputWidth &* kernelWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  var maxTilesByteCount: Int {
    cacheLines(
      (16 + 3 * tilesColumns + kernelHeight * kernelWidth + PoolGeometry.slack) * MemoryLayout<Float>.stride)
  }
}
