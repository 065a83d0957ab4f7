import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct GroupNormTests {
  static let problems: [GroupNormProblem] = {
    var problems: [GroupNormProblem] = []
    for groups in [1, 3] {
      for channels in [1, 2, 5] {
        for plane in [1, 2, 4, 7, 8, 9, 15, 16, 17, 33, 49, 64] {
          problems.append(.init(batch: 3, groups: groups, channels: channels, plane: plane))
        }
      }
    }
    // Layer normalisation: one group, planes of one value.
    for channels in Array(1...33) + [63, 64, 65, 127, 1000, 1025] {
      problems.append(.init(batch: 2, groups: 1, channels: channels, plane: 1))
    }
    problems += [
      .init(batch: 300, groups: 1, channels: 20, plane: 1), .init(batch: 200, groups: 2, channels: 3, plane: 16),
      .init(batch: 1, groups: 1, channels: 3, plane: 7001), .init(batch: 2, groups: 1, channels: 300_007, plane: 1),
      .init(batch: 150, groups: 2, channels: 2, plane: 3),
    ]
    return problems
  }()

  @Test(arguments: [false, true])
  func outputsAndGradientsAreThoseOfTheDefinition(relu: Bool) throws {
    for (index, sizes) in Self.problems.enumerated() {
      var problem = sizes
      problem.relu = relu
      let data = Data(problem, seed: UInt64(index), affine: index % 3 != 0)
      let expected = Expected(problem, data)
      for row in runnableRows(GroupNormForward.self) {
        let result = try forward(row, problem, data)
        expectClose(result.output, expected.output, "\(row.name) \(problem) output")
        let gradients = try backward(try counterpart(row), problem, data, result.statistics)
        let right = Gradients(problem, data, expected, isStopped: relu ? result.output.map { $0 <= 0 } : [])
        let terms = 1 + Double(problem.batch * problem.plane).squareRoot()
        expectClose(gradients.input, right.input, "\(row.name) \(problem) input gradient")
        expectClose(gradients.weight, right.weight, "\(row.name) \(problem) weight gradient", scale: terms)
        expectClose(gradients.bias, right.bias, "\(row.name) \(problem) bias gradient", scale: terms)
      }
    }
  }

  @Test(arguments: [Float(1000), 1_000_000])
  func largeMeansDoNotHurt(mean: Float) throws {
    for problem in [
      GroupNormProblem(batch: 3, groups: 2, channels: 3, plane: 64),
      .init(batch: 3, groups: 1, channels: 2000, plane: 1),
      .init(batch: 3, groups: 2, channels: 9, plane: 4),
    ] {
      var data = Data(problem, seed: 5, affine: true)
      for i in data.input.indices { data.input[i] += mean }
      let expected = Expected(problem, data)
      for row in runnableRows(GroupNormForward.self) {
        let result = try forward(row, problem, data)
        expectClose(result.output, expected.output, "\(row.name) \(problem) mean \(mean)", scale: 2)
        let gradients = try backward(try counterpart(row), problem, data, result.statistics)
        let right = Gradients(problem, data, expected, isStopped: [])
        expectClose(gradients.input, right.input, "\(row.name) \(problem) mean \(mean)", scale: 2)
      }
    }
  }

  @Test func aConstantRowBecomesTheBias() throws {
    for problem in Self.problems.prefix(60) {
      var data = Data(problem, seed: 7, affine: true)
      let row = problem.channels * problem.plane
      for i in data.input.indices { data.input[i] = Float(i / row) * 1234.567 - 0.1 }
      let channels = problem.groups * problem.channels
      let expected = data.input.indices.map { data.bias?[$0 / problem.plane % channels] ?? 0 }
      for row in runnableRows(GroupNormForward.self) {
        #expect(sameBits(try forward(row, problem, data).output, expected), "\(row.name) \(problem)")
      }
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func specialValuesStayInTheirRow(special: Float) throws {
    for problem in Self.problems where problem.batch == 3 {
      let clean = Data(problem, seed: 8, affine: true)
      var data = clean
      let row = problem.channels * problem.plane
      data.input[row + row / 2] = special
      for kernel in runnableRows(GroupNormForward.self) {
        let (result, right) = (try forward(kernel, problem, data), try forward(kernel, problem, clean))
        let isAsExpected = result.output.indices.allSatisfy { i in
          i / row == 1 ? result.output[i].isNaN : result.output[i] == right.output[i]
        }
        #expect(isAsExpected, "\(kernel.name) \(problem) \(special)")
        let (gradients, rights) = (
          try backward(try counterpart(kernel), problem, data, result.statistics),
          try backward(try counterpart(kernel), problem, clean, right.statistics)
        )
        let areAsExpected = gradients.input.indices.allSatisfy { i in
          i / row == 1 ? gradients.input[i].isNaN : gradients.input[i] == rights.input[i]
        }
        #expect(areAsExpected, "\(kernel.name) \(problem) \(special) gradients")
      }
    }
  }

  @Test func threadsMemoryAndTheBatchDoNotChangeTheBits() throws {
    for sizes in [
      GroupNormProblem(batch: 13, groups: 1, channels: 300, plane: 1, relu: true),
      .init(batch: 20, groups: 4, channels: 3, plane: 16),
      .init(batch: 7, groups: 2, channels: 5, plane: 50, relu: true),
      .init(batch: 40, groups: 3, channels: 2, plane: 4),
    ] {
      let data = Data(sizes, seed: 9, affine: true)
      for row in runnableRows(GroupNormForward.self) {
        let one = try forward(row, sizes, data)
        let gradients = try backward(try counterpart(row), sizes, data, one.statistics)
        for threads in [1, 2, 3] {
          let other = try forward(row, sizes, data, threads: threads)
          #expect(
            sameBits(one.output, other.output) && sameBits(one.statistics, other.statistics),
            "\(row.name) \(sizes) \(threads) threads")
          let others = try backward(
            try counterpart(row), sizes, data, one.statistics, threads: threads, inPlace: true)
          #expect(
            sameBits(gradients.input, others.input) && sameBits(gradients.weight, others.weight)
              && sameBits(gradients.bias, others.bias), "\(row.name) \(sizes) \(threads) threads")
        }
        var alone = sizes
        alone.batch = 1
        var image = data
        image.input = Array(data.input.prefix(data.input.count / sizes.batch))
        let output = try forward(row, alone, image).output
        #expect(sameBits(output, Array(one.output.prefix(output.count))), "\(row.name) \(sizes) alone")
      }
    }
  }

  @Test func anEmptyBatchHasGradientsOfZero() throws {
    let problem = GroupNormProblem(batch: 0, groups: 3, channels: 1, plane: 4)
    for row in runnableRows(GroupNormBackward.self) {
      let gradients = try backward(row, problem, Data(problem, seed: 1, affine: true), [])
      #expect(gradients.weight == [0, 0, 0] && gradients.bias == [0, 0, 0], "\(row.name)")
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      GroupNormProblem(batch: -1, groups: 1, channels: 3, plane: 4), .init(batch: 1, groups: -1, channels: 3, plane: 4),
      .init(batch: 1, groups: 1, channels: -3, plane: 4), .init(batch: 1, groups: 1, channels: 3, plane: -4),
      .init(batch: 1 << 20, groups: 1 << 20, channels: 1 << 20, plane: 1 << 20),
      .init(batch: 1, groups: 1, channels: 1, plane: 4, epsilon: .infinity),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<GroupNormForward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<GroupNormBackward>(problem) }
    }
  }
}

private struct Data {
  var input: [Float]
  var outputGradient: [Float]
  var weight: [Float]?
  var bias: [Float]?

  init(_ problem: GroupNormProblem, seed: UInt64, affine: Bool) {
    var random = TestRandom(seed: seed &+ 100)
    let channels = problem.groups * problem.channels
    input = random.reals(problem.batch * channels * problem.plane)
    outputGradient = random.reals(input.count)
    weight = affine ? random.reals(channels, in: -1.5...1.5) : nil
    bias = affine ? random.reals(channels) : nil
  }
}

/// The definition, in Double.
private struct Expected {
  var output: [Double] = []
  var standard: [Double] = []
  var inverse: [Double] = []

  init(_ problem: GroupNormProblem, _ data: Data) {
    let n = problem.channels * problem.plane
    let channels = problem.groups * problem.channels
    for row in 0..<problem.batch * problem.groups {
      let x = data.input[row * n..<(row + 1) * n].map(Double.init)
      let mean = x.reduce(0, +) / Double(n)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
      inverse.append(1 / (variance + Double(problem.epsilon)).squareRoot())
      standard += x.map { ($0 - mean) * inverse[row] }
    }
    output = standard.enumerated().map { i, x in
      let c = i / problem.plane % channels
      let y = x * Double(data.weight?[c] ?? 1) + Double(data.bias?[c] ?? 0)
      return problem.relu && y <= 0 ? 0 : y
    }
  }
}

private struct Gradients {
  var input: [Double]
  var weight: [Double]
  var bias: [Double]

  /// - Parameter isStopped: where ReLU stopped the output; empty without ReLU.
  init(_ problem: GroupNormProblem, _ data: Data, _ forward: Expected, isStopped: [Bool]) {
    let n = problem.channels * problem.plane
    let channels = problem.groups * problem.channels
    weight = [Double](repeating: 0, count: channels)
    bias = weight
    var weighted: [Double] = []
    for (i, g) in data.outputGradient.enumerated() {
      let c = i / problem.plane % channels
      let gradient = !isStopped.isEmpty && isStopped[i] ? 0 : Double(g)
      bias[c] += gradient
      weight[c] += gradient * forward.standard[i]
      weighted.append(gradient * Double(data.weight?[c] ?? 1))
    }
    input = []
    for row in 0..<problem.batch * problem.groups {
      let places = row * n..<(row + 1) * n
      let sum = places.reduce(0) { $0 + weighted[$1] }
      let product = places.reduce(0) { $0 + weighted[$1] * forward.standard[$1] }
      input += places.map {
        (weighted[$0] - sum / Double(n) - forward.standard[$0] * product / Double(n)) * forward.inverse[row]
      }
    }
  }
}

/// The row of the backward table of the same level.
private func counterpart(_ row: Kernel<GroupNormForward>) throws -> Kernel<GroupNormBackward> {
  try #require(GroupNormBackward.kernels.first { $0.level == row.level && $0.isReference == row.isReference })
}

private func forward(
  _ row: Kernel<GroupNormForward>, _ problem: GroupNormProblem, _ data: Data, threads: Int = 1
) throws -> (output: [Float], statistics: [Float]) {
  let input = GuardedBuffer(data.input)
  let weight = data.weight.map { GuardedBuffer($0) }
  let bias = data.bias.map { GuardedBuffer($0) }
  let output = GuardedBuffer<Float>.poisoned(count: data.input.count)
  let statistics = GuardedBuffer<Float>.poisoned(count: 3 * problem.batch * problem.groups)
  run(
    try plan(row, problem, threads: threads),
    .init(
      input: input.pointer, weight: weight.map { UnsafePointer($0.pointer) },
      bias: bias.map { UnsafePointer($0.pointer) }, output: output.pointer, statistics: statistics.pointer),
    keeping: input)
  withExtendedLifetime((weight, bias)) {}
  return (output.values, statistics.values)
}

private func backward(
  _ row: Kernel<GroupNormBackward>, _ problem: GroupNormProblem, _ data: Data, _ statistics: [Float],
  threads: Int = 1, inPlace: Bool = false
) throws -> (input: [Float], weight: [Float], bias: [Float]) {
  let input = GuardedBuffer(data.input)
  let outputGradient = GuardedBuffer(data.outputGradient)
  let weight = data.weight.map { GuardedBuffer($0) }
  let bias = data.bias.map { GuardedBuffer($0) }
  let saved = GuardedBuffer(statistics)
  let channels = problem.groups * problem.channels
  let inputGradient = inPlace ? outputGradient : GuardedBuffer<Float>.poisoned(count: data.input.count)
  let weightGradient = GuardedBuffer<Float>.poisoned(count: channels)
  let biasGradient = GuardedBuffer<Float>.poisoned(count: channels)
  run(
    try plan(row, problem, threads: threads),
    .init(
      input: input.pointer, outputGradient: outputGradient.pointer, weight: weight.map { UnsafePointer($0.pointer) },
      bias: bias.map { UnsafePointer($0.pointer) }, statistics: saved.pointer, inputGradient: inputGradient.pointer,
      weightGradient: weightGradient.pointer, biasGradient: biasGradient.pointer),
    keeping: input, outputGradient, saved)
  withExtendedLifetime((weight, bias)) {}
  return (inputGradient.values, weightGradient.values, biasGradient.values)
}

/// Within 10⁻⁵ of the right value, or of `scale` where that is larger.
private func expectClose(_ values: [Float], _ right: [Double], _ what: String, scale: Double = 1) {
  #expect(values.count == right.count, "\(what)")
  for (i, (a, b)) in zip(values, right).enumerated() where !(abs(Double(a) - b) <= 1e-5 * max(abs(b), scale)) {
    Issue.record("\(what) at \(i): \(a) instead of \(b)")
    return
  }
}
