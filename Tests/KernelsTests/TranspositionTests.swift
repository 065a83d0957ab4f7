import Kernels
import TestSupport
import Testing

@Suite struct TranspositionTests {
  /// Sizes around vectors and around the blocks that threads share.
  static let problems: [Transposition.Problem] = {
    var problems: [Transposition.Problem] = []
    for rows in [1, 3, 4, 16, 21] {
      for columns in [1, 2, 5, 17, 64, 1023, 1025] {
        problems += [.init(batch: 2, rows: rows, columns: columns), .init(batch: 3, rows: columns, columns: rows)]
      }
    }
    return problems + [
      .init(batch: 0, rows: 3, columns: 4), .init(batch: 2, rows: 0, columns: 4), .init(batch: 2, rows: 3, columns: 0),
      .init(batch: 1, rows: 19, columns: 4000),
    ]
  }()

  @Test func rowsBecomeColumnsImageByImage() throws {
    for problem in Self.problems {
      var random = TestRandom(seed: 5)
      let image = problem.rows * problem.columns
      let values = random.integers(problem.batch * image, in: -1000...1000)
      var expected = values
      for i in values.indices {
        let (row, column) = (i % image / problem.columns, i % problem.columns)
        expected[i / image * image + column * problem.rows + row] = values[i]
      }
      for row in runnableRows(Transposition.self) {
        for threads in [1, 2, 3] {
          let input = GuardedBuffer(values)
          let output = GuardedBuffer<Float>.poisoned(count: values.count)
          run(
            try plan(row, problem, threads: threads), .init(input: input.pointer, output: output.pointer),
            keeping: input)
          #expect(output.values == expected, "\(row.name) \(problem) \(threads) threads")
        }
      }
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      Transposition.Problem(batch: -1, rows: 3, columns: 4), .init(batch: 1, rows: -3, columns: 4),
      .init(batch: 1, rows: 3, columns: -4), .init(batch: 1 << 30, rows: 1 << 30, columns: 1 << 30),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<Transposition>(problem) }
    }
  }
}
