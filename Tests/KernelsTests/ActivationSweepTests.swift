import Foundation
import Kernels
import TestSupport
import Testing

/// Activations and their derivatives over all kinds of floats, against their references, which compute in Double.
///
/// Errors are counted in units of the last place, of the result or, where terms of different signs are added, of the sum
/// of their magnitudes.
@Suite struct ActivationSweepTests {
  /// Everything that ``TranscendentalSweepTests`` has, and what lies around the places where these functions change.
  static let arguments: [Float] = {
    var values = TranscendentalSweepTests.arguments
    for point in [Float(1.278), 0.7518, 2.4, 3, 6, 9.9, 10.03, 12.5, 13, 14.2, 20] {
      for sign in [Float(1), -1] {
        for offset in -2000...2000 { values.append(sign * point + Float(offset) * 1e-4) }
      }
    }
    return values
  }()

  @Test func elu() throws {
    try sweep(ELUForward.self, 3) { .init(count: $0, alpha: 0.3) }
    try sweepGradient(ELUBackward.self, 3) { .init(count: $0, alpha: 0.3) }
  }

  @Test func silu() throws {
    try sweep(SiLUForward.self, 3) { .init(count: $0) }
    func magnitude(_ x: Double) -> Double {
      let s = 1 / (1 + exp(-x))
      return s + abs(x) * s * (1 - s)
    }
    try sweepGradient(SiLUBackward.self, 5, magnitude: magnitude) { .init(count: $0) }
  }

  @Test func softplus() throws {
    for (beta, threshold) in [(Float(1), Float(20)), (2.5, 10), (0.25, 200)] {
      try sweep(SoftplusForward.self, 4) { .init(count: $0, beta: beta, threshold: threshold) }
      try sweepGradient(SoftplusBackward.self, 3) { .init(count: $0, beta: beta, threshold: threshold) }
    }
  }

  @Test func hardSwish() throws {
    try sweep(HardSwishForward.self, 2) { .init(count: $0) }
    func one(_ x: Double) -> Double { 1 }
    try sweepGradient(HardSwishBackward.self, 2, magnitude: one) { .init(count: $0) }
  }

  @Test func selu() throws {
    try sweep(SELUForward.self, 4) { .init(count: $0) }
    try sweepGradient(SELUBackward.self, 4) { .init(count: $0) }
  }

  @Test func mish() throws {
    try sweep(MishForward.self, 6) { .init(count: $0) }
    func magnitude(_ x: Double) -> Double {
      let softplus = max(x, 0) + log1p(exp(-abs(x)))
      let secant = 1 / cosh(softplus)
      return tanh(softplus) + abs(x) / (1 + exp(-x)) * secant * secant
    }
    try sweepGradient(MishBackward.self, 8, magnitude: magnitude) { .init(count: $0) }
  }

  @Test func gelu() throws {
    try sweep(GELUForward.self, 8) { .init(count: $0) }
    func magnitude(_ x: Double) -> Double {
      erfc(-x / 2.0.squareRoot()) / 2 + abs(x) * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    }
    try sweepGradient(GELUBackward.self, 8, magnitude: magnitude) { .init(count: $0) }
  }

  /// u = √(8/π)·(x + 0.044715·x³) is rounded, which counts as much as it is negative.
  @Test func geluByTanh() throws {
    func u(_ x: Double) -> Double { (8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x) }
    func limit(_ x: Double) -> Double { 6 + 4 * min(max(-u(x), 0), 110) }
    try sweep(GELUTanhForward.self, limit: limit) { .init(count: $0) }
    func magnitude(_ x: Double) -> Double {
      if abs(x) > 30 { return x > 0 ? 1 : 0 }
      let s = 1 / (1 + exp(-u(x)))
      return s + abs(x) * s * (1 - s) * (8 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
    }
    try sweepGradient(GELUTanhBackward.self, limit: limit, magnitude: magnitude) { .init(count: $0) }
  }

  private func sweep<Op: KernelOperation>(
    _ operation: Op.Type, _ limit: Double = 0, limit limitAt: ((Double) -> Double)? = nil,
    _ problem: (Int) -> Op.Problem
  ) throws where Op.Operands == ElementwiseOperands {
    let input = GuardedBuffer(Self.arguments)
    try compare(operation, limitAt ?? { _ in limit }, nil) { row in
      let output = GuardedBuffer<Float>.poisoned(count: input.count)
      run(try plan(row, problem(input.count)), .init(input: input.pointer, output: output.pointer), keeping: input)
      return output.values
    }
  }

  private func sweepGradient<Op: KernelOperation>(
    _ operation: Op.Type, _ limit: Double = 0, limit limitAt: ((Double) -> Double)? = nil,
    magnitude: ((Double) -> Double)? = nil, _ problem: (Int) -> Op.Problem
  ) throws where Op.Operands: ElementwiseGradientOperands {
    let input = GuardedBuffer(Self.arguments)
    let ones = GuardedBuffer<Float>(repeating: 1, count: input.count)
    try compare(operation, limitAt ?? { _ in limit }, magnitude) { row in
      let output = GuardedBuffer<Float>.poisoned(count: input.count)
      run(
        try plan(row, problem(input.count)),
        .init(values: input.pointer, outputGradient: ones.pointer, inputGradient: output.pointer), keeping: input, ones)
      return output.values
    }
  }

  private func compare<Op: KernelOperation>(
    _ operation: Op.Type, _ limit: (Double) -> Double, _ magnitude: ((Double) -> Double)?,
    _ results: (Kernel<Op>) throws -> [Float]
  ) throws {
    let expected = try results(Op.kernels[Op.kernels.count - 1])
    for row in runnableRows(Op.self) where !row.isReference {
      var worst = (share: 0.0, ulps: 0.0, index: 0)
      for (i, (value, right)) in zip(try results(row), expected).enumerated() {
        if value == right || (value.isNaN && right.isNaN) { continue }
        let x = Double(Self.arguments[i])
        let unit = magnitude.map { Float($0(x)).ulp } ?? right.ulp
        let ulps = abs(Double(value) - Double(right)) / Double(unit)
        let share = ulps.isFinite ? ulps / limit(x) : .infinity
        if share > worst.share { worst = (share, ulps, i) }
      }
      let x = Self.arguments[worst.index]
      #expect(worst.share <= 1, "\(Op.name) \(Op.pass) \(row.name): \(worst.ulps) ulp at \(x), bits \(x.bitPattern)")
      if ProcessInfo.processInfo.environment["ULPS"] != nil { print(Op.name, Op.pass, row.name, worst.ulps, x) }
    }
  }
}
