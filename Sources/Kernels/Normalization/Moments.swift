import KernelsISA

/// The mean and the sum of squared deviations of a set of values to which blocks are joined.
///
/// A block of n values is summed as s = Σ(x − k) and q = Σ(x − k)², where the shift k is the mean of the N values before.
/// With the block's mean m, q − s²/n cancels n·(m − k)²; joining the block adds n·N/(N + n)·(m − k)² to the sum of squared
/// deviations anyway. So the relative error is 1 + n/N roundings, however large the mean is: one pass is as accurate as two
/// as long as a block has at most a few times the values before it. (Chan, Golub and LeVeque, "Updating formulae and a
/// pairwise algorithm for computing sample variances", 1979.) The first block has no values before it and is read twice.
struct MomentsJoin {
  /// 1 / n
  private let perValue: Double
  /// n / (N + n)
  private let blockFraction: Double
  /// n·N / (N + n)
  private let weight: Double

  /// Joins blocks of `count` values to sets of `before` values.
  @inline(always)
  init(before: Int, count: Int) {
    let (n, total) = (Double(count), Double(before &+ count))
    perValue = 1 / n
    blockFraction = n / total
    weight = Double(before) * blockFraction
  }

  /// The mean of a block.
  @inline(always)
  func mean(shift: Float, sum: Float) -> Double { Double(shift) + Double(sum) * perValue }

  /// Joins a block, of which the sums of x − shift and of their squares are given, to `mean` and `deviations`.
  @inline(always)
  func join(
    shift: Float, sum: Float, squares: Float, mean: inout Double, deviations: inout Double
  ) {
    let s = Double(sum)
    let inner = Double(squares) - s * s * perValue
    let difference = self.mean(shift: shift, sum: sum) - mean
    mean += difference * blockFraction
    deviations += (inner < 0 ? 0 : inner) + difference * difference * weight
  }
}

/// The values of a block are at most this many times the values before it.
let momentsGrowth = 16

/// The statistics of a normalisation, which the backward pass reads: the mean as two floats, and 1 / √(variance + ε).
///
/// The rounding error of a mean in one float is up to 2⁻²⁴ of it, which is large where the deviation is small beside the mean.
/// The second float holds that error.
struct Standardization {
  var mean: Float
  /// The mean minus ``mean``.
  var meanRoundingError: Float
  /// 1 / √(variance + ε)
  var inverseDeviation: Float

  @inline(always)
  init(mean: Float, meanRoundingError: Float, inverseDeviation: Float) {
    self.mean = mean
    self.meanRoundingError = meanRoundingError
    self.inverseDeviation = inverseDeviation
  }

  @inline(always)
  init(mean: Double, variance: Double, epsilon: Double) {
    self.mean = Float(mean)
    meanRoundingError = Float(mean - Double(self.mean))
    inverseDeviation = Float(1 / (variance + epsilon).squareRoot())
  }

  /// The factor of x − ``mean``.
  @inline(always) func scale(_ weight: Float) -> Float { weight * inverseDeviation }

  /// The addend behind the product.
  @inline(always) func offset(_ bias: Float, scale: Float) -> Float { bias - meanRoundingError * scale }
}
