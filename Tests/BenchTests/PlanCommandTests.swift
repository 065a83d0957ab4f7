import Foundation
import TestSupport
import Testing

@Suite struct PlanCommandTests {
  private func run(_ arguments: [String]) throws -> [String] {
    let process = try BenchProcess(["plan", "--threads", "1"] + arguments)
    #expect(process.status == 0, "\(process.errors)")
    return process.output.split(separator: "\n").map(String.init)
  }

  @Test("every step of N1's training is listed with its times, and the whole")
  func training() throws {
    let lines = try run(["--model", "n1", "--batch-size", "4", "--steps", "3"])
    #expect(lines.contains { $0.contains("plan       n1, training, batch 4, precision fast") })
    let kinds = [
      "Conv2D + relu", "MaxPool2D", "Conv2D + relu", "MaxPool2D", "Linear + relu", "Linear + relu", "Linear",
    ]
    let start = try #require(lines.firstIndex { $0.hasPrefix("layer") }) + 2
    for (line, kind) in zip(lines[start...], kinds) { #expect(line.contains(kind), "\(line)") }
    #expect(lines.last?.hasPrefix("the whole") == true)
  }

  @Test("the plan alone is printed without running it")
  func planAlone() throws {
    let lines = try run(["--model", "resnet-18", "--batch-size", "2", "--steps", "0", "--inference"])
    #expect(!lines.contains { $0.contains("forward µs") })
    #expect(lines.contains { $0.contains("Residual + relu, the rest") })
    #expect(lines.last?.hasPrefix("at least") == true)
  }

  @Test("networks that do not classify are planned, too", arguments: ["n7", "n10", "mobilenet-v2"])
  func others(model: String) throws {
    _ = try run(["--model", model, "--batch-size", "1", "--steps", "0"])
  }

  @Test("the result file has the steps' operations and times")
  func json() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("plan.json").path
    _ = try run(["--model", "n1", "--batch-size", "8", "--steps", "2", "--json", path])
    let content = try Data(contentsOf: URL(fileURLWithPath: path))
    let report = try #require(JSONSerialization.jsonObject(with: content) as? [String: Any])
    #expect(report["schema"] as? String == "bench.plan/1")
    let steps = try #require(report["steps"] as? [[String: Any]])
    let first = try #require(steps.first)
    // Forward and weight gradient of 3→6 channels, 5×5, at 28×28.
    #expect(first["flops"] as? Int == 2 * 2 * 8 * 6 * 75 * 28 * 28)
    #expect((first["forward_seconds"] as? Double ?? 0) > 0)
    #expect((report["step_seconds"] as? Double ?? 0) > 0)
  }
}
