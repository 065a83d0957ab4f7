/// How two programs are compared.
public struct ComparisonOptions: Sendable {
  /// The time that counts.
  public enum Clock: String, Codable, CaseIterable, Sendable {
    /// Time that passes.
    case wall
    /// Time that the process's threads spend on processors: does not count what other programs take away, and does not
    /// see waiting. For cases of one thread on a machine that has more to do than cores.
    case processor
  }

  /// Cases whose name contains one of these; empty for all.
  public var cases: [String] = []
  /// Seconds for everything; confirming a slowdown takes its five pairs of processes even beyond.
  public var budgetSeconds = 60.0
  /// The smallest change that matters, as a share: less is neither slower nor faster.
  public var smallestChange = 0.01
  /// Of all that is drawn: orders, layouts, resamples.
  public var seed: UInt64 = 1
  public var clock = Clock.wall
  /// The time of a slice, within 5 to 20 ms; shortened to 5 ms where the budget is small for the number of cases.
  public var sliceSeconds = 0.010
  /// The chance that identical programs have a suspect in the first part, where the processes' layouts play no role.
  public var screeningError = 0.05
  /// The chance that a suspect is confirmed in fresh processes where the programs are equally fast.
  public var confirmationError = 0.001
  /// Of the bootstrap behind each interval of 95 %.
  public var resamples = 2000

  public init() {}

  /// Whether a case is wanted.
  func wants(_ name: String) -> Bool { cases.isEmpty || cases.contains { name.contains($0) } }

  /// The share of the budget for the first part; the rest is for confirming.
  static let screeningShare = 0.6
}
