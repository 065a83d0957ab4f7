import KernelsISA

struct UpsampleArguments {
  /// The input, or the output's gradient.
  var source: UnsafePointer<Float>
  /// The output, or the input's gradient.
  var destination: UnsafeMutablePointer<Float>
  /// Of the small image: those of this run, of any number of planes.
  var rows: Int
  /// Of the small image.
  var width: Int
  var scaleHeight: Int
  var scaleWidth: Int
  var scratch: UnsafeMutablePointer<Float>
  /// Rows that the scratch memory holds.
  var chunk: Int
  /// Rows of the output are whole, aligned vectors: past the caches.
  var streams: Bool
}

@inline(always)
func runUpsampleForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<UpsampleArguments>) {
  if p.pointee.streams {
    runUpsampleForward(lanes, p, past: true)
    isa_stream_fence()
  } else {
    runUpsampleForward(lanes, p, past: false)
  }
}

@inline(always)
func runUpsampleForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<UpsampleArguments>, past: Bool) {
  let width = p.pointee.width
  let outputWidth = width &* p.pointee.scaleWidth
  var output = p.pointee.destination
  var row = 0
  while row < p.pointee.rows {
    let rows = p.pointee.rows &- row < p.pointee.chunk ? p.pointee.rows &- row : p.pointee.chunk
    var wide = p.pointee.source + row &* width
    if p.pointee.scaleWidth > 1 {
      widen(lanes, wide, count: rows &* width, scale: p.pointee.scaleWidth, to: p.pointee.scratch)
      wide = UnsafePointer(p.pointee.scratch)
    }
    var i = 0
    while i < rows {
      var copies = 0
      while copies < p.pointee.scaleHeight {
        copy(lanes, wide, output, count: outputWidth, past: past)
        output += outputWidth
        copies &+= 1
      }
      wide += outputWidth
      i &+= 1
    }
    row &+= rows
  }
}

/// Each value `scale` times. Behind the last, whole vectors may be written.
@inline(always)
private func widen<L: HalfLanes>(
  _ lanes: L.Type, _ values: UnsafePointer<Float>, count: Int, scale: Int, to wide: UnsafeMutablePointer<Float>
) {
  var i = 0
  if scale == 2 {
    while i < count {
      let v = L.load(values + i, first: count &- i)
      let (low, high) = L.interleave(v, v)
      L.store(low, wide + 2 &* i)
      L.store(high, wide + 2 &* i + L.count)
      i &+= L.count
    }
    return
  }
  // What reaches into the place of the next value is overwritten with that.
  while i < count {
    let v = L.splat(values[i])
    let place = wide + i &* scale
    var x = 0
    while x < scale {
      L.store(v, place + x)
      x &+= L.count
    }
    i &+= 1
  }
}

@inline(always)
private func copy<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, count: Int, past: Bool
) {
  var i = 0
  while i &+ L.count <= count {
    L.store(L.load(source + i), destination + i, past: past)
    i &+= L.count
  }
  if i < count { L.copy(source + i, destination + i, first: count &- i) }
}

@inline(always)
func runUpsampleBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<UpsampleArguments>) {
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

/// The sum of some rows, one behind another. Behind the last value, the rest of a vector may be written.
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
    var sum = loadPart(lanes, values + i, first: count &- i, by: sums + i)
    var row = 1
    while row < rows {
      sum += loadPart(lanes, values + (row &* count &+ i), first: count &- i, by: sums + i)
      row &+= 1
    }
    L.store(sum, sums + i)
  }
}

/// The sums of `count` runs of `scale` values. Whole vectors behind the last value may be read.
@inline(always)
private func addColumns<L: HalfLanes>(
  _ lanes: L.Type, _ values: UnsafePointer<Float>, scale: Int, to sums: UnsafeMutablePointer<Float>, count: Int
) {
  if scale == 1 {
    copy(lanes, values, sums, count: count, past: false)
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
