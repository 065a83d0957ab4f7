/// What a comparison says of a case.
public enum Verdict: String, Codable, CaseIterable, Sendable {
  /// By the smallest change that matters or more, in the first processes and again in at least five fresh pairs.
  case slower
  /// By the smallest change that matters or more, in at least three pairs of processes.
  case faster
  /// By less than the smallest change that matters, in at least three pairs of processes.
  case same
  /// The budget was spent before any of these could be said.
  case undecided
  /// The new program has no such case.
  case lost
  /// The old program has no such case.
  case new

  /// Whether it fails a gate.
  public var isFailure: Bool { self == .slower || self == .lost }
}
