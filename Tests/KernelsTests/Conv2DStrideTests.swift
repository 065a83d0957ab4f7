import Kernels
import TestSupport
import Testing

/// Convolutions whose strides, kernels and paddings do not fit one another as usual: strides beyond the kernel or the
/// padding, paddings beyond the kernel, widths that are no multiple of the stride; in batches around vectors of images.
@Suite struct Conv2DStrideTests {
  static let shapes: [Conv2DShape] = [
    // Left padding that no window's columns reach beyond: the last columns of the input are in no window.
    Conv2DShape(
      batch: 64, inputChannels: 1, inputHeight: 36, inputWidth: 36, outputChannels: 10, kernel: 7, stride: 6, padding: 3
    ),
    Conv2DShape(
      batch: 32, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 16, kernel: 4, stride: 4, padding: 1
    ),
    Conv2DShape(
      batch: 16, inputChannels: 12, inputHeight: 28, inputWidth: 28, outputChannels: 2, kernel: 7, stride: 4, padding: 1
    ),
    Conv2DShape(
      batch: 16, inputChannels: 1, inputHeight: 6, inputWidth: 6, outputChannels: 8, kernel: 3, stride: 3, padding: 1),
    Conv2DShape(
      batch: 32, inputChannels: 1, inputHeight: 12, inputWidth: 12, outputChannels: 4, kernel: 3, stride: 3, padding: 1),
    Conv2DShape(
      batch: 32, inputChannels: 1, inputHeight: 15, inputWidth: 15, outputChannels: 8, kernel: 8, stride: 4, padding: 2),
    // Phases of the input gradient that have fewer columns than others.
    Conv2DShape(
      batch: 1, inputChannels: 1, inputHeight: 42, inputWidth: 64, outputChannels: 32, kernel: 2, stride: 3),
    Conv2DShape(
      batch: 1, inputChannels: 16, inputHeight: 32, inputWidth: 57, outputChannels: 24, kernel: 3, stride: 4),
    Conv2DShape(
      batch: 4, inputChannels: 32, inputHeight: 23, inputWidth: 7, outputChannels: 48, kernel: 3, stride: 5),
    Conv2DShape(
      batch: 4, inputChannels: 32, inputHeight: 9, inputWidth: 16, outputChannels: 7, kernelHeight: 1, kernelWidth: 3,
      strideHeight: 1, strideWidth: 3, paddingHeight: 1),
    Conv2DShape(batch: 9, inputChannels: 5, inputHeight: 8, inputWidth: 9, outputChannels: 7, kernel: 2, stride: 2),
    // Rows of fewer outputs than a tile's run of points.
    Conv2DShape(batch: 32, inputChannels: 64, inputHeight: 8, inputWidth: 8, outputChannels: 1, kernel: 1, stride: 4),
    Conv2DShape(
      batch: 3, inputChannels: 4, inputHeight: 12, inputWidth: 2, outputChannels: 1, kernelHeight: 3, kernelWidth: 1,
      strideHeight: 5, strideWidth: 1),
    // Kernels of one input channel; phases of one row of taps each; padding beyond the kernel.
    Conv2DShape(batch: 8, inputChannels: 1, inputHeight: 5, inputWidth: 5, outputChannels: 6, kernel: 3, padding: 1),
    Conv2DShape(
      batch: 3, inputChannels: 3, inputHeight: 38, inputWidth: 59, outputChannels: 4, kernel: 4, stride: 3, padding: 1),
    Conv2DShape(
      batch: 17, inputChannels: 5, inputHeight: 7, inputWidth: 6, outputChannels: 4, kernel: 3, stride: 2, padding: 5),
    Conv2DShape(
      batch: 10, inputChannels: 8, inputHeight: 9, inputWidth: 17, outputChannels: 8, kernel: 5, padding: 2, groups: 8),
  ]

  @Test("forward: every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func forward(level: InstructionSet) throws {
    for shape in Self.shapes {
      try Conv2DTests().check(Conv2DForward.self, .init(shape: shape), shape, level: level) { plan, data in
        let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
        plan.run(
          .init(
            input: data.input.pointer, weights: data.weights.pointer, bias: UnsafePointer(data.bias.pointer),
            output: output.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        return output.values
      }
    }
  }

  @Test("backward data: every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func backwardData(level: InstructionSet) throws {
    for shape in Self.shapes {
      try Conv2DTests().check(Conv2DBackwardData.self, shape, shape, level: level) { plan, data in
        let gradient = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
        plan.run(
          .init(
            outputGradient: data.outputGradient.pointer, weights: data.weights.pointer,
            inputGradient: gradient.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        return gradient.values
      }
    }
  }

  @Test("backward weights: every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func backwardWeights(level: InstructionSet) throws {
    for shape in Self.shapes {
      try Conv2DTests().check(Conv2DBackwardWeights.self, shape, shape, level: level) { plan, data in
        let weights = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
        let bias = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
        plan.run(
          .init(
            input: data.input.pointer, outputGradient: data.outputGradient.pointer,
            weightGradient: weights.pointer, biasGradient: bias.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        return weights.values + bias.values
      }
    }
  }

  @Test("an image's output has the same bits from every kernel in every batch", arguments: InstructionSet.available)
  func sameBitsForward(level: InstructionSet) throws {
    for shape in Self.shapes {
      var random = TestRandom(seed: 31)
      let input = GuardedBuffer(random.reals(shape.inputCount))
      let weights = GuardedBuffer(random.reals(shape.weightCount))
      let bias = GuardedBuffer(random.reals(shape.outputChannels))
      try expectSameBits(
        Conv2DForward.self, level, shape, imageCount: shape.outputCount / shape.batch, problem: { .init(shape: $0) },
        operands: {
          .init(input: input.pointer, weights: weights.pointer, bias: UnsafePointer(bias.pointer), output: $0)
        })
    }
  }

  @Test("an image's gradient has the same bits from every kernel in every batch", arguments: InstructionSet.available)
  func sameBitsBackwardData(level: InstructionSet) throws {
    for shape in Self.shapes {
      var random = TestRandom(seed: 32)
      let gradient = GuardedBuffer(random.reals(shape.outputCount))
      let weights = GuardedBuffer(random.reals(shape.weightCount))
      try expectSameBits(
        Conv2DBackwardData.self, level, shape, imageCount: shape.inputCount / shape.batch, problem: { $0 },
        operands: { .init(outputGradient: gradient.pointer, weights: weights.pointer, inputGradient: $0) })
    }
  }

  /// Runs every kernel of a level that accepts the shape, and the one chosen, on the shape's batch and on its first image
  /// alone, on one thread and on three: the first image has the same bits in all of them.
  private func expectSameBits<Op: KernelOperation>(
    _ operation: Op.Type, _ level: InstructionSet, _ shape: Conv2DShape, imageCount: Int,
    problem: (Conv2DShape) -> Op.Problem, operands: (UnsafeMutablePointer<Float>) -> Op.Operands
  ) throws {
    var expected: (name: String, image: [Float])?
    var single = shape
    single.batch = 1
    for shape in [single, shape] {
      let rows = Op.kernels.filter {
        $0.level == level && !$0.isReference && $0.accepts(problem(shape))
      }
      for name in [nil] + rows.map(\.name) {
        for threads in [1, 3] {
          let plan = try sharing {
            try Plan<Op>(problem(shape), level: level, threads: threads, kernel: name)
          }
          let output = GuardedBuffer<Float>.poisoned(count: shape.batch * imageCount)
          try plan.run(operands(output.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
          let image = Array(output.values[..<imageCount])
          let name = "\(plan.kernel.name), batch \(shape.batch), \(threads) threads"
          let first = expected ?? (name, image)
          expected = first
          #expect(image == first.image, "\(name) and \(first.name) differ, \(shape)")
        }
      }
    }
  }
}
