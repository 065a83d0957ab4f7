import Kernels
import TestSupport
import Testing

@Suite struct MultiplicationTests {
  static let problems: [MultiplyProblem] = {
    var problems: [MultiplyProblem] = []
    for rows in [1, 2, 5, 17] {
      for columns in elementCounts where columns < 300 { problems.append(.init(rows: rows, columns: columns)) }
    }
    for count in elementCounts { problems.append(.init(count: count)) }
    return problems + [.init(rows: 2, columns: 20_001), .init(rows: 300, columns: 49), .init(rows: 0, columns: 5)]
  }()

  @Test func aRowIsMultipliedWithItsFactor() throws {
    for problem in Self.problems {
      let count = problem.rows * problem.columns
      let (values, factors) = (mixedValues(count), mixedValues(problem.rows, seed: 2))
      let expected = (0..<count).map { values[$0] * factors[$0 / problem.columns] }
      let (a, b) = (GuardedBuffer(values), GuardedBuffer(factors))
      for row in runnableRows(MultiplyForward.self) {
        for threads in [1, 3] {
          let output = GuardedBuffer<Float>.poisoned(count: count)
          run(
            try plan(row, problem, threads: threads), .init(a: a.pointer, b: b.pointer, output: output.pointer),
            keeping: a, b)
          #expect(sameBits(output.values, expected), "\(row.name) \(problem) \(threads) threads")
        }
        let own = GuardedBuffer(values)
        run(try plan(row, problem), .init(a: own.pointer, b: b.pointer, output: own.pointer), keeping: b)
        #expect(sameBits(own.values, expected), "\(row.name) \(problem) into a")
        if problem.columns == 1 {
          let other = GuardedBuffer(factors)
          run(try plan(row, problem), .init(a: a.pointer, b: other.pointer, output: other.pointer), keeping: a)
          #expect(sameBits(other.values, expected), "\(row.name) \(problem) into b")
        }
      }
    }
  }

  @Test func gradientsAreTheExactSumsOfIntegers() throws {
    for problem in Self.problems {
      let count = problem.rows * problem.columns
      var random = TestRandom(seed: 3)
      let (values, factors, gradient) = (random.integers(count), random.integers(problem.rows), random.integers(count))
      let rowGradients = (0..<count).map { gradient[$0] * factors[$0 / problem.columns] }
      var sums = [Float](repeating: 0, count: problem.rows)
      for i in 0..<count { sums[i / problem.columns] += gradient[i] * values[i] }
      let (a, b) = (GuardedBuffer(values), GuardedBuffer(factors))
      for row in runnableRows(MultiplyBackward.self) {
        for (threads, inPlace) in [(1, false), (3, false), (1, true)] {
          let g = GuardedBuffer(gradient)
          let aGradient = inPlace ? g : GuardedBuffer<Float>.poisoned(count: count)
          let bGradient = GuardedBuffer<Float>.poisoned(count: problem.rows)
          run(
            try plan(row, problem, threads: threads),
            .init(
              a: a.pointer, b: b.pointer, outputGradient: g.pointer, aGradient: aGradient.pointer,
              bGradient: bGradient.pointer),
            keeping: a, b, g)
          let place = "\(row.name) \(problem) \(threads) threads, in place: \(inPlace)"
          #expect(firstDifference(aGradient.values, rowGradients) == nil, "\(place)")
          #expect(firstDifference(bGradient.values, sums) == nil, "\(place)")
        }
      }
    }
  }

  @Test func aRowsSumDependsOnItsOwnValuesAlone() throws {
    let columns = 301
    var random = TestRandom(seed: 6)
    let (values, factors, gradient) = (random.reals(9 * columns), random.reals(9), random.reals(9 * columns))
    func sums(_ row: Kernel<MultiplyBackward>, _ rows: Range<Int>, threads: Int) throws -> [Float] {
      let part = rows.lowerBound * columns..<rows.upperBound * columns
      let (a, b, g) = (
        GuardedBuffer(Array(values[part])), GuardedBuffer(Array(factors[rows])), GuardedBuffer(Array(gradient[part]))
      )
      let result = GuardedBuffer<Float>.poisoned(count: rows.count)
      run(
        try plan(row, .init(rows: rows.count, columns: columns), threads: threads),
        .init(a: a.pointer, b: b.pointer, outputGradient: g.pointer, aGradient: nil, bGradient: result.pointer),
        keeping: a, b, g)
      return result.values
    }
    for row in runnableRows(MultiplyBackward.self) {
      let all = try sums(row, 0..<9, threads: 1)
      for threads in [2, 3, 8] { #expect(sameBits(try sums(row, 0..<9, threads: threads), all), "\(row.name)") }
      for i in 0..<9 { #expect(sameBits(try sums(row, i..<i + 1, threads: 1), [all[i]]), "\(row.name) row \(i)") }
    }
  }

  @Test func sizesAreValidated() {
    for problem in [
      MultiplyProblem(rows: -1, columns: 2), .init(rows: 2, columns: -1), .init(rows: 1 << 40, columns: 1 << 40),
      .init(count: .max),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<MultiplyForward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<MultiplyBackward>(problem) }
    }
  }
}
