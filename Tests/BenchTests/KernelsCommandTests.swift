import Foundation
import Kernels
import Testing

@testable import Bench

@Suite struct KernelsCommandTests {
  @Test func verifiesAndTimesEveryRow() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "kernels", "relu", "max-pool2d", "--shape", "n1000", "--shape=mb2ic3ih8kh2sh2,mb2ic3ih9kh3", "--pass", "forward",
      "--quick", "--json", file.path)
    #expect(process.status == 0, "\(process.errors)")
    let rows = try #require(try file.object()["rows"] as? [[String: Any]])
    #expect(Set(rows.compactMap { $0["kernel"] as? String }) == ["relu", "max-pool2d"])
    #expect(Set(rows.compactMap { $0["shape"] as? String }) == ["n1000", "mb2ic3ih8kh2sh2", "mb2ic3ih9kh3"])
    #expect(rows.allSatisfy { $0["pass"] as? String == "forward" })
    #expect(rows.allSatisfy { $0["verified"] as? Bool == true })
    #expect(rows.allSatisfy { $0["median_seconds"] as? Double ?? 0 > 0 })
    #expect(rows.count { $0["chosen"] as? Bool == true } == 3, "one for each problem")
    // Every row of the table at the levels that the processor has.
    let expected = ReLUForward.kernels.filter { InstructionSet.available.contains($0.level) }.map(\.name)
    let relu = rows.filter { $0["kernel"] as? String == "relu" }.compactMap { $0["algorithm"] as? String }
    #expect(Set(relu) == Set(expected))
    #expect(process.output.split(separator: "\n").count { $0.hasSuffix("exact") } == rows.count)
  }

  @Test func runsTheChosenRowAlone() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "kernels", "--shape", "mb1ic64ih32oc64kh3ph1", "--chosen", "--quick", "--json", file.path)
    #expect(process.status == 2, "the problem is not small")
    let all = try BenchProcess("kernels", "--shape", "mb1ic64ih32oc64kh3ph1", "--chosen", "--json", file.path)
    #expect(all.status == 0, "\(all.errors)")
    let rows = try #require(try file.object()["rows"] as? [[String: Any]])
    #expect(rows.compactMap { $0["pass"] as? String } == ["forward", "backward-data", "backward-weights"])
    #expect(rows.allSatisfy { $0["chosen"] as? Bool == true && $0["warm"] as? Bool == false })
    #expect(rows.allSatisfy { $0["verification"] as? String == "checksum" && $0["verified"] as? Bool == true })
  }

  @Test func staysBelowTheLevelAskedFor() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "kernels", "relu", "--shape", "n1000", "--warm", "--isa", InstructionSet.lowest.rawValue, "--json", file.path)
    #expect(process.status == 0)
    let rows = try #require(try file.object()["rows"] as? [[String: Any]])
    #expect(rows.allSatisfy { $0["isa"] as? String == InstructionSet.lowest.rawValue })
  }

  @Test func marksAKernelThatIsWrong() throws {
    // A table whose one fast row computes something else than its reference.
    var rows: [KernelsRow] = []
    let problem = OperationCase<Miscounting>(
      shape: "n4", problem: 4, work: Work(flops: 4, words: 4), makeOperands: { $0.output(4) })
    let conditions = Conditions(
      level: .lowest, threads: 1, warm: true, timing: Timing(seconds: 0, leastSamples: 1),
      otherTiming: Timing(seconds: 0, leastSamples: 1), limits: MachineLimits(bandwidth: 1e9))
    try problem.measure(conditions) { row in
      rows.append(row)
      return true
    }
    #expect(rows.map(\.algorithm) == ["reference", "hasty.\(InstructionSet.lowest)"])
    #expect(rows.map(\.verified) == [true, false])
    #expect(rows.map(\.chosen) == [false, true])
    #expect(rows[1].cells.last == "WRONG")
  }
}

private enum Miscounting: Kernels.KernelOperation {
  static let name = "miscounting"
  static let kernels: [Kernel<Miscounting>] = [
    Kernel(algorithm: "hasty", level: .lowest) { count, _ in
      PreparedKernel { output, _ in for i in 0..<(count - 1) { output[i] = 1 } }
    },
    .reference { count, output in for i in 0..<count { output[i] = 1 } },
  ]
  static func validate(_ problem: Int) throws(KernelError) {}
  typealias Operands = UnsafeMutablePointer<Float>
}
