import Benchmarking
import Foundation
import Testing

@Suite("Benchmark program")
struct ProgramTests {
  @Test("list names the cases, those that are asked for where some are")
  func list() throws {
    #expect(try ExampleProcess(["list"]).output == "checksum/64\nchecksum/64K\nmean/1K\nmean/64K\nmean/16M\n")
    #expect(try ExampleProcess(["list", "--cases", "1K,sum/64K"]).output == "checksum/64K\nmean/1K\n")
  }

  @Test("run times each case and gives its share of the limit that was measured")
  func run() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let process = try ExampleProcess(["--seconds", "0.02", "--cases=mean/16M", "--json", file.path])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.contains("mean/16M") && process.output.contains("%"))
    let object = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    #expect(object["schema"] as? String == "benchmarking.run/1")
    let one = try #require((object["cases"] as? [[String: Any]])?.first)
    #expect(try #require(one["limit_share"] as? Double) > 0)
    #expect(try #require(one["bytes_per_second"] as? Double) > 0)
    #expect(try #require(one["slices"] as? Int) >= 5)
  }

  @Test("A comparison with a program without one of its cases finds it new; a lost one fails")
  func lost() throws {
    let executable = try ExampleProcess.executable.path
    let arguments = ["--against", executable, "--cases", "mean/1K", "--budget", "0.2", "--clock", "processor"]
    let same = try ExampleProcess(arguments)
    #expect(same.status == 0 && same.output.contains("mean/1K"), "\(same.output)\(same.errors)")
    // The old program is started by a script that has the case; this one has not.
    let script = FileManager.default.temporaryDirectory.appendingPathComponent("old-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: script) }
    try Data("#!/bin/sh\nunset EXAMPLE_WITHOUT\nexec '\(executable)' \"$@\"\n".utf8).write(to: script)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
    let lost = try ExampleProcess(
      ["--against", script.path, "--cases", "mean/1K", "--budget", "0.2"], environment: ["EXAMPLE_WITHOUT": "mean/1K"])
    #expect(lost.status == 1 && lost.output.contains("1 lost"), "\(lost.output)\(lost.errors)")
  }

  @Test(
    "Wrong usage ends with status 2 and a line that says what would be right",
    arguments: [
      (["walk"], "unknown command 'walk'; expected run, list, worker or help"),
      (["--budget", "soon"], "--budget is 'soon'; expected seconds above 0"),
      (["--budget"], "--budget needs a value"),
      (["--smallest-change", "0"], "--smallest-change is '0'; expected a percentage above 0 and below 100"),
      (["--clock", "sun"], "--clock is 'sun'; expected wall or processor"),
      (["--cases", "nothing"], "no case has 'nothing' in its name"),
      (["--markdown"], "--markdown is for comparisons: add --against EXECUTABLE"),
      (["--fast"], "unknown option or operand '--fast'; see help"),
      (["--against", "/no/such/program"], "'/no/such/program' is no program that can be run"),
      (["--against", "/bin/true"], "'/bin/true' ended in place of answering"),
    ])
  func wrongUsage(arguments: [String], message: String) throws {
    let process = try ExampleProcess(arguments)
    #expect(process.status == 2)
    #expect(process.errors.hasSuffix(": \(message)\n") && process.errors.split(separator: "\n").count == 1)
  }

  @Test("A case that throws ends a run with status 2", arguments: [["run", "--seconds", "0.01"]])
  func throwingCase(arguments: [String]) {
    struct Broken: Error {}
    let program = BenchmarkProgram([BenchmarkCase("broken") { _ in throw Broken() }])
    #expect(program.run(["test"] + arguments) == 2)
  }

  @Test("Two cases of one name are refused, and names that are no line")
  func names() {
    let names = [["a", "a"], [""], ["a\nb"], [" a"]]
    for names in names {
      let program = BenchmarkProgram(names.map { BenchmarkCase($0) { (_: Int) in } })
      #expect(program.run(["test", "list"]) == 2)
    }
  }
}
