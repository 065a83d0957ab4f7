import Kernels
import TestSupport
import Testing

@Suite struct Conv2DPoolTests {
  static let problems: [Conv2DPoolProblem] = [
    // The tutorial network's, in whole and broken chunks, and more images than a chunk holds.
    .init(
      shape: .init(batch: 3, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5),
      relu: true),
    .init(
      shape: .init(batch: 37, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5),
      relu: true),
    .init(
      shape: .init(batch: 85, inputChannels: 1, inputHeight: 28, inputWidth: 28, outputChannels: 7, kernel: 3),
      relu: false),
    // Odd planes, padding, strides, groups, one window, no images.
    .init(
      shape: .init(
        batch: 5, inputChannels: 4, inputHeight: 11, inputWidth: 13, outputChannels: 6, kernel: 3, padding: 1, groups: 2
      ),
      relu: true),
    .init(
      shape: .init(
        batch: 2, inputChannels: 3, inputHeight: 30, inputWidth: 37, outputChannels: 20, kernel: 7, stride: 2,
        padding: 3),
      relu: true),
    .init(
      shape: .init(
        batch: 2, inputChannels: 5, inputHeight: 12, inputWidth: 12, outputChannels: 5, kernel: 3, padding: 1, groups: 5
      ),
      relu: false),
    .init(
      shape: .init(batch: 1, inputChannels: 1, inputHeight: 3, inputWidth: 3, outputChannels: 1, kernel: 2), relu: true),
    .init(
      shape: .init(batch: 0, inputChannels: 2, inputHeight: 5, inputWidth: 5, outputChannels: 3, kernel: 2), relu: true),
  ]

  /// Outputs and choices of a forward pass.
  static func forward(
    _ plan: Plan<Conv2DPoolForward>, _ data: Conv2DTests.Data, bias: Bool
  ) -> (output: [Float], choices: [UInt8]) {
    let output = GuardedBuffer<Float>.poisoned(count: plan.problem.outputCount)
    let choices = GuardedBuffer<UInt8>(repeating: 99, count: plan.problem.outputCount)
    plan.run(
      .init(
        input: data.input.pointer, weights: data.weights.pointer,
        bias: bias ? UnsafePointer(data.bias.pointer) : nil, output: output.pointer, choices: choices.pointer),
      workspace: poisonedWorkspace(plan.workspaceByteCount))
    return (output.values, choices.values)
  }

  /// All gradients of a backward pass.
  static func backward(
    _ plan: Plan<Conv2DPoolBackward>, _ data: Conv2DTests.Data, _ gradient: GuardedBuffer<Float>, _ choices: [UInt8],
    wantsAll: Bool = true
  ) -> [Float] {
    let shape = plan.problem.shape
    let choices = GuardedBuffer(choices)
    let weights = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
    let bias = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
    let input = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
    plan.run(
      .init(
        input: data.input.pointer, weights: data.weights.pointer, outputGradient: gradient.pointer,
        choices: choices.pointer, weightGradient: weights.pointer, biasGradient: wantsAll ? bias.pointer : nil,
        inputGradient: wantsAll ? input.pointer : nil),
      workspace: poisonedWorkspace(plan.workspaceByteCount))
    return weights.values + (wantsAll ? bias.values + input.values : [])
  }

  @Test("every kernel gives the reference's result exactly, ties and all", arguments: InstructionSet.available)
  func matchesReference(level: InstructionSet) throws {
    var random = TestRandom(seed: 21)
    for (i, problem) in Self.problems.enumerated() {
      let data = Conv2DTests.Data(problem.shape)
      let gradient = GuardedBuffer(random.integers(problem.outputCount))
      let expected = Self.forward(try Plan(problem, kernel: "reference"), data, bias: i % 2 == 0)
      let gradients = Self.backward(try Plan(problem, kernel: "reference"), data, gradient, expected.choices)
      for threads in [1, 2, 3] {
        let plan = try Plan<Conv2DPoolForward>(problem, level: level, threads: threads)
        #expect(plan.kernel.name == "images.\(level)")
        let result = Self.forward(plan, data, bias: i % 2 == 0)
        #expect(firstDifference(result.output, expected.output) == nil, "\(threads) threads, \(problem)")
        #expect(result.choices == expected.choices, "\(threads) threads, \(problem)")
        let back = try Plan<Conv2DPoolBackward>(problem, level: level, threads: threads)
        #expect(back.kernel.name == "images.\(level)")
        #expect(
          firstDifference(Self.backward(back, data, gradient, expected.choices), gradients) == nil,
          "\(threads) threads, \(problem)")
        let weightsAlone = Self.backward(back, data, gradient, expected.choices, wantsAll: false)
        #expect(firstDifference(weightsAlone, Array(gradients.prefix(weightsAlone.count))) == nil)
      }
    }
  }

  @Test("outputs and input gradients have the separate kernels' bits, and none depends on the threads")
  func sameBits() throws {
    var random = TestRandom(seed: 22)
    for problem in Self.problems.prefix(4) {
      let shape = problem.shape
      let data = Conv2DTests.Data(shape)
      for (buffer, count) in [(data.input, shape.inputCount), (data.weights, shape.weightCount)] {
        buffer.pointer.update(from: random.reals(count), count: count)
      }
      data.input.pointer[shape.inputCount / 2] = .nan
      let gradient = GuardedBuffer(random.reals(problem.outputCount))
      for level in InstructionSet.available {
        let all = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
        let convolution = try Plan<Conv2DForward>(
          .init(shape: shape, activation: problem.relu ? .relu : nil), level: level)
        convolution.run(
          .init(
            input: data.input.pointer, weights: data.weights.pointer, bias: data.bias.pointer, output: all.pointer),
          workspace: poisonedWorkspace(convolution.workspaceByteCount))
        let pooling = try Plan<MaxPool2DForward>(
          Pool2DShape(
            batch: shape.batch, channels: shape.outputChannels, inputHeight: shape.outputHeight,
            inputWidth: shape.outputWidth, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2),
          level: level)
        let pooled = GuardedBuffer<Float>.poisoned(count: problem.outputCount)
        pooling.run(
          .init(input: all.pointer, output: pooled.pointer, positions: nil),
          workspace: poisonedWorkspace(pooling.workspaceByteCount))
        var gradients: [[Float]] = []
        for threads in [1, 2, 3] {
          let result = Self.forward(
            try Plan(problem, level: level, threads: threads), data, bias: true)
          #expect(firstDifference(result.output, pooled.values) == nil, "\(level), \(threads) threads, \(problem)")
          gradients.append(
            Self.backward(try Plan(problem, level: level, threads: threads), data, gradient, result.choices))
        }
        #expect(firstDifference(gradients[1], gradients[0]) == nil, "\(level) \(problem)")
        #expect(firstDifference(gradients[2], gradients[0]) == nil, "\(level) \(problem)")
      }
    }
  }

  @Test("the workspace stays small whatever the batch")
  func workspace() throws {
    for batch in [1, 100, 100_000] {
      var problem = Self.problems[0]
      problem.shape.batch = batch
      #expect(try Plan<Conv2DPoolForward>(problem).workspaceByteCount <= 4 << 20)
      #expect(try Plan<Conv2DPoolBackward>(problem).workspaceByteCount <= 4 << 20)
    }
  }

  @Test("planes without a window are refused")
  func refusals() {
    let shape = Conv2DShape(batch: 1, inputChannels: 1, inputHeight: 3, inputWidth: 8, outputChannels: 1, kernel: 3)
    #expect(throws: KernelError.self) { try Plan<Conv2DPoolForward>(.init(shape: shape, relu: true)) }
    #expect(throws: KernelError.self) { try Plan<Conv2DPoolBackward>(.init(shape: shape, relu: true)) }
  }
}
