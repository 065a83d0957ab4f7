import Benchmarking
import Foundation
import Testing

private let sample = [
  1.2, 0.7, 3.4, 2.2, 1.9, 0.1, 2.8, 5.5, 1.1, 0.9, 2.6, 1.5, 4.1, 2.0, 1.7, 0.4, 3.0, 2.3, 1.4, 2.9,
]

@Suite("Bootstrap")
struct BootstrapTests {
  // scipy.stats.bootstrap((sample,), numpy.median, n_resamples=200000, method="percentile"): 1.3, 2.7
  @Test("The median's interval is SciPy's")
  func median() {
    var generator = SeededGenerator(seed: 1)
    let interval = Bootstrap.medianInterval(
      ofGroups: [sample.map { [$0] }], level: 0.95, resamples: 20_000, using: &generator)
    #expect(abs(interval.lowerBound - 1.3) < 0.051)
    #expect(abs(interval.upperBound - 2.7) < 0.051)
  }

  // scipy.stats.bootstrap((sample,), numpy.mean, n_resamples=200000, method="percentile"): 1.55, 2.67
  @Test("The mean's interval is SciPy's")
  func mean() {
    var generator = SeededGenerator(seed: 1)
    let interval = Bootstrap.interval(
      of: sample.map { [$0] }, level: 0.95, resamples: 20_000, using: &generator
    ) { $0.reduce(0, +) / Double($0.count) }
    #expect(abs(interval.lowerBound - 1.55) < 0.02)
    #expect(abs(interval.upperBound - 2.67) < 0.02)
  }

  @Test("Counting resamples gives the interval of copying them")
  func counting() {
    let blocks = [[3.0, 1.0], [2.5, 2.0, 7.0], [0.5], [4.0, 4.5], [1.5, 6.0]]
    var generator = SeededGenerator(seed: 5)
    let counted = Bootstrap.medianInterval(ofGroups: [blocks], level: 0.9, resamples: 20_000, using: &generator)
    let copied = Bootstrap.interval(
      of: blocks, level: 0.9, resamples: 20_000, using: &generator, statistic: Quantiles.median)
    #expect(abs(counted.lowerBound - copied.lowerBound) < 0.251)
    #expect(abs(counted.upperBound - copied.upperBound) < 0.251)
  }

  @Test("The same seed gives the same interval")
  func seeds() {
    var (first, second) = (SeededGenerator(seed: 9), SeededGenerator(seed: 9))
    #expect(
      Bootstrap.medianInterval(ofGroups: [[sample]], level: 0.95, resamples: 100, using: &first)
        == Bootstrap.medianInterval(ofGroups: [[sample]], level: 0.95, resamples: 100, using: &second))
  }

  @Test("The interval of 95 % holds the true median in about 95 of 100 samples")
  func coverage() {
    var generator = SeededGenerator(seed: 2)
    let samples = 600
    let held = (0..<samples).count { _ in
      let values = (0..<40).map { _ in [-log(1 - generator.uniform())] }
      return Bootstrap.medianInterval(ofGroups: [values], level: 0.95, resamples: 400, using: &generator)
        .contains(log(2))
    }
    let share = Double(held) / Double(samples)
    #expect(share > 0.91 && share < 0.98, "\(share)")
  }

  @Test("Where processes differ, drawing them makes the interval as wide as they are apart")
  func groups() {
    // Six processes around 0, each with forty values within 0.01 of its own centre.
    var generator = SeededGenerator(seed: 4)
    let processes = [-1.0, -0.6, -0.2, 0.2, 0.6, 1.0].map { center in
      (0..<20).map { _ in [center + 0.01 * generator.normal(), center + 0.01 * generator.normal()] }
    }
    let interval = Bootstrap.medianInterval(ofGroups: processes, level: 0.95, resamples: 2000, using: &generator)
    #expect(interval.lowerBound < -0.4 && interval.upperBound > 0.4, "\(interval)")
  }
}
