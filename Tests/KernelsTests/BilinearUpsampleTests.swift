import Kernels
import TestSupport
import Testing

@Suite struct BilinearUpsampleTests {
  static let problems: [BilinearProblem] = {
    var problems: [BilinearProblem] = []
    for alignCorners in [false, true] {
      for width in [1, 2, 3, 7, 8, 15, 16, 17, 33] {
        for (outputHeight, outputWidth) in [(5, width), (10, 2 * width), (15, 4 * width), (1, 1), (7, width + 2)] {
          problems.append(
            .init(
              planes: 3, inputHeight: 5, inputWidth: width, outputHeight: outputHeight, outputWidth: outputWidth,
              alignCorners: alignCorners))
        }
      }
      problems += [
        .init(
          planes: 1, inputHeight: 1, inputWidth: 1, outputHeight: 9, outputWidth: 40, alignCorners: alignCorners),
        .init(
          planes: 70, inputHeight: 8, inputWidth: 8, outputHeight: 16, outputWidth: 16, alignCorners: alignCorners),
        .init(planes: 0, inputHeight: 8, inputWidth: 8, outputHeight: 16, outputWidth: 16, alignCorners: alignCorners),
      ]
    }
    return problems
  }()

  /// The weights of the inputs of an axis in an output, by the definition in Double.
  private static func weights(_ output: Int, _ inputs: Int, _ outputs: Int, _ alignCorners: Bool) -> [Double] {
    var place =
      alignCorners
      ? Double(output) * Double(inputs - 1) / Double(max(outputs - 1, 1))
      : (Double(output) + 0.5) * Double(inputs) / Double(outputs) - 0.5
    place = min(max(place, 0), Double(inputs - 1))
    return (0..<inputs).map { max(1 - abs(Double($0) - place), 0) }
  }

  /// For each output, the inputs of its plane with their weights.
  private static func terms(_ p: BilinearProblem) -> [[(input: Int, weight: Double)]] {
    let rows = (0..<p.outputHeight).map { weights($0, p.inputHeight, p.outputHeight, p.alignCorners) }
    let columns = (0..<p.outputWidth).map { weights($0, p.inputWidth, p.outputWidth, p.alignCorners) }
    return (0..<p.outputHeight * p.outputWidth).map { i in
      let (vertical, horizontal) = (rows[i / p.outputWidth], columns[i % p.outputWidth])
      return (0..<p.inputHeight * p.inputWidth).compactMap {
        let weight = vertical[$0 / p.inputWidth] * horizontal[$0 % p.inputWidth]
        return weight == 0 ? nil : ($0, weight)
      }
    }
  }

  @Test func outputsAreTheWeightedMeansOfTheirNeighbours() throws {
    for problem in Self.problems {
      var random = TestRandom(seed: 3)
      let plane = problem.inputHeight * problem.inputWidth
      let values = random.reals(problem.planes * plane)
      let terms = Self.terms(problem)
      let expected = (0..<problem.planes).flatMap { p in
        terms.map { $0.reduce(0.0) { $0 + $1.weight * Double(values[p * plane + $1.input]) } }
      }
      let input = GuardedBuffer(values)
      for row in runnableRows(BilinearUpsampleForward.self) {
        var first: [Float]?
        for threads in [1, 3] {
          let output = GuardedBuffer<Float>.poisoned(count: expected.count)
          run(
            try plan(row, problem, threads: threads), .init(input: input.pointer, output: output.pointer),
            keeping: input)
          let place = "\(row.name) \(problem) \(threads) threads"
          #expect(zip(output.values, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 }, "\(place)")
          if let first { #expect(sameBits(output.values, first), "\(place)") }
          first = output.values
        }
      }
    }
  }

  @Test func gradientsGoToTheNeighboursByTheirWeights() throws {
    for problem in Self.problems {
      var random = TestRandom(seed: 4)
      let (inputs, outputs) = (
        problem.inputHeight * problem.inputWidth, problem.outputHeight * problem.outputWidth
      )
      let values = random.reals(problem.planes * outputs)
      let terms = Self.terms(problem)
      var expected = [Double](repeating: 0, count: problem.planes * inputs)
      for p in 0..<problem.planes {
        for (o, terms) in terms.enumerated() {
          for term in terms { expected[p * inputs + term.input] += term.weight * Double(values[p * outputs + o]) }
        }
      }
      let gradient = GuardedBuffer(values)
      for row in runnableRows(BilinearUpsampleBackward.self) {
        var first: [Float]?
        for threads in [1, 3] {
          let result = GuardedBuffer<Float>.poisoned(count: expected.count)
          run(
            try plan(row, problem, threads: threads),
            .init(outputGradient: gradient.pointer, inputGradient: result.pointer), keeping: gradient)
          let place = "\(row.name) \(problem) \(threads) threads"
          // Where all outputs come from one input, it gets the sum of 360.
          #expect(zip(result.values, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(place)")
          if let first { #expect(sameBits(result.values, first), "\(place)") }
          first = result.values
        }
      }
    }
  }

  @Test func cornersStayWhereTheyAreIfAligned() throws {
    for row in runnableRows(BilinearUpsampleForward.self) {
      let input = GuardedBuffer<Float>([1, 2, 3, 4])
      let output = GuardedBuffer<Float>.poisoned(count: 9)
      let aligned = BilinearProblem(
        planes: 1, inputHeight: 2, inputWidth: 2, outputHeight: 3, outputWidth: 3, alignCorners: true)
      run(try plan(row, aligned), .init(input: input.pointer, output: output.pointer), keeping: input)
      #expect(output.values == [1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4], "\(row.name)")
      let wide = GuardedBuffer<Float>.poisoned(count: 16)
      let edges = BilinearProblem(
        planes: 1, inputHeight: 2, inputWidth: 2, outputHeight: 4, outputWidth: 4, alignCorners: false)
      run(try plan(row, edges), .init(input: input.pointer, output: wide.pointer), keeping: input)
      let rows: [Float] = [1, 1.5, 2.5, 3]
      #expect(wide.values == rows.flatMap { [$0, $0 + 0.25, $0 + 0.75, $0 + 1] }, "\(row.name)")
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      BilinearProblem(
        planes: -1, inputHeight: 1, inputWidth: 1, outputHeight: 1, outputWidth: 1, alignCorners: false),
      .init(planes: 1, inputHeight: 0, inputWidth: 1, outputHeight: 1, outputWidth: 1, alignCorners: false),
      .init(planes: 1, inputHeight: 1, inputWidth: 1, outputHeight: 1, outputWidth: 0, alignCorners: true),
      .init(
        planes: 1 << 30, inputHeight: 1 << 30, inputWidth: 1, outputHeight: 1, outputWidth: 1, alignCorners: true),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BilinearUpsampleForward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BilinearUpsampleBackward>(problem) }
    }
  }
}
