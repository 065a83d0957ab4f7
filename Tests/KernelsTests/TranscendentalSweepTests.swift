import Foundation
import Kernels
import TestSupport
import Testing

/// exp, tanh and sigmoid over all kinds of floats against Foundation's functions in Double.
@Suite struct TranscendentalSweepTests {
  /// Every 4099th of all bit patterns, and runs of neighbours around the points where a kernel's path changes: ends of
  /// the reduction's intervals, cuts, overflow, denormal results, 0 and denormal arguments.
  static let arguments: [Float] = {
    var values = stride(from: UInt32(0), to: .max - 4099, by: 4099).map { Float(bitPattern: $0) }
    let points: [Float] = [
      0, .leastNormalMagnitude / 64, .leastNormalMagnitude, 1e-20, 1e-7, 1e-4, 0.01, 0.17328, 0.34657, 0.5, 0.51986,
      0.55, 1, 1.03972, 1.73287, 4.5,
      8.66, 9.0109, 10, 16.6355, 17.3287, 43.67, 86.9, 87.3365, 88.3763, 88.7228, 89, 103.278, 103.9721, 104,
    ]
    for point in points {
      for sign in [Float(1), -1] {
        let center = (sign * point).bitPattern
        for offset in 0..<6000 { values.append(Float(bitPattern: center &+ UInt32(offset) &- 3000)) }
      }
    }
    return values
  }()

  @Test func expIsWithinOneUlp() throws { try sweep(ExpForward.self, ulps: 1) { exp($0) } }

  @Test func tanhIsWithinTwoUlp() throws { try sweep(TanhForward.self, ulps: 2) { tanh($0) } }

  @Test func sigmoidIsWithinTwoUlp() throws {
    try sweep(SigmoidForward.self, ulps: 2) { x in
      let e = exp(-abs(x))
      return (x < 0 ? e : 1) / (1 + e)
    }
  }

  @Test func resultsAtZeroAndInfinityAreExact() throws {
    let tiny = Float.leastNonzeroMagnitude
    let input: [Float] = [0, -0.0, tiny, -tiny, .leastNormalMagnitude, .infinity, -.infinity, .nan]
    try expect(ExpForward.self, input, [1, 1, 1, 1, 1, .infinity, 0, .nan])
    try expect(TanhForward.self, input, [0, -0.0, tiny, -tiny, .leastNormalMagnitude, 1, -1, .nan])
    try expect(SigmoidForward.self, input, [0.5, 0.5, 0.5, 0.5, 0.5, 1, 0, .nan])
  }

  private func expect<Op: KernelOperation>(_ operation: Op.Type, _ input: [Float], _ expected: [Float]) throws
  where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseOperands {
    for row in runnableRows(Op.self) {
      let memory = GuardedBuffer(input)
      run(try plan(row, .init(count: input.count)), .init(input: memory.pointer, output: memory.pointer))
      #expect(sameBits(memory.values, expected), "\(Op.name) \(row.name): \(memory.values)")
    }
  }

  private func sweep<Op: KernelOperation>(_ operation: Op.Type, ulps limit: Int, _ oracle: (Double) -> Double) throws
  where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseOperands {
    let input = GuardedBuffer(Self.arguments)
    let expected = Self.arguments.map { Float(oracle(Double($0))) }
    for row in runnableRows(Op.self) {
      let output = GuardedBuffer<Float>.poisoned(count: input.count)
      run(
        try plan(row, .init(count: input.count)), .init(input: input.pointer, output: output.pointer), keeping: input)
      var worst = (ulps: 0, index: 0)
      for i in 0..<input.count {
        let distance = ulps(output.pointer[i], expected[i])
        if distance > worst.ulps { worst = (distance, i) }
      }
      withExtendedLifetime(output) {}
      let x = Self.arguments[worst.index]
      #expect(worst.ulps <= limit, "\(Op.name) \(row.name): \(worst.ulps) ulp at \(x), bits \(x.bitPattern)")
      if ProcessInfo.processInfo.environment["ULPS"] != nil { print(Op.name, row.name, worst.ulps, x) }
    }
  }
}
