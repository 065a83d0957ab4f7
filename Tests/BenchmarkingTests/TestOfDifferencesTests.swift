import Benchmarking
import Foundation
import Testing

private let differences = [0.3, -0.1, 0.7, 1.1, -0.4, 0.9, 2.0, -1.5, 0.25, 0.6, 1.7, -0.2]

@Suite("Tests of differences")
struct TestOfDifferencesTests {
  // scipy.stats.wilcoxon([x - center for x in differences], alternative="greater", mode="exact").pvalue
  @Test(
    "The signed-rank test of few differences is SciPy's exact one",
    arguments: [(0, 0.054931640625), (0.2, 0.169677734375), (-0.35, 0.008056640625)])
  func exactSignedRanks(center: Double, expected: Double) {
    #expect(abs(SignedRankTest.upperTail(differences, center: center) - expected) < 1e-12)
  }

  @Test("The signed-rank test gives the textbook's result for depression scores (Hollander and Wolfe, 1973)")
  func textbookSignedRanks() {
    let differences = [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01]
    #expect(abs(SignedRankTest.upperTail(differences) - 0.01953125) < 1e-12)
  }

  // scipy.stats.wilcoxon(…, alternative="greater", mode="approx", correction=False).pvalue
  @Test("With ties or many differences the test is SciPy's normal approximation")
  func approximateSignedRanks() {
    #expect(abs(SignedRankTest.upperTail([1, -2, 3, 3, -1, 4, 5, 2, 2, 6, 0, -3]) - 0.03356284476030215) < 1e-12)
    let many = (0..<60).map { (index: Int) -> Double in
      let whole = Double(37 * index % 101) - 35
      return whole + Double(index) * 0.001
    }
    #expect(abs(SignedRankTest.upperTail(many) - 0.00046196490928329903) < 1e-12)
  }

  @Test("The signed-rank test of no difference says nothing")
  func noDifferences() {
    #expect(SignedRankTest.upperTail([]) == 1)
    #expect(SignedRankTest.upperTail([0, 0]) == 1)
  }

  @Test("The p-values of differences without an effect are uniform", arguments: [8, 20, 60])
  func uniformPValues(count: Int) {
    var generator = SeededGenerator(seed: 7)
    let pValues = (0..<4000).map { _ in
      SignedRankTest.upperTail((0..<count).map { _ in generator.heavyTailed() })
    }
    for level in [0.01, 0.05, 0.5] {
      let share = Double(pValues.count { $0 <= level }) / 4000
      // Discrete for few differences: at most the level, and four standard errors.
      let deviation = (level * (1 - level) / 4000).squareRoot()
      #expect(share <= level + 4 * deviation, "\(share) at \(level)")
    }
  }

  // scipy.stats.ttest_1samp(x, 0.3, alternative="greater").pvalue; ttest_1samp(x, 0).confidence_interval(0.95)
  @Test("Student's test is SciPy's")
  func student() {
    let test = StudentTest([0.8, 1.9, -0.4, 1.1, 2.2])
    #expect(abs(test.upperTail(center: 0.3) - 0.0738076665537065) < 1e-10)
    #expect(abs(test.lowerTail(center: 0.3) - 0.9261923334462935) < 1e-10)
    let interval = test.interval(level: 0.95)
    #expect(abs(interval.lowerBound - -0.1505080756153494) < 1e-9)
    #expect(abs(interval.upperBound - 2.3905080756153496) < 1e-9)
  }

  @Test("Student's test of a single value says nothing")
  func studentOfOne() {
    #expect(StudentTest([3]).upperTail() == 1)
    #expect(StudentTest([3]).interval(level: 0.95).upperBound == .infinity)
  }

  @Test("The sign test counts signs")
  func signs() {
    #expect(abs(SignTest.upperTail([1, 2, 3, 4, 5]) - 0.03125) < 1e-12)
    #expect(abs(SignTest.upperTail([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, 0]) - 0.0546875) < 1e-12)
  }

  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.2), "holm")
  @Test("Holm's correction is R's")
  func holm() {
    let adjusted = Holm.adjusted([0.01, 0.04, 0.03, 0.005, 0.2])
    for (value, expected) in zip(adjusted, [0.04, 0.09, 0.09, 0.025, 0.2]) { #expect(abs(value - expected) < 1e-12) }
    #expect(Holm.adjusted([]).isEmpty)
  }

  @Test("Holm's correction keeps the error of twenty tests below the level")
  func holmFamily() {
    var generator = SeededGenerator(seed: 3)
    let families = 4000
    let alarms = (0..<families).count { _ in
      Holm.adjusted((0..<20).map { _ in generator.uniform() }).contains { $0 <= 0.05 }
    }
    #expect(abs(Double(alarms) / Double(families) - 0.05) < 0.015)
  }
}

extension SeededGenerator {
  /// A standard normal number, by Box and Muller.
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// Student's distribution with two degrees of freedom: symmetric, of infinite variance.
  mutating func heavyTailed() -> Double {
    normal() / (-log(1 - uniform())).squareRoot()
  }
}
