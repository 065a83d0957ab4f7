import Foundation

/// Compares two programs case by case, slice by slice in turns.
///
/// First, pairs of processes are started one after another, and every case that is still open is measured in each pair:
/// rounds in which the cases follow each other in random order, a block of two ABBA quadruples each. After each pair the
/// tests are looked at. Then what looks slower is measured again in fresh pairs, whose medians are tested alone: they are
/// independent of what made it a suspect.
public struct Comparison {
  private let old: ComparedProgram
  private let new: ComparedProgram
  private let options: ComparisonOptions
  private let clock: () -> Double
  private let shouldStop: () -> Bool
  private let progress: (String) -> Void
  private var generator: SeededGenerator
  private var series: [CaseSeries] = []
  private var start = 0.0

  private static let roundsPerPair = 4
  private static let quadruplesPerBlock = 2
  /// Of a case in a pair of processes.
  static let slicesPerPair = 4 * roundsPerPair * quadruplesPerBlock
  /// Pairs of processes before anything is decided.
  private static let leastPairs = 3
  /// Fresh pairs after which a suspect is looked at.
  static let confirmationLooks = [5, 7, 10, 14, 20, 28, 40]
  /// The level at which pairs of processes have to agree with what their quadruples say.
  private static let agreementError = 0.05

  /// - Parameters:
  ///   - clock: seconds since any moment, for the budget.
  ///   - shouldStop: asked between rounds; a comparison that is stopped reports what it has.
  ///   - progress: takes a line now and then.
  public init(
    old: ComparedProgram, new: ComparedProgram, options: ComparisonOptions,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime },
    shouldStop: @escaping () -> Bool = { false }, progress: @escaping (String) -> Void = { _ in }
  ) {
    self.old = old
    self.new = new
    self.options = options
    self.clock = clock
    self.shouldStop = shouldStop
    self.progress = progress
    generator = SeededGenerator(seed: options.seed)
  }

  /// Runs the comparison; throws a ``BenchmarkingError`` where a program fails.
  public mutating func run() throws -> ComparisonReport {
    start = clock()
    var names: (old: [String], new: [String]) = ([], [])
    try withPair { comparison, pair in
      names = try pair.caseNames()
      names.old.removeAll { !comparison.options.wants($0) }
      names.new.removeAll { !comparison.options.wants($0) }
      let common = names.old.filter(Set(names.new).contains)
      comparison.series = common.map { CaseSeries(name: $0) }
      guard !(names.old.isEmpty && names.new.isEmpty) else {
        throw BenchmarkingError(
          comparison.options.cases.isEmpty
            ? "neither program has a case"
            : "no case of either program has '\(comparison.options.cases.joined(separator: "' or '"))' in its name")
      }
      let seconds = comparison.sliceSeconds
      for index in comparison.series.indices where !comparison.shouldStop() {
        comparison.series[index].iterations = try pair.calibrate(comparison.series[index].name, seconds: seconds)
      }
      if !common.isEmpty { try comparison.screen(pair) }
    }
    try screen()
    try confirm()
    return report(names)
  }

  private var elapsed: Double { clock() - start }
  private var logSmallestChange: Double { log1p(options.smallestChange) }

  /// Short enough for three pairs of every case in the time of the first part, where 5 ms allow that.
  private var sliceSeconds: Double {
    let slices = series.count * Comparison.leastPairs * Comparison.slicesPerPair
    let share = options.budgetSeconds * ComparisonOptions.screeningShare / Double(max(slices, 1))
    return max(min(options.sliceSeconds, share), min(options.sliceSeconds, 0.005))
  }

  private mutating func withPair(_ body: (inout Comparison, ProgramPair) throws -> Void) throws {
    let pair = try ProgramPair(old: old, new: new, clock: options.clock, using: &generator)
    defer { pair.close() }
    try body(&self, pair)
  }

  // MARK: - The first part

  private mutating func screen() throws {
    while series.contains(where: { $0.state == .open }), !isOver(ComparisonOptions.screeningShare) {
      try withPair { comparison, pair in
        for one in comparison.series where one.state == .open {
          try pair.warm(one.name, iterations: one.iterations)
        }
        try comparison.screen(pair)
      }
    }
    // What looks slower by its own test, but not by that of the family, is left to the fresh processes.
    for index in series.indices where series[index].state == .open {
      let estimate = Quantiles.median(series[index].quadruples)
      if series[index].slower <= options.screeningError, estimate >= logSmallestChange {
        series[index].state = .suspect
      }
    }
  }

  private mutating func screen(_ pair: ProgramPair) throws {
    let open = series.indices.filter { series[$0].state == .open }
    for index in open { series[index].screening.append([]) }
    for _ in 0..<Comparison.roundsPerPair {
      for index in open.shuffled(using: &generator) {
        let block = try block(of: index, in: pair)
        series[index].screening[series[index].screening.count - 1].append(block)
      }
      if isOver(ComparisonOptions.screeningShare) { break }
    }
    for index in open { series[index].look(smallestChange: logSmallestChange) }
    decide()
    progress("\(series.count { $0.state == .open }) of \(series.count) cases open, \(Int(elapsed)) s")
  }

  private mutating func block(of index: Int, in pair: ProgramPair) throws -> [Double] {
    try (0..<Comparison.quadruplesPerBlock).map { _ in
      let quadruple = try pair.quadruple(
        series[index].name, iterations: series[index].iterations,
        startingWithOld: Bool.random(using: &generator))
      series[index].add(quadruple)
      return quadruple.logRatio
    }
  }

  private func isOver(_ share: Double) -> Bool { shouldStop() || elapsed >= share * options.budgetSeconds }

  private mutating func decide() {
    let slower = Holm.adjusted(series.map(\.slower))
    let faster = Holm.adjusted(series.map(\.faster))
    let (error, agreement) = (options.screeningError, Comparison.agreementError)
    for index in series.indices
    where series[index].state == .open && series[index].screening.count >= Comparison.leastPairs {
      let estimate = Quantiles.median(series[index].quadruples)
      let pairs = StudentTest(series[index].pairMedians)
      if slower[index] <= error, estimate >= logSmallestChange, pairs.upperTail() <= agreement {
        series[index].state = .suspect
      } else if faster[index] <= error, estimate <= -logSmallestChange {
        series[index].state = .decided(.faster)
      } else if series[index].same <= error, pairs.lowerTail(center: logSmallestChange) <= agreement,
        pairs.upperTail(center: -logSmallestChange) <= agreement
      {
        series[index].state = .decided(.same)
      }
    }
  }

  // MARK: - Fresh processes

  private mutating func confirm() throws {
    let candidates = series.count { $0.state == .suspect }
    for count in 1...Comparison.confirmationLooks.last! {
      let suspects = series.indices.filter { series[$0].state == .suspect }
      guard !suspects.isEmpty, !shouldStop() else { return }
      if count > Comparison.confirmationLooks[0], isOver(1) { return }
      try withPair { comparison, pair in
        for index in suspects {
          try pair.warm(comparison.series[index].name, iterations: comparison.series[index].iterations)
        }
        var values: [Int: [Double]] = [:]
        for _ in 0..<Comparison.roundsPerPair {
          for index in suspects.shuffled(using: &comparison.generator) {
            values[index, default: []] += try comparison.block(of: index, in: pair)
          }
        }
        for (index, ratios) in values {
          comparison.series[index].confirmation.append(Quantiles.median(ratios))
          comparison.series[index].confirmationQuadruples += ratios.count
        }
      }
      progress("\(suspects.count) of \(candidates) suspects in fresh pair \(count), \(Int(elapsed)) s")
      if Comparison.confirmationLooks.contains(count) { decideSuspects() }
    }
  }

  private mutating func decideSuspects() {
    let suspects = series.indices.filter { !series[$0].confirmation.isEmpty }
    let looks = Double(Comparison.confirmationLooks.count)
    for index in suspects where series[index].state == .suspect {
      series[index].confirmed = min(
        series[index].confirmed, looks * StudentTest(series[index].confirmation).upperTail())
    }
    let adjusted = Holm.adjusted(suspects.map { series[$0].confirmed })
    for (index, confirmed) in zip(suspects, adjusted) where series[index].state == .suspect {
      let test = StudentTest(series[index].confirmation)
      if confirmed <= options.confirmationError, test.mean >= logSmallestChange {
        series[index].state = .decided(.slower)
      } else if looks * test.lowerTail(center: logSmallestChange) <= options.screeningError {
        let isSame = test.upperTail(center: -logSmallestChange) <= Comparison.agreementError
        series[index].state = .decided(isSame ? .same : .undecided)
      }
    }
  }

  // MARK: - The report

  private mutating func report(_ names: (old: [String], new: [String])) -> ComparisonReport {
    let candidates = series.count { !$0.confirmation.isEmpty }
    var measured: [String: ComparedCase] = [:]
    for one in series {
      measured[one.name] = ComparedCase(
        one, options: options, family: series.count, candidates: candidates, using: &generator)
    }
    let old = Set(names.old)
    let cases =
      names.old.map { measured[$0] ?? ComparedCase(name: $0, verdict: .lost) }
      + names.new.filter { !old.contains($0) }.map { ComparedCase(name: $0, verdict: .new) }
    return ComparisonReport(
      old: self.old.name, new: self.new.name, options: options, elapsedSeconds: elapsed,
      wasStopped: shouldStop(), cases: cases)
  }
}
