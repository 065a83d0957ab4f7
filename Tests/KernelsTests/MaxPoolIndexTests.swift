import Kernels
import TestSupport
import Testing

/// Max pooling's backward pass takes indices from its caller: none of them may make it write elsewhere.
@Suite struct MaxPoolIndexTests {
  static let shapes =
    [
      Pool2DShape(
        batch: 2, channels: 3, inputHeight: 8, inputWidth: 40, kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
        strideWidth: 2),
      Pool2DShape(
        batch: 1, channels: 2, inputHeight: 9, inputWidth: 37, kernelHeight: 3, kernelWidth: 3, strideHeight: 2,
        strideWidth: 2, paddingHeight: 1, paddingWidth: 1),
      Pool2DShape(
        batch: 1, channels: 1, inputHeight: 11, inputWidth: 21, kernelHeight: 3, kernelWidth: 3, strideHeight: 1,
        strideWidth: 1, paddingHeight: 1, paddingWidth: 1),
      Pool2DShape(
        batch: 1, channels: 3, inputHeight: 13, inputWidth: 50, kernelHeight: 4, kernelWidth: 3, strideHeight: 3,
        strideWidth: 2, paddingHeight: 2, paddingWidth: 1, dilationHeight: 2, dilationWidth: 3, ceilMode: true),
      Pool2DShape(
        batch: 1, channels: 1, inputHeight: 1, inputWidth: 1, kernelHeight: 2, kernelWidth: 2, strideHeight: 1,
        strideWidth: 1, paddingHeight: 1, paddingWidth: 1),
    ]

  @Test(
    "indices outside the window or the plane add nothing, by every kernel", arguments: InstructionSet.available,
    shapes.indices)
  func hostileIndices(level: InstructionSet, index: Int) throws {
    let shape = Self.shapes[index]
    let count = shape.kernelHeight * shape.kernelWidth
    let hostile =
      [-1, -2, count, count + 1, -count, Int(Int32.max), Int(Int32.min), Int(Int32.min) + 1, 1 << 30, -1 << 30, 65_537]
      + Array(0..<count)
    var random = TestRandom(seed: UInt64(index))
    let maxIndices = (0..<shape.outputCount).map { _ in
      Int32(truncatingIfNeeded: hostile[Int.random(in: hostile.indices, using: &random)])
    }
    let gradients = random.integers(shape.outputCount)
    let expected = Self.definition(shape, gradients, maxIndices)
    var ran: Set<String> = []
    for kernel in MaxPool2DBackward.kernels where kernel.level == level || kernel.isReference {
      guard kernel.accepts(shape) else { continue }
      for threads in [1, 2] {
        let plan = try sharing {
          try Plan<MaxPool2DBackward>(shape, level: level, threads: threads, kernel: kernel.name)
        }
        let (indices, source) = (GuardedBuffer(maxIndices), GuardedBuffer(gradients))
        let result = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
        plan.run(
          .init(outputGradient: source.pointer, maxIndices: indices.pointer, inputGradient: result.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        #expect(firstDifference(result.values, expected) == nil, "\(kernel.name), \(threads) threads, \(shape)")
      }
      ran.insert(kernel.algorithm)
    }
    #expect(ran.isSuperset(of: ["general", "reference"]))
    if index == 0 { #expect(ran.contains("2x2")) }
    if index == 1 || index == 2 { #expect(ran.contains("3x3")) }
  }

  private static func definition(_ shape: Pool2DShape, _ gradients: [Float], _ maxIndices: [Int32]) -> [Float] {
    var result = [Float](repeating: 0, count: shape.inputCount)
    for (i, index) in maxIndices.enumerated() {
      let (row, column) = (i / shape.outputWidth, i % shape.outputWidth)
      let (plane, oy) = (row / shape.outputHeight, row % shape.outputHeight)
      guard 0..<Int32(shape.kernelHeight * shape.kernelWidth) ~= index else { continue }
      let (ky, kx) = (Int(index) / shape.kernelWidth, Int(index) % shape.kernelWidth)
      let y = oy * shape.strideHeight - shape.paddingHeight + ky * shape.dilationHeight
      let x = column * shape.strideWidth - shape.paddingWidth + kx * shape.dilationWidth
      guard 0..<shape.inputHeight ~= y, 0..<shape.inputWidth ~= x else { continue }
      result[(plane * shape.inputHeight + y) * shape.inputWidth + x] += gradients[i]
    }
    return result
  }
}
