import Kernels
import TestSupport
import Testing

@Suite struct Conv2DWorkspaceTests {
  /// What large networks have, dilated and strided too.
  static let usual: [Conv2DShape] =
    Conv2DTests.choices.map(\.shape) + [
      Conv2DShape(
        batch: 256, inputChannels: 512, inputHeight: 7, inputWidth: 7, outputChannels: 512, kernel: 3, padding: 1),
      Conv2DShape(batch: 256, inputChannels: 2048, inputHeight: 7, inputWidth: 7, outputChannels: 512, kernel: 1),
      Conv2DShape(
        batch: 32, inputChannels: 1024, inputHeight: 14, inputWidth: 14, outputChannels: 2048, kernel: 1, stride: 2),
      Conv2DShape(
        batch: 1, inputChannels: 2048, inputHeight: 65, inputWidth: 65, outputChannels: 256, kernel: 3, padding: 18,
        dilation: 18),
      Conv2DShape(
        batch: 16, inputChannels: 2048, inputHeight: 33, inputWidth: 33, outputChannels: 256, kernel: 3, padding: 12,
        dilation: 12),
      Conv2DShape(
        batch: 1, inputChannels: 3, inputHeight: 1000, inputWidth: 1500, outputChannels: 6, kernel: 3, padding: 1),
      Conv2DShape(
        batch: 1, inputChannels: 256, inputHeight: 56, inputWidth: 56, outputChannels: 512, kernel: 3, stride: 2,
        padding: 1),
      Conv2DShape(
        batch: 64, inputChannels: 32, inputHeight: 112, inputWidth: 112, outputChannels: 32, kernel: 3, padding: 1,
        groups: 32),
    ]

  /// Valid problems that nobody has: of some, one row of windows or one panel of weights is many megabytes.
  static let extreme: [Conv2DShape] = [
    Conv2DShape(
      batch: 2, inputChannels: 65535, inputHeight: 9, inputWidth: 9, outputChannels: 4, kernelHeight: 5, kernelWidth: 9),
    Conv2DShape(
      batch: 2, inputChannels: 4, inputHeight: 9, inputWidth: 9, outputChannels: 65535, kernelHeight: 5, kernelWidth: 9,
      paddingWidth: 4),
    Conv2DShape(
      batch: 1, inputChannels: 65535, inputHeight: 9, inputWidth: 9, outputChannels: 65535, kernel: 3, padding: 1,
      groups: 65535),
    Conv2DShape(
      batch: 8, inputChannels: 4096, inputHeight: 60, inputWidth: 80, outputChannels: 64, kernel: 5, stride: 2,
      padding: 2),
    Conv2DShape(
      batch: 1, inputChannels: 64, inputHeight: 1, inputWidth: 400_000, outputChannels: 64, kernelHeight: 1,
      kernelWidth: 9, paddingWidth: 4),
    Conv2DShape(
      batch: 1, inputChannels: 64, inputHeight: 1, inputWidth: 100_000, outputChannels: 64, kernelHeight: 1,
      kernelWidth: 4, strideHeight: 1, strideWidth: 4),
    Conv2DShape(
      batch: 1, inputChannels: 1, inputHeight: 1, inputWidth: 1, outputChannels: 1, kernelHeight: 1, kernelWidth: 1,
      strideHeight: 1 << 30, strideWidth: 1 << 30, paddingHeight: 4000, paddingWidth: 4000),
    Conv2DShape(
      batch: 1, inputChannels: 3, inputHeight: 2000, inputWidth: 2000, outputChannels: 3, kernel: 1500, padding: 700),
    Conv2DShape(
      batch: 1, inputChannels: 1, inputHeight: 3000, inputWidth: 3000, outputChannels: 1, kernel: 1, stride: 2000),
    Conv2DShape(batch: 1, inputChannels: 1, inputHeight: 100_000, inputWidth: 1, outputChannels: 1000, kernel: 1),
  ]

  @Test("every kernel needs at most 4 MB a thread for what networks have", arguments: usual, [1, 2])
  func usualWorkspace(shape: Conv2DShape, threads: Int) throws {
    try expectWorkspace(shape, threads: threads, within: 4 << 20)
    let level = try InstructionSet.best()
    #expect(try !Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.isReference)
    #expect(try !Plan<Conv2DBackwardData>(shape, level: level).kernel.isReference)
    #expect(try !Plan<Conv2DBackwardWeights>(shape, level: level).kernel.isReference)
  }

  @Test("whatever a problem, a thread's workspace is bounded by its image's data", arguments: extreme)
  func extremeWorkspace(shape: Conv2DShape) throws {
    let image = (shape.inputCount + shape.outputCount) / shape.batch * 4
    try expectWorkspace(shape, threads: 2, within: max(32 << 20, 2 * image) + 4 << 20)
  }

  @Test("rows of sound have kernels of their own") func sound() throws {
    let shape = Conv2DShape(
      batch: 1, inputChannels: 64, inputHeight: 1, inputWidth: 400_000, outputChannels: 64, kernelHeight: 1,
      kernelWidth: 9, paddingWidth: 4)
    #expect(try !Plan<Conv2DForward>(.init(shape: shape)).kernel.isReference)
    #expect(try !Plan<Conv2DBackwardData>(shape).kernel.isReference)
    #expect(try !Plan<Conv2DBackwardWeights>(shape).kernel.isReference)
  }

  @Test("counts that overflow are refused") func overflow() {
    for change: (inout Conv2DShape) -> Void in [
      { $0.batch = 1 << 30 },
      {
        $0.batch = 1 << 30
        $0.inputChannels = 1 << 20
      }, { $0.strideHeight = Int.max },
      { $0.kernelHeight = Int.max }, { $0.dilationWidth = Int.max / 2 }, { $0.paddingHeight = 1 << 29 },
      { $0.outputChannels = 1 << 28 }, { $0.groups = Int.max }, { $0.batch = Int.min },
    ] {
      var shape = Conv2DShape(
        batch: 1, inputChannels: 1 << 10, inputHeight: 512, inputWidth: 512, outputChannels: 1 << 10, kernel: 31,
        padding: 15)
      change(&shape)
      #expect(throws: KernelError.self, "\(shape)") { try Plan<Conv2DForward>(.init(shape: shape)) }
      #expect(throws: KernelError.self, "\(shape)") { try Plan<Conv2DBackwardWeights>(shape) }
    }
  }

  private func expectWorkspace(_ shape: Conv2DShape, threads: Int, within limit: Int) throws {
    try expectWorkspace(Conv2DForward.self, .init(shape: shape), threads: threads, within: limit)
    try expectWorkspace(Conv2DBackwardData.self, shape, threads: threads, within: limit)
    try expectWorkspace(Conv2DBackwardWeights.self, shape, threads: threads, within: limit)
  }

  private func expectWorkspace<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, threads: Int, within limit: Int
  ) throws {
    for kernel in Op.kernels where InstructionSet.available.contains(kernel.level) && kernel.accepts(problem) {
      let byteCount = kernel.prepare(problem, threads).workspaceByteCount
      #expect(byteCount <= threads * limit, "\(Op.pass) \(kernel.name), \(problem)")
    }
  }
}
