import Kernels
import TestSupport
import Testing

@Suite struct PReLUTests {
  private struct Gradients {
    var input: [Float]
    var weight: [Float]
  }

  private static func count(_ problem: ChannelsProblem) -> Int { problem.batch * problem.channels * problem.plane }

  /// - Parameter inPlace: whether the input's gradient takes the output gradient's memory.
  private func backward(
    _ row: Kernel<PReLUBackward>, _ problem: ChannelsProblem, _ input: [Float], _ gradient: [Float], _ slopes: [Float],
    threads: Int = 1, inPlace: Bool = false
  ) throws -> Gradients {
    let (x, g, weight) = (GuardedBuffer(input), GuardedBuffer(gradient), GuardedBuffer(slopes))
    let result = inPlace ? g : GuardedBuffer<Float>.poisoned(count: input.count)
    let slopeGradient = GuardedBuffer<Float>.poisoned(count: problem.channels)
    run(
      try plan(row, problem, threads: threads),
      .init(
        input: x.pointer, outputGradient: g.pointer, weight: weight.pointer, inputGradient: result.pointer,
        weightGradient: slopeGradient.pointer),
      keeping: x, g, weight)
    return Gradients(input: result.values, weight: slopeGradient.values)
  }

  @Test func negativeValuesAreMultipliedWithTheirChannelsSlope() throws {
    for problem in BiasTests.problems {
      let (values, slopes) = (mixedValues(Self.count(problem)), mixedValues(problem.channels, seed: 9))
      let expected = values.enumerated().map { i, x in
        x > 0 ? x : x * slopes[i / problem.plane % problem.channels]
      }
      let (input, weight) = (GuardedBuffer(values), GuardedBuffer(slopes))
      for row in runnableRows(PReLUForward.self) {
        for threads in [1, 3] {
          let output = GuardedBuffer<Float>.poisoned(count: values.count)
          run(
            try plan(row, problem, threads: threads),
            .init(input: input.pointer, weight: weight.pointer, output: output.pointer), keeping: input, weight)
          #expect(sameBits(output.values, expected), "\(row.name) \(problem) \(threads) threads")
        }
        let own = GuardedBuffer(values)
        run(
          try plan(row, problem), .init(input: own.pointer, weight: weight.pointer, output: own.pointer),
          keeping: weight)
        #expect(sameBits(own.values, expected), "\(row.name) \(problem) in place")
      }
    }
  }

  @Test func gradientsAreTheExactSumsOfIntegers() throws {
    for problem in BiasTests.problems + [
      .init(batch: 300, channels: 3, plane: 1), .init(batch: 3, channels: 2, plane: 20_000),
    ] {
      var random = TestRandom(seed: 3)
      let count = Self.count(problem)
      let (input, gradient) = (random.integers(count), random.integers(count))
      let slopes = random.integers(problem.channels)
      var expected = Gradients(
        input: [Float](repeating: 0, count: count), weight: [Float](repeating: 0, count: problem.channels))
      for i in 0..<count {
        let channel = i / problem.plane % problem.channels
        expected.input[i] = input[i] > 0 ? gradient[i] : gradient[i] * slopes[channel]
        if input[i] <= 0 { expected.weight[channel] += input[i] * gradient[i] }
      }
      for row in runnableRows(PReLUBackward.self) {
        for (threads, inPlace) in [(1, false), (3, true)] {
          let result = try backward(row, problem, input, gradient, slopes, threads: threads, inPlace: inPlace)
          let place = "\(row.name) \(problem) \(threads) threads"
          #expect(firstDifference(result.input, expected.input) == nil, "\(place)")
          #expect(firstDifference(result.weight, expected.weight) == nil, "\(place)")
        }
      }
    }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    for problem in [
      ChannelsProblem(batch: 37, channels: 1, plane: 301), .init(batch: 9, channels: 5, plane: 77),
      .init(batch: 5, channels: 130, plane: 9), .init(batch: 333, channels: 21, plane: 1),
    ] {
      var random = TestRandom(seed: 8)
      let count = Self.count(problem)
      let (input, gradient) = (random.reals(count), random.reals(count))
      let slopes = random.reals(problem.channels)
      for row in runnableRows(PReLUBackward.self) {
        let right = try backward(row, problem, input, gradient, slopes)
        for threads in [2, 3, 8, 17] {
          let result = try backward(row, problem, input, gradient, slopes, threads: threads)
          #expect(sameBits(result.input, right.input), "\(row.name) \(problem) \(threads) threads")
          #expect(sameBits(result.weight, right.weight), "\(row.name) \(problem) \(threads) threads")
        }
      }
    }
  }

  @Test func aSharedSlopesGradientIsCloseToTheSumOfManyReals() throws {
    let problem = ChannelsProblem(batch: 64, channels: 1, plane: 30_000)
    var random = TestRandom(seed: 4)
    let (input, gradient) = (random.reals(Self.count(problem)), random.reals(Self.count(problem), in: 0...1))
    var expected = 0.0
    for (x, g) in zip(input, gradient) where x <= 0 { expected += Double(x) * Double(g) }
    for row in runnableRows(PReLUBackward.self) {
      let result = try backward(row, problem, input, gradient, [0.25])
      #expect(abs(Double(result.weight[0]) - expected) < 1e-6 * abs(expected), "\(row.name)")
    }
  }

  @Test func nanReachesItsOwnValueAndItsChannelsSlope() throws {
    for row in runnableRows(PReLUBackward.self) {
      for plane in [1, 5, 16, 40] {
        let problem = ChannelsProblem(batch: 2, channels: 3, plane: plane)
        var input = [Float](repeating: -1, count: 6 * plane)
        input[plane] = .nan
        // Where the input is positive, an infinite gradient is none of the slope's.
        input[2 * plane] = 1
        var gradient = [Float](repeating: 2, count: 6 * plane)
        gradient[2 * plane] = .infinity
        let result = try backward(row, problem, input, gradient, [0.5, 0.25, 0.125])
        var expected = (0..<6 * plane).map { 2 * [Float(0.5), 0.25, 0.125][$0 / plane % 3] }
        expected[2 * plane] = .infinity
        #expect(sameBits(result.input, expected), "\(row.name) plane \(plane)")
        let slope = Float(-4 * plane)
        #expect(sameBits(result.weight, [slope, .nan, slope + 2]), "\(row.name) plane \(plane)")
      }
    }
  }

  @Test func eitherGradientCanBeLeftOut() throws {
    let problem = ChannelsProblem(batch: 3, channels: 2, plane: 19)
    var random = TestRandom(seed: 5)
    let (input, gradient) = (random.reals(Self.count(problem)), random.reals(Self.count(problem)))
    let (x, g, weight) = (GuardedBuffer(input), GuardedBuffer(gradient), GuardedBuffer<Float>([0.1, 0.3]))
    for row in runnableRows(PReLUBackward.self) {
      let both = try backward(row, problem, input, gradient, [0.1, 0.3])
      let (values, slopes) = (
        GuardedBuffer<Float>.poisoned(count: input.count), GuardedBuffer<Float>.poisoned(count: 2)
      )
      let plan = try plan(row, problem)
      run(
        plan,
        .init(
          input: x.pointer, outputGradient: g.pointer, weight: weight.pointer, inputGradient: values.pointer,
          weightGradient: nil), keeping: x, g, weight)
      run(
        plan,
        .init(
          input: x.pointer, outputGradient: g.pointer, weight: weight.pointer, inputGradient: nil,
          weightGradient: slopes.pointer), keeping: x, g, weight)
      #expect(sameBits(values.values, both.input) && sameBits(slopes.values, both.weight), "\(row.name)")
    }
  }

  /// So large that the output is stored past the caches.
  @Test func largeOutputsAreWrittenWhole() throws {
    let problem = ChannelsProblem(batch: 5, channels: 1, plane: 1 << 20)
    let count = Self.count(problem)
    var random = TestRandom(seed: 4)
    let values = random.reals(count)
    let (input, weight) = (GuardedBuffer(values), GuardedBuffer<Float>([0.3]))
    for row in runnableRows(PReLUForward.self) where !row.isReference {
      let output = poisonedWorkspace(count * 4)
      let y = output.base.assumingMemoryBound(to: Float.self)
      run(
        try plan(row, problem, threads: 2), .init(input: input.pointer, weight: weight.pointer, output: y),
        keeping: input, weight)
      #expect((0..<count).allSatisfy { y[$0] == (values[$0] > 0 ? values[$0] : values[$0] * 0.3) }, "\(row.name)")
      withExtendedLifetime(output) {}
    }
  }
}
