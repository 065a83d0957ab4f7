import Foundation
import Testing

/// `bench kernels --against`, with programs whose comparison has one possible end whatever they take.
@Suite struct KernelComparisonTests {
  private static let arguments = ["kernels", "bias", "--shape", "mb1ic2ih4", "--pass", "forward"]

  /// A program that serves the protocol of comparisons, with one case, and answers that every slice took as long as asked.
  private func program(serving name: String, in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("old").path
    let script = """
      #!/bin/sh
      echo benchmark-worker 1
      while read -r word rest; do
        case $word in
          list) echo cases 1; echo '\(name)' ;;
          pin) echo ok ;;
          time) n=${rest##* }; echo ok $((n * 1000)) $((n * 1000)) ;;
        esac
      done
      """
    try script.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("a kernel that the new program lacks fails the comparison; one that it adds does not")
  func lostAndNew() throws {
    try withFolder { folder in
      let json = folder.appendingPathComponent("comparison.json")
      let markdown = folder.appendingPathComponent("comparison.md")
      let old = try program(serving: "bias forward mb9ic9ih9", in: folder)
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
    try withFolder { folder in
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

  @Test("options of a comparison are refused without one")
  func options() throws {
    let outcome = try BenchProcess(Self.arguments + ["--markdown", "/dev/null"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("--markdown is given without --against"))
    let both = try BenchProcess(Self.arguments + ["--against", "/bin/true", "--costs"])
    #expect(both.status == 2)
  }
}
