import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct SoftmaxCrossEntropyTests {
  static let columnCounts: [Int] = Array(1...36) + [47, 48, 49, 100, 257]

  /// The results of one row of the table on guarded memory.
  struct Results {
    var losses: [Float]
    var gradients: [Float]
    var predictions: [Int32]

    init(
      _ row: Kernel<SoftmaxCrossEntropy>, logits: [Float], labels: [Int32], columns: Int, scale: Float = 1,
      threads: Int = 1
    ) throws {
      let losses = GuardedBuffer<Float>.poisoned(count: labels.count)
      let gradients = GuardedBuffer<Float>.poisoned(count: logits.count)
      let predictions = GuardedBuffer<Int32>(repeating: -1, count: labels.count)
      let logitMemory = GuardedBuffer(logits)
      let labelMemory = GuardedBuffer(labels)
      let problem = SoftmaxCrossEntropy.Problem(rows: labels.count, columns: columns, gradientScale: scale)
      run(
        try plan(row, problem, threads: threads),
        .init(
          logits: logitMemory.pointer, labels: labelMemory.pointer, losses: losses.pointer,
          logitGradients: gradients.pointer, predictions: predictions.pointer),
        keeping: logitMemory, labelMemory)
      self.losses = losses.values
      self.gradients = gradients.values
      self.predictions = predictions.values
    }
  }

  private let reference = SoftmaxCrossEntropy.kernels[SoftmaxCrossEntropy.kernels.count - 1]

  @Test func everyWidthMatchesTheReference() throws {
    for row in runnableRows(SoftmaxCrossEntropy.self) {
      for columns in Self.columnCounts {
        for rows in [0, 1, 2, 17] {
          var random = TestRandom(seed: UInt64(columns * 100 + rows))
          let logits = random.reals(rows * columns, in: -8...8)
          let labels = (0..<rows).map { _ in Int32.random(in: 0..<Int32(columns), using: &random) }
          let result = try Results(row, logits: logits, labels: labels, columns: columns, scale: 0.25)
          let expected = try Results(reference, logits: logits, labels: labels, columns: columns, scale: 0.25)
          #expect(result.predictions == expected.predictions, "\(row.name) \(rows)×\(columns)")
          for (loss, right) in zip(result.losses, expected.losses) {
            #expect(abs(loss - right) <= 2e-6 * max(1, right), "\(row.name) \(rows)×\(columns)")
          }
          for (gradient, right) in zip(result.gradients, expected.gradients) {
            #expect(abs(gradient - right) <= 2e-7, "\(row.name) \(rows)×\(columns)")
          }
        }
      }
    }
  }

  @Test func logitsOfTenThousandAreStable() throws {
    for row in runnableRows(SoftmaxCrossEntropy.self) {
      for columns in [2, 10, 16, 17, 40] {
        var logits = [Float](repeating: -10_000, count: 2 * columns)
        logits[1] = 10_000
        logits[columns] = 10_000
        let result = try Results(row, logits: logits, labels: [1, 1], columns: columns)
        #expect(result.losses == [0, 20_000], "\(row.name) \(columns)")
        var expected = [Float](repeating: 0, count: 2 * columns)
        expected[columns] = 1
        expected[columns + 1] = -1
        #expect(result.gradients == expected, "\(row.name) \(columns)")
        #expect(result.predictions == [1, 0], "\(row.name) \(columns)")
      }
    }
  }

  @Test func infinitiesAndNaNPassAsInPyTorch() throws {
    for row in runnableRows(SoftmaxCrossEntropy.self) {
      for columns in [3, 10, 16, 17, 40] {
        for (special, label, loss, prediction) in [
          (Float.nan, 1, Float.nan, 2), (.infinity, 1, .nan, 2), (-.infinity, 2, .infinity, 0),
        ] {
          var logits = [Float](repeating: 0, count: 2 * columns)
          logits[2] = special
          let result = try Results(row, logits: logits, labels: [Int32(label), 0], columns: columns)
          #expect(ulps(result.losses[0], loss) == 0, "\(row.name) \(columns) \(special)")
          #expect(abs(result.losses[1] - log(Float(columns))) < 1e-6, "\(row.name) \(columns) \(special)")
          #expect(result.predictions == [Int32(prediction), 0], "\(row.name) \(columns) \(special)")
          if loss.isNaN {
            #expect(result.gradients[0..<columns].allSatisfy { $0.isNaN }, "\(row.name) \(columns) \(special)")
          } else {
            #expect(result.gradients[2] == -1, "\(row.name) \(columns) \(special)")
          }
          #expect(result.gradients[columns...].allSatisfy { $0.isFinite }, "\(row.name) \(columns) \(special)")
        }
        let nothing = [Float](repeating: -.infinity, count: columns)
        let result = try Results(row, logits: nothing, labels: [1], columns: columns)
        #expect(result.losses[0].isNaN && result.gradients.allSatisfy { $0.isNaN }, "\(row.name) \(columns)")
        #expect(result.predictions == [0], "\(row.name) \(columns)")
      }
    }
  }

  @Test func gradientsAndPredictionsMayBeLeftOut() throws {
    for row in runnableRows(SoftmaxCrossEntropy.self) {
      for columns in [1, 10, 37] {
        var random = TestRandom(seed: 7)
        let logits = random.reals(3 * columns)
        let labels: [Int32] = [0, Int32(columns - 1), Int32(columns / 2)]
        let all = try Results(row, logits: logits, labels: labels, columns: columns)
        let logitMemory = GuardedBuffer(logits)
        let labelMemory = GuardedBuffer(labels)
        let losses = GuardedBuffer<Float>.poisoned(count: 3)
        run(
          try plan(row, .init(rows: 3, columns: columns, gradientScale: 1)),
          .init(logits: logitMemory.pointer, labels: labelMemory.pointer, losses: losses.pointer),
          keeping: logitMemory, labelMemory)
        #expect(losses.values == all.losses, "\(row.name) \(columns)")
      }
    }
  }

  @Test func sizesAreValidated() {
    for problem in [
      SoftmaxCrossEntropy.Problem(rows: -1, columns: 3, gradientScale: 1), .init(rows: 1, columns: 0, gradientScale: 1),
      .init(rows: .max / 8, columns: 100, gradientScale: 1),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<SoftmaxCrossEntropy>(problem) }
    }
  }

  @Test func theFirstOfEqualLogitsIsPredicted() throws {
    for row in runnableRows(SoftmaxCrossEntropy.self) {
      for columns in Self.columnCounts where columns >= 2 {
        var logits = [Float](repeating: 1, count: columns)
        logits[columns - 1] = 3
        logits[columns / 2] = 3
        let result = try Results(row, logits: logits, labels: [0], columns: columns)
        #expect(result.predictions == [Int32(columns / 2)], "\(row.name) \(columns)")
      }
    }
  }

  @Test func threadsAndTheBatchDoNotChangeTheBits() throws {
    for row in runnableRows(SoftmaxCrossEntropy.self) {
      for columns in [10, 37] {
        let rows = sharedCount / columns
        var random = TestRandom(seed: 5)
        let logits = random.reals(rows * columns, in: -8...8)
        let labels = (0..<rows).map { _ in Int32.random(in: 0..<Int32(columns), using: &random) }
        let one = try Results(row, logits: logits, labels: labels, columns: columns)
        for threads in [2, 3] {
          let more = try Results(row, logits: logits, labels: labels, columns: columns, threads: threads)
          #expect(sameBits(one.losses, more.losses) && sameBits(one.gradients, more.gradients), "\(row.name)")
          #expect(one.predictions == more.predictions, "\(row.name)")
        }
        for i in [0, 1, 1234, rows - 1] {
          let range = i * columns..<(i + 1) * columns
          let alone = try Results(row, logits: Array(logits[range]), labels: [labels[i]], columns: columns)
          #expect(sameBits(alone.gradients, Array(one.gradients[range])), "\(row.name) row \(i)")
          #expect(alone.losses[0] == one.losses[i], "\(row.name) row \(i)")
        }
      }
    }
  }
}
