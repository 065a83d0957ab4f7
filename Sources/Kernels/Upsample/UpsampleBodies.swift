import KernelsISA

/// The arguments of the nearest-neighbour kernels.
struct UpsampleArguments {
  /// Forward the input, `[rows, width]`; backward the output gradient, `[rows · scaleHeight, width · scaleWidth]`.
  var source: UnsafePointer<Float>
  /// Forward the output; backward the input gradient.
  var destination: UnsafeMutablePointer<Float>
  /// Rows of the small image, of any number of planes.
  var rows: Int
  /// Columns of the small image.
  var width: Int
  var scaleHeight: Int
  var scaleWidth: Int
  /// Scratch memory of `chunk` rows of the large image's width, and a vector.
  var scratch: UnsafeMutablePointer<Float>
  /// Rows that the scratch memory holds.
  var chunk: Int
  /// Whether rows of the output are whole, aligned vectors that are stored with non-temporal stores.
  var nonTemporal: Bool
}

/// Widens rows of inputs and stores each as often as the image is scaled in height.
@inline(always)
func upsampleForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<UpsampleArguments>) {
  if p.pointee.nonTemporal {
    upsampleForward(lanes, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    upsampleForward(lanes, p, nonTemporal: false)
  }
}

@inline(always)
func upsampleForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<UpsampleArguments>, nonTemporal: Bool) {
  let width = p.pointee.width
  let outputWidth = width &* p.pointee.scaleWidth
  var output = p.pointee.destination
  var row = 0
  while row < p.pointee.rows {
    let rows = p.pointee.rows &- row < p.pointee.chunk ? p.pointee.rows &- row : p.pointee.chunk
    var widened = p.pointee.source + row &* width
    if p.pointee.scaleWidth > 1 {
      widen(lanes, widened, count: rows &* width, scale: p.pointee.scaleWidth, to: p.pointee.scratch)
      widened = UnsafePointer(p.pointee.scratch)
    }
    var i = 0
    while i < rows {
      var copies = 0
      while copies < p.pointee.scaleHeight {
        copy(lanes, widened, output, count: outputWidth, nonTemporal: nonTemporal)
        output += outputWidth
        copies &+= 1
      }
      widened += outputWidth
      i &+= 1
    }
    row &+= rows
  }
}

/// Writes each value `scale` times, in whole vectors: up to a vector of excess is written behind the last.
@inline(always)
private func widen<L: HalfLanes>(
  _ lanes: L.Type, _ values: UnsafePointer<Float>, count: Int, scale: Int, to widened: UnsafeMutablePointer<Float>
) {
  var i = 0
  if scale == 2 {
    while i < count {
      let v = L.load(values + i, first: count &- i)
      let (low, high) = L.interleave(v, v)
      L.store(low, widened + 2 &* i)
      L.store(high, widened + 2 &* i + L.count)
      i &+= L.count
    }
    return
  }
  // The excess of a vector is overwritten by the next value.
  while i < count {
    let v = L.splat(values[i])
    let target = widened + i &* scale
    var x = 0
    while x < scale {
      L.store(v, target + x)
      x &+= L.count
    }
    i &+= 1
  }
}

/// Copies a row.
@inline(always)
private func copy<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, count: Int,
  nonTemporal: Bool
) {
  var i = 0
  while i &+ L.count <= count {
    L.store(L.load(source + i), destination + i, nonTemporal: nonTemporal)
    i &+= L.count
  }
  if i < count { L.copy(source + i, destination + i, first: count &- i) }
}

/// Sums the rows under each input row, then the columns.
@inline(always)
func upsampleBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<UpsampleArguments>) {
  let width = p.pointee.width
  let scale = p.pointee.scaleWidth
  let outputWidth = width &* scale
  var gradient = p.pointee.source
  var row = 0
  while row < p.pointee.rows {
    let rows = p.pointee.rows &- row < p.pointee.chunk ? p.pointee.rows &- row : p.pointee.chunk
    let sums = p.pointee.scratch
    var i = 0
    while i < rows {
      addRows(lanes, gradient, count: outputWidth, rows: p.pointee.scaleHeight, to: sums + i &* outputWidth)
      gradient += p.pointee.scaleHeight &* outputWidth
      i &+= 1
    }
    addColumns(
      lanes, UnsafePointer(sums), scale: scale, to: p.pointee.destination + row &* width, count: rows &* width)
    row &+= rows
  }
}

/// Writes the sum of `rows` consecutive rows, in whole vectors: up to a vector of excess is written behind the last sum.
@inline(always)
private func addRows<L: HalfLanes>(
  _ lanes: L.Type, _ values: UnsafePointer<Float>, count: Int, rows: Int, to sums: UnsafeMutablePointer<Float>
) {
  var i = 0
  while i &+ L.count <= count {
    var sum = L.load(values + i)
    var row = 1
    while row < rows {
      sum += L.load(values + (row &* count &+ i))
      row &+= 1
    }
    L.store(sum, sums + i)
    i &+= L.count
  }
  if i < count {
    var sum = L.load(values + i, first: count &- i)
    var row = 1
    while row < rows {
      sum += L.load(values + (row &* count &+ i), first: count &- i)
      row &+= 1
    }
    L.store(sum, sums + i)
  }
}

/// Writes the sums of `count` runs of `scale` values. Up to a vector is read behind the last value.
@inline(always)
private func addColumns<L: HalfLanes>(
  _ lanes: L.Type, _ values: UnsafePointer<Float>, scale: Int, to sums: UnsafeMutablePointer<Float>, count: Int
) {
  if scale == 1 {
    copy(lanes, values, sums, count: count, nonTemporal: false)
    return
  }
  var i = 0
  if scale == 2 {
    while i &+ L.count <= count {
      let (even, odd) = L.deinterleave(L.load(values + 2 &* i), L.load(values + 2 &* i + L.count))
      L.store(even + odd, sums + i)
      i &+= L.count
    }
  }
  while i < count {
    var sum = values[i &* scale]
    var x = 1
    while x < scale {
      sum += values[i &* scale &+ x]
      x &+= 1
    }
    sums[i] = sum
    i &+= 1
  }
}
