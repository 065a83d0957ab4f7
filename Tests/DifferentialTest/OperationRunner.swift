import Foundation
import Kernels

/// A result that is wrong, with the line that gives it again.
public struct DifferentialFailure: Sendable, CustomStringConvertible {
  public enum Kind: Sendable { case wrong, outOfBounds }
  public let kind: Kind
  public let line: ProblemLine
  public let message: String
  public var description: String { "\(line)\n  \(message)" }
}

protocol AnyOperationRunner: AnyObject {
  /// Runs of each row of the table so far.
  var runsOfRows: [Int] { get }
  /// Runs a problem by every row that accepts it; what is wrong, at most one for each row.
  ///
  /// - Parameter isThorough: whether rows that are chosen at any batch are compared, not at some batches only.
  func run(_ line: ProblemLine, levels: [InstructionSet], isThorough: Bool) throws -> [DifferentialFailure]
}

/// Runs problems of one operation by every row, and compares all that they leave in memory.
final class OperationRunner<Op: KernelOperation>: AnyOperationRunner {
  private let test: OperationTest<Op>
  private let memory = OperandMemory()
  private let workspace = GuardedMemory()
  private let crashReport = CrashReport()
  private let kernels = Op.kernels
  private let names = Op.kernels.map(\.name)
  private(set) var runsOfRows: [Int]
  private var lastOperands: Op.Operands?

  init(_ test: OperationTest<Op>) {
    self.test = test
    runsOfRows = [Int](repeating: 0, count: Op.kernels.count)
  }

  func run(_ line: ProblemLine, levels: [InstructionSet], isThorough: Bool) throws -> [DifferentialFailure] {
    let problem = test.problem(line.parameters)
    try Op.validate(problem)
    crashReport.begin("\(line)")
    defer { crashReport.end() }
    var failures: [DifferentialFailure] = []
    func report(_ row: Int, _ threads: Int, _ failure: (DifferentialFailure.Kind, String)) {
      var line = line
      (line.row, line.threads) = (names[row], threads)
      failures.append(DifferentialFailure(kind: failure.0, line: line, message: failure.1))
    }

    memory.beginProblem(line.data, seed: line.seed)
    _ = test.operands(line.parameters, memory)
    let reference = kernels.count - 1
    let right = try Plan<Op>(problem, kernel: kernels[reference], threads: 1)
    if let failure = run(right, reference, line.parameters, .end, separates: true) { report(reference, 1, failure) }
    memory.keepExpected()

    var hashes: [Int: UInt64] = [:]
    for (row, kernel) in kernels.enumerated() where levels.contains(kernel.level) {
      guard line.row == nil || line.row == names[row], kernel.accepts(problem) else { continue }
      let runs: [(Int, Placement)] =
        line.threads.map { [(1, .end), (1, .begin), ($0, .end), ($0, .begin)] }
        ?? [(1, .end), (1, .begin), (2, .begin), (3, .end)]
      var plan: Plan<Op>?
      for (index, (threads, placement)) in runs.enumerated() {
        let current: Plan<Op>
        if let plan, plan.threads == threads {
          current = plan
        } else {
          current = try withWorkShared { try Plan<Op>(problem, kernel: kernel, threads: threads) }
        }
        plan = current
        let failure = run(current, row, line.parameters, placement)
        if index == 0 {
          memory.keepFirst()
          hashes[row] = resultHash()
        }
        if let failure = failure ?? compare(line, isFirst: index == 0) {
          report(row, threads, failure)
          break
        }
      }
    }
    if line.data == .reals, line.row == nil, let images = test.images, line.parameters[images] > 0,
      test.partsImages(line.parameters)
    {
      var draw = Draw(seed: line.seed)
      let batches = isThorough ? Self.batches : [1] + (0..<4).map { _ in draw.pick(Self.batches) }
      // Such a failure needs all rows to be seen again.
      try checkImages(line, images, batches, levels, hashes) {
        failures.append(DifferentialFailure(kind: .wrong, line: line, message: $0))
      }
    }
    return failures
  }

  // MARK: - One run

  /// Runs a plan on freshly placed operands and an exactly sized, poisoned workspace.
  private func run(
    _ plan: Plan<Op>, _ row: Int, _ parameters: ProblemParameters, _ placement: Placement, separates: Bool = false,
    image: Int? = nil
  ) -> (DifferentialFailure.Kind, String)? {
    crashReport.run(row: names[row], threads: plan.threads, placement: placement)
    memory.beginRun(placement, separates: separates, image: image)
    let operands = test.operands(parameters, memory)
    lastOperands = operands
    let byteCount = plan.workspaceByteCount
    let scratch = workspace.place(byteCount, placement, alignment: 64)
    // What rounding to a cache line leaves between workspace and guard page.
    let slack = placement == .end ? -byteCount & 63 : 0
    memset(scratch, 0xFF, byteCount + slack)
    do {
      try plan.run(operands, workspace: scratch)
    } catch {
      return (.wrong, "refuses its operands: \(error)")
    }
    runsOfRows[row] += 1
    for i in byteCount..<byteCount + slack where scratch.load(fromByteOffset: i, as: UInt8.self) != 0xFF {
      return (.outOfBounds, "wrote behind its workspace of \(byteCount) bytes")
    }
    if image == nil, let index = memory.changedInput() { return (.outOfBounds, "wrote to operand \(index), an input") }
    return nil
  }

  // MARK: - Comparing

  /// Compares what the last run has left with the reference, if it is a row's first, or with the row's first run.
  private func compare(_ line: ProblemLine, isFirst: Bool) -> (DifferentialFailure.Kind, String)? {
    var difference: String?
    memory.forEachResult { index, pointer in
      let operand = memory.operands[index]
      guard difference == nil, operand.byteCount > 0 else { return }
      if isFirst {
        difference = referenceDifference(operand, pointer, line).map { "result \(index) \($0)" }
      } else if let found = bitDifference(pointer, operand.first.base, operand.byteCount, isFloat: operand.isFloat) {
        difference = "result \(index) has other bits than with one thread at the end of memory: \(found)"
      }
    }
    return difference.map { (.wrong, $0) }
  }

  private func referenceDifference(
    _ operand: OperandMemory.Operand, _ pointer: UnsafeRawPointer, _ line: ProblemLine
  ) -> String? {
    guard test.followsReference(line.parameters, line.data) else { return nil }
    let expected = operand.expected.base
    guard memcmp(pointer, expected, operand.byteCount) != 0 else { return nil }
    guard operand.isFloat else {
      return bitDifference(pointer, expected, operand.byteCount, isFloat: false)
        .map { "differs from the reference: \($0)" }
    }
    let isApproximate = test.isApproximate(line.parameters)
    let isExact = test.agreement.isExact(on: line.data) && !isApproximate
    let tolerance = test.agreement.tolerance
    // Some roundings of partial sums, which grow with the terms: levels with FMA round once a term, the reference twice.
    let rounding: Float = isApproximate ? 1e-4 : 4e-6
    let least = isExact ? 0 : rounding * Float(max(test.terms(line.parameters), 1))
    let (values, right) = (pointer.assumingMemoryBound(to: Float.self), expected.assumingMemoryBound(to: Float.self))
    for i in 0..<operand.byteCount / 4 where values[i] != right[i] && !(values[i].isNaN && right[i].isNaN) {
      if test.mixesNonFinite, line.data == .special, !values[i].isFinite, !right[i].isFinite { continue }
      let difference = abs(values[i] - right[i])
      if difference <= max(tolerance * max(abs(right[i]), 1), least), !isExact { continue }
      return "at \(i) is \(values[i]) instead of \(right[i])"
    }
    return nil
  }

  /// A hash of the results that belong to images (FNV-1a over words).
  private func resultHash() -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    memory.forEachResult { index, pointer in
      let operand = memory.operands[index]
      guard operand.images > 0 else { return }
      let words = operand.byteCount / 4
      let raw = UnsafeRawPointer(pointer)
      for i in 0..<words { hash = (hash ^ UInt64(raw.word(i))) &* 0x100_0000_01b3 }
      for i in words * 4..<operand.byteCount {
        hash = (hash ^ UInt64(pointer.load(fromByteOffset: i, as: UInt8.self))) &* 0x100_0000_01b3
      }
    }
    return hash
  }

  // MARK: - Images of a batch

  /// Batches at which another row may be chosen than for one image.
  private static var batches: [Int] { [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 128, 256, 1000] }

  /// Checks that all rows which a plan may choose for the shape at some batch give the same bits, and that an image's
  /// results do not depend on its batch.
  private func checkImages(
    _ line: ProblemLine, _ images: String, _ batches: [Int], _ levels: [InstructionSet], _ hashes: [Int: UInt64],
    report: (String) -> Void
  ) throws {
    let batch = line.parameters[images]
    for level in levels {
      let chosen = try row(of: test.problem(line.parameters), level)
      guard let right = hashes[chosen] else { continue }
      var compared: Set = [chosen]
      for other in batches where other != batch {
        var parameters = line.parameters
        parameters[images] = other
        let problem = test.problem(parameters)
        guard (try? Op.validate(problem)) != nil else { continue }
        let row = try row(of: problem, level)
        guard compared.insert(row).inserted, let hash = hashes[row], hash != right else { continue }
        report(
          "\(names[row]) is chosen for a batch of \(other), and \(names[chosen]) for \(batch), with other bits")
      }
      // The default for all images, kept for comparison with the default for one.
      let all = try Plan<Op>(test.problem(line.parameters), kernel: kernels[chosen], threads: 1)
      _ = run(all, chosen, line.parameters, .end)
      memory.keepFirst()
      if let equals = test.equals, !kernels[chosen].isReference, let operands = lastOperands,
        let difference = try equals(all.problem, operands, level)
      {
        report("\(names[chosen]) has other bits than the operations that it stands for: \(difference)")
      }
      var parameters = line.parameters
      parameters[images] = 1
      let problem = test.problem(parameters)
      let alone = try row(of: problem, level)
      let one = try Plan<Op>(problem, kernel: kernels[alone], threads: 1)
      for image in Set([0, batch / 2, batch - 1]).sorted() {
        _ = run(one, alone, parameters, .end, image: image)
        var difference: String?
        memory.forEachResult { index, pointer in
          let operand = memory.operands[index]
          let byteCount = operand.images > 0 ? operand.byteCount / operand.images : 0
          let kept = operand.first.base + image * byteCount
          guard difference == nil else { return }
          difference = bitDifference(pointer, kept, byteCount, isFloat: operand.isFloat).map { "result \(index) \($0)" }
        }
        if let difference {
          report("image \(image) alone by \(names[alone]), and in its batch by \(names[chosen]): \(difference)")
          break
        }
      }
    }
  }

  /// The row that a plan chooses.
  private func row(of problem: Op.Problem, _ level: InstructionSet) throws -> Int {
    let kernel = try Plan<Op>.choice(for: problem, level: level)
    return kernels.firstIndex {
      $0.level == kernel.level && $0.algorithm == kernel.algorithm && $0.tile == kernel.tile
    } ?? kernels.count - 1
  }
}
