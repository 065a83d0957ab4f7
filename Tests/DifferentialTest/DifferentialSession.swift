import Kernels

/// Runs problems of operations by all their rows, and counts what ran and what was wrong.
public final class DifferentialSession {
  private struct Entry {
    let test: any AnyOperationTest
    let runner: any AnyOperationRunner
  }
  private let entries: [Entry]
  private let levels: [InstructionSet]
  private let kinds: [DataKind]
  private var draw: Draw
  public private(set) var problems = 0
  public private(set) var failures: [DifferentialFailure] = []

  /// The names of all operations.
  public static var operations: [String] { allOperationTests.map(\.name) }
  /// Their types, such as `Conv2DForward`.
  public static var operationTypes: [String] { allOperationTests.map(\.type) }

  /// - Parameters:
  ///   - operations: the names of those to run; nil for all.
  ///   - levels: those whose rows run.
  ///   - kinds: the kinds of data, of which each operation has those that make sense.
  public init(
    operations: Set<String>? = nil, levels: [InstructionSet] = InstructionSet.available,
    kinds: [DataKind] = DataKind.allCases, seed: UInt64
  ) {
    entries = allOperationTests.filter { operations?.contains($0.name) ?? true }
      .map { Entry(test: $0, runner: $0.makeRunner()) }
    self.levels = levels
    self.kinds = kinds
    draw = Draw(seed: seed)
  }

  /// Draws a problem of any of the operations, and runs it.
  ///
  /// - Returns: what is wrong.
  @discardableResult
  public func runRandom() throws -> [DifferentialFailure] {
    let entry = entries[draw.below(entries.count)]
    guard let line = ProblemLine.random(entry.test, kinds, &draw) else { return [] }
    return try run(line, by: entry, isThorough: false)
  }

  /// Runs a problem of one of the session's operations, with all that its shape could meet at other batches.
  @discardableResult
  public func run(_ line: ProblemLine) throws -> [DifferentialFailure] {
    guard let entry = entries.first(where: { $0.test.name == line.operation }) else {
      throw ProblemLineError("the session does not run '\(line.operation)'")
    }
    return try run(line, by: entry, isThorough: true)
  }

  private func run(_ line: ProblemLine, by entry: Entry, isThorough: Bool) throws -> [DifferentialFailure] {
    let found = try entry.runner.run(line, levels: levels, isThorough: isThorough)
    problems += 1
    failures += found
    return found
  }

  /// Runs of single rows.
  public var runs: Int { entries.reduce(0) { $0 + $1.runner.runsOfRows.reduce(0, +) } }

  /// How often each row of the levels has run, by operation.
  public var rows: [(operation: String, row: String, runs: Int)] {
    entries.flatMap { entry in
      zip(entry.test.rows, entry.runner.runsOfRows).filter { levels.contains($0.0.level) }
        .map { (entry.test.name, $0.0.name, $0.1) }
    }
  }
}

extension ProblemLine {
  /// A problem of an operation; nil where there is no such operation.
  public static func random(_ operation: String, _ draw: inout Draw) -> ProblemLine? {
    operationTest(named: operation).flatMap { random($0, DataKind.allCases, &draw) }
  }

  fileprivate static func random(
    _ test: any AnyOperationTest, _ kinds: [DataKind], _ draw: inout Draw
  ) -> ProblemLine? {
    let kinds = test.kinds.filter { kinds.contains($0) }
    guard let parameters = test.drawValid(&draw), !kinds.isEmpty else { return nil }
    return ProblemLine(
      operation: test.name, parameters: parameters, data: draw.pick(kinds), seed: draw.next() >> 40)
  }
}
