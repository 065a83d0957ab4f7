import DifferentialTest
import Foundation
import Kernels
import Testing

/// Every row of every table on problems drawn at random, at guard pages on both sides of all memory, against the
/// reference. `Tests/fuzz kernels` runs more of them, for as long as it is asked to.
@Suite struct DifferentialTests {
  /// Problems of an operation: more where there are more rows and more that shapes decide. Some 30 s in all.
  static func problems(_ operation: String) -> Int {
    if operation.hasPrefix("conv2d") { return 800 }
    if operation.contains("pool2d") || operation == "gemm" { return 600 }
    return 300
  }

  @Test("random problems: every row runs and gives the reference's result", arguments: DifferentialSession.operations)
  func random(operation: String) throws {
    let session = DifferentialSession(operations: [operation], seed: 4)
    for _ in 0..<Self.problems(operation) { try session.runRandom() }
    expectNone(session.failures)
    for row in session.rows where row.runs == 0 { Issue.record("no problem was run by \(operation) \(row.row)") }
  }

  @Test("every operation of the package is described")
  func operations() throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    let sources = package.standardizedFileURL.appendingPathComponent("Sources/Kernels")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var found: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: #/public enum (\w+): KernelOperation\b/#) { found.insert(String(match.1)) }
    }
    #expect(!found.isEmpty && found == Set(DifferentialSession.operationTypes))
  }

  @Test("problems that were once wrong")
  func fixed() throws {
    let session = DifferentialSession(seed: 1)
    for line in try ProblemLine.fixed { try session.run(line) }
    expectNone(session.failures)
  }

  @Test("a problem's line gives the problem again")
  func lines() throws {
    var draw = Draw(seed: 9)
    for operation in DifferentialSession.operations {
      for _ in 0..<20 {
        let line = try #require(ProblemLine.random(operation, &draw))
        #expect(try ProblemLine(line.description).description == line.description)
      }
    }
    let line = try ProblemLine("conv2d mb2ic3ih8oc5kh3 data=reals seed=7 row=pixels.avx2.6x2 threads=3")
    #expect(line.parameters["iw"] == 8 && line.parameters["kw"] == 3 && line.parameters["sw"] == 1)
    #expect(line.data == .reals && line.seed == 7 && line.row == "pixels.avx2.6x2" && line.threads == 3)
    #expect(throws: ProblemLineError.self) { try ProblemLine("conv2d mb2") }
    #expect(throws: ProblemLineError.self) { try ProblemLine("conv2d ih3kh3x9") }
    #expect(throws: ProblemLineError.self) { try ProblemLine("convolution ih3kh3") }
  }

  /// Fails with the first lines of what was found.
  private func expectNone(_ failures: [DifferentialFailure], location: SourceLocation = #_sourceLocation) {
    if failures.isEmpty { return }
    let first = failures.prefix(8).map { "\($0)" }.joined(separator: "\n")
    Issue.record(
      "\(failures.count) wrong; Tests/fuzz kernels --problem gives them again\n\(first)", sourceLocation: location)
  }
}
