import TestSupport
import Testing

@testable import Kernels

/// A depthwise convolution between two 1×1 convolutions.
@Suite struct InvertedBottleneckTests {
  /// Widths of images and numbers of channels around vectors and tiles; kernels, strides, padding and dilation of several
  /// sizes.
  static let shapes: [InvertedBottleneckShape] = {
    var shapes: [InvertedBottleneckShape] = []
    func add(
      batch: Int = 1, _ channels: Int, hidden: Int, _ outputs: Int, height: Int, width: Int, kernel: Int = 3,
      stride: Int = 1, padding: Int = 1, dilation: Int = 1
    ) {
      var depthwise = Conv2DShape(
        batch: batch, inputChannels: hidden, inputHeight: height, inputWidth: width, outputChannels: hidden,
        kernel: kernel, stride: stride, padding: padding, groups: hidden)
      (depthwise.dilationHeight, depthwise.dilationWidth) = (dilation, dilation)
      let i = shapes.count
      let activations: [FusedActivation?] = [.relu6, nil, .relu]
      shapes.append(
        InvertedBottleneckShape(
          inputChannels: channels, depthwise: depthwise, outputChannels: outputs,
          expansionActivation: activations[i % 3], depthwiseActivation: activations[i / 2 % 3],
          activation: activations[(i + 1) % 3]))
    }
    for width in 1...33 {
      add(
        batch: 1 + width % 3, 1 + width % 5, hidden: 1 + width * 7 % 33, 1 + width * 5 % 33,
        height: 16, width: width, stride: 1 + width % 2)
    }
    for hidden in 1...33 { add(1 + hidden % 5, hidden: hidden, 35 - hidden, height: 5, width: 6) }
    // Kernels of 5×5 and 2×2, no padding, padding of a whole kernel, dilation.
    add(batch: 2, 4, hidden: 17, 9, height: 9, width: 11, kernel: 5, padding: 2)
    add(batch: 2, 4, hidden: 17, 9, height: 9, width: 11, kernel: 5, stride: 3, padding: 0)
    add(4, hidden: 17, 9, height: 7, width: 8, kernel: 2, padding: 2)
    add(4, hidden: 17, 9, height: 17, width: 12, padding: 2, dilation: 2)
    add(3, hidden: 40, 70, height: 17, width: 12, stride: 2, padding: 3, dilation: 3)
    // Several bands on processors of small caches.
    add(8, hidden: 100, 24, height: 61, width: 59, stride: 2)
    add(batch: 5, 16, hidden: 96, 24, height: 40, width: 37)
    add(batch: 0, 4, hidden: 8, 4, height: 8, width: 8)
    return shapes
  }()

  private struct Data {
    let input: GuardedBuffer<Float>
    let weights: [GuardedBuffer<Float>]
    let biases: [GuardedBuffer<Float>]

    init(_ shape: InvertedBottleneckShape, _ random: inout TestRandom, _ numbers: (inout TestRandom, Int) -> [Float]) {
      let hidden = shape.depthwise.inputChannels
      let counts = [
        hidden * shape.inputChannels, hidden * shape.depthwise.kernelCount, hidden * shape.outputChannels,
      ]
      input = GuardedBuffer(numbers(&random, shape.inputCount))
      weights = counts.map { GuardedBuffer(numbers(&random, $0)) }
      biases = [hidden, hidden, shape.outputChannels].map { GuardedBuffer(numbers(&random, $0)) }
    }

    func operands(hasBias: Bool, _ output: GuardedBuffer<Float>) -> InvertedBottleneckForward.Operands {
      func bias(_ i: Int) -> UnsafePointer<Float>? { hasBias ? UnsafePointer(biases[i].pointer) : nil }
      return .init(
        input: input.pointer,
        weights: .init(
          expansion: weights[0].pointer, expansionBias: bias(0), depthwise: weights[1].pointer,
          depthwiseBias: bias(1), projection: weights[2].pointer, projectionBias: bias(2)), output: output.pointer)
    }
  }

  private func run(
    _ plan: Plan<InvertedBottleneckForward>, _ data: Data, hasBias: Bool = true, packed: UnsafeRawPointer? = nil
  ) -> [Float] {
    let output = GuardedBuffer<Float>.poisoned(count: plan.problem.outputCount)
    var operands = data.operands(hasBias: hasBias, output)
    operands.packedWeights = packed
    plan.run(operands, workspace: poisonedWorkspace(plan.workspaceByteCount))
    return output.values
  }

  @Test("every kernel gives the reference's result exactly", arguments: InstructionSet.available)
  func matchesReference(level: InstructionSet) throws {
    var accepted = 0
    for (i, shape) in Self.shapes.enumerated() {
      var random = TestRandom(seed: UInt64(i))
      let data = Data(shape, &random) { $0.integers($1) }
      let hasBias = i % 4 != 3
      let expected = run(try Plan(shape, kernel: "reference"), data, hasBias: hasBias)
      for kernel in InvertedBottleneckForward.kernels where kernel.level == level && !kernel.isReference {
        guard kernel.accepts(shape) else { continue }
        accepted += 1
        for threads in [1, 2, 3] {
          let plan = try withWorkShared { try Plan(shape, kernel: kernel, threads: threads) }
          #expect(
            firstDifference(run(plan, data, hasBias: hasBias), expected) == nil,
            "\(kernel.name) \(threads) threads \(shape)")
        }
      }
    }
    #expect(accepted > Self.shapes.count * 2 / 3)
  }

  @Test("finite values give the bits of the convolutions one after the other", arguments: InstructionSet.available)
  func bitsOfThreeConvolutions(level: InstructionSet) throws {
    for (i, shape) in Self.shapes.enumerated() {
      let plan = try Plan<InvertedBottleneckForward>(shape, level: level)
      if plan.kernel.isReference { continue }
      var random = TestRandom(seed: UInt64(i))
      let data = Data(shape, &random) { $0.reals($1) }
      var input = data.input
      for (j, convolution) in [shape.expansion, shape.depthwise, shape.projection].enumerated() {
        let activation = [shape.expansionActivation, shape.depthwiseActivation, shape.activation][j]
        let output = GuardedBuffer<Float>.poisoned(count: convolution.outputCount)
        let forward = try Plan<Conv2DForward>(.init(shape: convolution, activation: activation), level: level)
        forward.run(
          .init(
            input: input.pointer, weights: data.weights[j].pointer, bias: UnsafePointer(data.biases[j].pointer),
            output: output.pointer), workspace: poisonedWorkspace(forward.workspaceByteCount))
        input = output
      }
      #expect(sameBits(run(plan, data), input.values), "\(plan.kernel.name) \(shape)")
    }
  }

  @Test(
    "bits depend on neither the threads, the batch, the processor nor on when weights are packed",
    arguments: InstructionSet.available)
  func bits(level: InstructionSet) throws {
    for shape in Self.shapes.suffix(4) where shape.depthwise.batch > 0 {
      var shape = shape
      shape.depthwise.batch = 5
      var random = TestRandom(seed: 9)
      let data = Data(shape, &random) { $0.reals($1) }
      let plan = try Plan<InvertedBottleneckForward>(shape, level: level)
      let expected = run(plan, data)
      for machine in MachinePlanTests.machines {
        for threads in [1, 2, 4] {
          let plan = try withWorkShared {
            try Plan<InvertedBottleneckForward>(shape, level: level, threads: threads, machine: machine)
          }
          #expect(sameBits(run(plan, data), expected), "\(machine.name) \(threads) threads \(shape)")
        }
      }
      let packing = try #require(plan.weightPacking)
      let packed = Workspace(byteCount: packing.byteCount)
      packed.base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: packing.byteCount)
      packing.pack(
        data.weights.map { UnsafePointer($0.pointer) }, data.biases.map { UnsafePointer($0.pointer) }, packed.base)
      #expect(sameBits(run(plan, data, packed: UnsafeRawPointer(packed.base)), expected))
      shape.depthwise.batch = 2
      let few = try Plan<InvertedBottleneckForward>(shape, level: level)
      #expect(sameBits(run(few, data), Array(expected[..<shape.outputCount])))
    }
  }

  @Test("NaN and infinities in images come out as in the reference", arguments: InstructionSet.available)
  func specialValues(level: InstructionSet) throws {
    for shape in Self.shapes.suffix(9) where shape.depthwise.batch > 0 {
      var random = TestRandom(seed: 2)
      let data = Data(shape, &random) { $0.integers($1) }
      for (place, value) in [(0, Float.nan), (1, 1e-42), (7, .infinity), (shape.inputCount / 2, -.infinity)] {
        data.input.pointer[place] = value
      }
      data.input.pointer[shape.inputCount - 1] = .nan
      let expected = run(try Plan(shape, kernel: "reference"), data)
      let plan = try Plan<InvertedBottleneckForward>(shape, level: level)
      #expect(firstDifference(run(plan, data), expected) == nil, "\(plan.kernel.name) \(shape)")
    }
  }

  @Test func imagesOfFewPixelsAreTheReferences() throws {
    let depthwise = Conv2DShape(
      batch: 1, inputChannels: 8, inputHeight: 1, inputWidth: 2, outputChannels: 8, kernel: 3, padding: 1, groups: 8)
    let plan = try Plan<InvertedBottleneckForward>(.init(inputChannels: 4, depthwise: depthwise, outputChannels: 4))
    #expect(plan.kernel.isReference)
  }

  @Test func otherShapesAreRefused() throws {
    let depthwise = Conv2DShape(
      batch: 1, inputChannels: 8, inputHeight: 6, inputWidth: 6, outputChannels: 8, kernel: 3, groups: 8)
    func expectRefused(_ change: (inout InvertedBottleneckShape) -> Void) {
      var shape = InvertedBottleneckShape(inputChannels: 4, depthwise: depthwise, outputChannels: 4)
      change(&shape)
      #expect(throws: KernelError.self) { try Plan<InvertedBottleneckForward>(shape) }
    }
    expectRefused { $0.depthwise.groups = 4 }
    expectRefused { $0.depthwise.outputChannels = 16 }
    expectRefused { $0.inputChannels = 0 }
    expectRefused { $0.outputChannels = 0 }
    expectRefused { $0.depthwise.inputHeight = 2 }
    expectRefused { $0.outputChannels = 1 << 30 }
  }

  @Test(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func aRunAllocatesNothing() throws {
    for shape in Self.shapes.suffix(4) {
      var random = TestRandom(seed: 1)
      let data = Data(shape, &random) { $0.reals($1) }
      let plan = try Plan<InvertedBottleneckForward>(shape)
      let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
      let workspace = Workspace(byteCount: plan.workspaceByteCount)
      let packing = try #require(plan.weightPacking)
      let packed = Workspace(byteCount: packing.byteCount)
      packing.pack(
        data.weights.map { UnsafePointer($0.pointer) }, data.biases.map { UnsafePointer($0.pointer) }, packed.base)
      var operands = data.operands(hasBias: true, output)
      operands.packedWeights = UnsafeRawPointer(packed.base)
      plan.run(operands, workspace: workspace)
      #expect(Allocations.onThread { plan.run(operands, workspace: workspace) } == 0)
      operands.packedWeights = nil
      plan.run(operands, workspace: workspace)
      #expect(Allocations.onThread { plan.run(operands, workspace: workspace) } == 0)
    }
  }
}
