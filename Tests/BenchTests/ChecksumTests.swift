import Kernels
import Testing

@testable import Bench

/// The checksums hold for the reference's results and for no others.
@Suite struct ChecksumTests {
  static let shapes = [
    "mb3ic4ih7iw9oc6kh3kw2", "mb2ic3ih11oc5kh3sh2ph1", "mb2ic6ih9iw12oc4kh3sh3sw1ph2pw0dh2dw3g2",
    "mb2ic5ih6oc5kh3ph1g5",
    "mb1ic2ih5oc3kh5ph4", "mb2ic4ih4oc4kh1sh2", "mb1ic1ih1oc1kh1",
  ]
  static let products = ["m1n1k1", "m5n7k9", "m5n7k9ta1", "m5n7k9tb1", "m5n7k9ta1tb1"]

  @Test(arguments: products)
  func holdForProducts(_ text: String) throws {
    let problem = GEMM.Problem(try KernelShape(text, at: ""))
    try check(GEMM.self, text, results: \.c, count: problem.rows * problem.columns)
  }

  @Test(arguments: shapes)
  func holdForConvolutions(_ text: String) throws {
    let shape = Conv2DShape(try KernelShape(text, at: ""))
    try check(Conv2DForward.self, text, results: \.output, count: shape.outputCount)
    try check(Conv2DBackwardData.self, text, results: \.inputGradient, count: shape.inputCount)
    try check(Conv2DBackwardWeights.self, text, results: \.weightGradient, count: shape.weightCount)
  }

  @Test func takesIntegersOnly() {
    #expect(Checksum.result(-16_777_216) == -16_777_216)
    for value in [0.5, .nan, .infinity, -.infinity, 16_777_218] as [Float] {
      #expect(Checksum.result(value) == nil)
    }
  }

  /// Runs the reference, then spoils its result in several ways.
  private func check<Op: KernelOperation>(
    _ operation: Op.Type, _ text: String, results: KeyPath<Op.Operands, UnsafeMutablePointer<Float>>, count: Int
  ) throws {
    let cases = KernelCases.cases(try KernelShape(text, at: ""))
    let problem = try #require(cases.compactMap { $0 as? OperationCase<Op> }.first)
    let checksum = try #require(problem.checksum)
    let memory = CaseMemory(terms: problem.terms)
    let operands = problem.makeOperands(memory)
    let plan = try Plan<Op>(problem.problem, kernel: "reference")
    try plan.run(operands, workspace: Workspace(byteCount: plan.workspaceByteCount))
    #expect(checksum(operands), "\(Op.self) \(text)")
    let values = operands[keyPath: results]
    for index in 0..<count {
      let value = values[index]
      for wrong in [value + 1, value - 1, value + 4096, .nan] {
        values[index] = wrong
        #expect(!checksum(operands), "\(Op.self) \(text): \(wrong) in place of \(value) at \(index)")
      }
      values[index] = value
    }
    // Two values exchanged.
    for index in 1..<max(count, 1) where values[index] != values[index - 1] {
      (values[index], values[index - 1]) = (values[index - 1], values[index])
      #expect(!checksum(operands), "\(Op.self) \(text): exchanged at \(index)")
      (values[index], values[index - 1]) = (values[index - 1], values[index])
    }
    withExtendedLifetime(memory) {}
  }
}
