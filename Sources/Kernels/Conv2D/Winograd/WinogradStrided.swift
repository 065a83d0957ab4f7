/// The one-dimensional transforms of F(4, 2): four outputs of a filter of two taps by five products, with the points 0, 1,
/// −1, −2 and ∞.
///
/// A kernel of 3×3 at stride 2 and padding 1 takes, along an axis, its first and third tap from every second input, and its
/// second tap from the inputs between them. So it is the sum of four kernels at stride 1, of 2×2, 2×1, 1×2 and 1×1 taps.
/// Their axes of two taps are transformed, those of one tap are not: a tile of 4×4 outputs takes 25 + 20 + 20 + 16 = 81
/// products, which a direct sum makes of 144. The input gradient is four such kernels of the output gradient, one for each
/// of four parts of the inputs.
///
/// The products in the order of memory, and the matrices of transformed weights that they share:
///
///     kernel   products                     weights
///     2×2      5·r + c        of 5×5 (r, c)  5·r + c
///     2×1     25 + 4·r + c    of 5×4        25 + r
///     1×2     45 + 4·c + r    of 4×5        30 + c
///     1×1     65 + 4·r + c    of 4×4        35
enum Winograd42 {
  /// Bᵀ d: of five inputs.
  @inline(always)
  static func data<L: Lanes>(_ lanes: L.Type, _ d: Five<L>) -> Five<L> {
    let b = d.3 - d.1
    return (
      L.multiplyAdd(L.splat(2), d.2 - d.0, b), L.multiplyAdd(L.splat(3), d.2, L.multiplyAdd(L.splat(2), d.1, d.3)),
      L.multiplyAdd(L.splat(-2), d.1, d.2 + d.3), b, L.multiplyAdd(L.splat(2), b, d.4 - d.2)
    )
  }

  /// Aᵀ x: the outputs of five products.
  @inline(always)
  static func outputs<L: Lanes>(_ lanes: L.Type, _ x: Five<L>) -> Four<L> {
    let p = x.1 + x.2
    let q = x.1 - x.2
    return (
      (x.0 + p) + x.3, L.multiplyAdd(L.splat(-2), x.3, q), L.multiplyAdd(L.splat(4), x.3, p),
      L.multiplyAdd(L.splat(-8), x.3, q) + x.4
    )
  }

  /// G g: of two weights.
  @inline(always)
  static func weights<L: Lanes>(_ lanes: L.Type, _ g0: L.Vector, _ g1: L.Vector) -> Five<L> {
    (
      g0 * L.splat(-0.5), (g0 + g1) * L.splat(1.0 / 6), (g0 - g1) * L.splat(0.5),
      L.multiplyAdd(L.splat(-2), g1, g0) * L.splat(-1.0 / 6), g1
    )
  }

  /// A y: of four output gradients, the transpose of `outputs`.
  @inline(always)
  static func gradients<L: Lanes>(_ lanes: L.Type, _ y: Four<L>) -> Five<L> {
    let e = y.0 + y.2
    let o = y.1 + y.3
    return (
      y.0, e + o, e - o,
      L.multiplyAdd(L.splat(-8), y.3, L.multiplyAdd(L.splat(4), y.2, L.multiplyAdd(L.splat(-2), y.1, y.0))), y.3
    )
  }

  /// Gᵀ t: the weight gradients of five sums, the transpose of `weights`.
  @inline(always)
  static func weightGradients<L: Lanes>(_ lanes: L.Type, _ t: Five<L>) -> (L.Vector, L.Vector) {
    let a = t.1 * L.splat(1.0 / 6)
    let b = t.2 * L.splat(0.5)
    let c = t.3 * L.splat(1.0 / 6)
    return (L.multiplyAdd(L.splat(-0.5), t.0, a) + (b - c), (a - b) + L.multiplyAdd(L.splat(2), c, t.4))
  }
}

/// Vectors that lie `stride` elements apart.
extension Lanes {
  @inline(always)
  static func five(_ source: UnsafePointer<Float>, _ stride: Int) -> Five<Self> {
    (
      load(source), load(source + stride), load(source + 2 &* stride), load(source + 3 &* stride),
      load(source + 4 &* stride)
    )
  }

  @inline(always)
  static func four(_ source: UnsafePointer<Float>, _ stride: Int) -> Four<Self> {
    (load(source), load(source + stride), load(source + 2 &* stride), load(source + 3 &* stride))
  }

  @inline(always)
  static func store5(_ v: Five<Self>, _ target: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(v.0, target)
    store(v.1, target + stride)
    store(v.2, target + 2 &* stride)
    store(v.3, target + 3 &* stride)
    store(v.4, target + 4 &* stride)
  }
}

/// Transforms the inputs of each tile, or in the input gradient the output gradients, of which five rows and columns make a
/// tile.
@inline(always)
func winogradStridedInput<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<WinogradInputArguments>) {
  let n = L.count
  let step = p.pointee.step
  let (rows, columns) = (p.pointee.tileRows, p.pointee.tileColumns)
  func covered(_ tiles: Int, _ whole: Int) -> Int { step &* (4 &* tiles &- max(tiles &- whole &- 1, 0)) &+ 1 }
  let pixels = covered(columns, p.pointee.wideColumns)
  fillStrip(L.self, p.pointee.strip, rows: covered(rows, p.pointee.tallRows), pixels: pixels, of: p.pointee.planes)
  let pitch = pixels &* n
  let stride = p.pointee.pointStride
  // From an element to the next of the same kernel, and to those between them.
  let (down, right) = (step &* pitch, step &* n)
  let (between, beside) = (down &- pitch, right &- n)
  var position = p.pointee.positions
  var row = UnsafePointer(p.pointee.strip)
  var tileRow = 0
  while tileRow < rows {
    var source = row
    var tile = 0
    while tile < columns {
      var target = p.pointee.target + position.pointee &* p.pointee.tileStride
      p.pointee.prefetchNext(lanes, tileRow: tileRow, tile: tile, part: 0)
      // Columns first; they stay in registers.
      let c = (
        Winograd42.data(lanes, L.five(source, down)), Winograd42.data(lanes, L.five(source + right, down)),
        Winograd42.data(lanes, L.five(source + 2 &* right, down)),
        Winograd42.data(lanes, L.five(source + 3 &* right, down)),
        Winograd42.data(lanes, L.five(source + 4 &* right, down))
      )
      L.store5(Winograd42.data(lanes, (c.0.0, c.1.0, c.2.0, c.3.0, c.4.0)), target, stride)
      L.store5(Winograd42.data(lanes, (c.0.1, c.1.1, c.2.1, c.3.1, c.4.1)), target + 5 &* stride, stride)
      L.store5(Winograd42.data(lanes, (c.0.2, c.1.2, c.2.2, c.3.2, c.4.2)), target + 10 &* stride, stride)
      L.store5(Winograd42.data(lanes, (c.0.3, c.1.3, c.2.3, c.3.3, c.4.3)), target + 15 &* stride, stride)
      L.store5(Winograd42.data(lanes, (c.0.4, c.1.4, c.2.4, c.3.4, c.4.4)), target + 20 &* stride, stride)
      target += 25 &* stride
      if step > 1 { p.pointee.prefetchNext(lanes, tileRow: tileRow, tile: tile, part: 1) }
      var k = 0
      while k < 4 {
        L.store5(
          Winograd42.data(lanes, L.five(source + (beside &+ k &* right), down)), target + k &* stride, 4 &* stride)
        k &+= 1
      }
      target += 20 &* stride
      if step > 1 { p.pointee.prefetchNext(lanes, tileRow: tileRow, tile: tile, part: 2) }
      k = 0
      while k < 4 {
        L.store5(
          Winograd42.data(lanes, L.five(source + (between &+ k &* down), right)), target + k &* stride, 4 &* stride)
        k &+= 1
      }
      target += 20 &* stride
      if step > 1 { p.pointee.prefetchNext(lanes, tileRow: tileRow, tile: tile, part: 3) }
      k = 0
      while k < 4 {
        let inner = source + (between &+ beside &+ k &* down)
        L.store4(L.four(inner, right), target + 4 &* k &* stride, stride)
        k &+= 1
      }
      source += (tile < p.pointee.wideColumns ? 4 : 3) &* right
      position += 1
      tile &+= 1
    }
    row += (tileRow < p.pointee.tallRows ? 4 : 3) &* down
    tileRow &+= 1
  }
}

/// Transforms the kernel of each pair of a source channel with the target channels of a vector into 36 weights.
@inline(always)
func winogradStridedWeights<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<WinogradWeightsArguments>) {
  let n = L.count
  let taps = p.pointee.scratch
  if p.pointee.lanes < n {
    for q in 0..<9 { L.store(L.splat(0), taps + q &* n) }
  }
  // Tap q of a flipped kernel lies at 8 − q.
  let start = p.pointee.isFlipped ? 8 &* n : 0
  let step = p.pointee.isFlipped ? 0 &- n : n
  let stride = p.pointee.pointStride
  var source = p.pointee.source
  var target = p.pointee.target
  var channel = 0
  while channel < p.pointee.channels {
    p.pointee.prefetchNext(lanes, source, taps: 9)
    L.transpose(source, p.pointee.laneStride, rows: p.pointee.lanes, columns: 9, taps, n)
    let g = UnsafePointer(taps + start)
    let left = Winograd42.weights(lanes, L.load(g), L.load(g + 6 &* step))
    let right = Winograd42.weights(lanes, L.load(g + 2 &* step), L.load(g + 8 &* step))
    L.store5(Winograd42.weights(lanes, left.0, right.0), target, stride)
    L.store5(Winograd42.weights(lanes, left.1, right.1), target + 5 &* stride, stride)
    L.store5(Winograd42.weights(lanes, left.2, right.2), target + 10 &* stride, stride)
    L.store5(Winograd42.weights(lanes, left.3, right.3), target + 15 &* stride, stride)
    L.store5(Winograd42.weights(lanes, left.4, right.4), target + 20 &* stride, stride)
    L.store5(
      Winograd42.weights(lanes, L.load(g + step), L.load(g + 7 &* step)), target + 25 &* stride, stride)
    L.store5(
      Winograd42.weights(lanes, L.load(g + 3 &* step), L.load(g + 5 &* step)), target + 30 &* stride, stride)
    L.store(L.load(g + 4 &* step), target + 35 &* stride)
    source += p.pointee.channelStride
    target += p.pointee.targetStride
    channel &+= 1
  }
}
