import Foundation
import Kernels

/// `bench baseline update`.
struct BaselineUpdate {
  let options: BaselineOptions
  let folder: String

  init(_ options: BaselineOptions) {
    self.options = options
    folder = options.baselineFolder()
  }

  func run() throws -> ExitStatus {
    guard !options.machines.contains(.current) else {
      throw UsageError("--machine is 'current'; expected a processor by its name")
    }
    let levels = try options.levels()
    var notes: [String] = []
    let current = try CurrentQuantities(
      options.sections, levels: levels, environment: ProcessInfo.processInfo.environment, note: { notes.append($0) })
    var files: [(old: Baseline?, new: Baseline)] = []
    for level in levels {
      if options.sections.contains(where: { !$0.dependsOnProcessor }) {
        let old = try Baseline.read(folder, level: level, machine: nil)
        files.append((old, BaselineUpdate.merged(old, try current.level(level))))
      }
      guard options.sections.contains(where: \.dependsOnProcessor) else { continue }
      let machines = Set(
        Baseline.machines(in: folder, level: level) + options.machines + [MachineName.here].compactMap(\.self))
      guard !machines.isEmpty else {
        throw UsageError("the generation of \(Machine.processorName) is not known; expected --machine NAME")
      }
      for machine in MachineName.allCases where machines.contains(machine) {
        let old = try Baseline.read(folder, level: level, machine: machine)
        files.append((old, BaselineUpdate.merged(old, try processor(level, machine, current))))
      }
    }
    let differences = files.flatMap { old, new in
      new.sections.keys.sorted { $0.rawValue < $1.rawValue }.flatMap { section in
        BaselineDifference.differences(
          section, from: old?.sections[section] ?? [:], to: new.sections[section] ?? [:], file: new.fileName)
      }
    }
    let changed = differences.filter { difference in files.contains { $0.old?.fileName == difference.file } }
    try BaselineCheck.printDifferences(changed)
    for text in notes { try Console.print(text) }
    guard changed.isEmpty || options.reason != nil else {
      throw UsageError(
        "\(changed.count) values of older baselines change, and --reason is not given; expected why they may. Nothing was "
          + "written")
    }
    for (old, new) in files {
      var new = new
      if changed.contains(where: { $0.file == new.fileName }) || old == nil {
        new.reason = options.reason ?? new.reason
      }
      try new.write(folder)
      try Console.print("\(new.fileName): \(new.sections.values.reduce(0) { $0 + $1.count }) values")
    }
    return .done
  }

  private func processor(
    _ level: InstructionSet, _ machine: MachineName, _ current: CurrentQuantities
  ) throws -> Baseline {
    var baseline = try current.processor(level, machine: machine)
    if options.sections.contains(.shares), machine == MachineName.here {
      baseline.sections[.shares] = try ShareQuantities.medians(ShareQuantities.problems(), level: level)
      baseline.sharesProcessor = Machine.processorName
    }
    return baseline
  }

  /// An older baseline with the sections of a new one.
  static func merged(_ old: Baseline?, _ new: Baseline) -> Baseline {
    guard var merged = old else { return new }
    if let compiler = new.compiler, compiler != merged.compiler {
      // What another compiler made is of no use beside what this one made.
      for section in BaselineSection.allCases where section.needsRelease && section != .shares {
        merged.sections[section] = nil
      }
    }
    for (section, values) in new.sections { merged.sections[section] = values }
    merged.compiler = new.compiler ?? merged.compiler
    merged.sharesProcessor = new.sharesProcessor ?? merged.sharesProcessor
    return merged
  }
}
