import Kernels
import TestSupport
import Testing

@Suite struct ConvDepthwiseTests {
  /// Every width up to three vectors of the widest level, heights below and above the kernel, several outputs a channel.
  static let shapes: [Conv2DShape] = {
    var shapes: [Conv2DShape] = []
    for width in 1...52 {
      let size = [3, 5, 7][width % 3]
      shapes.append(shape(batch: 1 + width % 3, channels: 3, height: 1 + width % 11, width: width, size: size))
      shapes.append(
        shape(batch: 2, channels: 2, height: 6, width: width, size: [5, 7, 3][width % 3], multiplier: 1 + width % 4))
    }
    // Enough for several threads and segments.
    shapes.append(shape(batch: 5, channels: 19, height: 33, width: 32, size: 3))
    shapes.append(shape(batch: 4, channels: 11, height: 23, width: 56, size: 5, multiplier: 2))
    shapes.append(shape(batch: 0, channels: 2, height: 4, width: 4, size: 3))
    return shapes
  }()

  /// The same with strides, dilations and padding of all kinds, kernels of one row or column among them.
  static let stridedShapes: [Conv2DShape] = {
    var shapes: [Conv2DShape] = []
    for outputWidth in 1...33 {
      for (stride, dilation) in [(2, 1), (1, 2), (3, 1), (2, 3), (1, 1)] {
        let i = shapes.count
        let (kernelHeight, kernelWidth) = [(3, 3), (5, 5), (1, 3), (2, 4), (7, 7), (3, 1)][i % 6]
        let padding = i % 4
        let width = (outputWidth - 1) * stride + (kernelWidth - 1) * dilation + 1 - 2 * padding + (i / 7) % stride
        let height = (i % 12) * stride + (kernelHeight - 1) * dilation + 1 - 2 * padding
        guard width > 0, height > 0 else { continue }
        var shape = Conv2DShape(
          batch: 1 + i % 3, inputChannels: 3, inputHeight: height, inputWidth: width,
          outputChannels: 3 * (1 + i / 5 % 2),
          kernel: kernelHeight, stride: stride, padding: padding, groups: 3)
        shape.kernelWidth = kernelWidth
        (shape.dilationHeight, shape.dilationWidth) = (dilation, dilation)
        shapes.append(shape)
      }
    }
    // MobileNet's, several bands of a plane, and several groups of planes for each thread.
    shapes.append(
      Conv2DShape(
        batch: 2, inputChannels: 37, inputHeight: 28, inputWidth: 28, outputChannels: 37, kernel: 3, stride: 2,
        padding: 1, groups: 37))
    shapes.append(
      Conv2DShape(
        batch: 1, inputChannels: 2, inputHeight: 420, inputWidth: 401, outputChannels: 2, kernel: 3, stride: 2,
        padding: 1, groups: 2))
    shapes.append(
      Conv2DShape(
        batch: 1, inputChannels: 1, inputHeight: 9000, inputWidth: 15, outputChannels: 1, kernel: 5, stride: 2,
        padding: 2, groups: 1))
    return shapes
  }()

  /// 3×3 kernels with stride 2 and padding 1: every even width of input up to two vectors of outputs and more.
  static let halvingShapes: [Conv2DShape] = (1...40).map { i in
    Conv2DShape(
      batch: 1 + i % 3, inputChannels: 1 + i % 4, inputHeight: 1 + i % 9, inputWidth: 2 * i, outputChannels: 1 + i % 4,
      kernel: 3, stride: 2, padding: 1, groups: 1 + i % 4)
  }

  static func shape(
    batch: Int, channels: Int, height: Int, width: Int, size: Int, multiplier: Int = 1
  ) -> Conv2DShape {
    Conv2DShape(
      batch: batch, inputChannels: channels, inputHeight: height, inputWidth: width,
      outputChannels: channels * multiplier, kernel: size, padding: size / 2, groups: channels)
  }

  /// Runs every forward kernel of a level on shape number `i`, with and without a bias and activations.
  private func checkForward(_ shape: Conv2DShape, _ i: Int, _ level: InstructionSet) throws {
    let problem = Conv2DForward.Problem(shape: shape, activation: [.relu, nil, .relu6][i % 3])
    try Conv2DTests().check(Conv2DForward.self, problem, shape, level: level) { plan, data in
      let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
      plan.run(
        .init(
          input: data.input.pointer, weights: data.weights.pointer,
          bias: i % 3 == 0 ? nil : UnsafePointer(data.bias.pointer), output: output.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      return output.values
    }
  }

  /// Runs every kernel of both gradients of a level on shape number `i`, with and without the bias gradient.
  private func checkGradients(_ shape: Conv2DShape, _ i: Int, _ level: InstructionSet) throws {
    let tests = Conv2DTests()
    try tests.check(Conv2DBackwardData.self, shape, shape, level: level) { plan, data in
      let gradient = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
      plan.run(
        .init(
          outputGradient: data.outputGradient.pointer, weights: data.weights.pointer, inputGradient: gradient.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      return gradient.values
    }
    try tests.check(Conv2DBackwardWeights.self, shape, shape, level: level) { plan, data in
      let weights = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
      let bias = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
      plan.run(
        .init(
          input: data.input.pointer, outputGradient: data.outputGradient.pointer, weightGradient: weights.pointer,
          biasGradient: i % 3 == 0 ? nil : bias.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      return weights.values + bias.values
    }
  }

  @Test("every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func matchesReference(level: InstructionSet) throws {
    for (i, shape) in Self.shapes.enumerated() {
      try checkForward(shape, i, level)
      try checkGradients(shape, i, level)
    }
  }

  @Test("every kernel gives the reference's result exactly with strides", arguments: InstructionSet.available)
  func matchesReferenceWithStrides(level: InstructionSet) throws {
    for (i, shape) in (Self.stridedShapes + Self.halvingShapes).enumerated() {
      try checkForward(shape, i, level)
    }
    for (i, shape) in Self.halvingShapes.enumerated() {
      try checkGradients(shape, i, level)
    }
  }

  @Test("an infinity or NaN at a border reaches what it is summed into, and nothing else")
  func specialValues() throws {
    let tests = Conv2DTests()
    for width in [5, 8, 16, 21, 32] {
      for size in [3, 5, 7] {
        let shape = Self.shape(batch: 2, channels: 3, height: 9, width: width, size: size)
        let data = Conv2DTests.Data(shape)
        // The gradient of a whole plane of ones shows every weight that an input must not reach.
        for i in 0..<shape.outputCount { data.outputGradient.pointer[i] = 1 }
        let plane = 9 * width
        for (channel, place, value) in [
          (0, 0, Float.infinity), (1, plane - 1, .nan), (2, 4 * width + width - 1, .infinity), (3, 4 * width, .nan),
        ] {
          data.input.pointer[channel * plane + place] = value
        }
        let forward = try tests.results(Conv2DForward.self, .init(shape: shape), shape) { plan, workspace, output in
          plan.run(
            .init(input: data.input.pointer, weights: data.weights.pointer, output: output), workspace: workspace)
          return shape.outputCount
        }
        let weights = try tests.results(Conv2DBackwardWeights.self, shape, shape) { plan, workspace, output in
          plan.run(
            .init(input: data.input.pointer, outputGradient: data.outputGradient.pointer, weightGradient: output),
            workspace: workspace)
          return shape.weightCount
        }
        data.outputGradient.pointer[plane - width] = .infinity
        let backward = try tests.results(Conv2DBackwardData.self, shape, shape) { plan, workspace, output in
          plan.run(
            .init(outputGradient: data.outputGradient.pointer, weights: data.weights.pointer, inputGradient: output),
            workspace: workspace)
          return shape.inputCount
        }
        for results in [forward, backward, weights] {
          for (name, values) in results where name.hasPrefix("depthwise") {
            #expect(firstDifference(values, results["reference"]!) == nil, "\(name) \(shape)")
          }
        }
      }
    }
  }

  @Test("an infinity or NaN at a border of a halved plane reaches what it is summed into, and nothing else")
  func specialValuesWithStrides() throws {
    for width in [2, 6, 14, 16, 28, 38] {
      let shape = Conv2DShape(
        batch: 2, inputChannels: 3, inputHeight: 6, inputWidth: width, outputChannels: 3, kernel: 3, stride: 2,
        padding: 1, groups: 3)
      let data = Conv2DTests.Data(shape)
      let plane = 6 * width
      for (channel, place, value) in [
        (0, 0, Float.infinity), (1, plane - 1, .nan), (2, 3 * width + width - 1, .infinity), (3, 3 * width, .nan),
        (4, width - 1, .nan), (5, plane - width, -.infinity),
      ] {
        data.input.pointer[channel * plane + place] = value
      }
      let tests = Conv2DTests()
      let forward = try tests.results(Conv2DForward.self, .init(shape: shape), shape) { plan, workspace, output in
        plan.run(
          .init(input: data.input.pointer, weights: data.weights.pointer, output: output), workspace: workspace)
        return shape.outputCount
      }
      // The gradient of a whole plane of ones shows every weight that an input must not reach.
      for i in 0..<shape.outputCount { data.outputGradient.pointer[i] = 1 }
      let weights = try tests.results(Conv2DBackwardWeights.self, shape, shape) { plan, workspace, output in
        plan.run(
          .init(input: data.input.pointer, outputGradient: data.outputGradient.pointer, weightGradient: output),
          workspace: workspace)
        return shape.weightCount
      }
      let outputPlane = shape.outputHeight * shape.outputWidth
      for (channel, place, value) in [
        (0, 0, Float.infinity), (1, outputPlane - 1, .nan), (2, shape.outputWidth - 1, .infinity),
        (3, outputPlane - shape.outputWidth, -.infinity), (4, outputPlane / 2, .nan),
      ] {
        data.outputGradient.pointer[channel * outputPlane + place] = value
      }
      let backward = try tests.results(Conv2DBackwardData.self, shape, shape) { plan, workspace, output in
        plan.run(
          .init(outputGradient: data.outputGradient.pointer, weights: data.weights.pointer, inputGradient: output),
          workspace: workspace)
        return shape.inputCount
      }
      for (results, rows) in [(forward, 2), (weights, 1), (backward, 1)] {
        let depthwise = results.filter { $0.key.hasPrefix("depthwise") }
        #expect(depthwise.count == rows * InstructionSet.available.count)
        for (name, values) in depthwise {
          #expect(firstDifference(values, results["reference"]!) == nil, "\(name) \(shape)")
        }
      }
    }
  }

  @Test("depthwise convolutions run the depthwise kernels, others do not")
  func choice() throws {
    for level in InstructionSet.available {
      for (width, size) in [(7, 3), (14, 3), (28, 3), (32, 3), (56, 5), (112, 7)] {
        let shape = Self.shape(batch: 1, channels: 8, height: width, width: width, size: size)
        let name = "depthwise.\(level).\(size)x\(size)"
        #expect(try Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.name == name)
        #expect(try Plan<Conv2DBackwardData>(shape, level: level).kernel.name == name)
        #expect(try Plan<Conv2DBackwardWeights>(shape, level: level).kernel.name == name)
        var grouped = shape
        grouped.groups = 4
        #expect(try Plan<Conv2DForward>(.init(shape: grouped), level: level).kernel.algorithm != "depthwise")
        var dilated = shape
        (dilated.dilationHeight, dilated.dilationWidth) = (2, 1)
        dilated.paddingHeight = size - 1
        var strided = shape
        (strided.strideHeight, strided.strideWidth) = (2, 2)
        for (shape, tile) in [(dilated, "rows"), (strided, size == 3 && width % 2 == 0 ? "3x3s2" : "rows")] {
          let expected = "depthwise.\(level).\(tile)"
          #expect(try Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.name == expected, "\(shape)")
          if tile == "rows" { continue }
          #expect(try Plan<Conv2DBackwardData>(shape, level: level).kernel.name == expected, "\(shape)")
          #expect(try Plan<Conv2DBackwardWeights>(shape, level: level).kernel.name == expected, "\(shape)")
        }
      }
    }
  }

  @Test("outputs larger than the caches, which are stored past them, are the same")
  func streams() throws {
    let large = Self.shape(batch: 33, channels: 128, height: 32, width: 32, size: 3)
    var small = large
    small.batch = 1
    var random = TestRandom(seed: 12)
    let image = GuardedBuffer(random.reals(small.inputCount))
    let weights = GuardedBuffer(random.reals(small.weightCount))
    let input = Workspace(byteCount: large.inputCount * 4)
    let output = Workspace(byteCount: large.outputCount * 4)
    let (source, target) = (
      input.base.assumingMemoryBound(to: Float.self), output.base.assumingMemoryBound(to: Float.self)
    )
    for i in 0..<large.batch {
      (source + i * small.inputCount).update(from: image.pointer, count: small.inputCount)
    }
    for level in InstructionSet.available {
      let plan = try Plan<Conv2DForward>(.init(shape: small), level: level)
      let expected = GuardedBuffer<Float>.poisoned(count: small.outputCount)
      plan.run(
        .init(input: image.pointer, weights: weights.pointer, output: expected.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      let largePlan = try Plan<Conv2DForward>(.init(shape: large), level: level, threads: 2)
      target.update(repeating: .nan, count: large.outputCount)
      largePlan.run(
        .init(input: source, weights: weights.pointer, output: target),
        workspace: poisonedWorkspace(largePlan.workspaceByteCount))
      for i in 0..<large.batch {
        let values = Array(UnsafeBufferPointer(start: target + i * small.outputCount, count: small.outputCount))
        #expect(values == expected.values, "\(level) image \(i)")
      }
    }
  }

  @Test("input gradients larger than the caches, which are stored past them, are the same with strides")
  func streamsWithStrides() throws {
    // The last vectors of a row overlap those before.
    let large = Conv2DShape(
      batch: 12, inputChannels: 32, inputHeight: 112, inputWidth: 112, outputChannels: 32, kernel: 3, stride: 2,
      padding: 1, groups: 32)
    var small = large
    small.batch = 1
    var random = TestRandom(seed: 13)
    let image = GuardedBuffer(random.reals(small.outputCount))
    let weights = GuardedBuffer(random.reals(small.weightCount))
    let (gradient, result) = (Workspace(byteCount: large.outputCount * 4), Workspace(byteCount: large.inputCount * 4))
    let (source, target) = (
      gradient.base.assumingMemoryBound(to: Float.self), result.base.assumingMemoryBound(to: Float.self)
    )
    for i in 0..<large.batch {
      (source + i * small.outputCount).update(from: image.pointer, count: small.outputCount)
    }
    for level in InstructionSet.available {
      let plan = try Plan<Conv2DBackwardData>(small, level: level)
      let expected = GuardedBuffer<Float>.poisoned(count: small.inputCount)
      plan.run(
        .init(outputGradient: image.pointer, weights: weights.pointer, inputGradient: expected.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      let largePlan = try Plan<Conv2DBackwardData>(large, level: level, threads: 2)
      target.update(repeating: .nan, count: large.inputCount)
      largePlan.run(
        .init(outputGradient: source, weights: weights.pointer, inputGradient: target),
        workspace: poisonedWorkspace(largePlan.workspaceByteCount))
      for i in 0..<large.batch {
        let values = Array(UnsafeBufferPointer(start: target + i * small.inputCount, count: small.inputCount))
        #expect(values == expected.values, "\(level) image \(i)")
      }
    }
  }
}
