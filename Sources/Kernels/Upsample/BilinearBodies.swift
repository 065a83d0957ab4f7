import KernelsISA

/// The arguments of the bilinear kernels.
struct BilinearArguments {
  var rows: LinearAxis
  var columns: LinearAxis
  /// Forward the input, `[planes, inputHeight, inputWidth]`; backward the output gradient.
  var source: UnsafePointer<Float>
  /// Forward the output, `[planes, outputHeight, outputWidth]`; backward the input gradient.
  var destination: UnsafeMutablePointer<Float>
  /// The first row of the destination to compute, counted over all planes.
  var begin: Int
  /// The row behind the last to compute.
  var end: Int
  /// Scratch memory: forward two rows of outputs and a vector, backward one row.
  var scratch: UnsafeMutablePointer<Float>
}

/// Bilinear upsampling. Each row of outputs is a weighted mean of two rows of inputs that are resampled along their columns
/// first. The resampled even and odd rows are kept in scratch memory, as the next row of outputs mostly needs one of them.
@inline(always)
func bilinearForward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BilinearArguments>) {
  let (height, width) = (p.pointee.rows.inputs, p.pointee.columns.inputs)
  let (outputHeight, outputWidth) = (p.pointee.rows.outputs, p.pointee.columns.outputs)
  let stride = (outputWidth &+ 31) & ~15
  // The input rows, counted over all planes, that the scratch memory holds.
  var resampled = (even: -1, odd: -1)
  var row = p.pointee.begin
  while row < p.pointee.end {
    let plane = row / outputHeight
    let y = row &- plane &* outputHeight
    let first = Int(p.pointee.rows.first[y])
    let second = first &+ 1 < height ? first &+ 1 : first
    let (above, below) = (plane &* height &+ first, plane &* height &+ second)
    var needed = above
    while needed <= below {
      if needed & 1 == 0 ? resampled.even != needed : resampled.odd != needed {
        resample(p, p.pointee.source + needed &* width, to: p.pointee.scratch + (needed & 1) &* stride)
        if needed & 1 == 0 { resampled.even = needed } else { resampled.odd = needed }
      }
      needed &+= 1
    }
    let a = p.pointee.scratch + (above & 1) &* stride
    let b = p.pointee.scratch + (below & 1) &* stride
    let output = p.pointee.destination + row &* outputWidth
    let nextWeight = p.pointee.rows.nextWeight[y]
    let (v, w) = (L.splat(1 - nextWeight), L.splat(nextWeight))
    var x = 0
    while x &+ L.count <= outputWidth {
      L.store(L.multiplyAdd(w, L.load(b + x), v * L.load(a + x)), output + x)
      x &+= L.count
    }
    if x < outputWidth {
      // The lanes behind the last value are not copied.
      let last = p.pointee.scratch + 2 &* stride
      L.store(L.multiplyAdd(w, L.load(b + x), v * L.load(a + x)), last)
      L.copy(last, output + x, first: outputWidth &- x)
    }
    row &+= 1
  }
}

/// Resamples a row of inputs at the positions of the output columns.
@inline(always)
private func resample(
  _ p: UnsafePointer<BilinearArguments>, _ values: UnsafePointer<Float>, to row: UnsafeMutablePointer<Float>
) {
  let axis = p.pointee.columns
  let last = axis.inputs &- 1
  var x = 0
  while x < axis.outputs {
    let first = Int(axis.first[x])
    let nextWeight = axis.nextWeight[x]
    let a = values[first]
    let b = values[first < last ? first &+ 1 : last]
    row[x] = (1 - nextWeight) * a + nextWeight * b
    x &+= 1
  }
}

/// The input gradient of bilinear upsampling. For each row of inputs, vectors sum the rows of output gradients that it has a
/// weight in, then scalars sum their columns.
@inline(always)
func bilinearBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BilinearArguments>) {
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
      let nextWeight = p.pointee.rows.nextWeight[output]
      let gradient = gradients + output &* outputWidth
      if output < start {
        add(lanes, gradient, times: nextWeight, to: sums, count: outputWidth)
      } else {
        add(lanes, gradient, times: 1 - nextWeight, to: sums, count: outputWidth)
        // The last input row is its own next row.
        if y == height &- 1 { add(lanes, gradient, times: nextWeight, to: sums, count: outputWidth) }
      }
      output &+= 1
    }
    gather(p, UnsafePointer(sums), to: p.pointee.destination + row &* width)
    row &+= 1
  }
}

/// Adds a row times a factor to `sums`, in whole vectors: up to a vector of excess is written behind the last sum.
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

/// Sums the gradients of a row of outputs for each input column, times its weights.
@inline(always)
private func gather(
  _ p: UnsafePointer<BilinearArguments>, _ values: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>
) {
  let axis = p.pointee.columns
  var x = 0
  // The outputs between the previous input and this one, and between this one and the next.
  var (before, start) = (Int(axis.start[0]), Int(axis.start[0]))
  while x < axis.inputs {
    let end = Int(axis.start[x &+ 1])
    var sum: Float = 0
    var output = before
    while output < start {
      sum += axis.nextWeight[output] * values[output]
      output &+= 1
    }
    while output < end {
      sum += (1 - axis.nextWeight[output]) * values[output]
      if x == axis.inputs &- 1 { sum += axis.nextWeight[output] * values[output] }
      output &+= 1
    }
    sums[x] = sum
    (before, start) = (start, end)
    x &+= 1
  }
}
