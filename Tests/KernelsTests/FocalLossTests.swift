import Foundation
import Kernels
import TestSupport
import Testing

/// Focal loss by softmax and by sigmoid: the reference's numbers at every level, gradients that are the derivative of the
/// definition, and digits that are kept where a row is nearly right.
@Suite struct FocalLossTests {
  private struct Results {
    var losses: [Float]
    var gradients: [Float]
    var predictions: [Int32]

    init(
      _ row: Kernel<SoftmaxFocalLoss>, _ problem: SoftmaxFocalLoss.Problem, logits: [Float], labels: [Int32],
      weights: [Float]? = nil, threads: Int = 1, wantsAll: Bool = true
    ) throws {
      let (logits, labels) = (GuardedBuffer(logits), GuardedBuffer(labels))
      let classWeights = GuardedBuffer(weights ?? [])
      let losses = GuardedBuffer<Float>.poisoned(count: problem.rows)
      let gradients = GuardedBuffer<Float>.poisoned(count: logits.count)
      let predictions = GuardedBuffer<Int32>(repeating: -1, count: problem.rows)
      run(
        try plan(row, problem, threads: threads),
        .init(
          logits: logits.pointer, labels: labels.pointer,
          classWeights: weights == nil ? nil : UnsafePointer(classWeights.pointer), losses: losses.pointer,
          logitGradients: wantsAll ? gradients.pointer : nil, predictions: wantsAll ? predictions.pointer : nil),
        keeping: logits, labels, classWeights)
      self.losses = losses.values
      self.gradients = gradients.values
      self.predictions = predictions.values
    }
  }

  static let gammas: [Float] = [0, 0.5, 1, 2, 5]

  /// -α·(1 - p)ᵞ·log p, as the paper has it.
  private static func definition(_ logits: [Double], label: Int, gamma: Double, weight: Double) -> Double {
    let sum = logits.reduce(0) { $0 + exp($1) }
    let p = exp(logits[label]) / sum
    return -weight * pow(1 - p, gamma) * log(p)
  }

  @Test(arguments: gammas) func lossesAndGradientsAreThoseOfTheDefinition(gamma: Float) throws {
    for row in runnableRows(SoftmaxFocalLoss.self) {
      for columns in [2, 5, 16, 17, 40] {
        var random = TestRandom(seed: UInt64(columns))
        let logits = random.reals(3 * columns, in: -3...3)
        let weights = random.reals(columns, in: 0.5...2)
        let labels: [Int32] = [0, Int32(columns - 1), Int32(columns / 2)]
        let result = try Results(
          row, .init(rows: 3, columns: columns, gamma: gamma), logits: logits, labels: labels, weights: weights)
        for i in 0..<3 {
          let own = logits[i * columns..<(i + 1) * columns].map(Double.init)
          let label = Int(labels[i])
          func loss(_ logits: [Double]) -> Double {
            Self.definition(logits, label: label, gamma: Double(gamma), weight: Double(weights[label]))
          }
          #expect(abs(Double(result.losses[i]) - loss(own)) < 2e-6 * max(1, loss(own)), "\(row.name) \(columns)")
          for j in 0..<columns {
            var (above, below) = (own, own)
            above[j] += 1e-5
            below[j] -= 1e-5
            let derivative = (loss(above) - loss(below)) / 2e-5
            #expect(
              abs(Double(result.gradients[i * columns + j]) - derivative) < 3e-6 * max(1, abs(derivative)),
              "\(row.name) \(columns) at \(i), \(j)")
          }
        }
      }
    }
  }

  @Test func allLevelsMatchTheReferenceForAnyNumberOfColumns() throws {
    let rows = runnableRows(SoftmaxFocalLoss.self)
    for row in rows {
      for columns in Array(1...36) + [47, 48, 49, 100, 257] {
        for count in [0, 1, 2, 17] {
          var random = TestRandom(seed: UInt64(columns * 100 + count))
          let logits = random.reals(count * columns, in: -8...8)
          let labels = (0..<count).map { $0 % 5 == 3 ? -7 : Int32.random(in: 0..<Int32(columns), using: &random) }
          let gamma = Self.gammas[(columns + count) % Self.gammas.count]
          let weights = columns.isMultiple(of: 2) ? random.reals(columns, in: 0...3) : nil
          let problem = SoftmaxFocalLoss.Problem(rows: count, columns: columns, gamma: gamma, ignoredLabel: -7)
          let result = try Results(row, problem, logits: logits, labels: labels, weights: weights)
          let expected = try Results(rows[rows.count - 1], problem, logits: logits, labels: labels, weights: weights)
          let place = "\(row.name) \(count)×\(columns), gamma \(gamma)"
          #expect(result.predictions == expected.predictions, "\(place)")
          for (value, right) in zip(result.losses + result.gradients, expected.losses + expected.gradients) {
            #expect(abs(value - right) <= 4e-6 * max(1, abs(right)), "\(place)")
          }
          for i in labels.indices where labels[i] == -7 {
            #expect(result.losses[i] == 0 && result.gradients[i * columns..<(i + 1) * columns].allSatisfy { $0 == 0 })
          }
          let shared = try Results(row, problem, logits: logits, labels: labels, weights: weights, threads: 2)
          #expect(shared.losses == result.losses && shared.gradients == result.gradients, "\(place) on two threads")
          let alone = try Results(row, problem, logits: logits, labels: labels, weights: weights, wantsAll: false)
          #expect(alone.losses == result.losses, "\(place) without gradients")
        }
      }
    }
  }

  /// 1 - p of a sum that rounds to 1 would be 0.
  @Test func aRowThatIsNearlyRightKeepsItsDigits() throws {
    for row in runnableRows(SoftmaxFocalLoss.self) {
      for columns in [2, 10, 40] {
        var logits = [Float](repeating: -1000, count: columns)
        logits[0] = 20
        logits[1] = 0
        let rest = exp(-20.0)
        let result = try Results(row, .init(rows: 1, columns: columns, gamma: 1), logits: logits, labels: [0])
        #expect(abs(Double(result.losses[0]) / (rest * rest) - 1) < 1e-5, "\(row.name) \(columns)")
        // With u = 1 - p: the derivative of u² by x₁, and that by x₀ is its opposite.
        #expect(abs(Double(result.gradients[1]) / (2 * rest * rest) - 1) < 1e-5, "\(row.name) \(columns)")
        #expect(abs(Double(result.gradients[0]) / (-2 * rest * rest) - 1) < 1e-5, "\(row.name) \(columns)")
      }
    }
  }

  @Test(arguments: gammas) func logitsOfTenThousandAreStable(gamma: Float) throws {
    for row in runnableRows(SoftmaxFocalLoss.self) {
      for columns in [2, 10, 17, 40] {
        var logits = [Float](repeating: -10_000, count: 2 * columns)
        logits[1] = 10_000
        logits[columns] = 10_000
        let result = try Results(
          row, .init(rows: 2, columns: columns, gamma: gamma), logits: logits, labels: [1, 1])
        #expect(result.losses == [0, 20_000], "\(row.name) \(columns)")
        #expect(result.gradients[..<columns].allSatisfy { $0 == 0 }, "\(row.name) \(columns)")
        #expect(result.gradients[columns] == 1 && result.gradients[columns + 1] == -1, "\(row.name) \(columns)")
        #expect(result.predictions == [1, 0], "\(row.name) \(columns)")
      }
    }
  }

  @Test func infinitiesAndNaNPassAsInCrossEntropy() throws {
    for row in runnableRows(SoftmaxFocalLoss.self) {
      for columns in [3, 10, 17, 40] {
        for (special, label, loss, prediction) in [
          (Float.nan, 1, Float.nan, 2), (.infinity, 1, .nan, 2), (-.infinity, 2, .infinity, 0),
        ] {
          var logits = [Float](repeating: 0, count: 2 * columns)
          logits[2] = special
          let result = try Results(
            row, .init(rows: 2, columns: columns), logits: logits, labels: [Int32(label), 0])
          #expect(ulps(result.losses[0], loss) == 0, "\(row.name) \(columns) \(special)")
          #expect(result.predictions == [Int32(prediction), 0], "\(row.name) \(columns) \(special)")
          if loss.isNaN {
            #expect(result.gradients[0..<columns].allSatisfy { $0.isNaN }, "\(row.name) \(columns) \(special)")
          } else {
            #expect(result.gradients[2] == -1, "\(row.name) \(columns) \(special)")
          }
          #expect(result.gradients[columns...].allSatisfy { $0.isFinite }, "\(row.name) \(columns) \(special)")
        }
      }
    }
  }

  @Test func optionsAreValidated() {
    for problem in [
      SoftmaxFocalLoss.Problem(rows: -1, columns: 3), .init(rows: 1, columns: 0), .init(rows: 1, columns: 3, gamma: -1),
      .init(rows: 1, columns: 3, gamma: .nan), .init(rows: 1, columns: 3, gamma: .infinity),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<SoftmaxFocalLoss>(problem) }
    }
    for problem in [
      ElementLossProblem(rows: 1, columns: 3, gamma: -1), .init(rows: 1, columns: 3, gamma: .nan),
      .init(rows: 1, columns: 3, alpha: -0.1), .init(rows: 1, columns: 3, alpha: 1.5),
      .init(rows: 1, columns: 3, alpha: .nan),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<SigmoidFocalLoss>(problem) }
    }
  }

  /// w·uᵞ·c, see ``SigmoidFocalLoss``, and its derivative by differences.
  @Test(arguments: gammas, [nil, 0.25, 1] as [Float?])
  func sigmoidsAreThoseOfTheDefinition(gamma: Float, alpha: Float?) throws {
    func loss(_ x: Double, _ t: Double) -> Double {
      let p = 1 / (1 + exp(-x))
      let entropy = -t * log(p) - (1 - t) * log(1 - p)
      let weight = alpha.map { Double($0) * t + (1 - Double($0)) * (1 - t) } ?? 1
      return weight * pow(t * (1 - p) + (1 - t) * p, Double(gamma)) * entropy
    }
    var random = TestRandom(seed: 3)
    let outputs = random.reals(37, in: -6...6)
    let targets = (0..<37).map { [Float(0), 1, 0.25][$0 % 3] }
    for row in runnableRows(SigmoidFocalLoss.self) {
      let (x, t) = (GuardedBuffer(outputs), GuardedBuffer(targets))
      let sums = GuardedBuffer<Float>.poisoned(count: 1)
      let losses = GuardedBuffer<Float>.poisoned(count: 37)
      let gradients = GuardedBuffer<Float>.poisoned(count: 37)
      run(
        try plan(row, ElementLossProblem(rows: 1, columns: 37, gamma: gamma, alpha: alpha)),
        .init(
          outputs: x.pointer, targets: t.pointer, rowLosses: sums.pointer, elementLosses: losses.pointer,
          gradients: gradients.pointer),
        keeping: x, t)
      for i in outputs.indices {
        let (x, t) = (Double(outputs[i]), Double(targets[i]))
        let value = loss(x, t)
        let derivative = (loss(x + 1e-5, t) - loss(x - 1e-5, t)) / 2e-5
        #expect(abs(Double(losses.values[i]) - value) < 2e-6 * max(1, value), "\(row.name) at \(x), \(t)")
        #expect(
          abs(Double(gradients.values[i]) - derivative) < 3e-6 * max(1, abs(derivative)), "\(row.name) at \(x), \(t)")
      }
      // The share that is wrong is 0 in Float here.
      let far = GuardedBuffer<Float>([200, -200])
      let right = GuardedBuffer<Float>([1, 0])
      run(
        try plan(row, ElementLossProblem(rows: 1, columns: 2, gamma: gamma, alpha: alpha)),
        .init(
          outputs: far.pointer, targets: right.pointer, rowLosses: sums.pointer, elementLosses: losses.pointer,
          gradients: gradients.pointer),
        keeping: far, right)
      #expect(losses.values.prefix(2) == [0, 0] && gradients.values.prefix(2) == [0, 0], "\(row.name)")
    }
  }
}
