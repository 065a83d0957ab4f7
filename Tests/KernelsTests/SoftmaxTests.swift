import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct SoftmaxTests {
  @Test func softmaxMatchesTheReferenceAtEveryWidth() throws {
    // Rounding x - largest x, here up to 20, costs 2⁻²⁰ of the result; the sum and the exponential a few 2⁻²⁴.
    try forwardMatches(SoftmaxForward.self, relative: 2e-6, absolute: 0)
  }

  @Test func logSoftmaxMatchesTheReferenceAtEveryWidth() throws {
    try forwardMatches(LogSoftmaxForward.self, relative: 5e-7, absolute: 5e-7)
  }

  @Test func softmaxBackwardMatchesTheReferenceAtEveryWidth() throws {
    try backwardMatches(SoftmaxBackward.self, forward: SoftmaxForward.self)
  }

  @Test func logSoftmaxBackwardMatchesTheReferenceAtEveryWidth() throws {
    try backwardMatches(LogSoftmaxBackward.self, forward: LogSoftmaxForward.self)
  }

  @Test func logitsOfTenThousandAreStable() throws {
    for columns in [2, 10, 16, 17, 40] {
      var logits = [Float](repeating: -10_000, count: columns)
      logits[1] = 10_000
      for row in runnableRows(SoftmaxForward.self) {
        var expected = [Float](repeating: 0, count: columns)
        expected[1] = 1
        #expect(try forward(row, logits, columns: columns) == expected, "\(row.name) \(columns)")
      }
      for row in runnableRows(LogSoftmaxForward.self) {
        var expected = [Float](repeating: -20_000, count: columns)
        expected[1] = 0
        #expect(try forward(row, logits, columns: columns) == expected, "\(row.name) \(columns)")
      }
    }
  }

  @Test func infinitiesAndNaNPassAsInPyTorch() throws {
    for columns in [1, 3, 10, 16, 17, 40] {
      for special in [Float.nan, .infinity, -.infinity] {
        // The second row must not notice what the first one holds.
        var logits = [Float](repeating: 0, count: 2 * columns)
        logits[columns - 1] = special
        let becomesNaN = special != -.infinity || columns == 1
        for row in runnableRows(SoftmaxForward.self) {
          let result = try forward(row, logits, columns: columns)
          let isRight = becomesNaN ? result[0..<columns].allSatisfy { $0.isNaN } : result[columns - 1] == 0
          #expect(isRight, "\(row.name) \(columns) \(special)")
          #expect(abs(result[2 * columns - 1] * Float(columns) - 1) < 1e-6, "\(row.name) \(columns) \(special)")
        }
        for row in runnableRows(LogSoftmaxForward.self) {
          let result = try forward(row, logits, columns: columns)
          let isRight = becomesNaN ? result[0..<columns].allSatisfy { $0.isNaN } : result[columns - 1] == -.infinity
          #expect(isRight, "\(row.name) \(columns) \(special)")
          #expect(abs(result[2 * columns - 1] + log(Float(columns))) < 1e-6, "\(row.name) \(columns) \(special)")
        }
      }
    }
  }

  @Test func threadsAndTheBatchDoNotChangeTheBits() throws {
    try rowsAreIndependent(SoftmaxForward.self)
    try rowsAreIndependent(LogSoftmaxForward.self)
  }

  @Test func sizesAreValidated() {
    #expect(throws: KernelError.self) { try Plan<SoftmaxForward>(.init(rows: -1, columns: 3)) }
    #expect(throws: KernelError.self) { try Plan<LogSoftmaxBackward>(.init(rows: 1, columns: 0)) }
    #expect(throws: KernelError.self) { try Plan<SoftmaxForward>(.init(rows: .max / 8, columns: 100)) }
  }

  private func forward<Op: KernelOperation>(
    _ row: Kernel<Op>, _ values: [Float], columns: Int, threads: Int = 1
  ) throws -> [Float] where Op.Problem == RowsProblem, Op.Operands == RowsOperands {
    let input = GuardedBuffer(values)
    let output = GuardedBuffer<Float>.poisoned(count: values.count)
    run(
      try plan(row, .init(rows: values.count / columns, columns: columns), threads: threads),
      .init(input: input.pointer, output: output.pointer), keeping: input)
    return output.values
  }

  private func forwardMatches<Op: KernelOperation>(_ operation: Op.Type, relative: Float, absolute: Float) throws
  where Op.Problem == RowsProblem, Op.Operands == RowsOperands {
    for row in runnableRows(Op.self) {
      for columns in SoftmaxCrossEntropyTests.columnCounts {
        for rows in [0, 1, 2, 17] {
          var random = TestRandom(seed: UInt64(columns * 100 + rows))
          let values = random.reals(rows * columns, in: -10...10)
          let result = try forward(row, values, columns: columns)
          let expected = try forward(Op.kernels[Op.kernels.count - 1], values, columns: columns)
          for (value, right) in zip(result, expected) {
            let isClose = abs(value - right) <= absolute + relative * abs(right)
            #expect(isClose, "\(Op.name) \(row.name) \(rows)×\(columns): \(value) instead of \(right)")
          }
        }
      }
    }
  }

  private func backwardMatches<Op: KernelOperation, Forward: KernelOperation>(
    _ operation: Op.Type, forward: Forward.Type
  ) throws
  where
    Op.Problem == RowsProblem, Op.Operands == RowsBackwardOperands, Forward.Problem == RowsProblem,
    Forward.Operands == RowsOperands
  {
    for row in runnableRows(Op.self) {
      for columns in SoftmaxCrossEntropyTests.columnCounts {
        for rows in [0, 1, 2, 17] {
          var random = TestRandom(seed: UInt64(columns * 100 + rows))
          let values = random.reals(rows * columns, in: -3...3)
          let output = try self.forward(Forward.kernels[0], values, columns: columns)
          let outputMemory = GuardedBuffer(output)
          let gradient = GuardedBuffer(random.reals(rows * columns))
          let results = try [row, Op.kernels[Op.kernels.count - 1]].map { row in
            let result = GuardedBuffer<Float>.poisoned(count: rows * columns)
            run(
              try plan(row, .init(rows: rows, columns: columns)),
              .init(output: outputMemory.pointer, outputGradient: gradient.pointer, inputGradient: result.pointer),
              keeping: outputMemory, gradient)
            return result.values
          }
          for (value, right) in zip(results[0], results[1]) {
            #expect(
              abs(value - right) <= 2e-6, "\(Op.name) \(row.name) \(rows)×\(columns): \(value) instead of \(right)")
          }
        }
      }
    }
  }

  private func rowsAreIndependent<Op: KernelOperation>(_ operation: Op.Type) throws
  where Op.Problem == RowsProblem, Op.Operands == RowsOperands {
    for row in runnableRows(Op.self) {
      for columns in [10, 37] {
        let rows = sharedCount / columns
        var random = TestRandom(seed: 5)
        let values = random.reals(rows * columns, in: -8...8)
        let one = try forward(row, values, columns: columns)
        for threads in [2, 3] {
          #expect(sameBits(one, try forward(row, values, columns: columns, threads: threads)), "\(row.name)")
        }
        for i in [0, 1, 1234, rows - 1] {
          let range = i * columns..<(i + 1) * columns
          let alone = try forward(row, Array(values[range]), columns: columns)
          #expect(sameBits(alone, Array(one[range])), "\(row.name) row \(i)")
        }
      }
    }
  }
}
