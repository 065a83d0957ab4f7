import KernelsISA

/// Moves a running value of a channel towards `value`.
@inline(always)
func updateRunning(
  _ running: UnsafeMutablePointer<Float>?, _ channel: Int, _ momentum: Double, _ value: Double
) {
  guard let running else { return }
  running[channel] = Float((1 - momentum) * Double(running[channel]) + momentum * value)
}

/// The arguments of ``batchNorm(_:_:)``; arrays as in ``BatchNormForward/Operands``.
struct BatchNormArguments {
  var input: UnsafePointer<Float>
  /// `[channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// The input's shape.
  var output: UnsafeMutablePointer<Float>
  /// `[3, channels]`: the means, their rounding errors, and 1 / √(variance + ε).
  var statistics: UnsafeMutablePointer<Float>
  /// `[channels]`; nil for none.
  var runningMean: UnsafeMutablePointer<Float>?
  /// `[channels]`; nil for none.
  var runningVariance: UnsafeMutablePointer<Float>?
  /// The weight of the batch in the running values.
  var momentum: Double
  /// Added to the variance.
  var epsilon: Double
  /// Images.
  var batch: Int
  /// Channels of an image.
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// The first channel to compute.
  var firstChannel: Int
  /// The channel behind the last to compute.
  var endChannel: Int
  /// Channels of a ``ChannelBlock``.
  var channelBlock: Int
  /// Scratch memory of ``NormalizationScratch/byteCount`` bytes.
  var scratch: UnsafeMutableRawPointer
  /// Whether negative outputs become 0.
  var relu: Bool
  /// Whether planes of the output are whole, aligned vectors that are stored with non-temporal stores.
  var nonTemporal: Bool
}

@inline(always)
func batchNorm<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BatchNormArguments>) {
  let scratch = NormalizationScratch(p.pointee.scratch)
  var first = p.pointee.firstChannel
  while first < p.pointee.endChannel {
    let left = p.pointee.endChannel &- first
    let block = ChannelBlock(
      batch: p.pointee.batch, channels: p.pointee.channels, plane: p.pointee.plane, first: first,
      count: left < p.pointee.channelBlock ? left : p.pointee.channelBlock)
    blockMoments(lanes, block, p.pointee.input, scratch)
    storeStatistics(lanes, block, first, p, scratch)
    let floor = outputFloor(lanes, relu: p.pointee.relu)
    if block.plane < L.count {
      normalizeColumns(lanes, block, p, scratch, floor: floor)
    } else if p.pointee.nonTemporal {
      normalizePlanes(lanes, block, p, scratch, floor: floor, nonTemporal: true)
    } else {
      normalizePlanes(lanes, block, p, scratch, floor: floor, nonTemporal: false)
    }
    first &+= block.count
  }
  if p.pointee.nonTemporal { isa_stream_fence() }
}

/// Images of a block of the sums, at most.
private let imagesAtOnce = 256

/// Computes the means (`doubles(0)`) and the sums of squared deviations (`doubles(1)`) of a block's channels.
@inline(always)
private func blockMoments<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ input: UnsafePointer<Float>, _ scratch: NormalizationScratch
) {
  let means = scratch.doubles(0)
  let deviations = scratch.doubles(1)
  let x = input + block.start
  var c = 0
  while c < block.count {
    // One of the values as the first shift keeps the first sums small.
    means[c] = Double(x[c &* block.plane])
    deviations[c] = 0
    c &+= 1
  }
  // The first block is read twice: for its mean, then for the deviations from it.
  let enough = (15 &+ block.plane) / block.plane
  let firstImages = enough < block.batch ? enough : block.batch
  sumImages(lanes, block, x, images: firstImages, before: 0, joins: false, scratch)
  sumImages(lanes, block, x, images: firstImages, before: 0, joins: true, scratch)
  var done = firstImages
  while done < block.batch {
    let most = momentsGrowth &* done < imagesAtOnce ? momentsGrowth &* done : imagesAtOnce
    let images = block.batch &- done < most ? block.batch &- done : most
    sumImages(lanes, block, x + done &* block.image, images: images, before: done, joins: true, scratch)
    done &+= images
  }
}

/// Sums a run of images and joins the sums to the moments; or, without `joins`, writes their mean as the mean so far.
@inline(always)
private func sumImages<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ x: UnsafePointer<Float>, images: Int, before: Int, joins: Bool,
  _ scratch: NormalizationScratch
) {
  let (means, deviations) = (scratch.doubles(0), scratch.doubles(1))
  let (sums, squares, shifts) = (scratch.floats(0), scratch.floats(1), scratch.floats(2))
  let plane = block.plane
  let join = MomentsJoin(before: before &* plane, count: images &* plane)
  if plane < L.count {
    spread(block, means, shifts)
    sumColumns(lanes, block, x, images: images, scratch)
  } else {
    var c = 0
    while c < block.count {
      shifts[c] = Float(means[c])
      L.store(L.splat(0), sums + c &* L.count)
      L.store(L.splat(0), squares + c &* L.count)
      c &+= 1
    }
    var image = 0
    while image < images {
      c = 0
      while c < block.count {
        var s = L.load(sums + c &* L.count)
        var q = L.load(squares + c &* L.count)
        addMoments(
          lanes, x + (image &* block.image &+ c &* plane), count: plane, prefetchDistance: block.image,
          shift: L.splat(shifts[c]),
          sums: &s, squares: &q)
        L.store(s, sums + c &* L.count)
        L.store(q, squares + c &* L.count)
        c &+= 1
      }
      image &+= 1
    }
  }
  var c = 0
  while c < block.count {
    var (sum, square, shift): (Float, Float, Float)
    if plane < L.count {
      (sum, square, shift) = (0, 0, shifts[c &* plane])
      var column = c &* plane
      while column < (c &+ 1) &* plane {
        sum += sums[column]
        square += squares[column]
        column &+= 1
      }
    } else {
      sum = L.total(L.load(sums + c &* L.count))
      square = L.total(L.load(squares + c &* L.count))
      shift = shifts[c]
    }
    if joins {
      if before == 0 { means[c] = 0 }
      join.join(shift: shift, sum: sum, squares: square, mean: &means[c], deviations: &deviations[c])
    } else {
      means[c] = join.mean(shift: shift, sum: sum)
    }
    c &+= 1
  }
}

/// Copies the value of each channel to all of its columns.
@inline(always)
private func spread(
  _ block: ChannelBlock, _ values: UnsafePointer<Double>, _ columns: UnsafeMutablePointer<Float>
) {
  var column = 0
  var c = 0
  while c < block.count {
    let v = Float(values[c])
    let end = column &+ block.plane
    while column < end {
      columns[column] = v
      column &+= 1
    }
    c &+= 1
  }
}

/// The first column of the vector that holds `column`: the last vector of a block overlaps the one before.
@inline(always)
func vectorStart<L: Lanes>(_ lanes: L.Type, _ column: Int, width: Int) -> Int {
  let last = width &- L.count
  return column < last ? column : (last < 0 ? 0 : last)
}

/// Sums each column over some images: from the shifts (`floats(2)`) to the sums (`floats(0)`) and squares (`floats(1)`).
@inline(always)
private func sumColumns<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ x: UnsafePointer<Float>, images: Int, _ scratch: NormalizationScratch
) {
  let (sums, squares, shifts) = (scratch.floats(0), scratch.floats(1), scratch.floats(2))
  let width = block.width
  var column = 0
  while column &+ 4 &* L.count <= width {
    var s = zeros(InlineArray<4, L.Vector>.self)
    var q = zeros(InlineArray<4, L.Vector>.self)
    var values = x + column
    var image = 0
    while image < images {
      for k in 0..<4 {
        let d = L.load(values + k &* L.count) - L.load(shifts + column + k &* L.count)
        s[k] += d
        q[k] = L.multiplyAdd(d, d, q[k])
      }
      values += block.image
      image &+= 1
    }
    for k in 0..<4 {
      L.store(s[k], sums + column + k &* L.count)
      L.store(q[k], squares + column + k &* L.count)
    }
    column &+= 4 &* L.count
  }
  while column < width {
    let start = vectorStart(lanes, column, width: width)
    let shift = L.load(shifts + start)
    var s = L.splat(0)
    var q = L.splat(0)
    var image = 0
    while image < images {
      let d = L.load(x + (image &* block.image &+ start), first: width &- start) - shift
      s += d
      q = L.multiplyAdd(d, d, q)
      image &+= 1
    }
    L.store(s, sums + start)
    L.store(q, squares + start)
    column &+= L.count
  }
}

/// Writes the statistics and running values of a block's channels, and the factors of the normalisation for each channel or
/// column: mean (`floats(0)`), scale (`floats(1)`) and offset (`floats(2)`).
@inline(always)
private func storeStatistics<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ first: Int, _ p: UnsafePointer<BatchNormArguments>,
  _ scratch: NormalizationScratch
) {
  let channels = p.pointee.channels
  let values = Double(block.batch &* block.plane)
  let copies = block.plane < L.count ? block.plane : 1
  var column = 0
  var c = 0
  while c < block.count {
    let channel = first &+ c
    let (mean, deviations) = (scratch.doubles(0)[c], scratch.doubles(1)[c])
    let standard = Standardization(mean: mean, variance: deviations / values, epsilon: p.pointee.epsilon)
    p.pointee.statistics[channel] = standard.mean
    p.pointee.statistics[channels &+ channel] = standard.meanRoundingError
    p.pointee.statistics[2 &* channels &+ channel] = standard.inverseDeviation
    updateRunning(p.pointee.runningMean, channel, p.pointee.momentum, mean)
    updateRunning(p.pointee.runningVariance, channel, p.pointee.momentum, deviations / (values - 1))
    let scale = standard.scale(value(p.pointee.weight, channel, 1))
    let offset = standard.offset(value(p.pointee.bias, channel, 0), scale: scale)
    let end = column &+ copies
    while column < end {
      scratch.floats(0)[column] = standard.mean
      scratch.floats(1)[column] = scale
      scratch.floats(2)[column] = offset
      column &+= 1
    }
    c &+= 1
  }
}

/// The value of a channel, or `none` if there are no values.
@inline(always)
func value(_ values: UnsafePointer<Float>?, _ channel: Int, _ none: Float) -> Float {
  guard let values else { return none }
  return values[channel]
}

/// From the last image to the first: the last images are still in the caches.
@inline(always)
private func normalizePlanes<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<BatchNormArguments>, _ scratch: NormalizationScratch,
  floor: L.Vector, nonTemporal: Bool
) {
  let plane = block.plane
  var image = block.batch
  while image > 0 {
    image &-= 1
    var start = block.start &+ image &* block.image
    var c = 0
    while c < block.count {
      normalizePlane(
        lanes, p.pointee.input + start, p.pointee.output + start, count: plane, mean: L.splat(scratch.floats(0)[c]),
        scale: L.splat(scratch.floats(1)[c]), offset: L.splat(scratch.floats(2)[c]), floor: floor,
        nonTemporal: nonTemporal)
      start &+= plane
      c &+= 1
    }
  }
}

@inline(always)
private func normalizeColumns<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<BatchNormArguments>, _ scratch: NormalizationScratch,
  floor: L.Vector
) {
  var image = block.batch
  while image > 0 {
    image &-= 1
    let start = block.start &+ image &* block.image
    normalizeRow(
      lanes, p.pointee.input + start, p.pointee.output + start, count: block.width, means: scratch.floats(0),
      scales: scratch.floats(1), offsets: scratch.floats(2), floor: floor)
  }
}

/// Normalises neighbouring columns of an image, each by its own factors. Input and output may be the same memory.
@inline(always)
func normalizeRow<L: Lanes>(
  _ lanes: L.Type, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int,
  means: UnsafePointer<Float>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>, floor: L.Vector
) {
  var i = 0
  while i &+ L.count <= count {
    let y = normalized(
      lanes, L.load(input + i), mean: L.load(means + i), scale: L.load(scales + i), offset: L.load(offsets + i),
      floor: floor)
    L.store(y, output + i)
    i &+= L.count
  }
  if i < count {
    let x = L.load(input + i, first: count &- i)
    let y = normalized(
      lanes, x, mean: L.load(means + i), scale: L.load(scales + i), offset: L.load(offsets + i), floor: floor)
    L.store(y, output + i, first: count &- i)
  }
}
