/// A value that is not what a baseline says.
struct BaselineDifference: Equatable, Encodable {
  /// The baseline's file.
  let file: String
  let section: BaselineSection
  let name: String
  /// Nil where the baseline does not have it.
  let baseline: String?
  /// Nil where it is gone.
  let now: String?

  var text: String { "\(name): \(baseline ?? "nothing") -> \(now ?? "nothing")" }

  /// The differences of a section.
  static func differences(
    _ section: BaselineSection, from baseline: [String: String], to now: [String: String], file: String
  ) -> [BaselineDifference] {
    Set(baseline.keys).union(now.keys).sorted().compactMap { name in
      let (old, new) = (baseline[name], now[name])
      if let old, let new, isSame(section, name, old, new) { return nil }
      return BaselineDifference(file: file, section: section, name: name, baseline: old, now: new)
    }
  }

  /// The share by which counted instructions may differ: the system's library differs from machine to machine.
  static let instructionTolerance = 0.005
  /// The same of making a plan: Swift's runtime looks types up in tables by their addresses, and where the linker puts them
  /// changes some hundred instructions of the 14,000 and more.
  static let planInstructionTolerance = 0.05
  /// The share by which allocations of making plans may differ: an array grows less often where the system's allocator
  /// happens to give it more than it asked for.
  static let planningTolerance = 0.01
  /// The share of a share of the limit that may be lost before a row counts as slow.
  static let shareTolerance = 0.3

  /// Whether a value stands for the same.
  private static func isSame(_ section: BaselineSection, _ name: String, _ old: String, _ new: String) -> Bool {
    switch section {
    case .rows, .plans, .allocations, .code: return old == new
    case .instructions, .planning:
      guard let before = Double(old), let after = Double(new) else { return false }
      let tolerance =
        section == .planning
        ? planningTolerance
        : name.hasPrefix(InstructionQuantities.planPrefix) ? planInstructionTolerance : instructionTolerance
      return abs(after - before) <= tolerance * before
    case .shares:
      guard let before = Double(old), let after = Double(new) else { return false }
      return after >= (1 - shareTolerance) * before
    }
  }
}
