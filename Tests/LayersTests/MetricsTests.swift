import Foundation
import Layers
import Testing

struct MetricsTests {
  private struct Fixture: Decodable, CustomTestStringConvertible {
    let classNames: [String]
    let labels: [Int]
    let predictions: [Int]
    let confusion: [[Int]]
    let report: [[Double]]
    let accuracy: Double
    let text: String

    var testDescription: String { "\(labels.count) images of \(classNames.count) classes" }
  }

  /// Made by Tests/Fixtures/make_classification.py with scikit-learn.
  private static func fixtures() throws -> [Fixture] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/classification.json"))
    return try JSONDecoder().decode([Fixture].self, from: data)
  }

  @Test func reportsAreThoseOfScikitLearn() throws {
    let fixtures = try Self.fixtures()
    #expect(fixtures.count == 3)
    for fixture in fixtures {
      let classes = fixture.classNames.count
      var matrix = ConfusionMatrix(classCount: classes)
      try matrix.add(labels: fixture.labels, predictions: fixture.predictions)
      let counts = (0..<classes).map { label in (0..<classes).map { matrix[label, $0] } }
      #expect(counts == fixture.confusion)
      let report = matrix.report(classNames: fixture.classNames)
      let scores = report.classes + [report.macroAverage, report.weightedAverage]
      for (ours, theirs) in zip(scores, fixture.report) {
        #expect(abs(ours.precision - theirs[0]) < 1e-12)
        #expect(abs(ours.recall - theirs[1]) < 1e-12)
        #expect(abs(ours.f1 - theirs[2]) < 1e-12)
        #expect(Double(ours.support) == theirs[3])
      }
      #expect(abs(report.accuracy - fixture.accuracy) < 1e-12)
      #expect(report.description == fixture.text)
    }
  }

  @Test func aMatrixOfNoImagesHasNoNaN() {
    let report = ConfusionMatrix(classCount: 2).report()
    #expect(report.accuracy == 0 && report.macroAverage.f1 == 0 && report.weightedAverage.precision == 0)
    #expect(report.classNames == ["0", "1"])
  }

  @Test func aMatrixRefusesClassesThatItLacks() throws {
    var matrix = ConfusionMatrix(classCount: 2)
    #expect(throws: MetricError.self) { try matrix.add(label: 2, prediction: 0) }
    #expect(throws: MetricError.self) { try matrix.add(label: 0, prediction: -1) }
    #expect(throws: MetricError.self) { try matrix.add(labels: [0, 1, 5], predictions: [0, 1, 1]) }
    #expect(throws: MetricError.self) { try matrix.add(labels: [0], predictions: []) }
    #expect(matrix.total == 0)
  }

  @Test func topKCountsTheHighestScores() throws {
    let scores = try Tensor(shape: [4, 3], [1, 3, 2, 5, 5, 1, .nan, 2, 1, 0, .nan, 9])
    // Ranks of the labels' scores: 2nd; 2nd, its equal lies in front; NaN; 2nd, behind the NaN.
    let labels = [2, 1, 0, 2]
    #expect(try topKCorrect(scores, labels: labels, k: 1) == 0)
    #expect(try topKCorrect(scores, labels: labels, k: 2) == 3)
    #expect(try topKCorrect(scores, labels: labels, k: 5) == 3)
    #expect(try topKCorrect(scores, labels: [1, 0, 1, 2], k: 1) == 2)
    #expect(throws: MetricError.self) { try topKCorrect(scores, labels: labels, k: 0) }
    #expect(throws: MetricError.self) { try topKCorrect(scores, labels: [0, 1, 2, 3], k: 1) }
    #expect(throws: MetricError.self) { try topKCorrect(scores, labels: [0], k: 1) }
  }

  @Test func averagesWeighTheirValues() {
    var plain = RunningAverage()
    #expect(plain.mean == 0)
    plain.add(1, weight: 3)
    plain.add(5)
    #expect(plain.mean == 2 && plain.weight == 4)
    var fading = ExponentialAverage(decay: 0.5)
    #expect(fading.mean == 0)
    fading.add(4)
    #expect(fading.mean == 4)
    fading.add(1)
    #expect(abs(fading.mean - 2) < 1e-12)
  }

  @Test func summariesAddUp() throws {
    let model = try Model(
      Sequential(Conv2D(2, kernelSize: 3), ReLU(), Flatten(), Linear(10)), inputShape: [1, 6, 6], seed: 1)
    let summary = model.summary
    #expect(summary.parameterCount == 2 * 9 + 2 + 32 * 10 + 10)
    #expect(summary.multiplyAddsPerImage == 32 * 9 + 320)
    #expect(summary.inputByteCount == 144)
    #expect(summary.forwardBackwardByteCount == 8 * (32 + 32 + 32 + 10))
    let lines = summary.description.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("layer") && lines.contains { $0.hasPrefix("0 Conv2D") && $0.contains("[2, 4, 4]") })
    #expect(lines.contains { $0.hasPrefix("total") && $0.contains("350") && $0.contains("608") })
    #expect(lines.contains("parameters: 0.00 MB"))
  }
}
