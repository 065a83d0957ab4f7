import Foundation
import Kernels
import TestSupport
import Testing

/// Cross entropy with weights, smoothing and probabilities, and the kernels of class labels.
@Suite struct LabelLossTests {
  static let columnCounts: [Int] = Array(1...36) + [47, 48, 49, 100, 257]

  struct Results {
    var losses: [Float]
    var gradients: [Float]
    var predictions: [Int32]

    init<Op: KernelOperation, Target: BitwiseCopyable>(
      _ row: Kernel<Op>, _ problem: CrossEntropyTargetsProblem, logits: [Float], targets: [Target], weights: [Float]?,
      threads: Int = 1, wantsAll: Bool = true
    ) throws where Op.Problem == CrossEntropyTargetsProblem, Op.Operands == CrossEntropyTargetsOperands<Target> {
      let (logits, targets) = (GuardedBuffer(logits), GuardedBuffer(targets))
      let classWeights = GuardedBuffer(weights ?? [])
      let losses = GuardedBuffer<Float>.poisoned(count: problem.rows)
      let gradients = GuardedBuffer<Float>.poisoned(count: logits.count)
      let predictions = GuardedBuffer<Int32>(repeating: -1, count: problem.rows)
      run(
        try plan(row, problem, threads: threads),
        .init(
          logits: logits.pointer, targets: targets.pointer,
          classWeights: weights == nil ? nil : UnsafePointer(classWeights.pointer), losses: losses.pointer,
          logitGradients: wantsAll ? gradients.pointer : nil, predictions: wantsAll ? predictions.pointer : nil,
          gradientScale: 0.25),
        keeping: logits, targets, classWeights)
      self.losses = losses.values
      self.gradients = gradients.values
      self.predictions = predictions.values
    }

    func expectClose(to expected: Results, _ comment: String) {
      #expect(predictions == expected.predictions, "\(comment)")
      for (values, rights, name) in [
        (losses, expected.losses, "loss"), (gradients, expected.gradients, "gradient"),
      ] {
        for (i, (value, right)) in zip(values, rights).enumerated() where ulps(value, right) > 0 {
          guard abs(value - right) <= 2e-6 * max(1, abs(right)) else {
            Issue.record("\(comment), \(name) \(i): \(value) instead of \(right)")
            return
          }
        }
      }
    }
  }

  @Test func weightedAndSmoothedLabelsMatchTheReference() throws {
    let rows = runnableRows(SoftmaxCrossEntropyOfLabels.self)
    for row in rows {
      for columns in Self.columnCounts {
        for count in [0, 1, 2, 17] {
          var random = TestRandom(seed: UInt64(columns * 100 + count))
          let logits = random.reals(count * columns, in: -8...8)
          let labels = (0..<count).map { $0 % 5 == 3 ? -7 : Int32.random(in: 0..<Int32(columns), using: &random) }
          for (smoothing, isWeighted) in [(Float(0), true), (0.1, false), (0.3, true), (1, false)] {
            let weights = isWeighted ? random.reals(columns, in: 0...3) : nil
            let problem = CrossEntropyTargetsProblem(
              rows: count, columns: columns, labelSmoothing: smoothing, ignoredLabel: -7)
            let result = try Results(row, problem, logits: logits, targets: labels, weights: weights)
            let expected = try Results(rows[rows.count - 1], problem, logits: logits, targets: labels, weights: weights)
            result.expectClose(to: expected, "\(row.name) \(count)×\(columns) \(smoothing) \(isWeighted)")
          }
        }
      }
    }
  }

  @Test func probabilitiesMatchTheReference() throws {
    let rows = runnableRows(SoftmaxCrossEntropyOfProbabilities.self)
    for row in rows {
      for columns in Self.columnCounts {
        for count in [0, 1, 2, 17] {
          var random = TestRandom(seed: UInt64(columns * 100 + count))
          let logits = random.reals(count * columns, in: -8...8)
          let targets = random.reals(count * columns, in: 0...(2 / Float(columns)))
          for (smoothing, isWeighted) in [(Float(0), true), (0.1, false), (0.3, true), (0, false)] {
            let weights = isWeighted ? random.reals(columns, in: 0...3) : nil
            let problem = CrossEntropyTargetsProblem(rows: count, columns: columns, labelSmoothing: smoothing)
            let result = try Results(row, problem, logits: logits, targets: targets, weights: weights)
            let reference = rows[rows.count - 1]
            let expected = try Results(reference, problem, logits: logits, targets: targets, weights: weights)
            result.expectClose(to: expected, "\(row.name) \(count)×\(columns) \(smoothing) \(isWeighted)")
          }
        }
      }
    }
  }

  @Test func withoutOptionsItIsThePlainCrossEntropy() throws {
    for columns in [3, 16, 40] {
      var random = TestRandom(seed: 4)
      let logits = random.reals(5 * columns, in: -8...8)
      let labels: [Int32] = [0, 2, 1, 0, 2]
      let oneHot = labels.flatMap { label in (0..<columns).map { $0 == Int(label) ? Float(1) : 0 } }
      let problem = CrossEntropyTargetsProblem(rows: 5, columns: columns)
      let plain = try #require(SoftmaxCrossEntropy.kernels.last)
      let expected = try SoftmaxCrossEntropyTests.Results(
        plain, logits: logits, labels: labels, columns: columns, scale: 0.25)
      for row in runnableRows(SoftmaxCrossEntropyOfLabels.self) {
        let result = try Results(row, problem, logits: logits, targets: labels, weights: nil)
        #expect(zip(result.losses, expected.losses).allSatisfy { abs($0 - $1) < 2e-6 }, "\(row.name)")
        #expect(result.predictions == expected.predictions)
      }
      for row in runnableRows(SoftmaxCrossEntropyOfProbabilities.self) {
        let result = try Results(row, problem, logits: logits, targets: oneHot, weights: nil)
        #expect(zip(result.losses, expected.losses).allSatisfy { abs($0 - $1) < 2e-6 }, "\(row.name)")
      }
    }
  }

  @Test func extremeLogitsInfinitiesAndNaNMatchTheReference() throws {
    for columns in [3, 10, 16, 17, 40] {
      for special in [Float.nan, .infinity, -.infinity, 1e4, -1e4] {
        var logits = [Float](repeating: 0, count: 3 * columns)
        logits[2] = special
        logits[columns + 1] = special
        for smoothing: Float in [0, 0.1] {
          let problem = CrossEntropyTargetsProblem(
            rows: 3, columns: columns, labelSmoothing: smoothing, ignoredLabel: 9)
          let place = "\(columns) \(special) \(smoothing)"
          let labelRows = runnableRows(SoftmaxCrossEntropyOfLabels.self)
          let expected = try Results(
            labelRows[labelRows.count - 1], problem, logits: logits, targets: [Int32(1), 1, 9], weights: nil)
          #expect(expected.losses[2] == 0 && expected.gradients[(2 * columns)...].allSatisfy { $0 == 0 })
          for row in labelRows {
            let result = try Results(row, problem, logits: logits, targets: [Int32(1), 1, 9], weights: nil)
            result.expectClose(to: expected, "\(row.name) \(place)")
          }
          let rows = runnableRows(SoftmaxCrossEntropyOfProbabilities.self)
          let targets = [Float](repeating: 1 / Float(columns), count: 3 * columns)
          let right = try Results(rows[rows.count - 1], problem, logits: logits, targets: targets, weights: nil)
          for row in rows {
            let result = try Results(row, problem, logits: logits, targets: targets, weights: nil)
            result.expectClose(to: right, "\(row.name) \(place)")
          }
        }
      }
    }
  }

  @Test func threadsAndLeftOutResultsDoNotChangeTheBits() throws {
    for columns in [10, 37] {
      let count = 101
      var random = TestRandom(seed: 5)
      let logits = random.reals(count * columns, in: -8...8)
      let labels = (0..<count).map { _ in Int32.random(in: 0..<Int32(columns), using: &random) }
      let targets = random.reals(count * columns, in: 0...1)
      let weights = random.reals(columns, in: 0...2)
      let problem = CrossEntropyTargetsProblem(rows: count, columns: columns, labelSmoothing: 0.1)
      func check(_ name: String, _ results: (_ threads: Int, _ wantsAll: Bool) throws -> Results) throws {
        let one = try results(1, true)
        for threads in [2, 3] {
          let more = try results(threads, true)
          #expect(sameBits(one.losses, more.losses) && sameBits(one.gradients, more.gradients), "\(name)")
          #expect(one.predictions == more.predictions, "\(name)")
        }
        #expect(sameBits(try results(1, false).losses, one.losses), "\(name)")
      }
      for row in runnableRows(SoftmaxCrossEntropyOfLabels.self) {
        try check(row.name) {
          try Results(row, problem, logits: logits, targets: labels, weights: weights, threads: $0, wantsAll: $1)
        }
      }
      for row in runnableRows(SoftmaxCrossEntropyOfProbabilities.self) {
        try check(row.name) {
          try Results(row, problem, logits: logits, targets: targets, weights: weights, threads: $0, wantsAll: $1)
        }
      }
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      CrossEntropyTargetsProblem(rows: -1, columns: 3), .init(rows: 1, columns: 0),
      .init(rows: 1, columns: 3, labelSmoothing: -0.1), .init(rows: 1, columns: 3, labelSmoothing: 1.1),
      .init(rows: 1, columns: 3, labelSmoothing: .nan),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<SoftmaxCrossEntropyOfLabels>(problem) }
    }
    #expect(throws: KernelError.self) { try Plan<OneHot>(.init(rows: 1, columns: 0)) }
    #expect(throws: KernelError.self) { try Plan<NegativeLogLikelihoodOfLabels>(.init(rows: -1, columns: 1)) }
  }

  @Test func oneHotWritesEveryElement() throws {
    for row in runnableRows(OneHot.self) {
      for columns in Self.columnCounts {
        for count in [0, 1, 2, 9] {
          let labels = GuardedBuffer((0..<count).map { Int32(($0 * 7 + 3) % columns) })
          let output = GuardedBuffer<Float>.poisoned(count: count * columns)
          for threads in [1, 2] {
            run(
              try plan(row, .init(rows: count, columns: columns, on: 0.9, off: 0.05), threads: threads),
              .init(labels: labels.pointer, output: output.pointer), keeping: labels)
            let expected = labels.values.flatMap { label in (0..<columns).map { $0 == Int(label) ? Float(0.9) : 0.05 } }
            #expect(output.values == expected, "\(row.name) \(count)×\(columns)")
          }
        }
      }
    }
  }

  @Test func negativeLogLikelihoodMatchesTheReference() throws {
    let rows = runnableRows(NegativeLogLikelihoodOfLabels.self)
    for row in rows {
      for columns in Self.columnCounts {
        for (count, isWeighted, threads) in [(0, false, 1), (1, true, 1), (3, false, 2), (9, true, 2)] {
          var random = TestRandom(seed: UInt64(columns * 10 + count))
          let outputs = GuardedBuffer(random.reals(count * columns, in: -9...0))
          let labels = GuardedBuffer((0..<count).map { $0 % 4 == 2 ? -100 : Int32(($0 * 7 + 3) % columns) })
          let weights = GuardedBuffer(random.reals(columns, in: 0...2))
          func results(_ row: Kernel<NegativeLogLikelihoodOfLabels>) throws -> [[Float]] {
            let losses = GuardedBuffer<Float>.poisoned(count: count)
            let gradients = GuardedBuffer<Float>.poisoned(count: count * columns)
            run(
              try plan(row, .init(rows: count, columns: columns, ignoredLabel: -100), threads: threads),
              .init(
                outputs: outputs.pointer, labels: labels.pointer,
                classWeights: isWeighted ? UnsafePointer(weights.pointer) : nil, losses: losses.pointer,
                gradients: gradients.pointer, gradientScale: 0.25), keeping: outputs, labels, weights)
            return [losses.values, gradients.values]
          }
          #expect(try results(row) == results(rows[rows.count - 1]), "\(row.name) \(count)×\(columns)")
        }
      }
    }
  }

  @Test func theFirstLargestOrTheFirstNaNIsFound() throws {
    for row in runnableRows(RowArgmax.self) {
      for columns in Self.columnCounts {
        var random = TestRandom(seed: UInt64(columns))
        for special: Float? in [nil, .nan, .infinity, -.infinity] {
          // Integers, so that there are equals.
          var values = random.integers(9 * columns)
          if let special { for i in [columns / 2, 3 * columns, 5 * columns - 1] { values[i] = special } }
          for i in 0..<columns where special == -.infinity { values[6 * columns + i] = -.infinity }
          let input = GuardedBuffer(values)
          let output = GuardedBuffer<Int32>(repeating: -1, count: 9)
          for threads in [1, 2] {
            run(
              try plan(row, .init(rows: 9, columns: columns), threads: threads),
              .init(input: input.pointer, output: output.pointer), keeping: input)
            let expected = (0..<9).map { row -> Int32 in
              let row = Array(values[row * columns..<(row + 1) * columns])
              let best = row.firstIndex { $0.isNaN } ?? row.firstIndex(of: row.max() ?? 0)
              return Int32(best ?? 0)
            }
            #expect(output.values == expected, "\(row.name) \(columns) \(special as Any)")
          }
        }
      }
    }
  }
}
