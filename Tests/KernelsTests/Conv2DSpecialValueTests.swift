import Kernels
import TestSupport
import Testing

/// Infinities and NaN that meet padding: a result whose sum has such a product is NaN or the reference's, all others are
/// the reference's.
@Suite struct Conv2DSpecialValueTests {
  static let shapes: [Conv2DShape] = [
    Conv2DShape(batch: 2, inputChannels: 3, inputHeight: 9, inputWidth: 7, outputChannels: 5, kernel: 3, padding: 1),
    Conv2DShape(batch: 17, inputChannels: 5, inputHeight: 6, inputWidth: 5, outputChannels: 4, kernel: 3, padding: 1),
    Conv2DShape(
      batch: 16, inputChannels: 4, inputHeight: 11, inputWidth: 18, outputChannels: 13, kernel: 5, stride: 2, padding: 2
    ),
    Conv2DShape(
      batch: 3, inputChannels: 6, inputHeight: 12, inputWidth: 33, outputChannels: 6, kernel: 3, padding: 1, groups: 6),
    Conv2DShape(
      batch: 8, inputChannels: 4, inputHeight: 8, inputWidth: 20, outputChannels: 6, kernel: 3, stride: 3, padding: 4,
      dilation: 2, groups: 2),
  ]
  static let specials: [Float] = [.infinity, -.infinity, .nan]

  @Test("infinite weights over padding make NaN or nothing, and nowhere else a difference", arguments: shapes)
  func weightsOverPadding(shape: Conv2DShape) throws {
    var random = TestRandom(seed: 77)
    let input = GuardedBuffer(random.integers(shape.inputCount))
    let gradient = GuardedBuffer(random.integers(shape.outputCount))
    let weights = GuardedBuffer(random.integers(shape.weightCount))
    for (i, value) in Self.specials.enumerated() { weights.pointer[shape.weightCount * (i + 1) / 4] = value }
    var meetsPadding = [Bool](repeating: false, count: shape.outputCount)
    var inputMeetsPadding = [Bool](repeating: false, count: shape.inputCount)
    shape.forEachTap { tap in
      if weights.pointer[tap.weight].isFinite { return }
      if tap.input == nil { meetsPadding[tap.output] = true }
    }
    shape.forEachInputTap { input, weight, output in
      if output == nil, !weights.pointer[weight].isFinite { inputMeetsPadding[input] = true }
    }
    try expect(Conv2DForward.self, .init(shape: shape), count: shape.outputCount, free: meetsPadding) {
      .init(input: input.pointer, weights: weights.pointer, output: $0)
    }
    try expect(Conv2DBackwardData.self, shape, count: shape.inputCount, free: inputMeetsPadding) {
      .init(outputGradient: gradient.pointer, weights: weights.pointer, inputGradient: $0)
    }
  }

  @Test("infinite gradients over padding make NaN or nothing, and nowhere else a difference", arguments: shapes)
  func gradientsOverPadding(shape: Conv2DShape) throws {
    var random = TestRandom(seed: 78)
    let input = GuardedBuffer(random.integers(shape.inputCount))
    let gradient = GuardedBuffer(random.integers(shape.outputCount))
    for (i, value) in Self.specials.enumerated() { gradient.pointer[shape.outputCount * i / 3] = value }
    var meetsPadding = [Bool](repeating: false, count: shape.weightCount)
    shape.forEachTap { tap in
      if tap.input == nil, !gradient.pointer[tap.output].isFinite { meetsPadding[tap.weight] = true }
    }
    try expect(Conv2DBackwardWeights.self, shape, count: shape.weightCount, free: meetsPadding) {
      .init(input: input.pointer, outputGradient: gradient.pointer, weightGradient: $0)
    }
  }

  /// Runs every kernel of every level on one thread and on two. Where `free` says so, a result may also be NaN.
  private func expect<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, count: Int, free: [Bool],
    operands: (UnsafeMutablePointer<Float>) -> Op.Operands
  ) throws {
    func run(_ kernel: Kernel<Op>, threads: Int) throws -> [Float] {
      let plan = try sharing { try Plan<Op>(problem, level: kernel.level, threads: threads, kernel: kernel.name) }
      let output = GuardedBuffer<Float>(repeating: 7777, count: count)
      try plan.run(operands(output.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
      return output.values
    }
    let expected = try run(Op.kernels[Op.kernels.count - 1], threads: 1)
    for kernel in Op.kernels
    where InstructionSet.available.contains(kernel.level) && kernel.accepts(problem) {
      for threads in [1, 2] {
        let wrong = zip(try run(kernel, threads: threads), expected).enumerated().first { index, values in
          let (value, right) = values
          let isRight = value == right || (value.isNaN && right.isNaN)
          return !isRight && !(free[index] && value.isNaN)
        }
        #expect(wrong == nil, "\(Op.pass) \(kernel.name), \(threads) threads, \(problem)")
      }
    }
  }
}

extension Conv2DShape {
  /// A product of the forward pass: its output, its weight and its input, which is nil in the padding.
  fileprivate struct Tap {
    let output: Int
    let weight: Int
    let input: Int?
  }

  fileprivate func forEachTap(_ body: (Tap) -> Void) {
    let (groupInputs, groupOutputs) = (inputChannels / groups, outputChannels / groups)
    for b in 0..<batch {
      for o in 0..<outputChannels {
        for i in 0..<outputHeight {
          for j in 0..<outputWidth {
            let output = ((b * outputChannels + o) * outputHeight + i) * outputWidth + j
            for c in 0..<groupInputs {
              for u in 0..<kernelHeight {
                for v in 0..<kernelWidth {
                  let y = i * strideHeight + u * dilationHeight - paddingHeight
                  let x = j * strideWidth + v * dilationWidth - paddingWidth
                  let isInside = (0..<inputHeight).contains(y) && (0..<inputWidth).contains(x)
                  let channel = o / groupOutputs * groupInputs + c
                  body(
                    Tap(
                      output: output, weight: ((o * groupInputs + c) * kernelHeight + u) * kernelWidth + v,
                      input: isInside ? ((b * inputChannels + channel) * inputHeight + y) * inputWidth + x : nil))
                }
              }
            }
          }
        }
      }
    }
  }

  /// The products of the input gradient: an input, a weight, and the output that both belong to, which is nil where it
  /// would lie outside the output.
  fileprivate func forEachInputTap(_ body: (_ input: Int, _ weight: Int, _ output: Int?) -> Void) {
    let (groupInputs, groupOutputs) = (inputChannels / groups, outputChannels / groups)
    for b in 0..<batch {
      for channel in 0..<inputChannels {
        for y in 0..<inputHeight {
          for x in 0..<inputWidth {
            let input = ((b * inputChannels + channel) * inputHeight + y) * inputWidth + x
            for o in channel / groupInputs * groupOutputs..<(channel / groupInputs + 1) * groupOutputs {
              for u in 0..<kernelHeight {
                for v in 0..<kernelWidth {
                  let row = y + paddingHeight - u * dilationHeight
                  let column = x + paddingWidth - v * dilationWidth
                  guard row % strideHeight == 0, column % strideWidth == 0 else { continue }
                  let (i, j) = (row / strideHeight, column / strideWidth)
                  let isInside = (0..<outputHeight).contains(i) && (0..<outputWidth).contains(j)
                  let weight = ((o * groupInputs + channel % groupInputs) * kernelHeight + u) * kernelWidth + v
                  body(
                    input, weight,
                    isInside ? ((b * outputChannels + o) * outputHeight + i) * outputWidth + j : nil)
                }
              }
            }
          }
        }
      }
    }
  }
}
