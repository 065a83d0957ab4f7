import Benchmarking
import Foundation
import Testing

@Suite("Report")
struct ReportTests {
  private func report() throws -> ComparisonReport {
    try SimulatedMachine(seed: 1).compare(
      ["a|b": 1e-3, "gone": 1e-3, "slow": 1e-3], ["a|b": 1e-3, "slow": 1.1e-3, "born": 1e-3])
  }

  @Test("The text has a line a case and the number of each verdict")
  func text() throws {
    let text = try report().text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("case"))
    #expect(lines.contains { $0.hasPrefix("slow ") && $0.contains("slower") && $0.contains("+10.") })
    #expect(lines.contains { $0.hasPrefix("gone ") && $0.contains("lost") })
    #expect(lines.contains("1 slower, 1 same, 1 lost, 1 new"))
  }

  @Test("Markdown shows what changed before all cases, with bars in names escaped")
  func markdown() throws {
    let markdown = try report().markdown
    let parts = markdown.components(separatedBy: "<details>")
    #expect(parts.count == 2)
    #expect(parts[0].hasPrefix("**1 slower, 1 same, 1 lost, 1 new**\n"))
    #expect(parts[0].contains("| slow |") && !parts[0].contains("a\\|b"))
    #expect(parts[1].contains("| a\\|b |"))
  }

  @Test("JSON holds the schema, the seed and each case with its verdict")
  func json() throws {
    let object = try #require(JSONSerialization.jsonObject(with: report().json()) as? [String: Any])
    #expect(object["schema"] as? String == "benchmarking.comparison/1")
    #expect(object["seed"] as? Int == 1)
    let cases = try #require(object["cases"] as? [[String: Any]])
    #expect(cases.map { $0["verdict"] as? String } == ["same", "lost", "slower", "new"])
    let slow = cases[2]
    let ratio = try #require(slow["ratio"] as? Double)
    #expect(abs(ratio - 1.1) < 0.02)
    #expect((slow["fresh_pairs"] as? Int ?? 0) >= 5)
    #expect(slow["old_seconds"] as? Double != nil && slow["resolution"] as? Double != nil)
    #expect(cases[1]["ratio"] == nil)
  }
}
