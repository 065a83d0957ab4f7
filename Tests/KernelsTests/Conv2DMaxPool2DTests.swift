import Kernels
import TestSupport
import Testing

/// Convolutions with 2×2 max pooling behind them.
@Suite struct Conv2DMaxPool2DTests {
  /// Batches of whole vectors, and of some images more; several channels more than a tile; padding, strides and kernels of
  /// several sizes; planes that leave the caches.
  static let shapes: [Conv2DShape] = {
    var shapes: [Conv2DShape] = []
    for batch in [1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 33] {
      let i = shapes.count
      let kernel = [5, 3, 4, 2][i % 4]
      let padding = [0, 1, 2, 0][i / 2 % 4]
      let stride = 1 + i % 3 / 2
      // Of even outputs.
      let outputs = (2 * (1 + i % 5), 2 * (2 + i % 4))
      let height = max((outputs.0 - 1) * stride + kernel - 2 * padding, 1)
      let width = max((outputs.1 - 1) * stride + kernel - 2 * padding, 1)
      shapes.append(
        Conv2DShape(
          batch: batch, inputChannels: 1 + i % 4, inputHeight: height, inputWidth: width,
          outputChannels: [6, 1, 13, 8, 16][i % 5], kernel: kernel, stride: stride, padding: padding))
    }
    // The tutorial's layers, and planes of which a strip or a band holds some rows.
    shapes.append(
      Conv2DShape(batch: 35, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5))
    shapes.append(
      Conv2DShape(batch: 65, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5))
    shapes.append(
      Conv2DShape(
        batch: 16, inputChannels: 24, inputHeight: 66, inputWidth: 62, outputChannels: 7, kernel: 3, padding: 1))
    shapes.append(
      Conv2DShape(batch: 0, inputChannels: 2, inputHeight: 5, inputWidth: 5, outputChannels: 3, kernel: 2))
    return shapes.filter { $0.outputHeight % 2 == 0 && $0.outputWidth % 2 == 0 }
  }()

  /// What the passes give.
  struct Results: Equatable {
    var output: [Float]
    var inputGradient: [Float] = []
    var weightGradient: [Float] = []
    var biasGradient: [Float] = []
  }

  private struct Data {
    let input: GuardedBuffer<Float>
    let weights: GuardedBuffer<Float>
    let bias: GuardedBuffer<Float>
    let gradient: GuardedBuffer<Float>

    init(_ shape: Conv2DShape, seed: UInt64) {
      var random = TestRandom(seed: seed)
      input = GuardedBuffer(random.integers(shape.inputCount))
      weights = GuardedBuffer(random.integers(shape.weightCount))
      bias = GuardedBuffer(random.integers(shape.outputChannels))
      gradient = GuardedBuffer(random.integers(shape.pooledOutputCount))
    }
  }

  /// Runs all passes by the rows of a name; nil where one of them does not accept the shape.
  private func run(
    _ problem: Conv2DForward.Problem, _ data: Data, level: InstructionSet, threads: Int = 1,
    names: (forward: String, data: String, weights: String), hasBias: Bool = true
  ) throws -> Results {
    let shape = problem.shape
    let indices = GuardedBuffer<Int32>(repeating: .max, count: shape.pooledIndexCount)
    let output = GuardedBuffer<Float>.poisoned(count: shape.pooledOutputCount)
    let forward = try Plan<Conv2DMaxPool2DForward>(problem, level: level, threads: threads, kernel: names.forward)
    forward.run(
      .init(
        input: data.input.pointer, weights: data.weights.pointer,
        bias: hasBias ? UnsafePointer(data.bias.pointer) : nil, output: output.pointer, maxIndices: indices.pointer),
      workspace: poisonedWorkspace(forward.workspaceByteCount))
    let inputGradient = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
    let backwardData = try Plan<Conv2DMaxPool2DBackwardData>(shape, level: level, threads: threads, kernel: names.data)
    backwardData.run(
      .init(
        outputGradient: data.gradient.pointer, maxIndices: indices.pointer, weights: data.weights.pointer,
        inputGradient: inputGradient.pointer),
      workspace: poisonedWorkspace(backwardData.workspaceByteCount))
    let weightGradient = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
    let biasGradient = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
    let backwardWeights = try Plan<Conv2DMaxPool2DBackwardWeights>(
      shape, level: level, threads: threads, kernel: names.weights)
    backwardWeights.run(
      .init(
        input: data.input.pointer, outputGradient: data.gradient.pointer, maxIndices: indices.pointer,
        weightGradient: weightGradient.pointer, biasGradient: hasBias ? biasGradient.pointer : nil),
      workspace: poisonedWorkspace(backwardWeights.workspaceByteCount))
    return Results(
      output: output.values, inputGradient: inputGradient.values, weightGradient: weightGradient.values,
      biasGradient: hasBias ? biasGradient.values : [])
  }

  private func expectEqual(_ results: Results, _ expected: Results, _ message: String) {
    #expect(firstDifference(results.output, expected.output) == nil, "output, \(message)")
    #expect(firstDifference(results.inputGradient, expected.inputGradient) == nil, "input gradient, \(message)")
    #expect(firstDifference(results.weightGradient, expected.weightGradient) == nil, "weight gradient, \(message)")
    #expect(firstDifference(results.biasGradient, expected.biasGradient) == nil, "bias gradient, \(message)")
  }

  private static let reference = (forward: "reference", data: "reference", weights: "reference")

  /// The definition is the convolution, the activation and the pooling, one after the other.
  @Test func theReferenceIsTheLayersOneAfterTheOther() throws {
    for (i, shape) in Self.shapes.enumerated() where shape.inputCount < 10_000 {
      let activation: FusedActivation? = [.relu, nil, .relu6][i % 3]
      let data = Data(shape, seed: UInt64(i))
      let results = try run(
        .init(shape: shape, activation: activation), data, level: .lowest, names: Self.reference)
      let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
      let forward = try Plan<Conv2DForward>(.init(shape: shape, activation: activation), kernel: "reference")
      forward.run(
        .init(
          input: data.input.pointer, weights: data.weights.pointer, bias: UnsafePointer(data.bias.pointer),
          output: output.pointer), workspace: poisonedWorkspace(forward.workspaceByteCount))
      let pooling = Pool2DShape(
        batch: shape.batch, channels: shape.outputChannels, inputHeight: shape.outputHeight,
        inputWidth: shape.outputWidth, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2)
      let pooled = GuardedBuffer<Float>.poisoned(count: shape.pooledOutputCount)
      let indices = GuardedBuffer<Int32>(repeating: .max, count: shape.pooledOutputCount)
      let pool = try Plan<MaxPool2DForward>(pooling, kernel: "reference")
      pool.run(
        .init(input: output.pointer, output: pooled.pointer, maxIndices: indices.pointer),
        workspace: poisonedWorkspace(pool.workspaceByteCount))
      let gradient = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
      let unpool = try Plan<MaxPool2DBackward>(pooling, kernel: "reference")
      unpool.run(
        .init(outputGradient: data.gradient.pointer, maxIndices: indices.pointer, inputGradient: gradient.pointer),
        workspace: poisonedWorkspace(unpool.workspaceByteCount))
      for j in 0..<shape.outputCount {
        let y = output.pointer[j]
        if activation != nil, y <= 0 || (activation == .relu6 && y >= 6) { gradient.pointer[j] = 0 }
      }
      let inputGradient = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
      let backwardData = try Plan<Conv2DBackwardData>(shape, kernel: "reference")
      backwardData.run(
        .init(
          outputGradient: gradient.pointer, weights: data.weights.pointer, inputGradient: inputGradient.pointer),
        workspace: poisonedWorkspace(backwardData.workspaceByteCount))
      let weightGradient = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
      let biasGradient = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
      let backwardWeights = try Plan<Conv2DBackwardWeights>(shape, kernel: "reference")
      backwardWeights.run(
        .init(
          input: data.input.pointer, outputGradient: gradient.pointer, weightGradient: weightGradient.pointer,
          biasGradient: biasGradient.pointer),
        workspace: poisonedWorkspace(backwardWeights.workspaceByteCount))
      expectEqual(
        results,
        Results(
          output: pooled.values, inputGradient: inputGradient.values, weightGradient: weightGradient.values,
          biasGradient: biasGradient.values), "\(shape)")
    }
  }

  @Test("every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func matchesReference(level: InstructionSet) throws {
    for (i, shape) in Self.shapes.enumerated() {
      let problem = Conv2DForward.Problem(shape: shape, activation: [.relu, nil, .relu6][i % 3])
      let data = Data(shape, seed: UInt64(i))
      let hasBias = i % 4 != 3
      let expected = try run(problem, data, level: .lowest, names: Self.reference, hasBias: hasBias)
      let forward = Conv2DMaxPool2DForward.kernels.filter { $0.level == level && $0.accepts(problem) }.map(\.name)
      let backwardData = Conv2DMaxPool2DBackwardData.kernels.filter { $0.level == level && $0.accepts(shape) }
        .map(\.name)
      let weights = Conv2DMaxPool2DBackwardWeights.kernels.filter { $0.level == level && $0.accepts(shape) }.map(\.name)
      if shape.batch > 0 { #expect(forward.count > 1 || level == .lowest, "\(shape)") }
      for row in 0..<max(forward.count, backwardData.count, weights.count) {
        let names = (
          forward: row < forward.count ? forward[row] : "reference",
          data: row < backwardData.count ? backwardData[row] : "reference",
          weights: row < weights.count ? weights[row] : "reference"
        )
        for threads in [1, 2, 3] {
          expectEqual(
            try run(problem, data, level: level, threads: threads, names: names, hasBias: hasBias), expected,
            "\(names) \(threads) threads \(shape)")
        }
      }
    }
  }

  @Test("an image has the same bits in every batch, and as the convolution with a pooling behind it")
  func bitsOfImages() throws {
    var shape = Conv2DShape(
      batch: 37, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5)
    var random = TestRandom(seed: 3)
    let input = GuardedBuffer(random.reals(shape.inputCount))
    let weights = GuardedBuffer(random.reals(shape.weightCount))
    let bias = GuardedBuffer(random.reals(shape.outputChannels))
    for level in InstructionSet.available {
      func pooled(_ batch: Int) throws -> [Float] {
        shape.batch = batch
        let output = GuardedBuffer<Float>.poisoned(count: shape.pooledOutputCount)
        let plan = try Plan<Conv2DMaxPool2DForward>(.init(shape: shape, activation: .relu), level: level)
        #expect(plan.kernel.algorithm == "images")
        plan.run(
          .init(
            input: input.pointer, weights: weights.pointer, bias: UnsafePointer(bias.pointer), output: output.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        return output.values
      }
      let all = try pooled(37)
      #expect(try pooled(5) == Array(all[..<(5 * 16 * 25)]))
      shape.batch = 5
      let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
      let plan = try Plan<Conv2DForward>(.init(shape: shape, activation: .relu), level: level)
      plan.run(
        .init(
          input: input.pointer, weights: weights.pointer, bias: UnsafePointer(bias.pointer), output: output.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      for plane in 0..<5 * 16 {
        for window in 0..<25 {
          let first = plane * 100 + window / 5 * 20 + window % 5 * 2
          let largest = [0, 1, 10, 11].map { output.pointer[first + $0] }.max()
          #expect(all[plane * 25 + window] == largest)
        }
      }
    }
  }

  @Test(
    "of a window with NaN the last one is the maximum, and its gradient goes there",
    arguments: InstructionSet.available)
  func specialValues(level: InstructionSet) throws {
    let shape = Conv2DShape(
      batch: 17, inputChannels: 2, inputHeight: 9, inputWidth: 11, outputChannels: 3, kernelHeight: 2, kernelWidth: 2)
    for activation in [nil, FusedActivation.relu] {
      let problem = Conv2DForward.Problem(shape: shape, activation: activation)
      let data = Data(shape, seed: 6)
      for (place, value) in [(0, Float.nan), (98, .infinity), (400, -.infinity), (1700, .nan), (3365, .infinity)] {
        data.input.pointer[place] = value
      }
      let expected = try run(problem, data, level: .lowest, names: Self.reference)
      for kernel in Conv2DMaxPool2DForward.kernels where kernel.level == level && kernel.accepts(problem) {
        let names = (forward: kernel.name, data: "reference", weights: "reference")
        expectEqual(try run(problem, data, level: level, names: names), expected, kernel.name)
      }
    }
  }

  @Test func shapesWithHalfWindowsAreRefused() {
    for (height, width) in [(6, 5), (5, 6)] {
      let shape = Conv2DShape(
        batch: 1, inputChannels: 1, inputHeight: height, inputWidth: width, outputChannels: 1, kernelHeight: 2,
        kernelWidth: 2)
      #expect(throws: KernelError.self) { try Plan<Conv2DMaxPool2DForward>(.init(shape: shape)) }
      #expect(throws: KernelError.self) { try Plan<Conv2DMaxPool2DBackwardData>(shape) }
      #expect(throws: KernelError.self) { try Plan<Conv2DMaxPool2DBackwardWeights>(shape) }
    }
  }
}
