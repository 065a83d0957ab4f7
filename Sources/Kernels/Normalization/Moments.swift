import KernelsISA

/// Mean and sum of squared deviations of a set of values that grows by blocks.
///
/// A block is summed as s = Σ(x − k) and q = Σ(x − k)², where the shift k is the mean of what came before. With block
/// mean m, q − s²/n loses n·(m − k)² to cancellation; but joining the block adds n·N/(N + n)·(m − k)² to the sum of
/// squared deviations anyway, N being the values before. So the relative error is 1 + n/N roundings, however large the
/// mean is: one pass is as good as two where a block is at most some times as large as all before it. (The joining is
/// that of Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.)
/// The first block has nothing before it and is read twice.
struct MomentsJoin {
  /// 1 / n, n / (N + n), n·N / (N + n)
  private let perValue: Double
  private let shareOfBlock: Double
  private let weight: Double

  /// Joins blocks of `count` values to sets of `before` values.
  @inline(always)
  init(before: Int, count: Int) {
    let (n, total) = (Double(count), Double(before &+ count))
    perValue = 1 / n
    shareOfBlock = n / total
    weight = Double(before) * shareOfBlock
  }

  /// The mean of a block.
  @inline(always)
  func mean(shift: Float, sum: Float) -> Double { Double(shift) + Double(sum) * perValue }

  @inline(always)
  func join(
    shift: Float, sum: Float, squares: Float, mean: inout Double, deviations: inout Double
  ) {
    let s = Double(sum)
    let inner = Double(squares) - s * s * perValue
    let difference = self.mean(shift: shift, sum: sum) - mean
    mean += difference * shareOfBlock
    deviations += (inner < 0 ? 0 : inner) + difference * difference * weight
  }
}

/// A block is at most this many times as large as all values before it.
let momentsGrowth = 16

/// A mean as two floats, and 1 / √(variance + ε): all that normalises, and all that the backward pass needs.
///
/// A mean in one float is off by up to 2⁻²⁴ of itself, which is much where the deviation is small beside the mean. The
/// second float is what the first left.
struct Standardization {
  var mean: Float
  var meanRest: Float
  var inverseDeviation: Float

  @inline(always)
  init(mean: Float, meanRest: Float, inverseDeviation: Float) {
    self.mean = mean
    self.meanRest = meanRest
    self.inverseDeviation = inverseDeviation
  }

  @inline(always)
  init(mean: Double, variance: Double, epsilon: Double) {
    self.mean = Float(mean)
    meanRest = Float(mean - Double(self.mean))
    inverseDeviation = Float(1 / (variance + epsilon).squareRoot())
  }

  /// The factor of x − ``mean``.
  @inline(always) func scale(_ weight: Float) -> Float { weight * inverseDeviation }

  /// What is added behind it.
  @inline(always) func offset(_ bias: Float, scale: Float) -> Float { bias - meanRest * scale }
}
