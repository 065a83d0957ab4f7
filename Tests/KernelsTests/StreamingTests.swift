import Kernels
import TestSupport
import Testing

/// Outputs so large that they are stored past the caches are the same as smaller ones, which are not.
@Suite struct StreamingTests {
  /// Memory that is aligned as workspaces are, or an element behind that.
  final class Values {
    let count: Int
    private let memory: Workspace
    let pointer: UnsafeMutablePointer<Float>

    init(_ count: Int, misplacedBy offset: Int = 0, fill: Float? = nil) {
      self.count = count
      memory = Workspace(byteCount: (count + offset + 1) * 4)
      pointer = memory.base.assumingMemoryBound(to: Float.self) + offset
      for i in 0..<count { pointer[i] = fill ?? Float((i &* 2_654_435_761) >> 7 % 2001 - 1000) }
      pointer[count] = 77
    }

    /// The first element that differs; the one behind the last is not to be touched.
    func differs(from expected: (Int) -> Float) -> Int? {
      if pointer[count] != 77 { return count }
      return (0..<count).first { pointer[$0] != expected($0) }
    }
  }

  /// More than 16 MB, and no whole number of vectors.
  static let count = (4 << 20) + 37

  @Test("element-wise functions", arguments: InstructionSet.available, [0, 1])
  func elementwise(level: InstructionSet, offset: Int) throws {
    let (x, g) = (Values(Self.count), Values(Self.count, misplacedBy: 1))
    let y = Values(Self.count, misplacedBy: offset, fill: .nan)
    for threads in [1, 2] {
      let forward = try Plan<ReLUForward>(.init(count: Self.count), level: level, threads: threads)
      forward.run(.init(input: x.pointer, output: y.pointer), workspace: Workspace(byteCount: 0))
      #expect(y.differs { max(x.pointer[$0], 0) } == nil)
      let backward = try Plan<ReLUBackward>(.init(count: Self.count), level: level, threads: threads)
      backward.run(
        .init(output: x.pointer, outputGradient: g.pointer, inputGradient: y.pointer),
        workspace: Workspace(byteCount: 0))
      #expect(y.differs { x.pointer[$0] > 0 ? g.pointer[$0] : 0 } == nil)
    }
  }

  @Test("biases", arguments: InstructionSet.available, [1024, 1023])
  func bias(level: InstructionSet, plane: Int) throws {
    let problem = ChannelsProblem(batch: 129, channels: 32, plane: plane)
    let count = 129 * 32 * plane
    let (x, bias, y) = (Values(count), Values(32), Values(count, fill: .nan))
    let plan = try Plan<BiasForward>(problem, level: level, threads: 2)
    plan.run(
      .init(input: x.pointer, bias: bias.pointer, output: y.pointer), workspace: Workspace(byteCount: 0))
    #expect(y.differs { x.pointer[$0] + bias.pointer[$0 / plane % 32] } == nil)
  }

  @Test("convolutions by Winograd's tiles", arguments: InstructionSet.available, [0, 1])
  func winograd(level: InstructionSet, offset: Int) throws {
    // Tiles of four rows and of three, whose outputs are whole lines, and channels that fill vectors.
    func shape(_ batch: Int, _ inputs: Int, _ outputs: Int) -> Conv2DShape {
      Conv2DShape(
        batch: batch, inputChannels: inputs, inputHeight: 30, inputWidth: 32, outputChannels: outputs, kernelHeight: 3,
        kernelWidth: 3, paddingHeight: 1, paddingWidth: 1, precision: .fast)
    }
    let (all, some) = (70, 10)
    let (narrow, wide) = (16 * 960, 64 * 960)
    let x = Values(all * narrow)
    let (y, smallY) = (Values(all * wide, misplacedBy: offset, fill: .nan), Values(some * wide, fill: .nan))
    let weights = Values(16 * 64 * 9)
    func forward(_ batch: Int, from first: Int, to target: UnsafeMutablePointer<Float>) throws {
      let row = try #require(Conv2DForward.kernels.first { $0.algorithm == "winograd" && $0.level == level })
      let plan = try Plan<Conv2DForward>(
        .init(shape: shape(batch, 16, 64)), level: level, threads: 2, kernel: row.name)
      plan.run(
        .init(input: x.pointer + first * narrow, weights: weights.pointer, output: target),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
    }
    func backward(_ batch: Int, from first: Int, to target: UnsafeMutablePointer<Float>) throws {
      let row = try #require(Conv2DBackwardData.kernels.first { $0.algorithm == "winograd" && $0.level == level })
      let plan = try Plan<Conv2DBackwardData>(shape(batch, 64, 16), level: level, threads: 2, kernel: row.name)
      plan.run(
        .init(outputGradient: x.pointer + first * narrow, weights: weights.pointer, inputGradient: target),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
    }
    for pass in [forward, backward] {
      try pass(all, 0, y.pointer)
      for first in stride(from: 0, to: all, by: some) {
        try pass(some, first, smallY.pointer)
        #expect(smallY.differs { y.pointer[first * wide + $0] } == nil)
      }
      #expect(y.differs { y.pointer[$0].isNaN ? 0 : y.pointer[$0] } == nil)
    }
  }

  @Test("batches of images", arguments: InstructionSet.available)
  func batches(level: InstructionSet) throws {
    let (batch, elements) = (1500, 3 * 961)
    let images = (0..<7 * elements).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let indices = (0..<batch).map { Int32($0 * 5 % 7) }
    let y = Values(batch * elements, fill: .nan)
    let plan = try Plan<BatchAssembly>(.init(batch: batch, channels: 3, plane: 961), level: level, threads: 2)
    plan.run(
      .init(images: images, indices: indices, scales: [2, 3, 4], offsets: [1, 2, 3], output: y.pointer),
      workspace: poisonedWorkspace(plan.workspaceByteCount))
    let difference = y.differs { i in
      let channel = Float(i % elements / 961)
      let colour = Float(images[Int(indices[i / elements]) * elements + i % elements]) * (1 / 255)
      return colour * (2 + channel) + (1 + channel)
    }
    #expect(difference == nil)
  }

  @Test("pooling in planes", arguments: InstructionSet.available, [(28, 2, 0), (15, 3, 1)])
  func pooling(level: InstructionSet, window: (size: Int, kernel: Int, padding: Int)) throws {
    let all = 22_000
    func shape(_ planes: Int) -> Pool2DShape {
      Pool2DShape(
        batch: planes, channels: 1, inputHeight: window.size, inputWidth: window.size, kernelHeight: window.kernel,
        kernelWidth: window.kernel, strideHeight: 2, strideWidth: 2, paddingHeight: window.padding,
        paddingWidth: window.padding)
    }
    let (inputs, outputs) = (window.size * window.size, shape(1).outputCount)
    let x = Values(all * inputs)
    let y = Values(all * outputs, fill: .nan)
    let dx = Values(all * inputs, fill: .nan)
    let memory = Workspace(byteCount: all * outputs * 4)
    let maxIndices = memory.base.assumingMemoryBound(to: Int32.self)
    try Self.pool(shape(all), level, x.pointer, y.pointer, maxIndices, dx.pointer, threads: 2)
    // The same by 1000 planes.
    let (smallY, smallDX) = (Values(1000 * outputs, fill: .nan), Values(1000 * inputs, fill: .nan))
    var smallIndices = [Int32](repeating: -1, count: 1000 * outputs)
    for first in stride(from: 0, to: all, by: 1000) {
      try Self.pool(shape(1000), level, x.pointer + first * inputs, smallY.pointer, &smallIndices, smallDX.pointer)
      #expect(smallY.differs { y.pointer[first * outputs + $0] } == nil)
      #expect(smallDX.differs { dx.pointer[first * inputs + $0] } == nil)
      #expect(smallIndices.indices.allSatisfy { smallIndices[$0] == maxIndices[first * outputs + $0] })
    }
    let averages = try Plan<AveragePool2DBackward>(shape(all), level: level, threads: 2)
    averages.run(
      .init(outputGradient: y.pointer, inputGradient: dx.pointer),
      workspace: poisonedWorkspace(averages.workspaceByteCount))
    let some = try Plan<AveragePool2DBackward>(shape(1000), level: level)
    for first in stride(from: 0, to: all, by: 1000) {
      some.run(
        .init(outputGradient: y.pointer + first * outputs, inputGradient: smallDX.pointer),
        workspace: poisonedWorkspace(some.workspaceByteCount))
      #expect(smallDX.differs { dx.pointer[first * inputs + $0] } == nil)
    }
  }

  /// Max pooling forward, and backward with the input's first elements as the outputs' gradients.
  static func pool(
    _ shape: Pool2DShape, _ level: InstructionSet, _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ maxIndices: UnsafeMutablePointer<Int32>, _ dx: UnsafeMutablePointer<Float>, threads: Int = 1
  ) throws {
    let forward = try Plan<MaxPool2DForward>(shape, level: level, threads: threads)
    forward.run(
      .init(input: x, output: y, maxIndices: maxIndices), workspace: poisonedWorkspace(forward.workspaceByteCount))
    let backward = try Plan<MaxPool2DBackward>(shape, level: level, threads: threads)
    backward.run(
      .init(outputGradient: y, maxIndices: maxIndices, inputGradient: dx),
      workspace: poisonedWorkspace(backward.workspaceByteCount))
  }
}
