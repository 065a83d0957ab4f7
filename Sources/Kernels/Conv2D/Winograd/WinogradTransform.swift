/// The one-dimensional transforms of Winograd's minimal filtering F(4, 3): four outputs of a filter of three taps by six
/// products, with the points 0, 1, −1, 2, −½ and ∞ (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
/// 2016; the points: Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution", 2020).
///
/// Applied to the columns and then to the rows of a tile, they make a convolution of 3×3 into 36 products a tile of 4×4
/// outputs, which a direct sum makes of 144.
enum Winograd43 {
  /// Outputs of a tile along an axis, its inputs and products.
  @inline(always) static var outputs: Int { 4 }
  @inline(always) static var points: Int { 6 }

  typealias Six<L: Lanes> = (L.Vector, L.Vector, L.Vector, L.Vector, L.Vector, L.Vector)

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

  /// Aᵀ x: four outputs of six products.
  @inline(always)
  static func outputs<L: Lanes>(
    _ lanes: L.Type, _ x: Six<L>
  ) -> (L.Vector, L.Vector, L.Vector, L.Vector) {
    let p = x.1 + x.2
    let q = x.1 - x.2
    return (
      (x.0 + p) + (x.3 + x.4),
      L.multiplyAdd(L.splat(-0.5), x.4, L.multiplyAdd(L.splat(2), x.3, q)),
      L.multiplyAdd(L.splat(0.25), x.4, L.multiplyAdd(L.splat(4), x.3, p)),
      L.multiplyAdd(L.splat(-0.125), x.4, L.multiplyAdd(L.splat(8), x.3, q)) + x.5
    )
  }

  /// G g: of three weights.
  @inline(always)
  static func weights<L: Lanes>(_ lanes: L.Type, _ g: (L.Vector, L.Vector, L.Vector)) -> Six<L> {
    let e = g.0 + g.2
    return (
      g.0,
      (e + g.1) * L.splat(-1.0 / 3),
      (e - g.1) * L.splat(1.0 / 3),
      L.multiplyAdd(L.splat(4), g.2, L.multiplyAdd(L.splat(2), g.1, g.0)) * L.splat(1.0 / 15),
      L.multiplyAdd(L.splat(0.25), g.2, L.multiplyAdd(L.splat(-0.5), g.1, g.0)) * L.splat(-16.0 / 15),
      g.2
    )
  }

  /// A y: of four output gradients, the transpose of `outputs`.
  @inline(always)
  static func gradients<L: Lanes>(
    _ lanes: L.Type, _ y: (L.Vector, L.Vector, L.Vector, L.Vector)
  ) -> Six<L> {
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

  /// Gᵀ t: three weight gradients of six sums, the transpose of `weights`.
  @inline(always)
  static func weightGradients<L: Lanes>(
    _ lanes: L.Type, _ t: Six<L>
  ) -> (L.Vector, L.Vector, L.Vector) {
    let a1 = t.1 * L.splat(-1.0 / 3)
    let a2 = t.2 * L.splat(1.0 / 3)
    let a3 = t.3 * L.splat(1.0 / 15)
    let a4 = t.4 * L.splat(-16.0 / 15)
    return (
      (t.0 + (a1 + a2)) + (a3 + a4),
      L.multiplyAdd(L.splat(-0.5), a4, L.multiplyAdd(L.splat(2), a3, a1 - a2)),
      L.multiplyAdd(L.splat(0.25), a4, L.multiplyAdd(L.splat(4), a3, a1 + a2)) + t.5
    )
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
  static func four(_ source: UnsafePointer<Float>, _ stride: Int) -> (Vector, Vector, Vector, Vector) {
    (load(source), load(source + stride), load(source + 2 &* stride), load(source + 3 &* stride))
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
