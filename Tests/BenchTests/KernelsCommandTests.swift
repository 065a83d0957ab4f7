import Foundation
import Kernels
import Testing

@testable import Bench

@Suite struct KernelsCommandTests {
  @Test func verifiesAndTimesEveryRow() throws {
    let file = TemporaryFile()
    let process = try BenchProcess("kernels", "relu", "max-pool2d", "--quick", "--pass", "forward", "--json", file.path)
    #expect(process.status == 0, "\(process.errors)")
    let rows = try #require(try file.object()["rows"] as? [[String: Any]])
    #expect(Set(rows.compactMap { $0["kernel"] as? String }) == ["relu", "max-pool2d"])
    #expect(rows.allSatisfy { $0["pass"] as? String == "forward" })
    #expect(rows.allSatisfy { $0["verified"] as? Bool == true })
    #expect(rows.allSatisfy { $0["median_seconds"] as? Double ?? 0 > 0 })
    // Every row of the table at the levels that the processor has.
    let expected = ReLUForward.kernels.filter { InstructionSet.available.contains($0.level) }.map(\.name)
    let relu = rows.filter { $0["kernel"] as? String == "relu" }.compactMap { $0["algorithm"] as? String }
    #expect(Set(relu) == Set(expected))
    #expect(process.output.split(separator: "\n").count { $0.hasSuffix("exact") } == rows.count)
  }

  @Test func staysBelowTheLevelAskedFor() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "kernels", "relu", "--quick", "--isa", InstructionSet.lowest.rawValue, "--json", file.path)
    #expect(process.status == 0)
    let rows = try #require(try file.object()["rows"] as? [[String: Any]])
    #expect(rows.allSatisfy { $0["isa"] as? String == InstructionSet.lowest.rawValue })
  }

  @Test func givesEachProblemADataSetOfItsSize() throws {
    for problem in KernelCases.all(quick: false) {
      #expect(!problem.shape.isEmpty)
    }
    #expect(KernelCases.all(quick: true).count < KernelCases.all(quick: false).count)
  }

  @Test func marksAKernelThatIsWrong() throws {
    // A table whose one fast row computes something else than its reference.
    var rows: [KernelsRow] = []
    let problem = OperationCase<Miscounting>(shape: "n4", problem: 4, flops: 4, bytes: 16) {
      let output = Words(count: 4)
      return CaseData(output.pointer, inputs: [], outputs: [output])
    }
    try problem.measure(
      level: .lowest, threads: 1, timing: Timing(seconds: 0, leastSamples: 1), limits: MachineLimits(bandwidth: 1e9)
    ) { row, _ in
      rows.append(row)
      return true
    }
    #expect(rows.map(\.algorithm) == ["reference", "hasty.\(InstructionSet.lowest)"])
    #expect(rows.map(\.verified) == [true, false])
    #expect(rows[1].cells(isChosen: false).last == "WRONG")
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
