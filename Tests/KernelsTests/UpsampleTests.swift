import Kernels
import TestSupport
import Testing

@Suite struct UpsampleTests {
  static let problems: [UpsampleProblem] = {
    var problems: [UpsampleProblem] = []
    for width in [1, 2, 3, 7, 8, 9, 15, 16, 17, 33] {
      for (scaleHeight, scaleWidth) in [(1, 1), (2, 2), (1, 2), (3, 1), (2, 3), (1, 5), (4, 4), (2, 17), (1, 40)] {
        problems.append(
          .init(
            planes: 3, inputHeight: 5, inputWidth: width, scaleHeight: scaleHeight, scaleWidth: scaleWidth))
      }
    }
    problems += [
      .init(planes: 1, inputHeight: 2, inputWidth: 3001, scaleHeight: 2, scaleWidth: 2),
      .init(planes: 70, inputHeight: 8, inputWidth: 8, scaleHeight: 2, scaleWidth: 2),
      .init(planes: 0, inputHeight: 8, inputWidth: 8, scaleHeight: 2, scaleWidth: 2),
      .init(planes: 2, inputHeight: 0, inputWidth: 8, scaleHeight: 2, scaleWidth: 2),
      .init(planes: 2, inputHeight: 3, inputWidth: 0, scaleHeight: 2, scaleWidth: 2),
    ]
    return problems
  }()

  @Test func everyValueBecomesARectangle() throws {
    for problem in Self.problems {
      let width = problem.inputWidth * problem.scaleWidth
      let rows = problem.planes * problem.inputHeight
      let values = mixedValues(rows * problem.inputWidth)
      let expected = (0..<rows * problem.scaleHeight * width).map {
        values[$0 / width / problem.scaleHeight * problem.inputWidth + $0 % width / problem.scaleWidth]
      }
      let input = GuardedBuffer(values)
      for row in runnableRows(UpsampleForward.self) {
        for threads in [1, 3] {
          let output = GuardedBuffer<Float>.poisoned(count: expected.count)
          run(
            try plan(row, problem, threads: threads), .init(input: input.pointer, output: output.pointer),
            keeping: input)
          #expect(sameBits(output.values, expected), "\(row.name) \(problem) \(threads) threads")
        }
      }
    }
  }

  @Test func gradientsAreTheExactSumsOfIntegers() throws {
    for problem in Self.problems {
      let width = problem.inputWidth * problem.scaleWidth
      let rows = problem.planes * problem.inputHeight
      var random = TestRandom(seed: 3)
      let values = random.integers(rows * problem.scaleHeight * width)
      var expected = [Float](repeating: 0, count: rows * problem.inputWidth)
      for (i, value) in values.enumerated() {
        expected[i / width / problem.scaleHeight * problem.inputWidth + i % width / problem.scaleWidth] += value
      }
      let gradient = GuardedBuffer(values)
      for row in runnableRows(UpsampleBackward.self) {
        for threads in [1, 3] {
          let result = GuardedBuffer<Float>.poisoned(count: expected.count)
          run(
            try plan(row, problem, threads: threads),
            .init(outputGradient: gradient.pointer, inputGradient: result.pointer), keeping: gradient)
          #expect(firstDifference(result.values, expected) == nil, "\(row.name) \(problem) \(threads) threads")
        }
      }
    }
  }

  @Test func nanAndInfinityReachTheirOwnInputOnly() throws {
    for row in runnableRows(UpsampleBackward.self) {
      for width in 1...40 {
        let problem = UpsampleProblem(planes: 1, inputHeight: 2, inputWidth: width, scaleHeight: 2, scaleWidth: 2)
        var values = [Float](repeating: 1, count: 8 * width)
        values[2 * (width / 2)] = .nan
        values[8 * width - 1] = .infinity
        let gradient = GuardedBuffer(values)
        let result = GuardedBuffer<Float>.poisoned(count: 2 * width)
        run(
          try plan(row, problem), .init(outputGradient: gradient.pointer, inputGradient: result.pointer),
          keeping: gradient)
        var expected = [Float](repeating: 4, count: 2 * width)
        expected[width / 2] = .nan
        expected[2 * width - 1] = .infinity
        #expect(sameBits(result.values, expected), "\(row.name) width \(width)")
      }
    }
  }

  /// So large that the output is stored past the caches.
  @Test func largeOutputsAreWrittenWhole() throws {
    let problem = UpsampleProblem(planes: 65, inputHeight: 128, inputWidth: 128, scaleHeight: 2, scaleWidth: 2)
    let count = 65 * 128 * 128
    var random = TestRandom(seed: 4)
    let values = random.reals(count)
    let input = GuardedBuffer(values)
    for row in runnableRows(UpsampleForward.self) where !row.isReference {
      let output = poisonedWorkspace(4 * count * 4)
      let y = output.base.assumingMemoryBound(to: Float.self)
      run(try plan(row, problem, threads: 2), .init(input: input.pointer, output: y), keeping: input)
      #expect((0..<4 * count).allSatisfy { y[$0] == values[$0 / 512 * 128 + $0 % 256 / 2] }, "\(row.name)")
      withExtendedLifetime(output) {}
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      UpsampleProblem(planes: -1, inputHeight: 1, inputWidth: 1, scaleHeight: 1, scaleWidth: 1),
      .init(planes: 1, inputHeight: 1, inputWidth: 1, scaleHeight: 0, scaleWidth: 1),
      .init(planes: 1, inputHeight: 1, inputWidth: 1, scaleHeight: 1, scaleWidth: -2),
      .init(planes: 1 << 30, inputHeight: 1 << 30, inputWidth: 1, scaleHeight: 1, scaleWidth: 1),
      .init(planes: 1, inputHeight: 0, inputWidth: 1 << 31, scaleHeight: 1, scaleWidth: 1 << 31),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<UpsampleForward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<UpsampleBackward>(problem) }
    }
  }
}
