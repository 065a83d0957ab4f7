import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct BatchNormTests {
  /// Planes around the vectors of every level, and batches around the blocks of the sums.
  static let problems: [BatchNormProblem] = {
    var problems: [BatchNormProblem] = []
    for channels in [1, 3, 17, 40] {
      for plane in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 49, 64, 65, 100] {
        for batch in [2, 3, 19] { problems.append(.init(batch: batch, channels: channels, plane: plane)) }
      }
    }
    problems += [
      .init(batch: 1000, channels: 5, plane: 1), .init(batch: 500, channels: 3, plane: 4),
      .init(batch: 1000, channels: 2, plane: 16), .init(batch: 1, channels: 2, plane: 10_007),
      .init(batch: 1, channels: 3, plane: 16), .init(batch: 2, channels: 1100, plane: 1),
      .init(batch: 2, channels: 257, plane: 8),
    ]
    return problems
  }()

  /// Every row, with and without parameters and ReLU, against the definition in Double.
  @Test(arguments: [false, true])
  func outputsStatisticsAndGradientsAreThoseOfTheDefinition(relu: Bool) throws {
    for (index, sizes) in Self.problems.enumerated() {
      var problem = sizes
      problem.relu = relu
      let data = Data(problem, seed: UInt64(index), affine: index % 3 != 0)
      let expected = Expected(problem, data)
      for row in runnableRows(BatchNormForward.self) {
        let result = try forward(row, problem, data)
        expectClose(result.output, expected.output, "\(row.name) \(problem) output")
        expectClose(result.runningMean, expected.runningMean, "\(row.name) \(problem) running mean")
        expectClose(result.runningVariance, expected.runningVariance, "\(row.name) \(problem) running variance")
        let gradients = try backward(try counterpart(row), problem, data, result.statistics)
        let stopped = relu ? result.output.map { $0 <= 0 } : []
        let right = Gradients(problem, data, expected, isStopped: stopped)
        let terms = 1 + Double(problem.batch * problem.plane).squareRoot()
        expectClose(gradients.input, right.input, "\(row.name) \(problem) input gradient", scale: 1)
        expectClose(gradients.weight, right.weight, "\(row.name) \(problem) weight gradient", scale: terms)
        expectClose(gradients.bias, right.bias, "\(row.name) \(problem) bias gradient", scale: terms)
      }
    }
  }

  @Test(arguments: [false, true])
  func inferenceUsesTheStatisticsItIsGiven(relu: Bool) throws {
    for (index, sizes) in Self.problems.enumerated() {
      var problem = sizes
      problem.relu = relu
      let data = Data(problem, seed: UInt64(index), affine: index % 3 != 0)
      let expected = (0..<data.input.count).map { i in
        let channel = i / problem.plane % problem.channels
        let x =
          (Double(data.input[i]) - Double(data.runningMean[channel]))
          / (Double(data.runningVariance[channel]) + 1e-5).squareRoot()
        let y = x * Double(data.weight?[channel] ?? 1) + Double(data.bias?[channel] ?? 0)
        return relu && y <= 0 ? 0 : y
      }
      for row in runnableRows(BatchNormInference.self) {
        let one = try infer(row, problem, data)
        expectClose(one, expected, "\(row.name) \(problem)")
        #expect(sameBits(one, try infer(row, problem, data, inPlace: true)), "\(row.name) \(problem) in place")
        for threads in [2, 3] {
          #expect(sameBits(one, try infer(row, problem, data, threads: threads)), "\(row.name) \(problem)")
        }
      }
    }
  }

  /// The gradients by given statistics, each alone and all at once, in place too, against the definition in Double.
  @Test(arguments: [false, true])
  func gradientsOfInferenceAreThoseOfTheDefinition(relu: Bool) throws {
    for (index, sizes) in Self.problems.enumerated() {
      var problem = sizes
      problem.relu = relu
      let data = Data(problem, seed: UInt64(index), affine: index % 3 != 0)
      for row in runnableRows(BatchNormInferenceBackward.self) {
        let forward = try #require(
          BatchNormInference.kernels.first { $0.level == row.level && $0.isReference == row.isReference })
        let isStopped = relu ? try infer(forward, problem, data).map { $0 <= 0 } : []
        let right = InferenceGradients(problem, data, isStopped: isStopped)
        let all = try inferenceGradients(row, problem, data)
        let terms = 1 + Double(problem.batch * problem.plane).squareRoot()
        let name = "\(row.name) \(problem)"
        expectClose(try #require(all.input), right.input, "\(name) input gradient")
        expectClose(try #require(all.weight), right.weight, "\(name) weight gradient", scale: terms)
        expectClose(try #require(all.bias), right.bias, "\(name) bias gradient", scale: terms)
        for threads in [1, 2, 3] {
          let inPlace = try inferenceGradients(row, problem, data, threads: threads, inPlace: true)
          #expect(inPlace == all, "\(name) in place, \(threads) threads")
        }
        let input = try inferenceGradients(row, problem, data, wants: [.input])
        let weight = try inferenceGradients(row, problem, data, wants: [.weight])
        let bias = try inferenceGradients(row, problem, data, wants: [.bias])
        #expect(
          input.input == all.input && weight.weight == all.weight && bias.bias == all.bias, "\(name) each alone")
      }
    }
  }

  /// They are the derivatives of Σ r · output of the reference in Double, wherever ReLU does not bend.
  @Test func gradientsOfInferenceAreDerivatives() throws {
    let problem = BatchNormProblem(batch: 3, channels: 4, plane: 5)
    let data = Data(problem, seed: 3, affine: true)
    func loss(_ input: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
      input.indices.reduce(0) { sum, i in
        let c = i / problem.plane % problem.channels
        let x =
          (input[i] - Double(data.runningMean[c]))
          / (Double(data.runningVariance[c]) + Double(problem.epsilon)).squareRoot()
        return sum + Double(data.outputGradient[i]) * (x * weight[c] + bias[c])
      }
    }
    func derivative(_ values: [Double], _ i: Int, _ function: ([Double]) -> Double) -> Double {
      var (above, below) = (values, values)
      above[i] += 1e-4
      below[i] -= 1e-4
      return (function(above) - function(below)) / 2e-4
    }
    let input = data.input.map(Double.init)
    let weight = try #require(data.weight).map(Double.init)
    let bias = try #require(data.bias).map(Double.init)
    for row in runnableRows(BatchNormInferenceBackward.self) {
      let gradients = try inferenceGradients(row, problem, data)
      expectClose(
        try #require(gradients.input), input.indices.map { derivative(input, $0) { loss($0, weight, bias) } }, row.name)
      expectClose(
        try #require(gradients.weight), weight.indices.map { derivative(weight, $0) { loss(input, $0, bias) } },
        row.name)
      expectClose(
        try #require(gradients.bias), bias.indices.map { derivative(bias, $0) { loss(input, weight, $0) } }, row.name)
    }
  }

  /// An infinity or NaN in the input reaches no other gradient than its channel's weight gradient.
  @Test(arguments: [Float.nan, .infinity])
  func specialValuesOfTheInputDoNotReachItsGradient(special: Float) throws {
    for plane in [3, 40] {
      let problem = BatchNormProblem(batch: 2, channels: 3, plane: plane)
      let clean = Data(problem, seed: 8, affine: true)
      var data = clean
      data.input[plane] = special
      for row in runnableRows(BatchNormInferenceBackward.self) {
        let (result, right) = (
          try inferenceGradients(row, problem, data), try inferenceGradients(row, problem, clean)
        )
        #expect(result.input == right.input && result.bias == right.bias, "\(row.name) \(problem)")
        let weight = try #require(result.weight)
        #expect(!weight[1].isFinite && weight[0] == right.weight?[0] && weight[2] == right.weight?[2], "\(row.name)")
      }
    }
  }

  /// A mean of up to 10⁶ deviations costs nothing beyond what rounding the inputs costs.
  @Test(arguments: [Float(10), 1000, 100_000, 1_000_000])
  func largeMeansDoNotHurt(mean: Float) throws {
    for problem in [
      BatchNormProblem(batch: 128, channels: 3, plane: 64), .init(batch: 300, channels: 20, plane: 1),
      .init(batch: 33, channels: 2, plane: 1000), .init(batch: 70, channels: 5, plane: 4),
    ] {
      var data = Data(problem, seed: 5, affine: true)
      for i in data.input.indices { data.input[i] += mean }
      let expected = Expected(problem, data)
      for row in runnableRows(BatchNormForward.self) {
        let result = try forward(row, problem, data)
        expectClose(result.output, expected.output, "\(row.name) \(problem) mean \(mean)", scale: 2)
        let gradientRow = try counterpart(row)
        let gradients = try backward(gradientRow, problem, data, result.statistics)
        let right = Gradients(problem, data, expected, isStopped: [])
        expectClose(gradients.input, right.input, "\(row.name) \(problem) mean \(mean)", scale: 2)
      }
    }
  }

  /// The first images are nothing like the others, so that the first shift is a bad one.
  @Test func outliersInFrontDoNotHurt() throws {
    for problem in [
      BatchNormProblem(batch: 200, channels: 2, plane: 49), .init(batch: 700, channels: 18, plane: 1),
      .init(batch: 900, channels: 3, plane: 4),
    ] {
      var data = Data(problem, seed: 6, affine: false)
      for i in 0..<problem.channels * problem.plane { data.input[i] = data.input[i] * 3 + 1000 }
      let expected = Expected(problem, data)
      for row in runnableRows(BatchNormForward.self) {
        let result = try forward(row, problem, data)
        expectClose(result.output, expected.output, "\(row.name) \(problem)", scale: 10)
      }
    }
  }

  @Test func aConstantChannelBecomesTheBias() throws {
    for problem in Self.problems.prefix(60) {
      var data = Data(problem, seed: 7, affine: true)
      for i in data.input.indices { data.input[i] = Float(i / problem.plane % problem.channels) * 1234.567 - 0.1 }
      for row in runnableRows(BatchNormForward.self) {
        let result = try forward(row, problem, data)
        let expected = data.input.indices.map { data.bias?[$0 / problem.plane % problem.channels] ?? 0 }
        #expect(sameBits(result.output, expected), "\(row.name) \(problem)")
      }
    }
  }

  /// NaN and infinities make NaN of their channel, and leave the others alone.
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func specialValuesStayInTheirChannel(special: Float) throws {
    for problem in Self.problems where problem.channels > 1 && problem.batch * problem.plane < 500 {
      let clean = Data(problem, seed: 8, affine: true)
      var data = clean
      let place = problem.plane * (problem.channels - 1) + problem.plane / 2
      data.input[place] = special
      for row in runnableRows(BatchNormForward.self) {
        let (result, right) = (try forward(row, problem, data), try forward(row, problem, clean))
        let isAsExpected = result.output.indices.allSatisfy { i in
          i / problem.plane % problem.channels == problem.channels - 1
            ? result.output[i].isNaN : result.output[i] == right.output[i]
        }
        #expect(isAsExpected, "\(row.name) \(problem) \(special)")
      }
    }
  }

  @Test func threadsAndMemoryDoNotChangeTheBits() throws {
    for problem in [
      BatchNormProblem(batch: 130, channels: 37, plane: 1, relu: true), .init(batch: 20, channels: 70, plane: 16),
      .init(batch: 7, channels: 11, plane: 50, relu: true), .init(batch: 40, channels: 130, plane: 4),
    ] {
      let data = Data(problem, seed: 9, affine: true)
      for row in runnableRows(BatchNormForward.self) {
        let gradientRow = try counterpart(row)
        let one = try forward(row, problem, data)
        let gradients = try backward(gradientRow, problem, data, one.statistics)
        for threads in [1, 2, 3] {
          let other = try forward(row, problem, data, threads: threads)
          #expect(
            sameBits(one.output, other.output) && sameBits(one.statistics, other.statistics)
              && sameBits(one.runningVariance, other.runningVariance), "\(row.name) \(problem) \(threads) threads")
          let others = try backward(gradientRow, problem, data, one.statistics, threads: threads, inPlace: true)
          #expect(
            sameBits(gradients.input, others.input) && sameBits(gradients.weight, others.weight)
              && sameBits(gradients.bias, others.bias), "\(gradientRow.name) \(problem) \(threads) threads")
        }
      }
    }
  }

  /// So large that the output is stored past the caches.
  @Test func largeOutputsAreWrittenWhole() throws {
    let problem = BatchNormProblem(batch: 33, channels: 127, plane: 1024, relu: true)
    let count = problem.batch * problem.channels * problem.plane
    var random = TestRandom(seed: 4)
    let input = Workspace(byteCount: count * 4)
    input.base.initializeMemory(as: Float.self, from: random.reals(count), count: count)
    let x = input.base.assumingMemoryBound(to: Float.self)
    let statistics = GuardedBuffer<Float>.poisoned(count: 3 * problem.channels)
    for row in runnableRows(BatchNormForward.self) where !row.isReference {
      let output = poisonedWorkspace(count * 4)
      let y = output.base.assumingMemoryBound(to: Float.self)
      run(
        try plan(row, problem, threads: 2), .init(input: x, output: y, statistics: statistics.pointer), keeping: input)
      let isRight = (0..<count).allSatisfy { i in
        let channel = i / problem.plane % problem.channels
        let right = (x[i] - statistics.pointer[channel]) * statistics.pointer[2 * problem.channels + channel]
        return abs(y[i] - max(right, 0)) < 1e-5
      }
      #expect(isRight, "\(row.name)")
      withExtendedLifetime(output) {}
    }
  }

  @Test func anEmptyBatchHasGradientsOfZero() throws {
    for problem in [BatchNormProblem(batch: 0, channels: 3, plane: 4), .init(batch: 2, channels: 3, plane: 0)] {
      let data = Data(problem, seed: 1, affine: true)
      for row in runnableRows(BatchNormBackward.self) {
        let gradients = try backward(row, problem, data, [Float](repeating: 0, count: 9))
        #expect(gradients.weight == [0, 0, 0] && gradients.bias == [0, 0, 0], "\(row.name)")
      }
      for row in runnableRows(BatchNormInferenceBackward.self) {
        let gradients = try inferenceGradients(row, problem, data)
        #expect(gradients.weight == [0, 0, 0] && gradients.bias == [0, 0, 0], "\(row.name)")
      }
      for row in runnableRows(BatchNormForward.self) {
        #expect(try forward(row, problem, data).runningMean == data.runningMean, "\(row.name)")
      }
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      BatchNormProblem(batch: -1, channels: 3, plane: 4), .init(batch: 1, channels: -3, plane: 4),
      .init(batch: 1, channels: 3, plane: -4), .init(batch: 1 << 30, channels: 1 << 30, plane: 1 << 30),
      .init(batch: 1, channels: 1, plane: 4, epsilon: -1), .init(batch: 1, channels: 1, plane: 4, epsilon: .nan),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BatchNormForward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BatchNormBackward>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BatchNormInference>(problem) }
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BatchNormInferenceBackward>(problem) }
    }
  }
}

private struct Data {
  var input: [Float]
  var outputGradient: [Float]
  var weight: [Float]?
  var bias: [Float]?
  var runningMean: [Float]
  var runningVariance: [Float]

  init(_ problem: BatchNormProblem, seed: UInt64, affine: Bool) {
    var random = TestRandom(seed: seed &+ 100)
    let count = problem.batch * problem.channels * problem.plane
    input = random.reals(count)
    outputGradient = random.reals(count)
    weight = affine ? random.reals(problem.channels, in: -1.5...1.5) : nil
    bias = affine ? random.reals(problem.channels) : nil
    runningMean = random.reals(problem.channels)
    runningVariance = random.reals(problem.channels, in: 0.1...2)
  }
}

/// The definition, in Double.
private struct Expected {
  var output: [Double] = []
  var standard: [Double] = []
  var inverse: [Double] = []
  var runningMean: [Double] = []
  var runningVariance: [Double] = []

  init(_ problem: BatchNormProblem, _ data: Data) {
    let values = Double(problem.batch * problem.plane)
    func channel(_ i: Int) -> Int { i / problem.plane % problem.channels }
    var means = [Double](repeating: 0, count: problem.channels)
    for (i, x) in data.input.enumerated() { means[channel(i)] += Double(x) / values }
    var variances = [Double](repeating: 0, count: problem.channels)
    for (i, x) in data.input.enumerated() {
      let d = Double(x) - means[channel(i)]
      variances[channel(i)] += d * d / values
    }
    inverse = variances.map { 1 / ($0 + Double(problem.epsilon)).squareRoot() }
    for (i, x) in data.input.enumerated() {
      let c = channel(i)
      standard.append((Double(x) - means[c]) * inverse[c])
      let y = standard[i] * Double(data.weight?[c] ?? 1) + Double(data.bias?[c] ?? 0)
      output.append(problem.relu && y <= 0 ? 0 : y)
    }
    for c in 0..<problem.channels {
      runningMean.append(0.75 * Double(data.runningMean[c]) + 0.25 * means[c])
      runningVariance.append(0.75 * Double(data.runningVariance[c]) + 0.25 * variances[c] * values / (values - 1))
    }
  }
}

private struct Gradients {
  var input: [Double]
  var weight: [Double]
  var bias: [Double]

  /// - Parameter isStopped: where ReLU stopped the output; empty without ReLU.
  init(_ problem: BatchNormProblem, _ data: Data, _ forward: Expected, isStopped: [Bool]) {
    let values = Double(problem.batch * problem.plane)
    func channel(_ i: Int) -> Int { i / problem.plane % problem.channels }
    let gradients = data.outputGradient.indices.map { i in
      !isStopped.isEmpty && isStopped[i] ? 0 : Double(data.outputGradient[i])
    }
    weight = [Double](repeating: 0, count: problem.channels)
    bias = weight
    for (i, g) in gradients.enumerated() {
      bias[channel(i)] += g
      weight[channel(i)] += g * forward.standard[i]
    }
    let (sums, products) = (bias, weight)
    input = gradients.enumerated().map { i, g in
      let c = channel(i)
      let rest = g - sums[c] / values - forward.standard[i] * products[c] / values
      return rest * forward.inverse[c] * Double(data.weight?[c] ?? 1)
    }
  }
}

/// The gradients by given statistics, in Double.
private struct InferenceGradients {
  var input: [Double] = []
  var weight: [Double]
  var bias: [Double]

  /// - Parameter isStopped: where ReLU stopped the output; empty without ReLU.
  init(_ problem: BatchNormProblem, _ data: Data, isStopped: [Bool]) {
    weight = [Double](repeating: 0, count: problem.channels)
    bias = weight
    for i in data.input.indices {
      let c = i / problem.plane % problem.channels
      let inverse = 1 / (Double(data.runningVariance[c]) + Double(problem.epsilon)).squareRoot()
      let g = !isStopped.isEmpty && isStopped[i] ? 0 : Double(data.outputGradient[i])
      bias[c] += g
      weight[c] += g * (Double(data.input[i]) - Double(data.runningMean[c])) * inverse
      input.append(g * Double(data.weight?[c] ?? 1) * inverse)
    }
  }
}

/// Gradients that were asked for.
private struct WantedGradients: Equatable {
  enum Name { case input, weight, bias }
  var input: [Float]?
  var weight: [Float]?
  var bias: [Float]?
}

private struct Results {
  var output: [Float]
  var statistics: [Float]
  var runningMean: [Float]
  var runningVariance: [Float]
}

/// The row of the backward table of the same level.
private func counterpart(_ row: Kernel<BatchNormForward>) throws -> Kernel<BatchNormBackward> {
  try #require(BatchNormBackward.kernels.first { $0.level == row.level && $0.isReference == row.isReference })
}

private func forward(
  _ row: Kernel<BatchNormForward>, _ problem: BatchNormProblem, _ data: Data, threads: Int = 1
) throws -> Results {
  let input = GuardedBuffer(data.input)
  let weight = data.weight.map { GuardedBuffer($0) }
  let bias = data.bias.map { GuardedBuffer($0) }
  let output = GuardedBuffer<Float>.poisoned(count: data.input.count)
  let statistics = GuardedBuffer<Float>.poisoned(count: 3 * problem.channels)
  let mean = GuardedBuffer(data.runningMean)
  let variance = GuardedBuffer(data.runningVariance)
  run(
    try plan(row, problem, threads: threads),
    .init(
      input: input.pointer, weight: weight.map { UnsafePointer($0.pointer) },
      bias: bias.map { UnsafePointer($0.pointer) }, output: output.pointer, statistics: statistics.pointer,
      runningMean: mean.pointer, runningVariance: variance.pointer, momentum: 0.25),
    keeping: input)
  withExtendedLifetime((weight, bias)) {}
  return Results(
    output: output.values, statistics: statistics.values, runningMean: mean.values, runningVariance: variance.values)
}

private func backward(
  _ row: Kernel<BatchNormBackward>, _ problem: BatchNormProblem, _ data: Data, _ statistics: [Float],
  threads: Int = 1, inPlace: Bool = false
) throws -> (input: [Float], weight: [Float], bias: [Float]) {
  let input = GuardedBuffer(data.input)
  let outputGradient = GuardedBuffer(data.outputGradient)
  let weight = data.weight.map { GuardedBuffer($0) }
  let bias = data.bias.map { GuardedBuffer($0) }
  let saved = GuardedBuffer(statistics)
  let inputGradient = inPlace ? outputGradient : GuardedBuffer<Float>.poisoned(count: data.input.count)
  let weightGradient = GuardedBuffer<Float>.poisoned(count: problem.channels)
  let biasGradient = GuardedBuffer<Float>.poisoned(count: problem.channels)
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

private func infer(
  _ row: Kernel<BatchNormInference>, _ problem: BatchNormProblem, _ data: Data, threads: Int = 1, inPlace: Bool = false
) throws -> [Float] {
  let input = GuardedBuffer(data.input)
  let weight = data.weight.map { GuardedBuffer($0) }
  let bias = data.bias.map { GuardedBuffer($0) }
  let mean = GuardedBuffer(data.runningMean)
  let variance = GuardedBuffer(data.runningVariance)
  let output = inPlace ? input : GuardedBuffer<Float>.poisoned(count: data.input.count)
  run(
    try plan(row, problem, threads: threads),
    .init(
      input: input.pointer, weight: weight.map { UnsafePointer($0.pointer) },
      bias: bias.map { UnsafePointer($0.pointer) }, runningMean: mean.pointer, runningVariance: variance.pointer,
      output: output.pointer),
    keeping: input, mean, variance)
  withExtendedLifetime((weight, bias)) {}
  return output.values
}

private func inferenceGradients(
  _ row: Kernel<BatchNormInferenceBackward>, _ problem: BatchNormProblem, _ data: Data, threads: Int = 1,
  inPlace: Bool = false, wants: Set<WantedGradients.Name> = [.input, .weight, .bias]
) throws -> WantedGradients {
  let input = GuardedBuffer(data.input)
  let outputGradient = GuardedBuffer(data.outputGradient)
  let weight = data.weight.map { GuardedBuffer($0) }
  let bias = data.bias.map { GuardedBuffer($0) }
  let (mean, variance) = (GuardedBuffer(data.runningMean), GuardedBuffer(data.runningVariance))
  let inputGradient =
    !wants.contains(.input)
    ? nil : inPlace ? outputGradient : GuardedBuffer<Float>.poisoned(count: data.input.count)
  let weightGradient = wants.contains(.weight) ? GuardedBuffer<Float>.poisoned(count: problem.channels) : nil
  let biasGradient = wants.contains(.bias) ? GuardedBuffer<Float>.poisoned(count: problem.channels) : nil
  run(
    try plan(row, problem, threads: threads),
    .init(
      input: input.pointer, outputGradient: outputGradient.pointer, weight: weight.map { UnsafePointer($0.pointer) },
      bias: bias.map { UnsafePointer($0.pointer) }, runningMean: mean.pointer, runningVariance: variance.pointer,
      inputGradient: inputGradient?.pointer, weightGradient: weightGradient?.pointer,
      biasGradient: biasGradient?.pointer),
    keeping: input, outputGradient, mean, variance)
  withExtendedLifetime((weight, bias)) {}
  return WantedGradients(
    input: inputGradient?.values, weight: weightGradient?.values, bias: biasGradient?.values)
}

/// Within 10⁻⁵ of the right value, or of `scale` where that is larger.
private func expectClose(_ values: [Float], _ right: [Double], _ what: String, scale: Double = 1) {
  #expect(values.count == right.count, "\(what)")
  for (i, (a, b)) in zip(values, right).enumerated() where !(abs(Double(a) - b) <= 1e-5 * max(abs(b), scale)) {
    Issue.record("\(what) at \(i): \(a) instead of \(b)")
    return
  }
}
