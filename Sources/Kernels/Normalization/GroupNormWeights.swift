import KernelsISA

/// The arguments of ``groupNormWeightGradients(_:_:)``; arrays as in ``GroupNormBackward/Operands``.
struct GroupNormWeightsArguments {
  var input: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  /// `[groups · channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[groups · channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// `[3, batch · groups]`
  var statistics: UnsafePointer<Float>
  /// `[groups · channels]`; nil if not wanted.
  var weightGradient: UnsafeMutablePointer<Float>?
  /// `[groups · channels]`; nil if not wanted.
  var biasGradient: UnsafeMutablePointer<Float>?
  /// Images.
  var batch: Int
  /// Groups of an image.
  var groups: Int
  /// Channels of a group.
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// The first channel to compute, counted over all groups.
  var firstChannel: Int
  /// The channel behind the last to compute.
  var endChannel: Int
  /// Scratch memory of ``NormalizationScratch/byteCount`` bytes.
  var scratch: UnsafeMutableRawPointer
  /// Whether the forward pass applied ReLU.
  var relu: Bool
}

/// The gradients of the weights and biases of ``GroupNormForward``: sums over the images, in the images' order.
@inline(always)
func groupNormWeightGradients<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GroupNormWeightsArguments>) {
  if p.pointee.relu {
    groupNormWeightGradients(lanes, p, relu: true)
  } else {
    groupNormWeightGradients(lanes, p, relu: false)
  }
}

/// Computes blocks of neighbouring channels, each within one group.
@inline(always)
func groupNormWeightGradients<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GroupNormWeightsArguments>, relu: Bool
) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  let width = ChannelBlock.largestWidth / plane
  let most = width > 1 ? width : 1
  let scratch = NormalizationScratch(p.pointee.scratch)
  var first = p.pointee.firstChannel
  while first < p.pointee.endChannel {
    let group = first / channels
    let endOfGroup = (group &+ 1) &* channels
    let end = endOfGroup < p.pointee.endChannel ? endOfGroup : p.pointee.endChannel
    let count = end &- first < most ? end &- first : most
    let block = ChannelBlock(
      batch: p.pointee.batch, channels: p.pointee.groups &* channels, plane: plane, first: first, count: count)
    // Weight (`floats(0)`) and bias (`floats(1)`) of each channel or column.
    let copies = plane < L.count ? plane : 1
    PixelWeights.spread(
      p.pointee.weight, from: first, none: 1, channels: count, plane: copies, to: scratch.floats(0))
    PixelWeights.spread(p.pointee.bias, from: first, none: 0, channels: count, plane: copies, to: scratch.floats(1))
    var c = 0
    while c < count {
      scratch.doubles(0)[c] = 0
      scratch.doubles(1)[c] = 0
      c &+= 1
    }
    var image = 0
    while image < block.batch {
      let end = block.batch &- image < imagesAtOnce ? block.batch : image &+ imagesAtOnce
      if plane < L.count {
        sumColumns(lanes, block, p, group: group, image, end, scratch, relu: relu)
      } else {
        sumPlanes(lanes, block, p, group: group, image, end, scratch, relu: relu)
      }
      image = end
    }
    c = 0
    while c < count {
      if let weightGradient = p.pointee.weightGradient { weightGradient[first &+ c] = Float(scratch.doubles(1)[c]) }
      if let biasGradient = p.pointee.biasGradient { biasGradient[first &+ c] = Float(scratch.doubles(0)[c]) }
      c &+= 1
    }
    first &+= count
  }
}

/// Images that are summed in Float before the sums are added in Double.
private let imagesAtOnce = 128

@inline(always)
private func standardization(
  _ p: UnsafePointer<GroupNormWeightsArguments>, _ image: Int, _ group: Int
) -> Standardization {
  let (statistics, rows) = (p.pointee.statistics, p.pointee.batch &* p.pointee.groups)
  let row = image &* p.pointee.groups &+ group
  return Standardization(
    mean: statistics[row], meanRoundingError: statistics[rows &+ row], inverseDeviation: statistics[2 &* rows &+ row])
}

/// Adds the sums of some images to the channels' sums in `doubles(0)` and `doubles(1)`. Each channel has a vector of partial
/// sums in `floats(3)` and `floats(4)`.
@inline(always)
private func sumPlanes<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<GroupNormWeightsArguments>, group: Int, _ firstImage: Int,
  _ endImage: Int, _ scratch: NormalizationScratch, relu: Bool
) {
  let (sums, products) = (scratch.floats(3), scratch.floats(4))
  var c = 0
  while c < block.count {
    L.store(L.splat(0), sums + c &* L.count)
    L.store(L.splat(0), products + c &* L.count)
    c &+= 1
  }
  var image = firstImage
  while image < endImage {
    let standard = standardization(p, image, group)
    let inverse = L.splat(standard.inverseDeviation)
    let correction = L.splat(-standard.inverseDeviation * standard.meanRoundingError)
    var start = block.start &+ image &* block.image
    c = 0
    while c < block.count {
      let scale = standard.scale(scratch.floats(0)[c])
      let forward = ForwardFactors(
        mean: L.splat(standard.mean), scale: L.splat(scale),
        offset: L.splat(standard.offset(scratch.floats(1)[c], scale: scale)))
      var s = L.splat(0)
      var q = L.splat(0)
      addGradientSums(
        lanes, p.pointee.input + start, p.pointee.outputGradient + start, count: block.plane,
        prefetchDistance: block.image,
        forward, relu: relu, sums: &s, products: &q)
      L.store(L.load(sums + c &* L.count) + s, sums + c &* L.count)
      let product = L.multiplyAdd(q, inverse, s * correction)
      L.store(L.load(products + c &* L.count) + product, products + c &* L.count)
      start &+= block.plane
      c &+= 1
    }
    image &+= 1
  }
  c = 0
  while c < block.count {
    scratch.doubles(0)[c] += Double(L.total(L.load(sums + c &* L.count)))
    scratch.doubles(1)[c] += Double(L.total(L.load(products + c &* L.count)))
    c &+= 1
  }
}

/// Does the same for planes that are smaller than a vector: sums each column, then the columns of each channel.
@inline(always)
private func sumColumns<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<GroupNormWeightsArguments>, group: Int, _ firstImage: Int,
  _ endImage: Int, _ scratch: NormalizationScratch, relu: Bool
) {
  let (sums, products) = (scratch.floats(3), scratch.floats(4))
  let width = block.width
  var column = 0
  let (x, gradient) = (p.pointee.input + block.start, p.pointee.outputGradient + block.start)
  let (weights, biases) = (scratch.floats(0), scratch.floats(1))
  while column &+ 4 &* L.count <= width {
    let (second, third, fourth) = (column &+ L.count, column &+ 2 &* L.count, column &+ 3 &* L.count)
    var (s0, s1, s2, s3) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
    var (q0, q1, q2, q3) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
    var image = firstImage
    while image < endImage {
      let standard = standardization(p, image, group)
      let (x, gradient) = (x + image &* block.image, gradient + image &* block.image)
      addColumns(lanes, x, gradient, weights, biases, column, standard, relu: relu, &s0, &q0)
      addColumns(lanes, x, gradient, weights, biases, second, standard, relu: relu, &s1, &q1)
      addColumns(lanes, x, gradient, weights, biases, third, standard, relu: relu, &s2, &q2)
      addColumns(lanes, x, gradient, weights, biases, fourth, standard, relu: relu, &s3, &q3)
      image &+= 1
    }
    L.store(s0, sums + column)
    L.store(s1, sums + second)
    L.store(s2, sums + third)
    L.store(s3, sums + fourth)
    L.store(q0, products + column)
    L.store(q1, products + second)
    L.store(q2, products + third)
    L.store(q3, products + fourth)
    column &+= 4 &* L.count
  }
  while column < width {
    let first = vectorStart(lanes, column, width: width)
    let left = width &- first
    let weight = L.load(scratch.floats(0) + first)
    let bias = L.load(scratch.floats(1) + first)
    var s = L.splat(0)
    var q = L.splat(0)
    var start = block.start &+ firstImage &* block.image &+ first
    var image = firstImage
    while image < endImage {
      let standard = standardization(p, image, group)
      let forward = pixelFactors(lanes, standard, weight: weight, bias: bias)
      let (centered, g) = centeredAndGradient(
        lanes, x: L.load(p.pointee.input + start, first: left),
        gradient: L.load(p.pointee.outputGradient + start, first: left), forward,
        relu: relu)
      addColumns(lanes, centered, g, standard, &s, &q)
      start &+= block.image
      image &+= 1
    }
    L.store(s, sums + first)
    L.store(q, products + first)
    column &+= L.count
  }
  column = 0
  var c = 0
  while c < block.count {
    var (s, q): (Float, Float) = (0, 0)
    let end = column &+ block.plane
    while column < end {
      s += sums[column]
      q += products[column]
      column &+= 1
    }
    scratch.doubles(0)[c] += Double(s)
    scratch.doubles(1)[c] += Double(q)
    c &+= 1
  }
}

/// Adds the gradients of a vector of neighbouring columns to `sums`, and their products with x̂ to `products`.
@inline(always)
private func addColumns<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ biases: UnsafePointer<Float>, _ column: Int, _ standard: Standardization, relu: Bool, _ sums: inout L.Vector,
  _ products: inout L.Vector
) {
  let forward = pixelFactors(lanes, standard, weight: L.load(weights + column), bias: L.load(biases + column))
  let (centered, g) = centeredAndGradient(
    lanes, x: L.load(x + column), gradient: L.load(gradient + column), forward, relu: relu)
  addColumns(lanes, centered, g, standard, &sums, &products)
}

@inline(always)
private func addColumns<L: Lanes>(
  _ lanes: L.Type, _ centered: L.Vector, _ gradient: L.Vector, _ standard: Standardization, _ sums: inout L.Vector,
  _ products: inout L.Vector
) {
  sums += gradient
  let standardized = (centered - L.splat(standard.meanRoundingError)) * L.splat(standard.inverseDeviation)
  products = L.multiplyAdd(gradient, standardized, products)
}
