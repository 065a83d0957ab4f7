import KernelsISA

struct BilinearArguments {
  var rows: LinearAxis
  var columns: LinearAxis
  /// The input, or the output's gradient.
  var source: UnsafePointer<Float>
  /// The output, or the input's gradient.
  var destination: UnsafeMutablePointer<Float>
  /// Of the destination's rows of all planes.
  var begin: Int
  var end: Int
  /// Two rows of outputs; backward one.
  var scratch: UnsafeMutablePointer<Float>
}

/// Each row of outputs is a mean of two rows of inputs that have been resampled to its width. Those of an even and of an
/// odd number are kept, as the next row of outputs mostly needs one of them again.
@inline(always)
func runBilinearForward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BilinearArguments>) {
  let (height, width) = (p.pointee.rows.inputs, p.pointee.columns.inputs)
  let (outputHeight, outputWidth) = (p.pointee.rows.outputs, p.pointee.columns.outputs)
  let stride = (outputWidth &+ 31) & ~15
  // The rows of all planes that are resampled in the two halves of the scratch memory.
  var held = (even: -1, odd: -1)
  var row = p.pointee.begin
  while row < p.pointee.end {
    let plane = row / outputHeight
    let y = row &- plane &* outputHeight
    let first = Int(p.pointee.rows.first[y])
    let second = first &+ 1 < height ? first &+ 1 : first
    let (above, below) = (plane &* height &+ first, plane &* height &+ second)
    var needed = above
    while needed <= below {
      if needed & 1 == 0 ? held.even != needed : held.odd != needed {
        resample(p, p.pointee.source + needed &* width, to: p.pointee.scratch + (needed & 1) &* stride)
        if needed & 1 == 0 { held.even = needed } else { held.odd = needed }
      }
      needed &+= 1
    }
    let a = p.pointee.scratch + (above & 1) &* stride
    let b = p.pointee.scratch + (below & 1) &* stride
    let output = p.pointee.destination + row &* outputWidth
    let share = p.pointee.rows.share[y]
    let (v, w) = (L.splat(1 - share), L.splat(share))
    var x = 0
    while x &+ L.count <= outputWidth {
      L.store(L.multiplyAdd(w, L.load(b + x), v * L.load(a + x)), output + x)
      x &+= L.count
    }
    if x < outputWidth {
      // What lies behind the last value is of no account.
      let last = p.pointee.scratch + 2 &* stride
      L.store(L.multiplyAdd(w, L.load(b + x), v * L.load(a + x)), last)
      L.copy(last, output + x, first: outputWidth &- x)
    }
    row &+= 1
  }
}

/// A row of inputs at the places of the outputs.
@inline(always)
private func resample(
  _ p: UnsafePointer<BilinearArguments>, _ values: UnsafePointer<Float>, to wide: UnsafeMutablePointer<Float>
) {
  let axis = p.pointee.columns
  let last = axis.inputs &- 1
  var x = 0
  while x < axis.outputs {
    let first = Int(axis.first[x])
    let share = axis.share[x]
    let a = values[first]
    let b = values[first < last ? first &+ 1 : last]
    wide[x] = (1 - share) * a + share * b
    x &+= 1
  }
}

/// Each row of input gradients: the rows of output gradients that it weighs in are added up in scratch memory by vectors,
/// then the columns.
@inline(always)
func runBilinearBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BilinearArguments>) {
  let (height, width) = (p.pointee.rows.inputs, p.pointee.columns.inputs)
  let (outputHeight, outputWidth) = (p.pointee.rows.outputs, p.pointee.columns.outputs)
  var row = p.pointee.begin
  while row < p.pointee.end {
    let plane = row / height
    let y = row &- plane &* height
    let gradients = p.pointee.source + plane &* outputHeight &* outputWidth
    let sums = p.pointee.scratch
    var x = 0
    while x < outputWidth {
      L.store(L.splat(0), sums + x)
      x &+= L.count
    }
    let before = y > 0 ? Int(p.pointee.rows.start[y &- 1]) : Int(p.pointee.rows.start[y])
    let start = Int(p.pointee.rows.start[y])
    let end = Int(p.pointee.rows.start[y &+ 1])
    var output = before
    while output < end {
      let share = p.pointee.rows.share[output]
      let gradient = gradients + output &* outputWidth
      if output < start {
        add(lanes, gradient, times: share, to: sums, count: outputWidth)
      } else {
        add(lanes, gradient, times: 1 - share, to: sums, count: outputWidth)
        // At the end, the input is also the one behind.
        if y == height &- 1 { add(lanes, gradient, times: share, to: sums, count: outputWidth) }
      }
      output &+= 1
    }
    gather(p, UnsafePointer(sums), to: p.pointee.destination + row &* width)
    row &+= 1
  }
}

/// Adds a row times a factor. Behind the last value of the sums, the rest of a vector is written.
@inline(always)
private func add<L: Lanes>(
  _ lanes: L.Type, _ values: UnsafePointer<Float>, times factor: Float, to sums: UnsafeMutablePointer<Float>, count: Int
) {
  var x = 0
  while x &+ L.count <= count {
    L.store(L.multiplyAdd(L.splat(factor), L.load(values + x), L.load(sums + x)), sums + x)
    x &+= L.count
  }
  if x < count {
    let last = L.load(values + x, first: count &- x)
    L.store(L.multiplyAdd(L.splat(factor), last, L.load(sums + x)), sums + x)
  }
}

/// The sums of what each input weighs in the outputs of a row.
@inline(always)
private func gather(
  _ p: UnsafePointer<BilinearArguments>, _ values: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>
) {
  let axis = p.pointee.columns
  var x = 0
  // The outputs between the input before and this one, and between this one and the next.
  var (before, start) = (Int(axis.start[0]), Int(axis.start[0]))
  while x < axis.inputs {
    let end = Int(axis.start[x &+ 1])
    var sum: Float = 0
    var output = before
    while output < start {
      sum += axis.share[output] * values[output]
      output &+= 1
    }
    while output < end {
      sum += (1 - axis.share[output]) * values[output]
      if x == axis.inputs &- 1 { sum += axis.share[output] * values[output] }
      output &+= 1
    }
    sums[x] = sum
    (before, start) = (start, end)
    x &+= 1
  }
}
