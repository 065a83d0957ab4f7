import Kernels
import TestSupport
import Testing

/// Convolutions by Winograd's tiles beside sums in double precision. What they leave in memory, what they make of values
/// that are not finite, and their bits for threads and batches are in `DifferentialTests`.
@Suite struct WinogradTests {
  /// Planes that tiles fill and that they do not, channels that fill vectors and panels and that do not, all paddings,
  /// groups, rows of tiles that are divided; planes that tiles do not fill in rows or columns or both, whose last tiles do
  /// without products, in blocks that begin and end at any row of tiles. The same at stride 2.
  static let shapes: [Conv2DShape] = [
    shape(2, 64, 64, 8, 8), shape(1, 24, 40, 7, 9), shape(3, 17, 70, 6, 5, padding: 2),
    shape(1, 3, 5, 11, 3, padding: 0),
    shape(2, 32, 48, 12, 12, padding: 1, groups: 2), shape(1, 16, 16, 4, 150), shape(1, 130, 20, 15, 15),
    shape(5, 16, 33, 1, 1), shape(1, 1, 1, 2, 2, padding: 2), shape(9, 20, 40, 7, 7), shape(19, 18, 35, 3, 3),
    shape(4, 16, 24, 15, 12), shape(3, 16, 24, 8, 15), shape(2, 4, 20, 11, 107), shape(2, 4, 20, 3, 98, padding: 2),
    shape(2, 64, 64, 8, 8, kernel: 5, padding: 2), shape(1, 24, 40, 7, 9, kernel: 5),
    shape(3, 17, 70, 6, 5, kernel: 5, padding: 4), shape(1, 3, 5, 11, 6, kernel: 5, padding: 0),
    shape(2, 32, 48, 12, 11, kernel: 5, padding: 2, groups: 2), shape(1, 16, 16, 5, 150, kernel: 5),
    shape(9, 20, 40, 7, 7, kernel: 5, padding: 2), shape(5, 16, 33, 1, 1, kernel: 5, padding: 2),
    shape(3, 4, 20, 8, 99, kernel: 5, padding: 3), shape(5, 20, 40, 14, 14), shape(7, 18, 20, 5, 6),
    shape(3, 16, 24, 9, 13), shape(9, 17, 33, 2, 10), shape(2, 4, 20, 10, 109), shape(2, 4, 20, 13, 197, padding: 2),
    shape(2, 64, 64, 16, 16, stride: 2), shape(1, 24, 40, 13, 17, stride: 2), shape(3, 17, 70, 12, 9, stride: 2),
    shape(2, 32, 48, 23, 24, groups: 2, stride: 2), shape(1, 16, 16, 8, 300, stride: 2),
    shape(9, 20, 40, 14, 14, stride: 2), shape(19, 18, 35, 5, 6, stride: 2), shape(5, 16, 33, 1, 1, stride: 2),
    shape(1, 1, 1, 2, 2, stride: 2), shape(9, 17, 33, 3, 20, stride: 2), shape(2, 4, 20, 20, 211, stride: 2),
    shape(2, 130, 20, 29, 31, stride: 2),
  ]

  private static func shape(
    _ batch: Int, _ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int, kernel: Int = 3, padding: Int = 1,
    groups: Int = 1, stride: Int = 1
  ) -> Conv2DShape {
    Conv2DShape(
      batch: batch, inputChannels: inputs, inputHeight: height, inputWidth: width, outputChannels: outputs,
      kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride, paddingHeight: padding,
      paddingWidth: padding, groups: groups, precision: .fast)
  }

  @Test("the error is at most four times that of a sum in order, or that of sums of some terms", arguments: shapes)
  func errors(shape: Conv2DShape) throws {
    var random = TestRandom(seed: 5)
    let input = random.reals(shape.inputCount)
    let weights = random.reals(shape.weightCount)
    let gradient = random.reals(shape.outputCount)
    let right = Sums(shape, input: input, weights: weights, gradient: gradient)
    try expect(Conv2DForward.self, .init(shape: shape), right.output) { target in
      input.withUnsafeBufferPointer { input in
        weights.withUnsafeBufferPointer { weights in
          Conv2DForward.Operands(input: input.baseAddress!, weights: weights.baseAddress!, output: target)
        }
      }
    }
    try expect(Conv2DBackwardData.self, shape, right.inputGradient) { target in
      gradient.withUnsafeBufferPointer { gradient in
        weights.withUnsafeBufferPointer { weights in
          Conv2DBackwardData.Operands(
            outputGradient: gradient.baseAddress!, weights: weights.baseAddress!, inputGradient: target)
        }
      }
    }
    try expect(Conv2DBackwardWeights.self, shape, right.weightGradient) { target in
      input.withUnsafeBufferPointer { input in
        gradient.withUnsafeBufferPointer { gradient in
          Conv2DBackwardWeights.Operands(
            input: input.baseAddress!, outputGradient: gradient.baseAddress!, weightGradient: target)
        }
      }
    }
    withExtendedLifetime((input, weights, gradient)) {}
  }

  /// Compares the root mean square error of every row with that of the reference, which sums in order.
  private func expect<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, _ right: [Double],
    _ operands: (UnsafeMutablePointer<Float>) -> Op.Operands
  ) throws {
    func error(_ kernel: Kernel<Op>) throws -> Double {
      let output = GuardedBuffer<Float>(repeating: .nan, count: right.count)
      let plan = try Plan<Op>(problem, level: kernel.level, kernel: kernel.name)
      try plan.run(operands(output.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
      return rootMeanSquare(zip(output.values, right).map { Double($0) - $1 }) / max(rootMeanSquare(right), 1e-30)
    }
    let sequential = try error(Op.kernels[Op.kernels.count - 1])
    let rows = Op.kernels.filter { $0.algorithm == "winograd" && InstructionSet.available.contains($0.level) }
    #expect(!rows.isEmpty)
    for row in rows {
      let found = try error(row)
      #expect(found <= max(4 * sequential, 2e-6), "\(Op.pass) \(row.name): \(found), in order \(sequential)")
    }
  }

  private func rootMeanSquare(_ values: [Double]) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))).squareRoot()
  }

  @Test("what is chosen follows from an image and its channels, not from the batch or the machine")
  func choice() throws {
    for level in InstructionSet.available {
      for (channels, size) in [(64, 32), (16, 8), (256, 8), (8, 32), (64, 2), (64, 3), (64, 4), (64, 5), (64, 7)] {
        var rows: Set<String> = []
        for batch in [1, 2, 7, 16, 33, 128, 1000] {
          for machine in [Machine.zen4, .zen5, .haswell, .sapphireRapids] {
            let shape = Self.shape(batch, channels, channels, size, size)
            rows.insert(try Plan<Conv2DForward>(.init(shape: shape), level: level, machine: machine).kernel.algorithm)
          }
        }
        let isFast = channels >= 16 && size >= 3
        #expect(rows.contains("winograd") == isFast && (!isFast || rows.count == 1), "\(channels) \(size): \(rows)")
      }
    }
  }

  @Test(
    "kernels of 5×5 are transformed from 24 channels in the vectors' panels and 16 outputs on, or 49 for the weights")
  func choiceOfLargeKernels() throws {
    func algorithms(_ inputs: Int, _ outputs: Int, _ size: Int, _ level: InstructionSet) throws -> [Bool] {
      let shape = Self.shape(8, inputs, outputs, size, size, kernel: 5, padding: 2)
      return [
        try Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.algorithm,
        try Plan<Conv2DBackwardData>(shape, level: level).kernel.algorithm,
        try Plan<Conv2DBackwardWeights>(shape, level: level).kernel.algorithm,
      ].map { $0 == "winograd" }
    }
    for level in InstructionSet.available {
      #expect(try algorithms(24, 24, 8, level) == [true, true, true])
      #expect(try algorithms(16, 32, 8, level) == [true, false, false])
      #expect(try algorithms(32, 16, 8, level) == [false, true, true])
      #expect(try algorithms(64, 64, 4, level) == [true, true, false])
      #expect(try algorithms(64, 64, 3, level) == [false, false, false])
      #expect(try algorithms(16, 16, 28, level) == [false, false, false])
    }
  }

  @Test("at stride 2 narrow kernels are transformed on large planes, and wide ones on small planes, too")
  func choiceAtStride2() throws {
    func algorithms(_ channels: Int, _ size: Int, _ level: InstructionSet) throws -> [Bool] {
      var found: [[Bool]] = []
      for batch in [1, 16, 128] {
        let shape = Self.shape(batch, channels, channels, size, size, stride: 2)
        let kernels = [
          try Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.algorithm,
          try Plan<Conv2DBackwardData>(shape, level: level).kernel.algorithm,
          try Plan<Conv2DBackwardWeights>(shape, level: level).kernel.algorithm,
        ]
        found.append(kernels.map { $0 == "winograd" })
      }
      #expect(Set(found).count == 1)
      return found[0]
    }
    for level in InstructionSet.available {
      #expect(try algorithms(16, 56, level) == [false, false, false])
      #expect(try algorithms(32, 28, level) == [true, true, false])
      #expect(try algorithms(32, 26, level) == [false, false, false])
      #expect(try algorithms(64, 14, level) == [true, true, true])
      #expect(try algorithms(64, 8, level) == [false, false, true])
      #expect(try algorithms(128, 8, level) == [true, true, true])
      #expect(try algorithms(128, 6, level) == [false, false, false])
    }
  }

  @Test("where sums are wanted, no transform is chosen")
  func direct() throws {
    for level in InstructionSet.available {
      var shape = Self.shape(4, 64, 64, 16, 16)
      shape.precision = .direct
      #expect(try Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.algorithm != "winograd")
      let rows = Conv2DForward.kernels.filter { $0.algorithm == "winograd" && $0.level == level }
      #expect(!rows.isEmpty)
      for row in rows {
        #expect(throws: KernelError.self) {
          try Plan<Conv2DForward>(.init(shape: shape), level: level, kernel: row.name)
        }
      }
    }
  }

  @Test("of several register tiles the one that pads channels least runs, and all give the same bits")
  func tiles() throws {
    for level in InstructionSet.available {
      let rows = Conv2DForward.kernels.filter { $0.algorithm == "winograd" && $0.level == level }
      for (channels, name) in [(24, "12x2"), (32, "12x2"), (64, "6x4"), (96, "12x2"), (128, "6x4")]
      where level == .avx512 {
        let shape = Self.shape(1, 64, channels, 8, 8)
        #expect(try Plan<Conv2DForward>(.init(shape: shape), level: level).kernel.name == "winograd.avx512.\(name)")
      }
      let shape = Self.shape(2, 20, 40, 7, 7)
      var random = TestRandom(seed: 9)
      let (input, weights) = (random.reals(shape.inputCount), random.reals(shape.weightCount))
      let outputs = try rows.map { try Self.output(shape, input: input, weights: weights, $0) }
      #expect(Set(outputs).count == 1, "\(level)")
    }
  }

  /// A thread that has one block transforms the weights of a panel in parts, of 455 source channels at the most (of 64 to
  /// 16 target channels, as vectors hold 16 to 4).
  @Test(
    "an image has the same bits alone, in a batch and on two threads, however its weights are divided",
    arguments: [1, 2])
  func partsOfWeights(stride: Int) throws {
    let (images, channels) = (30, 500)
    func shape(_ batch: Int) -> Conv2DShape { Self.shape(batch, channels, 20, 9 * stride, 8 * stride, stride: stride) }
    var random = TestRandom(seed: 11)
    let input = random.reals(shape(images).inputCount)
    let weights = random.reals(shape(1).weightCount)
    let image = Array(input.prefix(shape(1).inputCount))
    for row in Conv2DForward.kernels where row.algorithm == "winograd" && InstructionSet.available.contains(row.level) {
      let alone = try Self.output(shape(1), input: image, weights: weights, row)
      #expect(try Self.output(shape(1), input: image, weights: weights, row, threads: 2) == alone, "\(row.name)")
      let batch = try Self.output(shape(images), input: input, weights: weights, row)
      #expect(Array(batch.prefix(alone.count)) == alone, "\(row.name)")
    }
  }

  private static func output(
    _ shape: Conv2DShape, input: [Float], weights: [Float], _ row: Kernel<Conv2DForward>, threads: Int = 1
  ) throws -> [Float] {
    let plan = try Plan<Conv2DForward>(.init(shape: shape), level: row.level, threads: threads, kernel: row.name)
    var output = [Float](repeating: .nan, count: shape.outputCount)
    output.withUnsafeMutableBufferPointer { target in
      input.withUnsafeBufferPointer { input in
        weights.withUnsafeBufferPointer { weights in
          plan.run(
            .init(input: input.baseAddress!, weights: weights.baseAddress!, output: target.baseAddress!),
            workspace: poisonedWorkspace(plan.workspaceByteCount))
        }
      }
    }
    return output
  }

  /// The three passes in double precision.
  private struct Sums {
    var output: [Double]
    var inputGradient: [Double]
    var weightGradient: [Double]

    init(_ shape: Conv2DShape, input: [Float], weights: [Float], gradient: [Float]) {
      output = [Double](repeating: 0, count: shape.outputCount)
      inputGradient = [Double](repeating: 0, count: shape.inputCount)
      weightGradient = [Double](repeating: 0, count: shape.weightCount)
      let (inputs, outputs) = (shape.inputChannels / shape.groups, shape.outputChannels / shape.groups)
      for b in 0..<shape.batch {
        for o in 0..<shape.outputChannels {
          for c in 0..<inputs {
            let channel = o / outputs * inputs + c
            for tap in 0..<shape.kernelHeight * shape.kernelWidth {
              let weight = (o * inputs + c) * shape.kernelHeight * shape.kernelWidth + tap
              for y in 0..<shape.outputHeight {
                let row = y * shape.strideHeight + tap / shape.kernelWidth - shape.paddingHeight
                guard (0..<shape.inputHeight).contains(row) else { continue }
                for x in 0..<shape.outputWidth {
                  let column = x * shape.strideWidth + tap % shape.kernelWidth - shape.paddingWidth
                  guard (0..<shape.inputWidth).contains(column) else { continue }
                  let i = ((b * shape.inputChannels + channel) * shape.inputHeight + row) * shape.inputWidth + column
                  let j = ((b * shape.outputChannels + o) * shape.outputHeight + y) * shape.outputWidth + x
                  output[j] += Double(input[i]) * Double(weights[weight])
                  inputGradient[i] += Double(gradient[j]) * Double(weights[weight])
                  weightGradient[weight] += Double(gradient[j]) * Double(input[i])
                }
              }
            }
          }
        }
      }
    }
  }
}
