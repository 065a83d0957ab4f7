import Benchmarking
import Foundation

/// A machine with a clock of its own whose speed drifts, wanders and is disturbed, and programs that run on it.
final class SimulatedMachine {
  /// The standard deviation of a slice's noise, as a share.
  var noise = 0.01
  /// How many slices are disturbed by another program, and the scale of that: Pareto's distribution with exponent 1.5.
  var disturbed = 0.05
  var disturbance = 0.05
  /// The amplitude of a slow change of the machine's speed, as a share.
  var drift = 0.2
  /// The standard deviation by which a process is faster or slower than others of the same program, case by case.
  var layout = 0.003

  /// How many processes are disturbed all their lives, and then take 30 % longer.
  var disturbedProcesses = 0.0

  /// Seconds for which another program holds the processor during each of the first two slices.
  var firstInterruption = 0.0

  private(set) var seconds = 0.0
  /// The seconds that each slice would have taken without noise.
  private(set) var slices: [Double] = []
  private(set) var startedProcesses = 0
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// A program whose cases take these seconds an iteration.
  func program(_ name: String, _ cases: KeyValuePairs<String, Double>) -> ComparedProgram {
    ComparedProgram(name: name) { [self] _ in
      startedProcesses += 1
      // Starting a process takes time too.
      seconds += 0.02
      let factor = generator.uniform() < disturbedProcesses ? 1.3 : 1
      return Process(self, cases.map { ($0.key, factor * $0.value * exp(layout * generator.normal())) })
    }
  }

  private func run(seconds ideal: Double) -> SliceTime {
    var time = ideal * exp(noise * generator.normal()) * (1 + drift * sin(2 * Double.pi * seconds / 20))
    if generator.uniform() < disturbed { time *= 1 + disturbance * pow(1 - generator.uniform(), -1 / 1.5) }
    if slices.count < 2 { time += firstInterruption }
    slices.append(ideal)
    seconds += time
    return SliceTime(wallNanoseconds: time * 1e9, processorNanoseconds: ideal * 1e9)
  }

  private final class Process: Worker {
    private let machine: SimulatedMachine
    private let cases: [(name: String, seconds: Double)]

    init(_ machine: SimulatedMachine, _ cases: [(String, Double)]) {
      self.machine = machine
      self.cases = cases
    }

    func caseNames() -> [String] { cases.map(\.name) }

    func time(_ name: String, iterations: Int) throws -> SliceTime {
      guard let one = cases.first(where: { $0.name == name }) else { throw BenchmarkingError("no case '\(name)'") }
      guard one.seconds > 0 else { throw BenchmarkingError("case '\(name)' failed: it is broken") }
      return machine.run(seconds: one.seconds * Double(iterations))
    }

    func close() {}
  }
}

extension SimulatedMachine {
  /// Compares two programs on this machine.
  func compare(
    _ old: KeyValuePairs<String, Double>, _ new: KeyValuePairs<String, Double>, seed: UInt64 = 1,
    _ change: (inout ComparisonOptions) -> Void = { _ in }
  ) throws -> ComparisonReport {
    var options = ComparisonOptions()
    options.seed = seed
    options.resamples = 200
    change(&options)
    var comparison = Comparison(
      old: program("old", old), new: program("new", new), options: options, clock: { [self] in seconds })
    return try comparison.run()
  }
}

extension ComparisonReport {
  func verdict(_ name: String) -> Verdict? { cases.first { $0.name == name }?.verdict }
}
