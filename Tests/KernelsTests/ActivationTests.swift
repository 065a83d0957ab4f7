import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct ActivationTests {
  @Test func forwardPassesMatchTheirReferencesAtEveryCount() throws {
    try matchesReference(ReLUForward.self, ulps: 0) { .init(count: $0) }
    try matchesReference(ReLU6Forward.self, ulps: 0) { .init(count: $0) }
    try matchesReference(ExpForward.self, ulps: 1) { .init(count: $0) }
    try matchesReference(TanhForward.self, ulps: 2) { .init(count: $0) }
    try matchesReference(SigmoidForward.self, ulps: 2) { .init(count: $0) }
    try matchesReference(LeakyReLUForward.self, ulps: 0) { .init(count: $0) }
    try matchesReference(LeakyReLUForward.self, ulps: 0) { .init(count: $0, negativeSlope: -2) }
    try matchesReference(ELUForward.self, ulps: 3) { .init(count: $0, alpha: 0.7) }
    try matchesReference(SiLUForward.self, ulps: 3) { .init(count: $0) }
    try matchesReference(SoftplusForward.self, ulps: 4) { .init(count: $0, beta: 0.5, threshold: 8) }
    try matchesReference(HardSwishForward.self, ulps: 2) { .init(count: $0) }
    try matchesReference(SELUForward.self, ulps: 4) { .init(count: $0) }
    try matchesReference(MishForward.self, ulps: 6) { .init(count: $0) }
    try matchesReference(HardSigmoidForward.self, ulps: 0) { .init(count: $0) }
    try matchesReference(GELUForward.self, ulps: 8) { .init(count: $0) }
    // As u is rounded, see ActivationSweepTests.
    try matchesReference(GELUTanhForward.self, ulps: 400) { .init(count: $0) }
  }

  @Test func backwardPassesMatchTheirReferencesAtEveryCount() throws {
    try backwardMatchesReference(ReLUBackward.self, isExact: true) { .init(count: $0) }
    try backwardMatchesReference(ReLU6Backward.self, isExact: true) { .init(count: $0) }
    try backwardMatchesReference(TanhBackward.self, isExact: true) { .init(count: $0) }
    try backwardMatchesReference(SigmoidBackward.self, isExact: true) { .init(count: $0) }
    try backwardMatchesReference(LeakyReLUBackward.self, isExact: true) { .init(count: $0, negativeSlope: 0.2) }
    try backwardMatchesReference(ELUBackward.self) { .init(count: $0, alpha: 0.7) }
    try backwardMatchesReference(SiLUBackward.self) { .init(count: $0) }
    try backwardMatchesReference(SoftplusBackward.self) { .init(count: $0, beta: 0.5, threshold: 8) }
    try backwardMatchesReference(HardSwishBackward.self) { .init(count: $0) }
    try backwardMatchesReference(SELUBackward.self) { .init(count: $0) }
    try backwardMatchesReference(MishBackward.self) { .init(count: $0) }
    try backwardMatchesReference(HardSigmoidBackward.self, isExact: true) { .init(count: $0) }
    try backwardMatchesReference(GELUBackward.self) { .init(count: $0) }
    try backwardMatchesReference(GELUTanhBackward.self) { .init(count: $0) }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    try threadsAgree(ReLUForward.self) { .init(count: $0) }
    try threadsAgree(ReLU6Forward.self) { .init(count: $0) }
    try threadsAgree(ExpForward.self) { .init(count: $0) }
    try threadsAgree(TanhForward.self) { .init(count: $0) }
    try threadsAgree(SigmoidForward.self) { .init(count: $0) }
    try threadsAgree(LeakyReLUForward.self) { .init(count: $0) }
    try threadsAgree(ELUForward.self) { .init(count: $0) }
    try threadsAgree(SiLUForward.self) { .init(count: $0) }
    try threadsAgree(SoftplusForward.self) { .init(count: $0) }
    try threadsAgree(HardSwishForward.self) { .init(count: $0) }
    try threadsAgree(SELUForward.self) { .init(count: $0) }
    try threadsAgree(MishForward.self) { .init(count: $0) }
    try threadsAgree(HardSigmoidForward.self) { .init(count: $0) }
    try threadsAgree(GELUForward.self) { .init(count: $0) }
    try threadsAgree(GELUTanhForward.self) { .init(count: $0) }
    try threadsAgreeBackward(ReLUBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(ReLU6Backward.self) { .init(count: $0) }
    try threadsAgreeBackward(TanhBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(SigmoidBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(LeakyReLUBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(ELUBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(SiLUBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(SoftplusBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(HardSwishBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(SELUBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(MishBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(HardSigmoidBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(GELUBackward.self) { .init(count: $0) }
    try threadsAgreeBackward(GELUTanhBackward.self) { .init(count: $0) }
  }

  @Test func countsAreValidated() {
    #expect(throws: KernelError.self) { try Plan<TanhForward>(.init(count: -1)) }
    #expect(throws: KernelError.self) { try Plan<ReLUBackward>(.init(count: .max / 2)) }
    #expect(throws: KernelError.self) { try Plan<SoftplusForward>(.init(count: -1)) }
    #expect(throws: KernelError.self) { try Plan<SoftplusForward>(.init(count: 1, beta: 0)) }
    #expect(throws: KernelError.self) { try Plan<SoftplusBackward>(.init(count: 1, beta: .nan)) }
  }

  @Test func reluKeepsNaNAndStopsNegatives() throws {
    for row in runnableRows(ReLUForward.self) {
      let input: [Float] = [.nan, -1, -0.0, 0, 2, .infinity, -.infinity]
      let memory = GuardedBuffer(input)
      run(try plan(row, .init(count: input.count)), .init(input: memory.pointer, output: memory.pointer))
      #expect(sameBits(memory.values, [.nan, 0, 0, 0, 2, .infinity, 0]), "\(row.name)")
    }
  }

  @Test func relu6KeepsNaNAndStopsWhatLiesBeyondItsBounds() throws {
    let input: [Float] = [.nan, -1, -0.0, 0, 0x1p-149, 2, 6, Float(6).nextDown, Float(6).nextUp, .infinity, -.infinity]
    for row in runnableRows(ReLU6Forward.self) {
      let memory = GuardedBuffer(input)
      run(try plan(row, .init(count: input.count)), .init(input: memory.pointer, output: memory.pointer))
      let expected: [Float] = [.nan, 0, 0, 0, 0x1p-149, 2, 6, Float(6).nextDown, 6, 6, 0]
      #expect(sameBits(memory.values, expected), "\(row.name)")
      for gradients in runnableRows(ReLU6Backward.self) {
        let gradient = GuardedBuffer([Float](repeating: 3, count: input.count))
        run(
          try plan(gradients, .init(count: input.count)),
          .init(values: memory.pointer, outputGradient: gradient.pointer, inputGradient: gradient.pointer))
        #expect(sameBits(gradient.values, [3, 0, 0, 0, 3, 3, 0, 3, 0, 0, 0]), "\(gradients.name)")
      }
    }
  }

  @Test func hardSigmoidHasPyTorchsEnds() throws {
    let input: [Float] = [.nan, -.infinity, -4, -3, -0.0, 0, 3, 4, .infinity]
    for row in runnableRows(HardSigmoidForward.self) {
      let memory = GuardedBuffer(input)
      run(try plan(row, .init(count: input.count)), .init(input: memory.pointer, output: memory.pointer))
      #expect(sameBits(memory.values, [.nan, 0, 0, 0, 0.5, 0.5, 1, 1, 1]), "\(row.name)")
    }
    for row in runnableRows(HardSigmoidBackward.self) {
      let (values, gradient) = (GuardedBuffer(input), GuardedBuffer<Float>(repeating: 3, count: input.count))
      run(
        try plan(row, .init(count: input.count)),
        .init(input: values.pointer, outputGradient: gradient.pointer, inputGradient: gradient.pointer),
        keeping: values)
      #expect(sameBits(gradient.values, [0, 0, 0, 0, 0.5, 0.5, 0, 0, 0]), "\(row.name)")
    }
  }

  /// Every row against the last, in place and not, at every count, and each result the same wherever the value lies.
  private func matchesReference<Op: KernelOperation>(
    _ operation: Op.Type, ulps limit: Int, _ problem: (Int) -> Op.Problem
  ) throws where Op.Operands == ElementwiseOperands {
    for row in runnableRows(Op.self) {
      for count in elementCounts {
        let values = mixedValues(count)
        let input = GuardedBuffer(values)
        let output = GuardedBuffer<Float>.poisoned(count: count)
        run(try plan(row, problem(count)), .init(input: input.pointer, output: output.pointer))
        #expect(firstDifference(input.values, values) == nil)
        let expected = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(Op.kernels[Op.kernels.count - 1], problem(count)),
          .init(input: input.pointer, output: expected.pointer))
        let difference = firstApart(output.values, expected.values, ulps: limit)
        #expect(difference == nil, "\(Op.name) \(row.name) count \(count): \(difference ?? "")")

        run(try plan(row, problem(count)), .init(input: input.pointer, output: input.pointer))
        #expect(sameBits(input.values, output.values), "\(Op.name) \(row.name) in place, count \(count)")
        for i in stride(from: 0, to: count, by: count > 64 ? 37 : 1) {
          let one = GuardedBuffer([values[i]])
          run(try plan(row, problem(1)), .init(input: one.pointer, output: one.pointer))
          #expect(sameBits(one.values, [output.values[i]]), "\(Op.name) \(row.name) count \(count) at \(i)")
        }
      }
    }
  }

  private func threadsAgree<Op: KernelOperation>(_ operation: Op.Type, _ problem: (Int) -> Op.Problem) throws
  where Op.Operands == ElementwiseOperands {
    for row in runnableRows(Op.self) {
      let count = sharedCount
      let input = GuardedBuffer(mixedValues(count))
      let outputs = try [1, 2, 3].map { threads in
        let output = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, problem(count), threads: threads), .init(input: input.pointer, output: output.pointer),
          keeping: input)
        return output.values
      }
      #expect(sameBits(outputs[0], outputs[1]) && sameBits(outputs[0], outputs[2]), "\(Op.name) \(row.name)")
    }
  }

  private func threadsAgreeBackward<Op: KernelOperation>(_ operation: Op.Type, _ problem: (Int) -> Op.Problem) throws
  where Op.Operands: ElementwiseGradientOperands {
    for row in runnableRows(Op.self) {
      let count = sharedCount
      let outputs = GuardedBuffer(mixedValues(count))
      let gradients = GuardedBuffer(mixedValues(count, seed: 2))
      let results = try [1, 2, 3].map { threads in
        let result = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, problem(count), threads: threads),
          .init(values: outputs.pointer, outputGradient: gradients.pointer, inputGradient: result.pointer),
          keeping: outputs, gradients)
        return result.values
      }
      #expect(sameBits(results[0], results[1]) && sameBits(results[0], results[2]), "\(Op.name) \(row.name)")
    }
  }

  private func backwardMatchesReference<Op: KernelOperation>(
    _ operation: Op.Type, isExact: Bool = false, _ problem: (Int) -> Op.Problem
  ) throws where Op.Operands: ElementwiseGradientOperands {
    for row in runnableRows(Op.self) {
      for count in elementCounts {
        let outputs = GuardedBuffer(mixedValues(count))
        let gradients = GuardedBuffer(mixedValues(count, seed: 2))
        let result = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, problem(count)),
          .init(values: outputs.pointer, outputGradient: gradients.pointer, inputGradient: result.pointer))
        let expected = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(Op.kernels[Op.kernels.count - 1], problem(count)),
          .init(values: outputs.pointer, outputGradient: gradients.pointer, inputGradient: expected.pointer))
        let difference =
          isExact ? firstApart(result.values, expected.values, ulps: 0) : firstFar(result.values, expected.values)
        #expect(difference == nil, "\(Op.name) \(row.name) count \(count): \(difference ?? "")")
        run(
          try plan(row, problem(count)),
          .init(values: outputs.pointer, outputGradient: gradients.pointer, inputGradient: gradients.pointer),
          keeping: outputs)
        #expect(sameBits(gradients.values, result.values), "\(Op.name) \(row.name) in place, count \(count)")
      }
    }
  }

  /// The first pair that differs by more than a hundred-thousandth, in words.
  private func firstFar(_ a: [Float], _ b: [Float]) -> String? {
    for (i, (x, y)) in zip(a, b).enumerated() {
      let isClose = x == y || (x.isNaN && y.isNaN) || abs(x - y) <= 1e-5 * max(1, abs(y))
      if !isClose { return "at \(i): \(x) instead of \(y)" }
    }
    return nil
  }
}
