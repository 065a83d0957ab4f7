import Benchmarking
import Testing

// The expected values are those of SciPy 1.17.1: norm.sf, norm.ppf, t.sf, t.isf, binom.sf(k - 1, n, p),
// special.betainc(a, b, x), numpy.quantile.

private func expectClose(
  _ value: Double, _ expected: Double, relative: Double = 1e-9, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    abs(value - expected) <= relative * abs(expected) + 1e-300, "\(value), expected \(expected)",
    sourceLocation: sourceLocation)
}

@Suite("Distributions")
struct DistributionTests {
  @Test(
    "The normal distribution's tail is SciPy's",
    arguments: [
      (0, 0.5), (0.5, 0.3085375387259869), (1.96, 0.024997895148220435), (-1.2, 0.8849303297782918),
      (5, 2.866515718791933e-07), (8, 6.22096057427174e-16),
    ])
  func normalTail(z: Double, expected: Double) { expectClose(Distributions.normalUpperTail(z), expected) }

  @Test(
    "The normal distribution's quantile is SciPy's",
    arguments: [(0.975, 1.959963984540054), (0.01, -2.3263478740408408), (0.99999, 4.264890793923841)])
  func normalQuantile(p: Double, expected: Double) { expectClose(Distributions.normalQuantile(p), expected) }

  @Test(
    "Student's tail is SciPy's",
    arguments: [
      (0, 3, 0.5), (1, 1, 0.25), (2.5, 4, 0.03338327240599407), (7.17, 4, 0.0010016692279200285),
      (-1.3, 9, 0.8870468136634754), (4.3, 19, 0.0001931889016080464), (12, 2, 0.00343646683857923),
    ])
  func studentTail(t: Double, degrees: Double, expected: Double) {
    expectClose(Distributions.studentUpperTail(t, degreesOfFreedom: degrees), expected)
  }

  @Test(
    "Student's critical value is SciPy's",
    arguments: [
      (0.025, 4, 2.7764451051977943), (0.0002, 6, 7.073918956850855), (0.001, 1, 318.30883898555044),
      (0.05, 39, 1.6848751217112252),
    ])
  func studentCriticalValue(p: Double, degrees: Double, expected: Double) {
    expectClose(Distributions.studentCriticalValue(p, degreesOfFreedom: degrees), expected)
  }

  @Test(
    "The binomial distribution's tail is SciPy's",
    arguments: [
      (5, 5, 0.5, 0.03125), (8, 10, 0.5, 0.0546875), (60, 100, 0.5, 0.028443966820490444),
      (3, 20, 0.1, 0.32307319481053404), (0, 4, 0.5, 1), (5, 4, 0.5, 0),
    ])
  func binomialTail(successes: Int, trials: Int, probability: Double, expected: Double) {
    expectClose(Distributions.binomialUpperTail(successes, of: trials, probability: probability), expected)
  }

  @Test(
    "The incomplete beta function is SciPy's",
    arguments: [
      (0.3, 2, 3, 0.3483), (0.9, 0.5, 0.5, 0.7951672353008665), (0.02, 10, 1.5, 3.7543371373921573e-17),
      (0.5, 150, 140, 0.2782246972151188),
    ])
  func incompleteBeta(x: Double, a: Double, b: Double, expected: Double) {
    expectClose(Distributions.incompleteBeta(x, a: a, b: b), expected)
  }

  @Test(
    "Quantiles are NumPy's",
    arguments: [(0, 1.25), (0.1, 1.7), (0.25, 2.75), (0.5, 4), (0.77, 7.965), (1, 9)])
  func quantiles(share: Double, expected: Double) {
    expectClose(Quantiles.quantile([2, 7.5, 1.25, 9, 4, 3.5, 8.25], share), expected)
  }

  @Test("The median of an even number of values is the mean of the middle two; of none, not a number")
  func medians() {
    #expect(Quantiles.median([4, 1, 3, 2]) == 2.5)
    #expect(Quantiles.median([]).isNaN)
  }

  @Test("The generator gives SplitMix64's numbers")
  func generator() {
    // The first outputs of the reference implementation, https://prng.di.unimi.it/splitmix64.c, for seed 1234567.
    var generator = SeededGenerator(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }
}
