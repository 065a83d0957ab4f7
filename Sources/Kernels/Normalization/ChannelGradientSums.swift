// The sums of a channel's gradients, for both backward passes of batch normalisation: with the batch's statistics and with
// running ones. The scratch memory holds the forward pass's factors of each channel or column: mean (`floats(0)`), scale
// (`floats(1)`), offset (`floats(2)`).

/// Images that are summed in Float before the sums are added in Double.
private let imagesAtOnce = 128

/// Adds Σ ȳ of each channel to `doubles(0)` and Σ ȳ · (x − mean) to `doubles(1)`. Each channel has a vector of partial sums in
/// `floats(3)` and `floats(4)`.
@inline(always)
func sumGradientPlanes<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
  _ scratch: NormalizationScratch, relu: Bool
) {
  let (sums, products) = (scratch.floats(3), scratch.floats(4))
  let plane = block.plane
  var image = 0
  while image < block.batch {
    let end = block.batch &- image < imagesAtOnce ? block.batch : image &+ imagesAtOnce
    var c = 0
    while c < block.count {
      L.store(L.splat(0), sums + c &* L.count)
      L.store(L.splat(0), products + c &* L.count)
      c &+= 1
    }
    while image < end {
      var start = block.start &+ image &* block.image
      c = 0
      while c < block.count {
        var s = L.load(sums + c &* L.count)
        var q = L.load(products + c &* L.count)
        addGradientSums(
          lanes, input + start, outputGradient + start, count: plane, prefetchDistance: block.image,
          factors(lanes, scratch, c), relu: relu, sums: &s, products: &q)
        L.store(s, sums + c &* L.count)
        L.store(q, products + c &* L.count)
        start &+= plane
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
}

/// The factors of a channel, the same in all lanes.
@inline(always)
func factors<L: Lanes>(
  _ lanes: L.Type, _ scratch: NormalizationScratch, _ channel: Int
) -> ForwardFactors<L.Vector> {
  ForwardFactors(
    mean: L.splat(scratch.floats(0)[channel]), scale: L.splat(scratch.floats(1)[channel]),
    offset: L.splat(scratch.floats(2)[channel]))
}

/// The factors of a vector of neighbouring columns.
@inline(always)
func columnFactors<L: Lanes>(
  _ lanes: L.Type, _ scratch: NormalizationScratch, _ column: Int
) -> ForwardFactors<L.Vector> {
  ForwardFactors(
    mean: L.load(scratch.floats(0) + column), scale: L.load(scratch.floats(1) + column),
    offset: L.load(scratch.floats(2) + column))
}

/// Computes the same sums for planes that are smaller than a vector: sums each column, then the columns of each channel.
@inline(always)
func sumGradientColumns<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
  _ scratch: NormalizationScratch, relu: Bool
) {
  let (sums, products) = (scratch.floats(3), scratch.floats(4))
  let x = input + block.start
  let gradient = outputGradient + block.start
  let width = block.width
  var firstImage = 0
  while firstImage < block.batch {
    let end = block.batch &- firstImage < imagesAtOnce ? block.batch : firstImage &+ imagesAtOnce
    var column = 0
    while column &+ 2 &* L.count <= width {
      let (first, second) = (
        columnFactors(lanes, scratch, column), columnFactors(lanes, scratch, column &+ L.count)
      )
      var s = zeros(InlineArray<2, L.Vector>.self)
      var q = zeros(InlineArray<2, L.Vector>.self)
      var start = firstImage &* block.image &+ column
      var image = firstImage
      while image < end {
        let a = centeredAndGradient(lanes, x: L.load(x + start), gradient: L.load(gradient + start), first, relu: relu)
        s[0] += a.gradient
        q[0] = L.multiplyAdd(a.gradient, a.centered, q[0])
        let b = centeredAndGradient(
          lanes, x: L.load(x + start + L.count), gradient: L.load(gradient + start + L.count), second, relu: relu)
        s[1] += b.gradient
        q[1] = L.multiplyAdd(b.gradient, b.centered, q[1])
        start &+= block.image
        image &+= 1
      }
      for k in 0..<2 {
        L.store(s[k], sums + column + k &* L.count)
        L.store(q[k], products + column + k &* L.count)
      }
      column &+= 2 &* L.count
    }
    while column < width {
      let first = vectorStart(lanes, column, width: width)
      let forward = columnFactors(lanes, scratch, first)
      var s = L.splat(0)
      var q = L.splat(0)
      var start = firstImage &* block.image &+ first
      var image = firstImage
      while image < end {
        let a = centeredAndGradient(
          lanes, x: L.load(x + start, first: width &- first),
          gradient: L.load(gradient + start, first: width &- first), forward, relu: relu)
        s += a.gradient
        q = L.multiplyAdd(a.gradient, a.centered, q)
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
    firstImage = end
  }
}
