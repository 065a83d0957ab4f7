import KernelsISA

extension Lanes {
  /// Values that are added to four vectors of partial sums, 64 a lane, before these are added to the total: no Float sum has
  /// more terms at any level.
  @inline(always) static var sumRunLength: Int { 256 &* count }
}

/// Adds Σ(x − shift) and Σ(x − shift)² of `count` values, at least a vector, to the lanes of `sums` and `squares`, and
/// prefetches the values `prefetchDistance` elements further.
@inline(always)
func addMoments<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, count: Int, prefetchDistance: Int, shift: L.Vector, sums: inout L.Vector,
  squares: inout L.Vector
) {
  let whole = count / L.count &* L.count
  var i = 0
  while i &+ 4 &* L.count <= whole {
    let end = whole &- i < L.sumRunLength ? whole : i &+ L.sumRunLength
    var (s0, s1, s2, s3) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
    var (q0, q1, q2, q3) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
    while i &+ 4 &* L.count <= end {
      var line = 0
      while line < 4 &* L.count {
        prefetch(x + (i &+ line &+ prefetchDistance))
        line &+= 16
      }
      addMoments(lanes, L.load(x + i) - shift, &s0, &q0)
      addMoments(lanes, L.load(x + i + L.count) - shift, &s1, &q1)
      addMoments(lanes, L.load(x + i + 2 &* L.count) - shift, &s2, &q2)
      addMoments(lanes, L.load(x + i + 3 &* L.count) - shift, &s3, &q3)
      i &+= 4 &* L.count
    }
    sums += (s0 + s1) + (s2 + s3)
    squares += (q0 + q1) + (q2 + q3)
  }
  while i < whole {
    prefetch(x + (i &+ prefetchDistance))
    addMoments(lanes, L.load(x + i) - shift, &sums, &squares)
    i &+= L.count
  }
  if whole < count {
    // The last vector overlaps the one before; lanes that are counted already are cleared.
    let final = count &- L.count
    let isCounted = L.splat(Float(whole &- final)) .> L.laneIndices
    let d = (L.load(x + final) - shift).replacing(with: L.splat(0), where: isCounted)
    sums += d
    squares = L.multiplyAdd(d, d, squares)
  }
}

@inline(always)
private func addMoments<L: Lanes>(
  _ lanes: L.Type, _ deviation: L.Vector, _ sums: inout L.Vector, _ squares: inout L.Vector
) {
  sums += deviation
  squares = L.multiplyAdd(deviation, deviation, squares)
}

/// Writes (input − mean) · scale + offset, at least `floor`, of at least a vector of values. Input and output may be the same
/// memory.
@inline(always)
func normalizePlane<L: Lanes>(
  _ lanes: L.Type, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int, mean: L.Vector,
  scale: L.Vector, offset: L.Vector, floor: L.Vector, nonTemporal: Bool
) {
  // The last vector is computed before the vectors that it overlaps are stored.
  let last = normalized(
    lanes, L.load(input + (count &- L.count)), mean: mean, scale: scale, offset: offset, floor: floor)
  var i = 0
  while i &+ 4 &* L.count <= count {
    for k in 0..<4 {
      let x = L.load(input + i + k &* L.count)
      L.store(
        normalized(lanes, x, mean: mean, scale: scale, offset: offset, floor: floor), output + i + k &* L.count,
        nonTemporal: nonTemporal)
    }
    i &+= 4 &* L.count
  }
  while i &+ L.count <= count {
    let x = L.load(input + i)
    L.store(
      normalized(lanes, x, mean: mean, scale: scale, offset: offset, floor: floor), output + i, nonTemporal: nonTemporal
    )
    i &+= L.count
  }
  if i < count { L.store(last, output + (count &- L.count)) }
}

@inline(always)
func normalized<L: Lanes>(
  _ lanes: L.Type, _ x: L.Vector, mean: L.Vector, scale: L.Vector, offset: L.Vector, floor: L.Vector
) -> L.Vector {
  let y = L.multiplyAdd(x - mean, scale, offset)
  return y.replacing(with: floor, where: floor .>= y)
}

/// The smallest output: 0 with ReLU, which replaces −0 too, else −∞. NaN is not replaced.
@inline(always)
func outputFloor<L: Lanes>(_ lanes: L.Type, relu: Bool) -> L.Vector {
  L.splat(relu ? 0 : -Float.infinity)
}

/// The factors of a normalisation's forward pass, (x − mean) · scale + offset. The backward pass computes from them where ReLU
/// stopped the output: the same multiply-add gives the same bits, so it does not read the output.
struct ForwardFactors<Vector: SIMD> {
  var mean: Vector
  var scale: Vector
  var offset: Vector

  @inline(always)
  init(mean: Vector, scale: Vector, offset: Vector) {
    self.mean = mean
    self.scale = scale
    self.offset = offset
  }
}

/// x − mean, and the output gradient, which is 0 where ReLU stopped the output.
@inline(always)
func centeredAndGradient<L: Lanes>(
  _ lanes: L.Type, x: L.Vector, gradient: L.Vector, _ forward: ForwardFactors<L.Vector>, relu: Bool
) -> (centered: L.Vector, gradient: L.Vector) {
  let centered = x - forward.mean
  if !relu { return (centered, gradient) }
  let y = L.multiplyAdd(centered, forward.scale, forward.offset)
  return (centered, gradient.replacing(with: L.splat(0), where: L.splat(0) .>= y))
}

/// Adds Σ gradient and Σ gradient · (x − mean) of `count` values, at least a vector, to the lanes of `sums` and `products`, and
/// prefetches the values `prefetchDistance` elements further.
@inline(always)
func addGradientSums<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, count: Int, prefetchDistance: Int,
  _ forward: ForwardFactors<L.Vector>, relu: Bool, sums: inout L.Vector, products: inout L.Vector
) {
  let whole = count / L.count &* L.count
  var i = 0
  while i &+ 4 &* L.count <= whole {
    let end = whole &- i < L.sumRunLength ? whole : i &+ L.sumRunLength
    var (s0, s1, s2, s3) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
    var (q0, q1, q2, q3) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
    while i &+ 4 &* L.count <= end {
      var line = 0
      while line < 4 &* L.count {
        prefetch(x + (i &+ line &+ prefetchDistance))
        prefetch(gradient + (i &+ line &+ prefetchDistance))
        line &+= 16
      }
      addGradient(lanes, x + i, gradient + i, forward, relu: relu, &s0, &q0)
      addGradient(lanes, x + i + L.count, gradient + i + L.count, forward, relu: relu, &s1, &q1)
      addGradient(lanes, x + i + 2 &* L.count, gradient + i + 2 &* L.count, forward, relu: relu, &s2, &q2)
      addGradient(lanes, x + i + 3 &* L.count, gradient + i + 3 &* L.count, forward, relu: relu, &s3, &q3)
      i &+= 4 &* L.count
    }
    sums += (s0 + s1) + (s2 + s3)
    products += (q0 + q1) + (q2 + q3)
  }
  while i < whole {
    prefetch(x + (i &+ prefetchDistance))
    prefetch(gradient + (i &+ prefetchDistance))
    addGradient(lanes, x + i, gradient + i, forward, relu: relu, &sums, &products)
    i &+= L.count
  }
  if whole < count {
    let final = count &- L.count
    let isCounted = L.splat(Float(whole &- final)) .> L.laneIndices
    let (centered, g) = centeredAndGradient(
      lanes, x: L.load(x + final), gradient: L.load(gradient + final), forward, relu: relu)
    // Both are cleared: 0 times an infinite value of a counted lane would be NaN.
    sums += g.replacing(with: L.splat(0), where: isCounted)
    products += (g * centered).replacing(with: L.splat(0), where: isCounted)
  }
}

@inline(always)
private func addGradient<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ forward: ForwardFactors<L.Vector>,
  relu: Bool, _ sums: inout L.Vector, _ products: inout L.Vector
) {
  let (centered, g) = centeredAndGradient(lanes, x: L.load(x), gradient: L.load(gradient), forward, relu: relu)
  sums += g
  products = L.multiplyAdd(g, centered, products)
}

/// Writes gradient · scale + ((x − mean) · slope + constant), of at least a vector of values. The gradients may be the same
/// memory.
@inline(always)
func gradientPlane<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>, count: Int, _ forward: ForwardFactors<L.Vector>, relu: Bool,
  slope: L.Vector, constant: L.Vector
) {
  let final = count &- L.count
  let last = inputGradientVector(
    lanes, x: L.load(x + final), gradient: L.load(gradient + final), forward, relu: relu, slope: slope,
    constant: constant)
  var i = 0
  while i &+ 2 &* L.count <= count {
    for k in 0..<2 {
      let value = inputGradientVector(
        lanes, x: L.load(x + i + k &* L.count), gradient: L.load(gradient + i + k &* L.count), forward, relu: relu,
        slope: slope, constant: constant)
      L.store(value, inputGradient + i + k &* L.count)
    }
    i &+= 2 &* L.count
  }
  if i &+ L.count <= count {
    let value = inputGradientVector(
      lanes, x: L.load(x + i), gradient: L.load(gradient + i), forward, relu: relu, slope: slope, constant: constant)
    L.store(value, inputGradient + i)
    i &+= L.count
  }
  if i < count { L.store(last, inputGradient + final) }
}

@inline(always)
func inputGradientVector<L: Lanes>(
  _ lanes: L.Type, x: L.Vector, gradient: L.Vector, _ forward: ForwardFactors<L.Vector>, relu: Bool,
  slope: L.Vector, constant: L.Vector
) -> L.Vector {
  let (centered, g) = centeredAndGradient(lanes, x: x, gradient: gradient, forward, relu: relu)
  return L.multiplyAdd(g, forward.scale, L.multiplyAdd(centered, slope, constant))
}
