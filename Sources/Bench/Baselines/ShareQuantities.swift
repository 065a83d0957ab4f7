import Kernels

/// Shares of the machine's limits that kernels reach on one thread: of the multiply-add peak with data in the caches, of
/// the memory's bandwidth with data far larger.
///
/// A shared machine can halve them for a moment. So a baseline holds the median of several measurements, and a row is
/// slow only where each of several measurements, made one after another with the limits measured anew, is far below.
enum ShareQuantities {
  private static let shapes = [
    "mb4ic3ih32oc6kh5", "mb4ic64ih14oc64kh3ph1", "mb1ic64ih56oc64kh3ph1", "mb4ic64ih14oc256kh1", "m256n256k256",
    "m32n512k784tb1",
  ]
  private static let otherShapes: [(operation: String, shape: String)] = [
    ("softmax-cross-entropy-labels", "mb256ic100"), ("relu", "n10000000"),
  ]

  /// Convolutions with pooling behind them are left out: these batches fill no vector of images.
  static func problems() throws -> [any KernelCase] {
    try KernelCases.cases(shapes).filter { $0.kernel != Conv2DMaxPool2DForward.name }
      + otherShapes.flatMap { operation, shape in
        try KernelCases.cases([shape]).filter { $0.kernel == operation }
      }
  }

  /// The median of a number of measurements of each problem.
  static func medians(_ problems: [any KernelCase], level: InstructionSet, measurements: Int = 5) throws -> [String:
    String]
  {
    var shares: [String: [Double]] = [:]
    for _ in 0..<measurements {
      for (name, share) in try measure(problems, level: level) { shares[name, default: []].append(share) }
    }
    return shares.mapValues { Figure.fixed($0.median, 3) }
  }

  /// The largest share of each problem, measured again while it is below what a baseline permits.
  static func best(
    _ problems: [any KernelCase], level: InstructionSet, baseline: [String: String], measurements: Int = 6,
    measure: ([any KernelCase], InstructionSet) throws -> [String: Double] = ShareQuantities.measure
  ) throws -> [String: String] {
    var best: [String: Double] = [:]
    for _ in 0..<measurements {
      let open = problems.filter { problem in
        guard let wanted = baseline[problem.name].flatMap(Double.init), let share = best[problem.name] else {
          return true
        }
        return share < (1 - BaselineDifference.shareTolerance) * wanted
      }
      if open.isEmpty { break }
      for (name, share) in try measure(open, level) { best[name] = max(best[name] ?? 0, share) }
    }
    return best.mapValues { Figure.fixed($0, 3) }
  }

  /// One measurement of each problem.
  static func measure(_ problems: [any KernelCase], level: InstructionSet) throws -> [String: Double] {
    let limits = MachineLimits(bandwidth: MachineReport.measure(level: level, threads: 1).bandwidthGbs * 1e9)
    let timing = Timing(seconds: 0.03, leastSamples: 9)
    var shares: [String: Double] = [:]
    for problem in problems {
      let run = try problem.repeated(level: level, threads: 1)
      try run(1)
      let limit = max(
        problem.work.leastFlops / limits.peak(level, threads: 1), problem.work.bytes / limits.bandwidth)
      shares[problem.name] = limit / (try timing.sample { _ in try run(1) }).median
    }
    return shares
  }
}
