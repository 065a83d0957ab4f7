import Foundation
import Testing

/// `bench kernels --against`, with programs whose comparison has one possible end whatever they take.
@Suite struct KernelComparisonTests {
  private static let arguments = ["kernels", "bias", "--shape", "mb1ic2ih4", "--pass", "forward"]

  @Test("a kernel that the new program lacks fails the comparison; one that it adds does not")
  func lostAndNew() throws {
    try ServingProgram.withFolder { folder in
      let json = folder.appendingPathComponent("comparison.json")
      let markdown = folder.appendingPathComponent("comparison.md")
      let old = try ServingProgram.serving("bias forward mb9ic9ih9", in: folder)
      let outcome = try BenchProcess(
        Self.arguments + [
          "--against", old, "--budget", "1", "--json", json.path, "--markdown", markdown.path,
        ])
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(outcome.output.contains("lost"))
      #expect(outcome.output.contains("new"))
      let report = try JSONSerialization.jsonObject(with: Data(contentsOf: json)) as? [String: Any]
      #expect(report?["schema"] as? String == "benchmarking.comparison/1")
      let cases = try #require(report?["cases"] as? [[String: Any]])
      #expect(
        Set(cases.compactMap { $0["name"] as? String }) == ["bias forward mb9ic9ih9", "bias forward mb1ic2ih4"])
      #expect(try String(contentsOf: markdown, encoding: .utf8).contains("| "))
    }
  }

  @Test("what is neither a program nor a revision is refused in one line")
  func unknown() throws {
    try ServingProgram.withFolder { folder in
      let outcome = try BenchProcess(
        Self.arguments + ["--against", "no-such-revision"], currentDirectory: folder)
      #expect(outcome.status == 2)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains("--against is 'no-such-revision'"))
      #expect(outcome.errors.split(whereSeparator: \.isNewline).count == 1, "\(outcome.errors)")
    }
  }

  @Test("a program that serves no comparison is refused in one line")
  func noWorker() throws {
    let outcome = try BenchProcess(Self.arguments + ["--against", "/bin/true", "--budget", "1"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("/bin/true"))
    #expect(outcome.errors.split(whereSeparator: \.isNewline).count == 1, "\(outcome.errors)")
  }

  @Test("a version without comparisons is refused in one line that says so")
  func olderVersion() throws {
    try ServingProgram.withFolder { folder in
      let old = try ServingProgram.refusing(
        "bench kernels: unknown option '--worker'; expected one of --shape", in: folder)
      let outcome = try BenchProcess(Self.arguments + ["--against", old])
      #expect(outcome.status == 2)
      #expect(
        outcome.errors
          == "bench kernels: --against is '\(old)', which cannot be compared: its 'kernels' has no --worker\n")
    }
  }

  @Test(
    "options of a comparison are refused without one",
    arguments: [["--markdown", "/dev/null"], ["--budget", "5"], ["--smallest-change", "2"]])
  func options(_ option: [String]) throws {
    let outcome = try BenchProcess(Self.arguments + option)
    #expect(outcome.status == 2)
    #expect(outcome.errors == "bench kernels: \(option[0]) is given without --against; expected both\n")
  }

  @Test(
    "what runs no kernels is refused in a comparison",
    arguments: ["--costs", "--planning", "--machine=zen5", "--worker"])
  func others(_ option: String) throws {
    let outcome = try BenchProcess(Self.arguments + ["--against", "/bin/true", option])
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("bench kernels: "))
    #expect(outcome.errors.contains(option.prefix { $0 != "=" }) && outcome.errors.contains("--against"))
    #expect(outcome.errors.split(whereSeparator: \.isNewline).count == 1, "\(outcome.errors)")
  }
}
