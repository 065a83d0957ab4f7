import Foundation
import Kernels

/// `bench baseline check`.
struct BaselineCheck {
  let options: BaselineOptions
  let folder: String

  init(_ options: BaselineOptions) {
    self.options = options
    folder = options.baselineFolder()
  }

  /// The result file of a check, schema `bench.baseline-check/1`.
  struct Report: Encodable {
    private(set) var schema = "bench.baseline-check/1"
    let cpu: String
    var differences: [BaselineDifference] = []
    /// What is required and is not there.
    var missing: [String] = []
    /// What was not looked at, and why.
    var notes: [String] = []
    /// Values that are as the baseline says.
    var equal = 0
  }

  func run() throws -> ExitStatus {
    let levels = try options.levels()
    let file = try options.json.map(JSONFile.init(path:))
    var report = Report(cpu: Machine.processorName)
    var notes: [String] = []
    let current = try CurrentQuantities(
      options.sections, levels: levels, environment: ProcessInfo.processInfo.environment, note: { notes.append($0) })
    for level in levels {
      if options.sections.contains(where: { !$0.dependsOnProcessor }) {
        try checkLevel(level, current, &report)
      }
      if options.sections.contains(where: \.dependsOnProcessor) { try checkProcessors(level, current, &report) }
    }
    for level in InstructionSet.allCases where !levels.contains(level) && options.isa == nil {
      report.notes.append("\(level): not compared, this processor lacks it")
    }
    report.notes += notes
    try print(report)
    try file?.write(report)
    return report.differences.isEmpty && report.missing.isEmpty ? .done : .checkFailed
  }

  private func checkLevel(_ level: InstructionSet, _ current: CurrentQuantities, _ report: inout Report) throws {
    guard let baseline = try Baseline.read(folder, level: level, machine: nil) else {
      report.missing.append("\(folder) has no \(Baseline(level: level, machine: nil).fileName)")
      return
    }
    let now = try current.level(level)
    BaselineCheck.compare(baseline, now, sections: options.sections, &report)
  }

  /// Compares the sections that both are to have.
  static func compare(_ baseline: Baseline, _ now: Baseline, sections: [BaselineSection], _ report: inout Report) {
    for section in sections {
      // A section that this machine cannot count has been noted.
      guard let values = now.sections[section] else { continue }
      guard let kept = baseline.sections[section] else {
        report.missing.append("\(baseline.fileName) has no section \(section.rawValue)")
        continue
      }
      if section.needsRelease, section != .shares, baseline.compiler != now.compiler {
        report.missing.append(
          "\(baseline.fileName) has the section \(section.rawValue) of \(baseline.compiler ?? "no compiler"), and none "
            + "of \(now.compiler ?? "no compiler")")
        continue
      }
      let differences = BaselineDifference.differences(section, from: kept, to: values, file: baseline.fileName)
      report.differences += differences
      report.equal += Set(kept.keys).union(values.keys).count - differences.count
    }
  }

  private func checkProcessors(_ level: InstructionSet, _ current: CurrentQuantities, _ report: inout Report) throws {
    let machines = Baseline.machines(in: folder, level: level)
    if machines.isEmpty {
      report.missing.append("\(folder) has no file of a processor at the level \(level), such as zen5-\(level).json")
    }
    var hasShares = false
    for machine in machines {
      guard let baseline = try Baseline.read(folder, level: level, machine: machine) else { continue }
      var now = try current.processor(level, machine: machine)
      if options.sections.contains(.shares), let kept = baseline.sections[.shares],
        BaselineCheck.sharesApply(baseline, processor: Machine.processorName)
      {
        hasShares = true
        now.sections[.shares] = try ShareQuantities.best(ShareQuantities.problems(), level: level, baseline: kept)
      }
      BaselineCheck.compare(baseline, now, sections: options.sections, &report)
    }
    if options.sections.contains(.shares), !hasShares {
      let text = "shares at \(level): no baseline of this processor, \(Machine.processorName)"
      if options.requiresShares {
        report.missing.append(text)
      } else {
        report.notes.append(text + "; those of others are not used")
      }
    }
  }

  /// Whether shares can be compared with those of a baseline: they were measured on the same model of a processor.
  static func sharesApply(_ baseline: Baseline, processor: String) -> Bool { baseline.sharesProcessor == processor }

  private func print(_ report: Report) throws {
    try BaselineCheck.printDifferences(report.differences)
    for text in report.missing { try Console.print("missing: \(text)") }
    for text in report.notes { try Console.print(text) }
    let count = report.differences.count
    try Console.print(
      "\(report.equal) values as in the baselines, \(count) other\(count == 1 ? "" : "s"), \(report.missing.count) missing"
    )
    if !report.differences.isEmpty || !report.missing.isEmpty {
      try Console.print(
        "where the new values are right: 'bench baseline update --reason TEXT', and commit \(folder) with the change")
    }
  }

  /// Prints differences by file and section, each section with what would make them right.
  static func printDifferences(_ differences: [BaselineDifference]) throws {
    var place = ""
    for difference in differences {
      let next = "\(difference.file), \(difference.section.rawValue)"
      if next != place {
        try Console.print("\(next) (\(difference.section.content)); may change: \(difference.section.remark)")
        place = next
      }
      try Console.print("  \(difference.text)")
    }
  }
}
