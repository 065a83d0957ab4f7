import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct ActivationTests {
  @Test func reluMatchesReferenceAtEveryCount() throws { try matchesReference(ReLUForward.self, ulps: 0) }
  @Test func expMatchesReferenceAtEveryCount() throws { try matchesReference(ExpForward.self, ulps: 2) }
  @Test func tanhMatchesReferenceAtEveryCount() throws { try matchesReference(TanhForward.self, ulps: 2) }
  @Test func sigmoidMatchesReferenceAtEveryCount() throws { try matchesReference(SigmoidForward.self, ulps: 2) }
  @Test func reluBackwardMatchesReferenceAtEveryCount() throws { try backwardMatchesReference(ReLUBackward.self) }
  @Test func tanhBackwardMatchesReferenceAtEveryCount() throws { try backwardMatchesReference(TanhBackward.self) }
  @Test func sigmoidBackwardMatchesReferenceAtEveryCount() throws { try backwardMatchesReference(SigmoidBackward.self) }

  @Test func threadsDoNotChangeTheBits() throws {
    try threadsAgree(ReLUForward.self)
    try threadsAgree(ExpForward.self)
    try threadsAgree(TanhForward.self)
    try threadsAgree(SigmoidForward.self)
    try threadsAgreeBackward(ReLUBackward.self)
    try threadsAgreeBackward(TanhBackward.self)
    try threadsAgreeBackward(SigmoidBackward.self)
  }

  @Test func countsAreValidated() {
    #expect(throws: KernelError.self) { try Plan<TanhForward>(.init(count: -1)) }
    #expect(throws: KernelError.self) { try Plan<ReLUBackward>(.init(count: .max / 2)) }
  }

  @Test func reluKeepsNaNAndStopsNegatives() throws {
    for row in runnableRows(ReLUForward.self) {
      let input: [Float] = [.nan, -1, -0.0, 0, 2, .infinity, -.infinity]
      let memory = GuardedBuffer(input)
      run(try plan(row, .init(count: input.count)), .init(input: memory.pointer, output: memory.pointer))
      #expect(sameBits(memory.values, [.nan, 0, 0, 0, 2, .infinity, 0]), "\(row.name)")
    }
  }

  /// Every row against the last, in place and not, at every count, and each result the same wherever the value lies.
  private func matchesReference<Op: KernelOperation>(_ operation: Op.Type, ulps limit: Int) throws
  where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseOperands {
    for row in runnableRows(Op.self) {
      for count in elementCounts {
        let values = mixedValues(count)
        let input = GuardedBuffer(values)
        let output = GuardedBuffer<Float>.poisoned(count: count)
        run(try plan(row, .init(count: count)), .init(input: input.pointer, output: output.pointer))
        #expect(firstDifference(input.values, values) == nil)
        let expected = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(Op.kernels[Op.kernels.count - 1], .init(count: count)),
          .init(input: input.pointer, output: expected.pointer))
        let difference = firstApart(output.values, expected.values, ulps: limit)
        #expect(difference == nil, "\(row.name) count \(count): \(difference ?? "")")

        run(try plan(row, .init(count: count)), .init(input: input.pointer, output: input.pointer))
        #expect(sameBits(input.values, output.values), "\(row.name) in place, count \(count)")
        for i in stride(from: 0, to: count, by: count > 64 ? 37 : 1) {
          let one = GuardedBuffer([values[i]])
          run(try plan(row, .init(count: 1)), .init(input: one.pointer, output: one.pointer))
          #expect(sameBits(one.values, [output.values[i]]), "\(row.name) count \(count) at \(i)")
        }
      }
    }
  }

  private func threadsAgree<Op: KernelOperation>(_ operation: Op.Type) throws
  where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseOperands {
    for row in runnableRows(Op.self) {
      let count = sharedCount
      let input = GuardedBuffer(mixedValues(count))
      let outputs = try [1, 2, 3].map { threads in
        let output = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, .init(count: count), threads: threads), .init(input: input.pointer, output: output.pointer),
          keeping: input)
        return output.values
      }
      #expect(sameBits(outputs[0], outputs[1]) && sameBits(outputs[0], outputs[2]), "\(row.name)")
    }
  }

  private func threadsAgreeBackward<Op: KernelOperation>(_ operation: Op.Type) throws
  where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseBackwardOperands {
    for row in runnableRows(Op.self) {
      let count = sharedCount
      let outputs = GuardedBuffer(mixedValues(count))
      let gradients = GuardedBuffer(mixedValues(count, seed: 2))
      let results = try [1, 2, 3].map { threads in
        let result = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, .init(count: count), threads: threads),
          .init(output: outputs.pointer, outputGradient: gradients.pointer, inputGradient: result.pointer),
          keeping: outputs, gradients)
        return result.values
      }
      #expect(sameBits(results[0], results[1]) && sameBits(results[0], results[2]), "\(row.name)")
    }
  }

  private func backwardMatchesReference<Op: KernelOperation>(_ operation: Op.Type) throws
  where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseBackwardOperands {
    for row in runnableRows(Op.self) {
      for count in elementCounts {
        let outputs = GuardedBuffer(mixedValues(count))
        let gradients = GuardedBuffer(mixedValues(count, seed: 2))
        let result = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, .init(count: count)),
          .init(output: outputs.pointer, outputGradient: gradients.pointer, inputGradient: result.pointer))
        let expected = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(Op.kernels[Op.kernels.count - 1], .init(count: count)),
          .init(output: outputs.pointer, outputGradient: gradients.pointer, inputGradient: expected.pointer))
        let difference = firstApart(result.values, expected.values, ulps: 0)
        #expect(difference == nil, "\(row.name) count \(count): \(difference ?? "")")
        run(
          try plan(row, .init(count: count)),
          .init(output: outputs.pointer, outputGradient: gradients.pointer, inputGradient: gradients.pointer),
          keeping: outputs)
        #expect(sameBits(gradients.values, result.values), "\(row.name) in place, count \(count)")
      }
    }
  }
}
