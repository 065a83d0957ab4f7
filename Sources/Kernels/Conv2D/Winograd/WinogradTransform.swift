/// The one-dimensional transforms of Winograd's minimal filtering F(m, r): m outputs of a filter of r taps by six products,
/// m + r − 1 of them, with the points 0, 1, −1, 2, −½ and ∞ (Lavin and Gray, "Fast Algorithms for Convolutional Neural
/// Networks", 2016; the points: Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution", 2020).
///
/// Applied to the columns and then to the rows of a tile, they make a convolution of r×r into 36 products a tile of m×m
/// outputs. The six inputs of a tile are transformed alike for all of them.
protocol WinogradFilter {
  /// Outputs of a tile along an axis.
  static var outputs: Int { get }
  /// Taps of the filter.
  static var taps: Int { get }

  /// Aᵀ x: the outputs of six products; zeros behind them.
  static func outputs<L: Lanes>(_ lanes: L.Type, _ x: Six<L>) -> Four<L>
  /// G g: of weights that lie `stride` elements apart.
  static func weights<L: Lanes>(_ lanes: L.Type, _ g: UnsafePointer<Float>, _ stride: Int) -> Six<L>
  /// A y: of the first `outputs` of four output gradients, the transpose of `outputs`.
  static func gradients<L: Lanes>(_ lanes: L.Type, _ y: Four<L>) -> Six<L>
  /// Gᵀ t: the weight gradients of six sums, the transpose of `weights`; zeros behind them.
  static func weightGradients<L: Lanes>(_ lanes: L.Type, _ t: Six<L>) -> Five<L>
}

typealias Three<L: Lanes> = (L.Vector, L.Vector, L.Vector)
typealias Four<L: Lanes> = (L.Vector, L.Vector, L.Vector, L.Vector)
typealias Five<L: Lanes> = (L.Vector, L.Vector, L.Vector, L.Vector, L.Vector)
typealias Six<L: Lanes> = (L.Vector, L.Vector, L.Vector, L.Vector, L.Vector, L.Vector)

extension WinogradFilter {
  /// Bᵀ d: of six inputs.
  @inline(always)
  static func data<L: Lanes>(_ lanes: L.Type, _ d: Six<L>) -> Six<L> {
    let a = d.4 - d.2
    let b = d.3 - d.1
    return (
      L.multiplyAdd(L.splat(-1.5), b, (d.0 - d.2) + a),
      L.multiplyAdd(L.splat(-2.5), d.2, d.4) - L.multiplyAdd(L.splat(0.5), d.3, d.1),
      L.multiplyAdd(L.splat(0.5), d.2, d.4) + L.multiplyAdd(L.splat(-2.5), d.3, d.1),
      L.multiplyAdd(L.splat(0.5), b, a),
      L.multiplyAdd(L.splat(-2), b, a),
      L.multiplyAdd(L.splat(-1.5), a, (d.5 - d.3) - b)
    )
  }

  /// The first three of `data`, of the first five inputs, which lie `stride` elements apart.
  @inline(always)
  static func firstData<L: Lanes>(_ lanes: L.Type, _ d: UnsafePointer<Float>, _ stride: Int) -> Three<L> {
    let (d0, d1, d2) = (L.load(d), L.load(d + stride), L.load(d + 2 &* stride))
    let (d3, d4) = (L.load(d + 3 &* stride), L.load(d + 4 &* stride))
    return (
      L.multiplyAdd(L.splat(-1.5), d3 - d1, (d0 - d2) + (d4 - d2)),
      L.multiplyAdd(L.splat(-2.5), d2, d4) - L.multiplyAdd(L.splat(0.5), d3, d1),
      L.multiplyAdd(L.splat(0.5), d2, d4) + L.multiplyAdd(L.splat(-2.5), d3, d1)
    )
  }

  /// The last three of `data`, of the last five inputs.
  ///
  /// - Parameter d: the first input.
  @inline(always)
  static func lastData<L: Lanes>(_ lanes: L.Type, _ d: UnsafePointer<Float>, _ stride: Int) -> Three<L> {
    let (d1, d2, d3) = (L.load(d + stride), L.load(d + 2 &* stride), L.load(d + 3 &* stride))
    let (d4, d5) = (L.load(d + 4 &* stride), L.load(d + 5 &* stride))
    let a = d4 - d2
    let b = d3 - d1
    return (
      L.multiplyAdd(L.splat(0.5), b, a), L.multiplyAdd(L.splat(-2), b, a),
      L.multiplyAdd(L.splat(-1.5), a, (d5 - d3) - b)
    )
  }

  /// The sums of five weights at the finite points, over the points' distances.
  @inline(always)
  fileprivate static func weights<L: Lanes>(
    _ lanes: L.Type, even: L.Vector, odd: L.Vector, at2: L.Vector, atMinusHalf: L.Vector, _ first: L.Vector,
    _ last: L.Vector
  ) -> Six<L> {
    (
      first, (even + odd) * L.splat(-1.0 / 3), (even - odd) * L.splat(1.0 / 3), at2 * L.splat(1.0 / 15),
      atMinusHalf * L.splat(-16.0 / 15), last
    )
  }

  /// Four of six sums, over the points' distances.
  @inline(always)
  fileprivate static func overDistances<L: Lanes>(_ lanes: L.Type, _ t: Six<L>) -> Four<L> {
    (t.1 * L.splat(-1.0 / 3), t.2 * L.splat(1.0 / 3), t.3 * L.splat(1.0 / 15), t.4 * L.splat(-16.0 / 15))
  }
}

/// F(4, 3): a tile of 4×4 outputs of a kernel of 3×3, which a direct sum makes of 144 products.
enum Winograd43: WinogradFilter {
  @inline(always) static var outputs: Int { 4 }
  @inline(always) static var taps: Int { 3 }

  @inline(always)
  static func outputs<L: Lanes>(_ lanes: L.Type, _ x: Six<L>) -> Four<L> {
    let p = x.1 + x.2
    let q = x.1 - x.2
    return (
      (x.0 + p) + (x.3 + x.4),
      L.multiplyAdd(L.splat(-0.5), x.4, L.multiplyAdd(L.splat(2), x.3, q)),
      L.multiplyAdd(L.splat(0.25), x.4, L.multiplyAdd(L.splat(4), x.3, p)),
      L.multiplyAdd(L.splat(-0.125), x.4, L.multiplyAdd(L.splat(8), x.3, q)) + x.5
    )
  }

  @inline(always)
  static func weights<L: Lanes>(_ lanes: L.Type, _ g: UnsafePointer<Float>, _ stride: Int) -> Six<L> {
    let (g0, g1, g2) = (L.load(g), L.load(g + stride), L.load(g + 2 &* stride))
    return weights(
      L.self, even: g0 + g2, odd: g1, at2: L.multiplyAdd(L.splat(4), g2, L.multiplyAdd(L.splat(2), g1, g0)),
      atMinusHalf: L.multiplyAdd(L.splat(0.25), g2, L.multiplyAdd(L.splat(-0.5), g1, g0)), g0, g2)
  }

  @inline(always)
  static func gradients<L: Lanes>(_ lanes: L.Type, _ y: Four<L>) -> Six<L> {
    let e = y.0 + y.2
    let o = y.1 + y.3
    return (
      y.0,
      e + o,
      e - o,
      L.multiplyAdd(L.splat(8), y.3, L.multiplyAdd(L.splat(4), y.2, L.multiplyAdd(L.splat(2), y.1, y.0))),
      L.multiplyAdd(
        L.splat(-0.125), y.3, L.multiplyAdd(L.splat(0.25), y.2, L.multiplyAdd(L.splat(-0.5), y.1, y.0))),
      y.3
    )
  }

  @inline(always)
  static func weightGradients<L: Lanes>(_ lanes: L.Type, _ t: Six<L>) -> Five<L> {
    let a = overDistances(L.self, t)
    return (
      (t.0 + (a.0 + a.1)) + (a.2 + a.3),
      L.multiplyAdd(L.splat(-0.5), a.3, L.multiplyAdd(L.splat(2), a.2, a.0 - a.1)),
      L.multiplyAdd(L.splat(0.25), a.3, L.multiplyAdd(L.splat(4), a.2, a.0 + a.1)) + t.5,
      L.splat(0), L.splat(0)
    )
  }
}

/// F(2, 5): a tile of 2×2 outputs of a kernel of 5×5, which a direct sum makes of 100 products.
enum Winograd25: WinogradFilter {
  @inline(always) static var outputs: Int { 2 }
  @inline(always) static var taps: Int { 5 }

  @inline(always)
  static func outputs<L: Lanes>(_ lanes: L.Type, _ x: Six<L>) -> Four<L> {
    let p = x.1 + x.2
    let q = x.1 - x.2
    return (
      (x.0 + p) + (x.3 + x.4),
      L.multiplyAdd(L.splat(-0.5), x.4, L.multiplyAdd(L.splat(2), x.3, q)) + x.5,
      L.splat(0), L.splat(0)
    )
  }

  @inline(always)
  static func weights<L: Lanes>(_ lanes: L.Type, _ g: UnsafePointer<Float>, _ stride: Int) -> Six<L> {
    let (g0, g1, g2) = (L.load(g), L.load(g + stride), L.load(g + 2 &* stride))
    let (g3, g4) = (L.load(g + 3 &* stride), L.load(g + 4 &* stride))
    return weights(
      L.self, even: (g0 + g2) + g4, odd: g1 + g3,
      at2: L.multiplyAdd(
        L.splat(16), g4,
        L.multiplyAdd(L.splat(8), g3, L.multiplyAdd(L.splat(4), g2, L.multiplyAdd(L.splat(2), g1, g0)))),
      atMinusHalf: L.multiplyAdd(
        L.splat(0.0625), g4,
        L.multiplyAdd(
          L.splat(-0.125), g3, L.multiplyAdd(L.splat(0.25), g2, L.multiplyAdd(L.splat(-0.5), g1, g0)))),
      g0, g4)
  }

  @inline(always)
  static func gradients<L: Lanes>(_ lanes: L.Type, _ y: Four<L>) -> Six<L> {
    (
      y.0, y.0 + y.1, y.0 - y.1, L.multiplyAdd(L.splat(2), y.1, y.0), L.multiplyAdd(L.splat(-0.5), y.1, y.0), y.1
    )
  }

  @inline(always)
  static func weightGradients<L: Lanes>(_ lanes: L.Type, _ t: Six<L>) -> Five<L> {
    let a = overDistances(L.self, t)
    let p = a.0 + a.1
    let q = a.0 - a.1
    return (
      (t.0 + p) + (a.2 + a.3),
      L.multiplyAdd(L.splat(-0.5), a.3, L.multiplyAdd(L.splat(2), a.2, q)),
      L.multiplyAdd(L.splat(0.25), a.3, L.multiplyAdd(L.splat(4), a.2, p)),
      L.multiplyAdd(L.splat(-0.125), a.3, L.multiplyAdd(L.splat(8), a.2, q)),
      L.multiplyAdd(L.splat(0.0625), a.3, L.multiplyAdd(L.splat(16), a.2, p)) + t.5
    )
  }
}

/// The channels and the outputs of a plane from which on tiles are faster than sums.
struct WinogradThreshold: Sendable {
  /// Of the source and of the target.
  let channels: Int
  /// Channels that fill the vectors' panels.
  let panelChannels: Int
  let outputs: Int
  /// The square of the channels times the outputs.
  var product = 0

  func allows(channels: Int, panelChannels: Int, outputs: Int) -> Bool {
    channels >= self.channels && panelChannels >= self.panelChannels && outputs >= self.outputs
      && channels * channels * outputs >= product
  }
}

/// The sizes of a filter's tiles.
struct WinogradSize: Sendable {
  /// Outputs of a tile, and taps of the kernel, along an axis.
  let outputs: Int
  let taps: Int
  let stride: Int
  /// From where on they are faster than sums: outputs and input gradients, and weight gradients.
  let least: WinogradThreshold
  let leastOfGradient: WinogradThreshold

  /// Matrices of transformed weights.
  @inline(always) static var weightPoints: Int { 36 }
  static let f43 = WinogradSize(
    outputs: Winograd43.outputs, taps: Winograd43.taps, least: .init(channels: 16, panelChannels: 16, outputs: 9),
    leastOfGradient: .init(channels: 16, panelChannels: 16, outputs: 9))
  /// Kernels of 3×3 at stride 2, see `Winograd42`.
  static let strided = WinogradSize(
    outputs: 4, taps: 3, stride: 2,
    // 32 channels of 14×14 outputs, 64 of 7×7, or 112 of 4×4.
    least: .init(channels: 32, panelChannels: 32, outputs: 16, product: 448 * 448),
    leastOfGradient: .init(channels: 64, panelChannels: 64, outputs: 16))
  /// With 2×2 outputs a tile, transforms take a larger share, and large kernels have much padding on small planes.
  static let f25 = WinogradSize(
    outputs: Winograd25.outputs, taps: Winograd25.taps, least: .init(channels: 16, panelChannels: 24, outputs: 16),
    leastOfGradient: .init(channels: 16, panelChannels: 24, outputs: 49))

  /// The tiles of a kernel's height and width and of its stride; nil where there are none.
  init?(kernel shape: Conv2DShape) {
    guard shape.kernelHeight == shape.kernelWidth, shape.strideHeight == shape.strideWidth else { return nil }
    switch (shape.kernelHeight, shape.strideHeight) {
    case (3, 1): self = .f43
    case (5, 1): self = .f25
    case (3, 2): self = .strided
    default: return nil
    }
  }

  private init(
    outputs: Int, taps: Int, stride: Int = 1, least: WinogradThreshold, leastOfGradient: WinogradThreshold
  ) {
    self.outputs = outputs
    self.taps = taps
    self.stride = stride
    self.least = least
    self.leastOfGradient = leastOfGradient
  }

  /// Products of a tile.
  var points: Int { stride == 1 ? Self.weightPoints : 81 }
  /// Inputs that a tile shares with the next.
  var overlap: Int { taps - stride }
  /// Whether an axis may have so much padding.
  func allows(padding: Int) -> Bool { stride == 1 ? padding <= overlap : padding == 1 }
  /// Vectors that the transforms of weights need.
  var weightVectors: Int { taps * taps + 6 * taps }
  /// Tiles along an axis of so many outputs.
  func tiles(_ count: Int) -> Int { (count + outputs - 1) / outputs }
  /// The last of them, of which one output less is taken, see `WinogradTileOrder`.
  func narrowTiles(_ count: Int) -> Int { min(tiles(count) * outputs - count, tiles(count)) }
  /// The tiles before those.
  func wideTiles(_ count: Int) -> Int { tiles(count) - narrowTiles(count) }
  /// Outputs that the tiles along an axis compute.
  func computedOutputs(_ count: Int) -> Int { tiles(count) * outputs - narrowTiles(count) }
  /// How many of `count` tiles, from a tile on, are among those.
  func wideTiles(_ outputs: Int, from tile: Int, count: Int) -> Int { min(max(wideTiles(outputs) - tile, 0), count) }
  /// The first output of a tile along an axis of so many outputs; of the tile behind the last, their number.
  func start(_ tile: Int, of count: Int) -> Int {
    tile == tiles(count) ? count : tile * outputs - max(tile - wideTiles(count), 0)
  }
}

/// Vectors that lie `stride` elements apart.
extension Lanes {
  @inline(always)
  static func six(_ source: UnsafePointer<Float>, _ stride: Int) -> (Vector, Vector, Vector, Vector, Vector, Vector) {
    (
      load(source), load(source + stride), load(source + 2 &* stride), load(source + 3 &* stride),
      load(source + 4 &* stride), load(source + 5 &* stride)
    )
  }

  @inline(always)
  static func store6(
    _ v: (Vector, Vector, Vector, Vector, Vector, Vector), _ target: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    store(v.0, target)
    store(v.1, target + stride)
    store(v.2, target + 2 &* stride)
    store(v.3, target + 3 &* stride)
    store(v.4, target + 4 &* stride)
    store(v.5, target + 5 &* stride)
  }
}
