import Kernels
import TestSupport
import Testing

@Suite struct BiasTests {
  static let problems: [ChannelsProblem] = {
    var problems: [ChannelsProblem] = []
    for channels in [1, 3, 5, 6, 7, 13, 16, 17, 33] {
      for plane in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 100] {
        for batch in [1, 2, 5] { problems.append(.init(batch: batch, channels: channels, plane: plane)) }
      }
      for batch in [4, 7, 8, 19, 64] { problems.append(.init(batch: batch, channels: channels, plane: 1)) }
    }
    problems.append(.init(batch: 0, channels: 3, plane: 4))
    problems.append(.init(batch: 2, channels: 0, plane: 4))
    problems.append(.init(batch: 2, channels: 0, plane: 1))
    problems.append(.init(batch: 2, channels: 3, plane: 0))
    return problems
  }()

  @Test func biasIsAddedToEveryElementOfItsChannel() throws {
    for row in runnableRows(BiasForward.self) {
      for problem in Self.problems {
        let count = problem.batch * problem.channels * problem.plane
        let values = mixedValues(count)
        let input = GuardedBuffer(values)
        let bias = GuardedBuffer(mixedValues(problem.channels, seed: 9))
        let output = GuardedBuffer<Float>.poisoned(count: count)
        let plan = try plan(row, problem)
        run(
          plan, .init(input: input.pointer, bias: bias.pointer, output: output.pointer), keeping: input, bias)
        let expected = (0..<count).map { values[$0] + bias.values[$0 / problem.plane % problem.channels] }
        let difference = firstApart(output.values, expected, ulps: 0)
        #expect(difference == nil, "\(row.name) \(problem): \(difference ?? "")")
        run(plan, .init(input: input.pointer, bias: bias.pointer, output: input.pointer), keeping: bias)
        #expect(sameBits(input.values, expected), "\(row.name) \(problem) in place")
      }
    }
  }

  @Test func biasGradientIsTheExactSumOfIntegers() throws {
    for row in runnableRows(BiasBackward.self) {
      for problem in Self.problems {
        var random = TestRandom(seed: 3)
        let values = random.integers(problem.batch * problem.channels * problem.plane)
        var expected = [Float](repeating: 0, count: problem.channels)
        for (i, value) in values.enumerated() { expected[i / problem.plane % problem.channels] += value }
        let result = try gradient(row, problem, values)
        #expect(firstDifference(result, expected) == nil, "\(row.name) \(problem)")
      }
    }
  }

  @Test func biasGradientIsCloseToTheSumOfManyReals() throws {
    for row in runnableRows(BiasBackward.self) {
      for problem in [
        ChannelsProblem(batch: 1000, channels: 10, plane: 1), .init(batch: 300, channels: 3, plane: 196),
      ] {
        var random = TestRandom(seed: 4)
        let values = random.reals(problem.batch * problem.channels * problem.plane)
        let result = try gradient(row, problem, values)
        var expected = [Double](repeating: 0, count: problem.channels)
        for (i, value) in values.enumerated() { expected[i / problem.plane % problem.channels] += Double(value) }
        for (sum, right) in zip(result, expected) {
          #expect(abs(Double(sum) - right) < 1e-4, "\(row.name) \(problem)")
        }
      }
    }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    for row in runnableRows(BiasBackward.self) {
      for problem in [
        ChannelsProblem(batch: 3000, channels: 131, plane: 1), .init(batch: 300, channels: 7, plane: 196),
        .init(batch: 3001, channels: 51, plane: 3),
      ] {
        var random = TestRandom(seed: 4)
        let values = random.reals(problem.batch * problem.channels * problem.plane)
        let one = try gradient(row, problem, values)
        for threads in [2, 3] {
          #expect(sameBits(one, try gradient(row, problem, values, threads: threads)), "\(row.name) \(problem)")
        }
      }
    }
  }

  @Test func sizesAreValidated() {
    for problem in [
      ChannelsProblem(batch: -1, channels: 3, plane: 4), .init(batch: 1, channels: -3, plane: 4),
      .init(batch: 1, channels: 3, plane: -4), .init(batch: 1 << 30, channels: 1 << 30, plane: 1 << 30),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BiasForward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BiasBackward>(problem) }
    }
  }

  private func gradient(
    _ row: Kernel<BiasBackward>, _ problem: ChannelsProblem, _ values: [Float], threads: Int = 1
  ) throws -> [Float] {
    let memory = GuardedBuffer(values)
    let result = GuardedBuffer<Float>.poisoned(count: problem.channels)
    run(
      try plan(row, problem, threads: threads),
      .init(outputGradient: memory.pointer, biasGradient: result.pointer), keeping: memory)
    return result.values
  }
}
