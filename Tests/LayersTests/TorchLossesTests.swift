import Foundation
import Kernels
import Layers
import Testing

/// Values and gradients of losses are PyTorch's, see Tests/Fixtures/make_losses.py.
struct TorchLossesTests {
  struct Entry: Decodable {
    struct Result: Decodable {
      let value: [Double]
      let gradient: [Double]
    }
    let loss: String
    let shape: [Int]
    let output: [Float]
    let labels: [Int]?
    let targets: [Float]?
    let weights: [Float]?
    let classWeights: [Float]?
    let ignoreIndex: Int?
    let labelSmoothing: Float?
    let parameter: Float?
    let alpha: Float?
    let logTargets: Bool?
    let weight: [Float]?
    let weightShape: [Int]?
    let positiveWeight: [Float]?
    let positiveWeightShape: [Int]?
    let results: [String: Result]

    func make(_ reduction: LossReduction) throws -> any Loss {
      func tensor(_ values: [Float]?, _ shape: [Int]?) throws -> Tensor? {
        guard let values, let shape else { return nil }
        return try Tensor(shape: Shape(shape), values)
      }
      switch loss {
      case "CrossEntropy":
        return CrossEntropy(
          classWeights: classWeights, ignoreIndex: ignoreIndex ?? -100, labelSmoothing: labelSmoothing ?? 0,
          reduction: reduction)
      case "NegativeLogLikelihood":
        return NegativeLogLikelihood(
          classWeights: classWeights, ignoreIndex: ignoreIndex ?? -100, reduction: reduction)
      case "KLDivergence": return KLDivergence(logTargets: logTargets ?? false, reduction: reduction)
      case "MeanSquaredError": return MeanSquaredError(reduction: reduction)
      case "L1": return L1(reduction: reduction)
      case "SmoothL1": return SmoothL1(beta: try #require(parameter), reduction: reduction)
      case "Huber": return Huber(delta: try #require(parameter), reduction: reduction)
      case "FocalLoss":
        return FocalLoss(
          gamma: try #require(parameter), classWeights: classWeights, ignoreIndex: ignoreIndex ?? -100,
          reduction: reduction)
      case "BinaryFocalLossWithLogits":
        return BinaryFocalLossWithLogits(gamma: try #require(parameter), alpha: alpha, reduction: reduction)
      case "BinaryCrossEntropyWithLogits":
        return BinaryCrossEntropyWithLogits(
          weight: try tensor(weight, weightShape), positiveWeight: try tensor(positiveWeight, positiveWeightShape),
          reduction: reduction)
      default: throw CocoaError(.coderInvalidValue)
      }
    }

    func evaluate(_ loss: any Loss, level: InstructionSet, threads: Int) throws -> LossResult {
      let output = try Tensor(shape: Shape(shape), output)
      if let labels { return try loss.evaluate(output, labels: labels, level: level, threads: threads) }
      return try loss.evaluate(
        output, targets: Tensor(shape: output.shape, try #require(targets)),
        weights: try weights.map { try Tensor(shape: output.shape, $0) }, level: level, threads: threads)
    }
  }

  static func fixture() throws -> [Entry] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/losses.json"))
    return try JSONDecoder().decode([Entry].self, from: data)
  }

  /// Relative to each value, and to the largest where sums of numbers up to 1 have cancelled.
  private func expectClose(_ values: [Float], _ expected: [Double], _ place: String) {
    #expect(values.count == expected.count, "\(place)")
    let scale = min(1, expected.map { abs($0) }.max() ?? 0)
    for (i, (value, right)) in zip(values, expected).enumerated() {
      let isClose = abs(Double(value) - right) <= 1e-5 * abs(right) + 2e-6 * scale
      if !isClose { Issue.record("\(place) at \(i): \(value) instead of \(right)") }
    }
  }

  @Test(arguments: InstructionSet.available) func valuesAndGradientsAreThoseOfPyTorch(level: InstructionSet) throws {
    let entries = try Self.fixture()
    #expect(entries.count > 90)
    for (index, entry) in entries.enumerated() {
      for (name, expected) in entry.results {
        let reduction = try #require(LossReduction(rawValue: name))
        let loss = try entry.make(reduction)
        let place = "entry \(index + 1): \(loss) on \(entry.shape)"
        let result = try entry.evaluate(loss, level: level, threads: 1)
        expectClose(reduction == .unreduced ? result.losses.scalars : [result.loss], expected.value, "\(place) value")
        if reduction == .unreduced {
          expectClose([result.loss], [expected.value.reduce(0, +)], "\(place) sum")
        }
        expectClose(result.gradient.scalars, expected.gradient, "\(place) gradient")
        let shared = try entry.evaluate(loss, level: level, threads: 2)
        #expect(shared == result, "\(place) on two threads")
      }
    }
  }
}
