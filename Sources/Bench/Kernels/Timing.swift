import Kernels

/// How long and how often a kernel is run.
struct Timing {
  /// The least time for all samples together.
  let seconds: Double
  let leastSamples: Int

  /// How often each of several kernels has its turn.
  static let turns = 3

  /// A part of the whole.
  var turn: Timing {
    Timing(
      seconds: seconds / Double(Timing.turns), leastSamples: (leastSamples + Timing.turns - 1) / Timing.turns)
  }

  static let thorough = Timing(seconds: 0.2, leastSamples: 7)
  static let brief = Timing(seconds: 0.03, leastSamples: 3)
  static let quick = Timing(seconds: 0.01, leastSamples: 3)

  /// The clock's own cost and resolution vanish in a sample of this length.
  private static let sampleSeconds = 50e-6

  /// Seconds a run, one entry a sample; a sample is as many runs as it takes to be measured well. Runs are numbered.
  func sample(_ run: (Int) throws -> Void) rethrows -> [Double] {
    let clock = ContinuousClock()
    var number = 0
    var repetitions = 1
    var samples: [Double] = []
    let end = clock.now + .seconds(seconds)
    while samples.count < leastSamples || clock.now < end {
      let time =
        try clock.measure {
          for _ in 0..<repetitions {
            try run(number)
            number &+= 1
          }
        } / .seconds(1)
      if time < Timing.sampleSeconds, repetitions < 1 << 20 {
        repetitions *= 2
        samples.removeAll()
      } else {
        samples.append(time / Double(repetitions))
      }
    }
    return samples
  }
}

/// The machine's limits at every level, measured when they are first asked for.
final class MachineLimits {
  /// Bytes a second.
  let bandwidth: Double
  private var peaks: [InstructionSet: [Int: Double]] = [:]

  init(bandwidth: Double) { self.bandwidth = bandwidth }

  /// Floating-point operations a second.
  func peak(_ level: InstructionSet, threads: Int) -> Double {
    if let peak = peaks[level]?[threads] { return peak }
    let peak = MachineReport.peakFLOPS(level: level, threads: threads)
    peaks[level, default: [:]][threads] = peak
    return peak
  }
}
