import Foundation
import Kernels
import Testing

@testable import Bench

/// The gate of what does not depend on the machine's state, run as people run it.
struct BaselineCommandTests {
  /// A folder of baselines that this program has just made, at the lowest level, which every processor has.
  final class Folder {
    static let sections = "rows,plans,planning,allocations"
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("baselines-\(UUID().uuidString)")
    let level = InstructionSet.lowest.rawValue

    init() throws {
      let made = try BenchProcess(
        "baseline", "update", "--sections", Folder.sections, "--isa", level, "--machine", "zen5", "--baselines",
        url.path)
      #expect(made.status == 0, "\(made.output)\(made.errors)")
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func check(_ more: String...) throws -> BenchProcess {
      try BenchProcess(
        ["baseline", "check", "--sections", Folder.sections, "--isa", level, "--baselines", url.path] + more)
    }

    /// Changes a value of a file to what another program would have had.
    func change(_ machine: MachineName?, _ section: BaselineSection, _ name: String, to value: (String) -> String)
      throws
    {
      let level = try #require(InstructionSet(rawValue: level))
      var baseline = try #require(try Baseline.read(url.path, level: level, machine: machine))
      let old = try #require(baseline.sections[section]?[name], "no \(name) in \(section)")
      baseline.sections[section]?[name] = value(old)
      try baseline.write(url.path)
    }
  }

  @Test("a program passes its own baselines; every change of a value or of a file fails, and is named")
  func changesFail() throws {
    let folder = try Folder()
    let same = try folder.check()
    #expect(same.status == 0, "\(same.output)\(same.errors)")
    #expect(same.output.contains(" 0 others, 0 missing"))

    func expectFailure(_ text: String) throws {
      let result = try folder.check()
      #expect(result.status == 1)
      #expect(result.output.contains(text), "\(result.output)")
    }
    // A step that allocates once where it allocated never.
    try folder.change(nil, .allocations, "n1, batch size 4, training") { _ in "-1" }
    try expectFailure("n1, batch size 4, training: -1 -> 0")
    try folder.change(nil, .allocations, "n1, batch size 4, training") { _ in "0" }
    // Another algorithm.
    let shape = "conv2d forward mb32ic3ih32oc6kh5"
    var kept = ""
    try folder.change(.zen5, .plans, shape) { value in
      kept = value
      return value.replacingOccurrences(of: value.prefix { $0 != "." }, with: "other")
    }
    try expectFailure("\(shape): other.")
    // Twice the scratch memory.
    try folder.change(.zen5, .plans, shape) { _ in
      let words = kept.split(separator: " ")
      return "\(words[0]) \((Int(words[1]) ?? 0) / 2) bytes"
    }
    try expectFailure(" -> \(kept)")
    try folder.change(.zen5, .plans, shape) { _ in kept }
    // A row that is gone.
    try folder.change(nil, .rows, "conv2d forward") { $0 + ", lost.baseline.1x1" }
    try expectFailure("lost.baseline.1x1 -> ")
    try folder.change(nil, .rows, "conv2d forward") { String($0.dropLast(", lost.baseline.1x1".count)) }
    // More work in planning.
    try folder.change(.zen5, .planning, "conv2d forward") { "\((Int($0) ?? 0) * 9 / 10)" }
    try expectFailure("conv2d forward: ")
    try folder.change(.zen5, .planning, "conv2d forward") { "\((Int($0) ?? 0) * 10 / 9)" }
    #expect(try folder.check().status == 0)
    // No baseline.
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("\(folder.level).json"))
    try expectFailure("missing: \(folder.url.path) has no \(folder.level).json")
    // The processor's own generation has a file, too, where it is known.
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    where file.hasSuffix("-\(folder.level).json") {
      try FileManager.default.removeItem(at: folder.url.appendingPathComponent(file))
    }
    try expectFailure("has no file of a processor at the level \(folder.level)")
  }

  @Test("the result file lists differences and what is missing")
  func resultFile() throws {
    let folder = try Folder()
    try folder.change(nil, .allocations, "n3, batch size 32, evaluation") { _ in "7" }
    let file = TemporaryFile()
    #expect(try folder.check("--json", file.path).status == 1)
    let object = try file.object()
    #expect(object["schema"] as? String == "bench.baseline-check/1")
    let differences = try #require(object["differences"] as? [[String: String]])
    #expect(
      differences == [
        [
          "file": "\(folder.level).json", "section": "allocations", "name": "n3, batch size 32, evaluation",
          "baseline": "7", "now": "0",
        ]
      ])
    #expect(object["missing"] as? [String] == [])
  }

  @Test("an update of values that were kept needs a reason, and keeps it")
  func reason() throws {
    let folder = try Folder()
    try folder.change(nil, .allocations, "n1, batch size 32, training") { _ in "7" }
    let arguments = [
      "baseline", "update", "--sections", Folder.sections, "--isa", folder.level, "--baselines", folder.url.path,
    ]
    let refused = try BenchProcess(arguments)
    #expect(refused.status == 2)
    #expect(refused.output.contains("n1, batch size 32, training: 7 -> 0"))
    #expect(refused.output.contains("may change: "))
    #expect(refused.errors.contains("--reason is not given"))
    #expect(try folder.check().status == 1)
    #expect(try BenchProcess(arguments + ["--reason", "steps reuse their buffers"]).status == 0)
    #expect(try folder.check().status == 0)
    let level = try #require(InstructionSet(rawValue: folder.level))
    #expect(try Baseline.read(folder.url.path, level: level, machine: nil)?.reason == "steps reuse their buffers")
    #expect(try Baseline.read(folder.url.path, level: level, machine: .zen5)?.reason == nil)
  }

  @Test(
    "what cannot be done is refused in one line",
    arguments: [
      (["baseline", "remove"], "'remove' is no action; expected check or update"),
      (["baseline", "check", "--reason", "why"], "--reason and --machine are given with check"),
      (["baseline", "update", "--require-shares"], "--require-shares is given with update"),
      (["baseline", "update", "--machine", "current", "--sections", "rows"], "--machine is 'current'"),
      (
        ["baseline", "--sections", "speed"],
        "--sections is 'speed'; expected a list with commas, each one of rows, plans"
      ),
    ])
  func refused(arguments: [String], message: String) throws {
    let result = try BenchProcess(arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test("quantities of optimised code are refused of a debug build", .enabled(if: !CurrentQuantities.isRelease))
  func debugBuild() throws {
    for section in ["code", "instructions", "shares"] {
      let result = try BenchProcess("baseline", "--sections", section)
      #expect(result.status == 2)
      #expect(result.errors.contains("the section \(section) is of release builds, and this is a debug build"))
    }
  }

  @Test("a file that is no baseline is refused in one line, by its name")
  func invalidFile() throws {
    let folder = try Folder()
    let file = folder.url.appendingPathComponent("\(folder.level).json")
    for text in ["{", #"{"schema": "bench.baseline/1", "level": "avx512", "sections": {"speed": {}}}"#] {
      try Data(text.utf8).write(to: file)
      let result = try folder.check()
      #expect(result.status == 2)
      #expect(result.errors.contains("\(file.path) cannot be read as a baseline"), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }
}
