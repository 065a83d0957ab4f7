import Foundation
import Kernels

/// The quantities of this program, collected as they are asked for.
struct CurrentQuantities {
  let sections: Set<BaselineSection>
  let environment: [String: String]
  /// Takes a line about what is not looked at, and why.
  let note: (String) throws -> Void
  private let problems: [any KernelCase]
  private let code: [InstructionSet: [String: String]]
  /// The compiler that is on `PATH`, which is taken for the one that made this program.
  let compiler: String?

  /// Whether this program is a release build.
  static var isRelease: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  init(
    _ sections: [BaselineSection], levels: [InstructionSet], environment: [String: String],
    note: @escaping (String) throws -> Void
  ) throws {
    self.sections = Set(sections)
    self.environment = environment
    self.note = note
    if let section = sections.first(where: \.needsRelease), !CurrentQuantities.isRelease {
      throw UsageError(
        "the section \(section.rawValue) is of release builds, and this is a debug build; expected 'swift run -c release "
          + "bench baseline', or other --sections")
    }
    problems = try PlanQuantities.problems()
    code = self.sections.contains(.code) ? try CodeQuantities.functions(levels) : [:]
    compiler =
      self.sections.contains(where: \.needsRelease) ? try CurrentQuantities.compilerVersion(environment) : nil
  }

  /// What depends on a level alone, as a baseline.
  func level(_ level: InstructionSet) throws -> Baseline {
    var baseline = Baseline(level: level, machine: nil)
    for section in sections where !section.dependsOnProcessor && section.exists(at: level.rawValue) {
      switch section {
      case .rows: baseline.sections[.rows] = PlanQuantities.rows(problems, level: level)
      case .allocations:
        baseline.sections[.allocations] = try AllocationQuantities.steps(level: level)
        if baseline.sections[.allocations] == nil {
          try note("allocations at \(level): not compared, they are counted with glibc only")
        }
      case .code: baseline.sections[.code] = code[level] ?? [:]
      case .instructions:
        if let obstacle = InstructionQuantities.obstacle(environment: environment) {
          try note("instructions at \(level): not compared, \(obstacle)")
        } else {
          baseline.sections[.instructions] = try InstructionQuantities.counts(level: level, environment: environment)
        }
      case .plans, .planning, .shares: break
      }
    }
    baseline.compiler = compiler
    return baseline
  }

  /// What depends on the processor that is planned for, but for shares, as a baseline.
  func processor(_ level: InstructionSet, machine: MachineName) throws -> Baseline {
    var baseline = Baseline(level: level, machine: machine)
    guard sections.contains(.plans) || sections.contains(.planning) else { return baseline }
    let (plans, planning) = try PlanQuantities.plans(problems, level: level, machine: machine.machine)
    if sections.contains(.plans) { baseline.sections[.plans] = plans }
    if sections.contains(.planning) {
      if planning.isEmpty {
        try note("planning at \(level): not compared, allocations are counted with glibc only")
      } else {
        baseline.sections[.planning] = planning
      }
    }
    return baseline
  }

  /// The first line of `swift --version`.
  private static func compilerVersion(_ environment: [String: String]) throws -> String {
    guard let swift = SystemTool("swift", environment: environment) else {
      throw UsageError("the program 'swift' is not on PATH; it says which compiler made the code")
    }
    let result = try swift.run(["--version"])
    guard result.status == 0, let line = result.output.split(separator: "\n").first else {
      throw UsageError("'swift --version' failed: \(result.lastError)")
    }
    return String(line)
  }
}

extension MachineName {
  /// The processor that this process runs on; nil where its generation is not known.
  static var here: MachineName? { allCases.first { $0 != .current && $0.machine.name == Machine.generation } }
}
