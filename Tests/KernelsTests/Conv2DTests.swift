import Kernels
import TestSupport
import Testing

@Suite struct Conv2DTests {
  /// Awkward sizes: channels that fill no vector, every width up to 40, strides, padding, dilation and groups per axis.
  static let shapes: [Conv2DShape] = {
    var shapes = [
      // The tutorial network's two convolutions, and usual ones of larger networks.
      Conv2DShape(batch: 3, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5),
      Conv2DShape(batch: 5, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5),
      Conv2DShape(
        batch: 1, inputChannels: 17, inputHeight: 9, inputWidth: 33, outputChannels: 35, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 1, inputChannels: 3, inputHeight: 30, inputWidth: 31, outputChannels: 20, kernel: 7, stride: 2,
        padding: 3),
      Conv2DShape(batch: 2, inputChannels: 33, inputHeight: 7, inputWidth: 7, outputChannels: 40, kernel: 1),
      Conv2DShape(
        batch: 2, inputChannels: 13, inputHeight: 12, inputWidth: 20, outputChannels: 13, kernel: 3, padding: 1,
        groups: 13),
      Conv2DShape(
        batch: 1, inputChannels: 6, inputHeight: 10, inputWidth: 18, outputChannels: 12, kernel: 3, stride: 2,
        padding: 1, groups: 6),
      Conv2DShape(batch: 2, inputChannels: 6, inputHeight: 8, inputWidth: 19, outputChannels: 10, kernel: 3, groups: 2),
      // Large enough for several threads.
      Conv2DShape(
        batch: 3, inputChannels: 17, inputHeight: 20, inputWidth: 23, outputChannels: 13, kernel: 5, padding: 2),
      Conv2DShape(
        batch: 13, inputChannels: 16, inputHeight: 24, inputWidth: 25, outputChannels: 32, kernel: 3, stride: 2,
        padding: 1),
      Conv2DShape(
        batch: 9, inputChannels: 12, inputHeight: 40, inputWidth: 37, outputChannels: 24, kernel: 7, padding: 3,
        groups: 12),
      Conv2DShape(batch: 41, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5),
      // More images than a vector has lanes, with all that makes pixels differ in their taps: padding on both sides of
      // small planes, strides, dilation, groups; planes of fewer pixels than lanes; bands.
      Conv2DShape(batch: 17, inputChannels: 3, inputHeight: 9, inputWidth: 6, outputChannels: 7, kernel: 3, padding: 1),
      Conv2DShape(batch: 33, inputChannels: 5, inputHeight: 4, inputWidth: 4, outputChannels: 9, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 18, inputChannels: 4, inputHeight: 7, inputWidth: 8, outputChannels: 6, kernel: 5, stride: 2, padding: 2),
      Conv2DShape(
        batch: 16, inputChannels: 6, inputHeight: 10, inputWidth: 9, outputChannels: 4, kernel: 3, padding: 3,
        dilation: 2, groups: 2),
      Conv2DShape(
        batch: 35, inputChannels: 4, inputHeight: 5, inputWidth: 5, outputChannels: 8, kernelHeight: 1, kernelWidth: 4,
        strideHeight: 2, strideWidth: 3, paddingHeight: 2, paddingWidth: 2, groups: 4),
      Conv2DShape(batch: 21, inputChannels: 2, inputHeight: 3, inputWidth: 3, outputChannels: 13, kernel: 3),
      Conv2DShape(batch: 19, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5),
      Conv2DShape(
        batch: 16, inputChannels: 48, inputHeight: 18, inputWidth: 20, outputChannels: 7, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 20, inputChannels: 1, inputHeight: 28, inputWidth: 28, outputChannels: 6, kernel: 5, padding: 2),
      // More weights than are packed at once, of one group and of several; a last panel with a smaller tile.
      Conv2DShape(
        batch: 3, inputChannels: 260, inputHeight: 7, inputWidth: 7, outputChannels: 250, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 2, inputChannels: 480, inputHeight: 3, inputWidth: 5, outputChannels: 480, kernel: 3, padding: 1,
        groups: 3),
      // All pixels in one row, in place: of one image and of several, with more source than target and less.
      Conv2DShape(batch: 5, inputChannels: 96, inputHeight: 7, inputWidth: 7, outputChannels: 64, kernel: 1),
      Conv2DShape(batch: 2, inputChannels: 40, inputHeight: 16, inputWidth: 17, outputChannels: 70, kernel: 1),
      Conv2DShape(
        batch: 2, inputChannels: 48, inputHeight: 14, inputWidth: 14, outputChannels: 64, kernel: 1, groups: 2),
      // The same with as many panels as are worth a copy of a tile's pixels, and outputs as are worth packing weights.
      Conv2DShape(batch: 4, inputChannels: 20, inputHeight: 17, inputWidth: 16, outputChannels: 200, kernel: 1),
      Conv2DShape(batch: 4, inputChannels: 200, inputHeight: 17, inputWidth: 16, outputChannels: 20, kernel: 1),
      // Only the rows and columns that outputs stand on are copied.
      Conv2DShape(
        batch: 2, inputChannels: 20, inputHeight: 28, inputWidth: 27, outputChannels: 40, kernel: 1, stride: 2),
      // Bands that are cut because an image does not fit, the last of fewer rows.
      Conv2DShape(
        batch: 1, inputChannels: 130, inputHeight: 41, inputWidth: 39, outputChannels: 34, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 1, inputChannels: 34, inputHeight: 80, inputWidth: 79, outputChannels: 130, kernel: 3, stride: 2,
        padding: 1),
      // No images, one pixel, a window of padding alone on every side, strides beyond the image.
      Conv2DShape(batch: 0, inputChannels: 2, inputHeight: 4, inputWidth: 4, outputChannels: 3, kernel: 3),
      Conv2DShape(batch: 1, inputChannels: 1, inputHeight: 1, inputWidth: 1, outputChannels: 1, kernel: 1),
      Conv2DShape(batch: 1, inputChannels: 2, inputHeight: 1, inputWidth: 2, outputChannels: 3, kernel: 2, padding: 4),
      Conv2DShape(batch: 1, inputChannels: 2, inputHeight: 5, inputWidth: 6, outputChannels: 3, kernel: 2, stride: 9),
      Conv2DShape(
        batch: 1, inputChannels: 2, inputHeight: 9, inputWidth: 9, outputChannels: 3, kernel: 1, stride: 3, padding: 2),
    ]
    // Columns of even and odd number are parted, of every even width, with more and less padding.
    for width in stride(from: 8, through: 70, by: 2) {
      shapes.append(
        Conv2DShape(
          batch: 1, inputChannels: 3, inputHeight: 5, inputWidth: width, outputChannels: 5,
          kernel: width % 8 == 6 ? 1 : 3, stride: 2, padding: width / 2 % 3))
    }
    // Every number of channels, as panels of two sizes are made of them: packed, or as the weights lie.
    for channels in 1...41 {
      for kernel in [1, 3] {
        shapes.append(
          Conv2DShape(
            batch: 1 + channels % 2, inputChannels: channels, inputHeight: 3, inputWidth: 4,
            outputChannels: 42 - channels, kernel: kernel, padding: kernel / 2))
      }
    }
    let channels = [1, 3, 5, 6, 7, 13, 17]
    for width in 1...40 {
      let i = width
      let (kernelHeight, kernelWidth) = (1 + i % 3, 1 + i / 2 % 5)
      let (dilationHeight, dilationWidth) = (1 + i / 3 % 2, i % 4 == 1 ? 2 : 1)
      let (paddingHeight, paddingWidth) = (i % 3, i / 3 % 4)
      let shape = Conv2DShape(
        batch: 1 + i % 4, inputChannels: channels[i % 7], inputHeight: 3 + i % 6, inputWidth: width,
        outputChannels: channels[i / 2 % 7], kernelHeight: kernelHeight, kernelWidth: kernelWidth,
        strideHeight: 1 + i / 5 % 3, strideWidth: 1 + i / 4 % 3, paddingHeight: paddingHeight,
        paddingWidth: paddingWidth, dilationHeight: dilationHeight, dilationWidth: dilationWidth)
      if (kernelHeight - 1) * dilationHeight < shape.inputHeight + 2 * paddingHeight,
        (kernelWidth - 1) * dilationWidth < width + 2 * paddingWidth
      {
        shapes.append(shape)
      }
      shapes.append(
        Conv2DShape(
          batch: 2, inputChannels: channels[i / 3 % 7], inputHeight: 6, inputWidth: width,
          outputChannels: channels[i % 7], kernelHeight: 3, kernelWidth: min(width, 3)))
    }
    return shapes
  }()

  @Test("forward: every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func forward(level: InstructionSet) throws {
    for (i, shape) in Self.shapes.enumerated() {
      let problem = Conv2DForward.Problem(
        shape: shape, activation: [.relu, nil, .relu6][i % 3], hasAddend: i % 4 == 1 || i % 8 == 2)
      try check(Conv2DForward.self, problem, shape, level: level) { plan, data in
        let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
        plan.run(
          .init(
            input: data.input.pointer, weights: data.weights.pointer,
            bias: i % 3 == 0 ? nil : UnsafePointer(data.bias.pointer), output: output.pointer,
            // Nothing to add is permitted, too.
            addend: i % 4 == 1 ? UnsafePointer(data.outputGradient.pointer) : nil),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        return output.values
      }
    }
  }

  @Test("backward data: every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func backwardData(level: InstructionSet) throws {
    for shape in Self.shapes {
      try check(Conv2DBackwardData.self, shape, shape, level: level) { plan, data in
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

  /// What the weight gradient is cut into: several blocks of rows, or of one row; units of several images; segments of
  /// whole images and of parts of one; several panels, and parts of the channels; padding wider than the image; and the
  /// same strided, dilated and in groups.
  static let weightShapes: [Conv2DShape] = [
    Conv2DShape(
      batch: 4, inputChannels: 8, inputHeight: 32, inputWidth: 30, outputChannels: 64, kernel: 3, padding: 1),
    Conv2DShape(
      batch: 1, inputChannels: 5, inputHeight: 9, inputWidth: 331, outputChannels: 70, kernel: 3, padding: 1),
    Conv2DShape(batch: 2, inputChannels: 4, inputHeight: 5, inputWidth: 323, outputChannels: 3, kernel: 2),
    Conv2DShape(
      batch: 17, inputChannels: 22, inputHeight: 7, inputWidth: 7, outputChannels: 48, kernel: 3, padding: 1),
    Conv2DShape(batch: 9, inputChannels: 31, inputHeight: 7, inputWidth: 6, outputChannels: 130, kernel: 1),
    Conv2DShape(
      batch: 6, inputChannels: 260, inputHeight: 4, inputWidth: 5, outputChannels: 80, kernel: 3, padding: 1),
    Conv2DShape(
      batch: 3, inputChannels: 16, inputHeight: 57, inputWidth: 55, outputChannels: 24, kernel: 3, stride: 2,
      padding: 1),
    Conv2DShape(
      batch: 2, inputChannels: 3, inputHeight: 61, inputWidth: 67, outputChannels: 64, kernel: 7, stride: 2,
      padding: 3),
    Conv2DShape(
      batch: 5, inputChannels: 24, inputHeight: 14, inputWidth: 14, outputChannels: 48, kernel: 3, padding: 2,
      dilation: 2, groups: 2),
    Conv2DShape(
      batch: 9, inputChannels: 12, inputHeight: 3, inputWidth: 2, outputChannels: 17, kernel: 5, padding: 4),
    Conv2DShape(
      batch: 2, inputChannels: 8, inputHeight: 40, inputWidth: 41, outputChannels: 34, kernel: 1, stride: 2,
      padding: 1),
    Conv2DShape(
      batch: 600, inputChannels: 4, inputHeight: 6, inputWidth: 5, outputChannels: 9, kernel: 3, padding: 1),
  ]

  @Test("backward weights: every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func backwardWeights(level: InstructionSet) throws {
    for (i, shape) in (Self.shapes + Self.weightShapes).enumerated() {
      try check(Conv2DBackwardWeights.self, shape, shape, level: level) { plan, data in
        let weights = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
        let bias = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
        plan.run(
          .init(
            input: data.input.pointer, outputGradient: data.outputGradient.pointer,
            weightGradient: weights.pointer, biasGradient: i % 3 == 0 ? nil : bias.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        return weights.values + bias.values
      }
    }
  }

  @Test("an infinity or NaN in the input reaches what it is summed into, and nothing else")
  func specialValues() throws {
    for shape in [Self.shapes[0], Self.shapes[2], Self.shapes[7]] {
      let data = Data(shape)
      data.input.pointer[shape.inputCount / 2] = .infinity
      data.input.pointer[shape.inputCount / 3] = .nan
      data.outputGradient.pointer[shape.outputCount / 2] = .infinity
      let forward = try results(Conv2DForward.self, .init(shape: shape), shape) { plan, workspace, output in
        plan.run(
          .init(input: data.input.pointer, weights: data.weights.pointer, output: output), workspace: workspace)
        return shape.outputCount
      }
      let backward = try results(Conv2DBackwardData.self, shape, shape) { plan, workspace, output in
        plan.run(
          .init(outputGradient: data.outputGradient.pointer, weights: data.weights.pointer, inputGradient: output),
          workspace: workspace)
        return shape.inputCount
      }
      data.outputGradient.pointer[shape.outputCount / 2] = 1
      let weights = try results(Conv2DBackwardWeights.self, shape, shape) { plan, workspace, output in
        plan.run(
          .init(input: data.input.pointer, outputGradient: data.outputGradient.pointer, weightGradient: output),
          workspace: workspace)
        return shape.weightCount
      }
      for results in [forward, backward, weights] {
        for (name, values) in results {
          #expect(firstDifference(values, results["reference"]!) == nil, "\(name) \(shape)")
        }
      }
    }
  }

  @Test("an image's output has the same bits in every batch, whatever the threads")
  func sameBits() throws {
    let shape = Conv2DShape(
      batch: 19, inputChannels: 7, inputHeight: 17, inputWidth: 23, outputChannels: 19, kernel: 3, padding: 1)
    var single = shape
    single.batch = 1
    var random = TestRandom(seed: 8)
    let input = GuardedBuffer(random.reals(shape.inputCount))
    let weights = GuardedBuffer(random.reals(shape.weightCount))
    for level in InstructionSet.available {
      var outputs: [[Float]] = []
      for threads in [1, 2, 3] {
        let plan = try sharing { try Plan<Conv2DForward>(.init(shape: shape), level: level, threads: threads) }
        let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
        plan.run(
          .init(input: input.pointer, weights: weights.pointer, output: output.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        outputs.append(output.values)
      }
      #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2], "\(level)")
      let plan = try Plan<Conv2DForward>(.init(shape: single), level: level)
      for image in [0, 8] {
        let output = GuardedBuffer<Float>.poisoned(count: single.outputCount)
        plan.run(
          .init(input: input.pointer + image * single.inputCount, weights: weights.pointer, output: output.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        #expect(output.values == Array(outputs[0][image * single.outputCount..<(image + 1) * single.outputCount]))
      }
    }
  }

  @Test("all kernels of a level sum an output in the same order", arguments: InstructionSet.available)
  func sameOrder(level: InstructionSet) throws {
    var random = TestRandom(seed: 10)
    for (kernel, padding, stride) in [(5, 0, 1), (3, 1, 1), (5, 2, 2)] {
      let shape = Conv2DShape(
        batch: 19, inputChannels: 7, inputHeight: 17, inputWidth: 23, outputChannels: 9, kernel: kernel, stride: stride,
        padding: padding)
      let input = GuardedBuffer(random.reals(shape.inputCount))
      let weights = GuardedBuffer(random.reals(shape.weightCount))
      let bias = GuardedBuffer(random.reals(shape.outputChannels))
      var first: (name: String, output: [Float])?
      for row in Conv2DForward.kernels where row.level == level && !row.isReference {
        guard row.accepts(.init(shape: shape)) else { continue }
        let plan = try Plan<Conv2DForward>(.init(shape: shape), level: level, kernel: row.name)
        let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
        plan.run(
          .init(
            input: input.pointer, weights: weights.pointer, bias: UnsafePointer(bias.pointer), output: output.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        let expected = first ?? (row.name, output.values)
        first = expected
        #expect(output.values == expected.output, "\(row.name) and \(expected.name) differ, \(shape)")
      }
    }
  }

  @Test("the weight gradient's bits do not depend on the threads")
  func sameGradientBits() throws {
    var random = TestRandom(seed: 9)
    for shape in [
      Conv2DShape(batch: 67, inputChannels: 3, inputHeight: 20, inputWidth: 20, outputChannels: 6, kernel: 5),
      Conv2DShape(batch: 48, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5),
      Conv2DShape(
        batch: 5, inputChannels: 20, inputHeight: 16, inputWidth: 16, outputChannels: 37, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 1, inputChannels: 40, inputHeight: 32, inputWidth: 32, outputChannels: 64, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 7, inputChannels: 100, inputHeight: 6, inputWidth: 6, outputChannels: 140, kernel: 3, padding: 1),
    ] {
      let input = GuardedBuffer(random.reals(shape.inputCount))
      let gradient = GuardedBuffer(random.reals(shape.outputCount))
      for level in InstructionSet.available {
        let results = try [1, 2, 3].map { threads in
          let plan = try sharing { try Plan<Conv2DBackwardWeights>(shape, level: level, threads: threads) }
          let weights = GuardedBuffer<Float>.poisoned(count: shape.weightCount)
          let bias = GuardedBuffer<Float>.poisoned(count: shape.outputChannels)
          plan.run(
            .init(
              input: input.pointer, outputGradient: gradient.pointer, weightGradient: weights.pointer,
              biasGradient: bias.pointer),
            workspace: poisonedWorkspace(plan.workspaceByteCount))
          return weights.values + bias.values
        }
        #expect(results[0] == results[1] && results[0] == results[2], "\(level) \(shape)")
      }
    }
  }

  /// Shapes of batch 1, and the rows that measured best on them on Zen 4, or as well as the best.
  static let choices: [(shape: Conv2DShape, level: String, forward: String, backwardData: String)] = {
    let first = Conv2DShape(batch: 1, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5)
    let second = Conv2DShape(batch: 1, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5)
    let wide = Conv2DShape(
      batch: 1, inputChannels: 64, inputHeight: 32, inputWidth: 32, outputChannels: 64, kernel: 3, padding: 1)
    let narrow = Conv2DShape(
      batch: 1, inputChannels: 64, inputHeight: 16, inputWidth: 16, outputChannels: 128, kernel: 3, padding: 1)
    let pointwise = Conv2DShape(
      batch: 1, inputChannels: 256, inputHeight: 16, inputWidth: 16, outputChannels: 64, kernel: 1)
    let strided = Conv2DShape(
      batch: 1, inputChannels: 64, inputHeight: 32, inputWidth: 32, outputChannels: 128, kernel: 3, stride: 2,
      padding: 1)
    let stem = Conv2DShape(
      batch: 1, inputChannels: 3, inputHeight: 224, inputWidth: 224, outputChannels: 64, kernel: 7, stride: 2,
      padding: 3)
    let residual = Conv2DShape(
      batch: 1, inputChannels: 128, inputHeight: 28, inputWidth: 28, outputChannels: 128, kernel: 3, padding: 1)
    return [
      (first, "avx512", "pixels.6x4", "pixels.3x7"), (first, "avx2", "pixels.6x2", "pixels.6x2"),
      (second, "avx512", "channels.2x10x1", "pixels.6x4"), (second, "avx2", "channels.6x1x2", "pixels.6x2"),
      (wide, "avx512", "pixels.12x2", "pixels.12x2"), (wide, "avx2", "pixels.6x2", "pixels.6x2"),
      (narrow, "avx512", "channels.3x4x2", "channels.3x4x2"), (narrow, "avx2", "pixels.6x2", "pixels.6x2"),
      (pointwise, "avx512", "pixels.12x2", "pixels.12x2"), (pointwise, "avx2", "pixels.6x2", "pixels.6x2"),
      (strided, "avx512", "pixels.12x2", "pixels.12x2"), (strided, "avx2", "pixels.6x2", "pixels.6x2"),
      (stem, "avx512", "pixels.12x2", "pixels.3x7"), (stem, "avx2", "pixels.6x2", "pixels.6x2"),
      (residual, "avx512", "channels.7x2x2", "channels.7x2x2"), (residual, "avx2", "channels.6x1x2", "channels.6x1x2"),
    ]
  }()

  @Test(
    "the kernels that measured best are chosen at avx512", .needs("avx512"),
    arguments: choices.indices.filter { choices[$0].level == "avx512" })
  func choiceAtAVX512(index: Int) throws { try choice(index) }

  @Test(
    "the kernels that measured best are chosen at avx2", .needs("avx2"),
    arguments: choices.indices.filter { choices[$0].level == "avx2" })
  func choiceAtAVX2(index: Int) throws { try choice(index) }

  private func choice(_ index: Int) throws {
    let (shape, name, forward, backwardData) = Self.choices[index]
    let level = try #require(InstructionSet(rawValue: name))
    let first = try Plan<Conv2DForward>(.init(shape: shape), level: level, machine: .zen4).kernel
    #expect("\(first.algorithm).\(first.tile)" == forward, "forward, \(name), \(shape)")
    let second = try Plan<Conv2DBackwardData>(shape, level: level, machine: .zen4).kernel
    #expect("\(second.algorithm).\(second.tile)" == backwardData, "backward data, \(name), \(shape)")
  }

  @Test("shapes that are no convolution are refused with what would be right")
  func refusals() {
    func refused(_ change: (inout Conv2DShape) -> Void) {
      var shape = Conv2DShape(batch: 1, inputChannels: 4, inputHeight: 8, inputWidth: 8, outputChannels: 4, kernel: 3)
      change(&shape)
      #expect(throws: KernelError.self, "\(shape)") { try Plan<Conv2DForward>(.init(shape: shape)) }
    }
    refused { $0.batch = -1 }
    refused { $0.inputChannels = 0 }
    refused { $0.groups = 3 }
    refused { $0.kernelHeight = 9 }
    refused { $0.dilationWidth = 4 }
    refused { $0.strideWidth = 0 }
    refused { $0.paddingHeight = -1 }
    refused { $0.inputHeight = 1 << 29 }
    refused { $0.inputHeight = Int.max }
    refused { $0.paddingWidth = Int.max / 2 }
  }

  // MARK: - Data and comparison

  struct Data {
    let input: GuardedBuffer<Float>
    let weights: GuardedBuffer<Float>
    let bias: GuardedBuffer<Float>
    let outputGradient: GuardedBuffer<Float>

    init(_ shape: Conv2DShape) {
      var random = TestRandom(seed: 4)
      input = GuardedBuffer(random.integers(shape.inputCount))
      weights = GuardedBuffer(random.integers(shape.weightCount))
      bias = GuardedBuffer(random.integers(shape.outputChannels))
      outputGradient = GuardedBuffer(random.integers(shape.outputCount))
    }
  }

  /// Runs the reference and every kernel of a level that accepts the problem, with one thread and with two.
  func check<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, _ shape: Conv2DShape, level: InstructionSet,
    run: (Plan<Op>, Data) -> [Float]
  ) throws {
    let data = Data(shape)
    let expected = run(try Plan<Op>(problem, kernel: "reference"), data)
    var ran = 0
    for kernel in Op.kernels where kernel.level == level && !kernel.isReference && kernel.accepts(problem) {
      for threads in [1, 2] {
        let plan = try sharing { try Plan<Op>(problem, level: level, threads: threads, kernel: kernel.name) }
        #expect(plan.kernel.name == kernel.name)
        let difference = firstDifference(run(plan, data), expected)
        #expect(difference == nil, "\(Op.name) \(Op.pass) \(kernel.name), \(threads) threads, \(shape)")
        ran += 1
      }
    }
    #expect(ran > 0, "no kernel of \(level) accepts \(shape)")
    let chosen = try Plan<Op>(problem, level: level).kernel
    #expect(!chosen.isReference && chosen.level == level, "\(level) runs \(chosen.name) for \(shape)")
  }

  /// The results of all kernels that the processor has, by name.
  func results<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, _ shape: Conv2DShape,
    run: (Plan<Op>, Workspace, UnsafeMutablePointer<Float>) -> Int
  ) throws -> [String: [Float]] {
    var results: [String: [Float]] = [:]
    let count = max(shape.inputCount, shape.outputCount, shape.weightCount)
    for kernel in Op.kernels where InstructionSet.available.contains(kernel.level) {
      guard kernel.accepts(problem) else { continue }
      let plan = try Plan<Op>(problem, level: kernel.level, kernel: kernel.name)
      let output = GuardedBuffer<Float>.poisoned(count: count)
      let used = run(plan, poisonedWorkspace(plan.workspaceByteCount), output.pointer)
      results[kernel.name] = Array(output.values[..<used])
    }
    return results
  }
}

extension Conv2DShape {
  /// A shape with the same parameters along both axes.
  init(
    batch: Int, inputChannels: Int, inputHeight: Int, inputWidth: Int, outputChannels: Int, kernel: Int,
    stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
  ) {
    self.init(
      batch: batch, inputChannels: inputChannels, inputHeight: inputHeight, inputWidth: inputWidth,
      outputChannels: outputChannels, kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride,
      strideWidth: stride, paddingHeight: padding, paddingWidth: padding, dilationHeight: dilation,
      dilationWidth: dilation, groups: groups)
  }
}
