import Kernels
import TestSupport
import Testing

@Suite struct AveragePoolTests {
  static let shapes = PoolShapes.valid(for: AveragePool2DForward.self, maximumDilation: 1)

  @Test("every kernel gives the reference's means exactly on small integers", arguments: InstructionSet.available)
  func forwardMatchesReference(level: InstructionSet) throws {
    try Self.compareForward(AveragePool2DForward.self, Self.shapes, level, \.inputCount, \.outputCount)
  }

  @Test("every kernel spreads gradients that its windows divide exactly", arguments: InstructionSet.available)
  func backwardMatchesReference(level: InstructionSet) throws {
    // Windows hold up to 4 × 4 elements.
    try Self.compareBackward(
      AveragePool2DBackward.self, Self.shapes, level, \.inputCount, \.outputCount,
      gradients: { shape, random in random.integers(shape.outputCount).map { $0 * 144 } })
  }

  @Test("adaptive pooling gives the reference's means exactly", arguments: InstructionSet.available)
  func adaptiveForward(level: InstructionSet) throws {
    try Self.compareForward(
      AdaptiveAveragePool2DForward.self, Self.adaptiveShapes, level, \.inputCount, \.outputCount)
  }

  @Test("adaptive pooling spreads gradients that its windows divide exactly", arguments: InstructionSet.available)
  func adaptiveBackward(level: InstructionSet) throws {
    try Self.compareBackward(
      AdaptiveAveragePool2DBackward.self, Self.adaptiveShapes, level, \.inputCount, \.outputCount,
      gradients: { shape, random in
        let multiple = Float(shape.commonMultipleOfWindows)
        return random.integers(shape.outputCount).map { $0 * multiple }
      })
  }

  @Test("global pooling gives the reference's means exactly", arguments: InstructionSet.available)
  func globalForward(level: InstructionSet) throws {
    try Self.compareForward(GlobalAveragePool2DForward.self, Self.globalShapes, level, \.inputCount, \.planes)
  }

  @Test("global pooling fills planes with the reference's gradients", arguments: InstructionSet.available)
  func globalBackward(level: InstructionSet) throws {
    try Self.compareBackward(
      GlobalAveragePool2DBackward.self, Self.globalShapes, level, \.inputCount, \.planes,
      gradients: { shape, random in random.reals(shape.planes) })
  }

  @Test(
    "infinities and NaN reach every mean whose window holds them, and no other", arguments: InstructionSet.available)
  func specialValues(level: InstructionSet) throws {
    let shape = Pool2DShape(
      batch: 1, channels: 1, inputHeight: 2, inputWidth: 70, kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
      strideWidth: 2)
    for x in 0..<70 {
      for value in [Float.nan, .infinity, -.infinity] {
        var input = [Float](repeating: 1, count: 140)
        input[x] = value
        var expected = [Float](repeating: 1, count: 35)
        expected[x / 2] = value
        for name in ["2x2.\(level)", "general.\(level)"] {
          let plan = try Plan<AveragePool2DForward>(shape, level: level, kernel: name)
          #expect(firstDifference(Self.run(plan, input, outputCount: 35), expected) == nil, "\(name), \(value) at \(x)")
        }
      }
    }
  }

  static let adaptiveShapes: [AdaptivePool2DShape] =
    (1...40).map { width in
      AdaptivePool2DShape(
        batch: 1 + width % 2, channels: PoolShapes.channels[width % 7], inputHeight: 1 + width * 3 % 11,
        inputWidth: width, outputHeight: 1 + width % 4, outputWidth: 1 + width * 5 % 9)
    } + [
      AdaptivePool2DShape(batch: 2, channels: 33, inputHeight: 24, inputWidth: 25, outputHeight: 1, outputWidth: 1),
      AdaptivePool2DShape(batch: 2, channels: 33, inputHeight: 24, inputWidth: 24, outputHeight: 7, outputWidth: 7),
      AdaptivePool2DShape(batch: 0, channels: 3, inputHeight: 4, inputWidth: 4, outputHeight: 2, outputWidth: 2),
    ]

  static let globalShapes: [GlobalPoolShape] =
    (1...40).map { width in
      GlobalPoolShape(
        batch: 1 + width % 3, channels: PoolShapes.channels[width % 7], inputHeight: 1 + width * 5 % 7,
        inputWidth: width)
    } + [
      GlobalPoolShape(batch: 4, channels: 17, inputHeight: 32, inputWidth: 31),
      GlobalPoolShape(batch: 0, channels: 3, inputHeight: 4, inputWidth: 4),
    ]

  static func compareForward<Op: KernelOperation>(
    _ operation: Op.Type, _ shapes: [Op.Problem], _ level: InstructionSet, _ inputCount: KeyPath<Op.Problem, Int>,
    _ outputCount: KeyPath<Op.Problem, Int>
  ) throws where Op.Operands == AveragePool2DForward.Operands, Op.RunError == Never {
    var random = TestRandom(seed: 3)
    var ran = 0
    for shape in shapes {
      let input = random.integers(shape[keyPath: inputCount])
      let count = shape[keyPath: outputCount]
      let expected = run(try Plan<Op>(shape, kernel: "reference"), input, outputCount: count)
      for kernel in Op.kernels where kernel.level == level && kernel.accepts(shape) {
        for threads in [1, 2] {
          let plan = try sharing { try Plan<Op>(shape, level: level, threads: threads, kernel: kernel.name) }
          let difference = firstDifference(run(plan, input, outputCount: count), expected)
          #expect(difference == nil, "\(Op.name) \(kernel.name), \(threads) threads, \(shape)")
        }
        ran += kernel.isReference ? 0 : 1
      }
    }
    #expect(ran >= shapes.count)
  }

  static func compareBackward<Op: KernelOperation>(
    _ operation: Op.Type, _ shapes: [Op.Problem], _ level: InstructionSet, _ inputCount: KeyPath<Op.Problem, Int>,
    _ outputCount: KeyPath<Op.Problem, Int>, gradients: (Op.Problem, inout TestRandom) -> [Float]
  ) throws where Op.Operands == AveragePool2DBackward.Operands, Op.RunError == Never {
    var random = TestRandom(seed: 4)
    var ran = 0
    for shape in shapes {
      let gradient = gradients(shape, &random)
      let count = shape[keyPath: inputCount]
      let expected = run(try Plan<Op>(shape, kernel: "reference"), gradient, inputCount: count)
      for kernel in Op.kernels where kernel.level == level && kernel.accepts(shape) {
        for threads in [1, 2] {
          let plan = try sharing { try Plan<Op>(shape, level: level, threads: threads, kernel: kernel.name) }
          let difference = firstDifference(run(plan, gradient, inputCount: count), expected)
          #expect(difference == nil, "\(Op.name) \(kernel.name), \(threads) threads, \(shape)")
        }
        ran += kernel.isReference ? 0 : 1
      }
    }
    #expect(ran >= shapes.count)
  }

  static func run<Op: KernelOperation>(_ plan: Plan<Op>, _ input: [Float], outputCount: Int) -> [Float]
  where Op.Operands == AveragePool2DForward.Operands, Op.RunError == Never {
    let input = GuardedBuffer(input)
    let output = GuardedBuffer<Float>.poisoned(count: outputCount)
    plan.run(
      .init(input: input.pointer, output: output.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
    return output.values
  }

  static func run<Op: KernelOperation>(_ plan: Plan<Op>, _ gradient: [Float], inputCount: Int) -> [Float]
  where Op.Operands == AveragePool2DBackward.Operands, Op.RunError == Never {
    let gradient = GuardedBuffer(gradient)
    let result = GuardedBuffer<Float>.poisoned(count: inputCount)
    plan.run(
      .init(outputGradient: gradient.pointer, inputGradient: result.pointer),
      workspace: poisonedWorkspace(plan.workspaceByteCount))
    return result.values
  }
}

extension AdaptivePool2DShape {
  var inputCount: Int { batch * channels * inputHeight * inputWidth }
  var outputCount: Int { batch * channels * outputHeight * outputWidth }

  /// The least common multiple of the windows' sizes.
  var commonMultipleOfWindows: Int {
    func sizes(_ input: Int, _ outputs: Int) -> Set<Int> {
      Set((0..<outputs).map { (($0 + 1) * input + outputs - 1) / outputs - $0 * input / outputs })
    }
    var multiple = 1
    for height in sizes(inputHeight, outputHeight) {
      for width in sizes(inputWidth, outputWidth) {
        var (a, b) = (multiple, height * width)
        while b != 0 { (a, b) = (b, a % b) }
        multiple = multiple / a * (height * width)
      }
    }
    return multiple
  }
}

extension GlobalPoolShape {
  var planes: Int { batch * channels }
  var inputCount: Int { planes * inputHeight * inputWidth }
}
