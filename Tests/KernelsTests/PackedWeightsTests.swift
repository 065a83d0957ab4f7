import Kernels
import TestSupport
import Testing

/// Weights that were packed once give the bits of those that a run packs.
@Suite struct PackedWeightsTests {
  private static func shape(
    _ batch: Int, _ inputs: Int, _ height: Int, _ width: Int, _ outputs: Int, _ kernel: Int, stride: Int = 1,
    padding: Int = 0, groups: Int = 1
  ) -> Conv2DShape {
    Conv2DShape(
      batch: batch, inputChannels: inputs, inputHeight: height, inputWidth: width, outputChannels: outputs,
      kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride, paddingHeight: padding,
      paddingWidth: padding, groups: groups)
  }

  /// Among them weights of several blocks, tails of panels, groups, and sums that skip rows of padding.
  private static let shapes = [
    shape(1, 3, 14, 14, 6, 5), shape(2, 5, 7, 7, 64, 3, padding: 1), shape(1, 160, 7, 7, 512, 3, padding: 1),
    shape(1, 16, 9, 11, 37, 3, stride: 2, padding: 1), shape(3, 12, 6, 6, 20, 3, padding: 1, groups: 4),
    shape(1, 96, 5, 5, 130, 1), shape(1, 24, 8, 8, 50, 1, stride: 2), shape(2, 2, 4, 4, 3, 3, padding: 3),
    shape(16, 8, 6, 6, 16, 3, padding: 1),
  ]

  /// The same where transforms are permitted: in one block and in several, and with groups.
  static let fastShapes: [Conv2DShape] = [
    shape(1, 16, 9, 11, 37, 3, padding: 1), shape(3, 12, 6, 6, 80, 3, padding: 1, groups: 4),
    shape(9, 20, 12, 13, 70, 3, padding: 2), shape(1, 5, 4, 130, 6, 3),
  ].map { shape in
    var shape = shape
    shape.precision = .fast
    return shape
  }

  @Test(arguments: InstructionSet.available) func packedOnceIsAsPackedInARun(level: InstructionSet) throws {
    var packed = 0
    for (index, shape) in (Self.shapes + Self.fastShapes).enumerated() {
      var random = TestRandom(seed: UInt64(index))
      let input = GuardedBuffer(random.reals(shape.inputCount))
      let weights = GuardedBuffer(random.reals(shape.weightCount))
      let bias = GuardedBuffer(random.reals(shape.outputChannels))
      for row in Conv2DForward.kernels where row.level == level && !row.isReference {
        let problem = Conv2DForward.Problem(shape: shape, activation: index % 2 == 0 ? .relu6 : nil)
        guard row.accepts(problem) else { continue }
        for threads in [1, 3] {
          let plan = try withWorkShared { try Plan<Conv2DForward>(problem, kernel: row, threads: threads) }
          guard let packing = plan.weightPacking else { continue }
          packed += 1
          let (expected, output) = (
            GuardedBuffer<Float>.poisoned(count: shape.outputCount),
            GuardedBuffer<Float>.poisoned(count: shape.outputCount)
          )
          for bias in [nil, UnsafePointer(bias.pointer)] {
            let memory = Workspace(byteCount: packing.byteCount)
            memory.base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: packing.byteCount)
            packing.pack([UnsafePointer(weights.pointer)], [bias], memory.base)
            var operands = Conv2DForward.Operands(
              input: input.pointer, weights: weights.pointer, bias: bias, output: expected.pointer)
            plan.run(operands, workspace: Workspace())
            operands.output = output.pointer
            operands.packedWeights = UnsafeRawPointer(memory.base)
            plan.run(operands, workspace: Workspace())
            #expect(sameBits(output.values, expected.values), "\(row.name) \(shape) threads \(threads)")
          }
        }
      }
    }
    #expect(packed > Self.shapes.count)
  }
}
