import TestSupport
import Testing

@testable import Kernels

/// Planning computes with sizes unchecked, so validation bounds them: whatever the parameters are, there is a typed error
/// or a plan whose sizes can be addressed and whose workspace is within the limit.
@Suite struct HugeProblemTests {
  static let values = [
    Int.max, Int.max - 1, Int.max / 2, 1 << 62, 1 << 61, 1 << 60, 1 << 58, 1 << 48, (1 << 46) + 1, 1 << 46, 1 << 33,
    (1 << 32) + 1, 1 << 32, 1 << 31, Int(Int32.max), 1 << 30, 1 << 24, 1 << 20, 65_536, 4097, 3, 2, 1, 0, -1, Int.min,
  ]
  /// For pairs of parameters.
  static let fewValues = [Int.max, 1 << 62, 1 << 46, 1 << 32, 1 << 31, Int(Int32.max), 1 << 30, 1 << 16, 0]

  /// Counts what was planned, so that a validation that refuses everything is seen.
  private final class Outcome {
    var planned = 0
    var refused = 0
  }

  /// Plans problems with extreme values in one parameter, in each pair, and in all.
  ///
  /// - Parameters:
  ///   - base: a problem that is valid.
  ///   - operands: the sizes that multiply to the elements of each operand.
  private func survives<Op: KernelOperation>(
    _ operation: Op.Type, _ base: Op.Problem, _ parameters: [WritableKeyPath<Op.Problem, Int>],
    operands: (Op.Problem) -> [[Int]]
  ) {
    let outcome = Outcome()
    func check(_ problem: Op.Problem) { plan(operation, problem, operands: operands, outcome) }
    check(base)
    #expect(outcome.planned == 1, "\(Op.name) \(Op.pass): \(base)")
    for parameter in parameters {
      for value in Self.values {
        var problem = base
        problem[keyPath: parameter] = value
        check(problem)
      }
    }
    for (i, first) in parameters.enumerated() {
      for second in parameters.dropFirst(i + 1) {
        for value in Self.fewValues {
          for other in Self.fewValues {
            var problem = base
            problem[keyPath: first] = value
            problem[keyPath: second] = other
            check(problem)
          }
        }
      }
    }
    var random = TestRandom(seed: 1)
    for _ in 0..<500 {
      var problem = base
      for parameter in parameters where Bool.random(using: &random) {
        problem[keyPath: parameter] = Self.values[Int.random(in: Self.values.indices, using: &random)]
      }
      check(problem)
    }
    #expect(outcome.refused > 0, "\(Op.name) \(Op.pass)")
  }

  private func plan<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, operands: (Op.Problem) -> [[Int]], _ outcome: Outcome
  ) {
    do {
      let plan = try Plan<Op>(problem)
      outcome.planned += 1
      #expect(0...Workspace.mostBytesPerThread ~= plan.workspaceByteCount, "\(Op.name) \(problem)")
    } catch {
      outcome.refused += 1
      return
    }
    for sizes in operands(problem) {
      let elements = sizes.reduce(Int?(1)) { result, size in
        result.flatMap {
          let (product, overflow) = $0.multipliedReportingOverflow(by: max(size, 1))
          return overflow ? nil : product
        }
      }
      #expect(elements.map { $0 <= mostAddressable / 4 } == true, "\(Op.name) \(problem): \(sizes)")
    }
    for kernel in Op.kernels where InstructionSet.available.contains(kernel.level) {
      guard kernel.accepts(problem) else { continue }
      for threads in [1, 3, 1024] {
        let byteCount = kernel.prepare(problem, threads).workspaceByteCount
        #expect(
          0...threads * Workspace.mostBytesPerThread ~= byteCount, "\(kernel.name), \(threads) threads: \(problem)")
      }
    }
  }

  @Test("matrix products")
  func products() {
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      survives(
        GEMM.self, .init(rows: 20, columns: 30, depth: 40, transposeA: transposeA, transposeB: transposeB),
        [\.rows, \.columns, \.depth, \.aRowStride, \.bRowStride, \.cRowStride],
        operands: {
          [
            [$0.transposeA ? $0.depth : $0.rows, $0.aRowStride],
            [$0.transposeB ? $0.columns : $0.depth, $0.bRowStride],
            [$0.rows, $0.cRowStride],
          ]
        })
    }
  }

  @Test("pooling", arguments: [false, true])
  func pooling(ceilMode: Bool) {
    let base = Pool2DShape(
      batch: 2, channels: 3, inputHeight: 20, inputWidth: 30, kernelHeight: 4, kernelWidth: 5, strideHeight: 2,
      strideWidth: 3, paddingHeight: 1, paddingWidth: 2, ceilMode: ceilMode)
    let parameters: [WritableKeyPath<Pool2DShape, Int>] = [
      \.batch, \.channels, \.inputHeight, \.inputWidth, \.kernelHeight, \.kernelWidth, \.strideHeight, \.strideWidth,
      \.paddingHeight, \.paddingWidth, \.dilationHeight, \.dilationWidth,
    ]
    func operands(_ shape: Pool2DShape) -> [[Int]] {
      [
        [shape.batch, shape.channels, shape.inputHeight, shape.inputWidth],
        [shape.batch, shape.channels, shape.outputHeight, shape.outputWidth],
      ]
    }
    survives(MaxPool2DForward.self, base, parameters, operands: operands)
    survives(MaxPool2DBackward.self, base, parameters, operands: operands)
    survives(AveragePool2DForward.self, base, parameters, operands: operands)
    survives(AveragePool2DBackward.self, base, parameters, operands: operands)
  }

  @Test("large windows, wide planes and strides")
  func largeWindows() {
    for (height, width) in [(1, 1 << 20), (1 << 20, 1), (2000, 2000), (1, Int(Int32.max)), (Int(Int32.max), 1)] {
      for kernel in [2, 3, 1000, 40_000] {
        for stride in [1, 2, 3, 5, 1 << 20, Int(Int32.max)] {
          let shape = Pool2DShape(
            batch: 1, channels: 1, inputHeight: height, inputWidth: width, kernelHeight: min(kernel, height),
            kernelWidth: min(kernel, width), strideHeight: stride, strideWidth: stride)
          let outcome = Outcome()
          plan(MaxPool2DForward.self, shape, operands: { _ in [] }, outcome)
          plan(MaxPool2DBackward.self, shape, operands: { _ in [] }, outcome)
          plan(AveragePool2DForward.self, shape, operands: { _ in [] }, outcome)
          plan(AveragePool2DBackward.self, shape, operands: { _ in [] }, outcome)
        }
      }
    }
  }

  @Test("adaptive and global pooling")
  func adaptive() {
    let base = AdaptivePool2DShape(
      batch: 2, channels: 3, inputHeight: 20, inputWidth: 30, outputHeight: 4, outputWidth: 5)
    let parameters: [WritableKeyPath<AdaptivePool2DShape, Int>] = [
      \.batch, \.channels, \.inputHeight, \.inputWidth, \.outputHeight, \.outputWidth,
    ]
    func operands(_ shape: AdaptivePool2DShape) -> [[Int]] {
      [
        [shape.batch, shape.channels, shape.inputHeight, shape.inputWidth],
        [shape.batch, shape.channels, shape.outputHeight, shape.outputWidth],
      ]
    }
    survives(AdaptiveAveragePool2DForward.self, base, parameters, operands: operands)
    survives(AdaptiveAveragePool2DBackward.self, base, parameters, operands: operands)
    survives(AdaptiveMaxPool2DForward.self, base, parameters, operands: operands)
    survives(AdaptiveMaxPool2DBackward.self, base, parameters, operands: operands)
    let planes = GlobalPoolShape(batch: 2, channels: 3, inputHeight: 20, inputWidth: 30)
    let sizes: [WritableKeyPath<GlobalPoolShape, Int>] = [\.batch, \.channels, \.inputHeight, \.inputWidth]
    survives(GlobalAveragePool2DForward.self, planes, sizes) {
      [[$0.batch, $0.channels, $0.inputHeight, $0.inputWidth]]
    }
    survives(GlobalAveragePool2DBackward.self, planes, sizes) {
      [[$0.batch, $0.channels, $0.inputHeight, $0.inputWidth]]
    }
  }

  @Test("padding and upsampling", arguments: PaddingMode.allCases)
  func planes(mode: PaddingMode) {
    let padding = Pad2DShape(
      planes: 3, inputHeight: 20, inputWidth: 30, top: 1, bottom: 2, left: 3, right: 4, mode: mode)
    let sides: [WritableKeyPath<Pad2DShape, Int>] = [
      \.planes, \.inputHeight, \.inputWidth, \.top, \.bottom, \.left, \.right,
    ]
    func padded(_ shape: Pad2DShape) -> [[Int]] { [[shape.planes, shape.outputHeight, shape.outputWidth]] }
    survives(Pad2DForward.self, padding, sides, operands: padded)
    survives(Pad2DBackward.self, padding, sides, operands: padded)
    let base = UpsampleProblem(planes: 3, inputHeight: 20, inputWidth: 30, scaleHeight: 2, scaleWidth: 3)
    let parameters: [WritableKeyPath<UpsampleProblem, Int>] = [
      \.planes, \.inputHeight, \.inputWidth, \.scaleHeight, \.scaleWidth,
    ]
    func widened(_ problem: UpsampleProblem) -> [[Int]] {
      [[problem.planes, problem.inputHeight, problem.inputWidth, problem.scaleHeight, problem.scaleWidth]]
    }
    survives(UpsampleForward.self, base, parameters, operands: widened)
    survives(UpsampleBackward.self, base, parameters, operands: widened)
    let bilinear = BilinearProblem(
      planes: 3, inputHeight: 20, inputWidth: 30, outputHeight: 40, outputWidth: 60, alignCorners: mode == .reflect)
    let sizes: [WritableKeyPath<BilinearProblem, Int>] = [
      \.planes, \.inputHeight, \.inputWidth, \.outputHeight, \.outputWidth,
    ]
    func resampled(_ problem: BilinearProblem) -> [[Int]] {
      [
        [problem.planes, problem.inputHeight, problem.inputWidth],
        [problem.planes, problem.outputHeight, problem.outputWidth],
      ]
    }
    survives(BilinearUpsampleForward.self, bilinear, sizes, operands: resampled)
    survives(BilinearUpsampleBackward.self, bilinear, sizes, operands: resampled)
  }

  @Test("normalisation and functions along channels")
  func channels() {
    let batch = BatchNormProblem(batch: 2, channels: 3, plane: 40)
    let batchSizes: [WritableKeyPath<BatchNormProblem, Int>] = [\.batch, \.channels, \.plane]
    survives(BatchNormForward.self, batch, batchSizes) { [[$0.batch, $0.channels, $0.plane]] }
    survives(BatchNormBackward.self, batch, batchSizes) { [[$0.batch, $0.channels, $0.plane]] }
    survives(BatchNormInference.self, batch, batchSizes) { [[$0.batch, $0.channels, $0.plane]] }
    survives(BatchNormInferenceBackward.self, batch, batchSizes) { [[$0.batch, $0.channels, $0.plane]] }
    survives(Transposition.self, Transposition.Problem(batch: 2, rows: 3, columns: 40), [\.batch, \.rows, \.columns]) {
      [[$0.batch, $0.rows, $0.columns]]
    }
    let group = GroupNormProblem(batch: 2, groups: 2, channels: 3, plane: 4)
    let groupSizes: [WritableKeyPath<GroupNormProblem, Int>] = [\.batch, \.groups, \.channels, \.plane]
    survives(GroupNormForward.self, group, groupSizes) { [[$0.batch, $0.groups, $0.channels, $0.plane]] }
    survives(GroupNormBackward.self, group, groupSizes) { [[$0.batch, $0.groups, $0.channels, $0.plane]] }
    let channels = ChannelsProblem(batch: 2, channels: 3, plane: 40)
    let sizes: [WritableKeyPath<ChannelsProblem, Int>] = [\.batch, \.channels, \.plane]
    func operands(_ problem: ChannelsProblem) -> [[Int]] { [[problem.batch, problem.channels, problem.plane]] }
    survives(BiasForward.self, channels, sizes, operands: operands)
    survives(BiasBackward.self, channels, sizes, operands: operands)
    survives(PReLUForward.self, channels, sizes, operands: operands)
    survives(PReLUBackward.self, channels, sizes, operands: operands)
    survives(ChannelScaling.self, channels, sizes, operands: operands)
    survives(SoftmaxChannelsForward.self, channels, sizes, operands: operands)
    survives(SoftmaxChannelsBackward.self, channels, sizes, operands: operands)
    survives(LogSoftmaxChannelsForward.self, channels, sizes, operands: operands)
    survives(LogSoftmaxChannelsBackward.self, channels, sizes, operands: operands)
    survives(BatchAssembly.self, .init(batch: 2, channels: 3, plane: 40), [\.batch, \.channels, \.plane]) {
      [[$0.batch, $0.channels, $0.plane]]
    }
  }

  @Test("rows and losses")
  func rows() {
    let rows = RowsProblem(rows: 3, columns: 10)
    survives(SoftmaxForward.self, rows, [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(SoftmaxBackward.self, rows, [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(LogSoftmaxForward.self, rows, [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(LogSoftmaxBackward.self, rows, [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(RowArgmax.self, rows, [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(OneHot.self, .init(rows: 3, columns: 10), [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(NegativeLogLikelihoodOfLabels.self, .init(rows: 3, columns: 10), [\.rows, \.columns]) {
      [[$0.rows, $0.columns]]
    }
    survives(SoftmaxCrossEntropy.self, .init(rows: 3, columns: 10, gradientScale: 1), [\.rows, \.columns]) {
      [[$0.rows, $0.columns]]
    }
    survives(SoftmaxCrossEntropyOfLabels.self, .init(rows: 3, columns: 10), [\.rows, \.columns]) {
      [[$0.rows, $0.columns]]
    }
    survives(SoftmaxCrossEntropyOfProbabilities.self, .init(rows: 3, columns: 10), [\.rows, \.columns]) {
      [[$0.rows, $0.columns]]
    }
    let elements = ElementLossProblem(rows: 3, columns: 10)
    func operands(_ problem: ElementLossProblem) -> [[Int]] { [[problem.rows, problem.columns]] }
    survives(SquaredError.self, elements, [\.rows, \.columns], operands: operands)
    survives(AbsoluteError.self, elements, [\.rows, \.columns], operands: operands)
    survives(SmoothL1Error.self, elements, [\.rows, \.columns], operands: operands)
    survives(HuberError.self, elements, [\.rows, \.columns], operands: operands)
    survives(KullbackLeibler.self, elements, [\.rows, \.columns], operands: operands)
    survives(KullbackLeiblerOfLogarithms.self, elements, [\.rows, \.columns], operands: operands)
    survives(BinaryCrossEntropy.self, elements, [\.rows, \.columns], operands: operands)
    survives(SigmoidFocalLoss.self, elements, [\.rows, \.columns], operands: operands)
    survives(SoftmaxFocalLoss.self, .init(rows: 3, columns: 10), [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
  }

  @Test("element by element")
  func elements() {
    func count<Op: KernelOperation>(_ operation: Op.Type) where Op.Problem == ElementwiseProblem {
      survives(operation, .init(count: 5), [\.count], operands: { [[$0.count]] })
    }
    count(ReLUForward.self)
    count(ReLUBackward.self)
    count(ReLU6Forward.self)
    count(ReLU6Backward.self)
    count(ExpForward.self)
    count(SigmoidForward.self)
    count(SigmoidBackward.self)
    count(TanhForward.self)
    count(TanhBackward.self)
    count(SiLUForward.self)
    count(SiLUBackward.self)
    count(HardSwishForward.self)
    count(HardSwishBackward.self)
    count(SELUForward.self)
    count(SELUBackward.self)
    count(MishForward.self)
    count(MishBackward.self)
    count(HardSigmoidForward.self)
    count(HardSigmoidBackward.self)
    count(GELUForward.self)
    count(GELUBackward.self)
    count(GELUTanhForward.self)
    count(GELUTanhBackward.self)
    count(GradientNorm.self)
    count(GradientClip.self)
    count(GradientAccumulation.self)
    survives(LeakyReLUForward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(LeakyReLUBackward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(ELUForward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(ELUBackward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(SoftplusForward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(SoftplusBackward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(AddForward.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(MultiplyForward.self, .init(rows: 5, columns: 7), [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(MultiplyBackward.self, .init(rows: 5, columns: 7), [\.rows, \.columns]) { [[$0.rows, $0.columns]] }
    survives(DropoutForward.self, .init(count: 6, probability: 0.5), [\.count, \.sharing]) { [[$0.count]] }
    survives(SGDStep.self, .init(count: 5, momentum: 0.9), [\.count]) { [[$0.count]] }
    survives(AdamStep.self, .init(count: 5, amsgrad: true), [\.count]) { [[$0.count]] }
    survives(NAdamStep.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(RAdamStep.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(RMSpropStep.self, .init(count: 5, momentum: 0.9, centered: true), [\.count]) { [[$0.count]] }
    survives(AdagradStep.self, .init(count: 5), [\.count]) { [[$0.count]] }
    survives(WeightAverageStep.self, .init(count: 5, valuesFollow: true), [\.count]) { [[$0.count]] }
  }

  @Test("a number of threads outside 1 to 1024 is refused", arguments: [Int.min, -1, 0, 1025, 1 << 31, Int.max])
  func threads(count: Int) {
    #expect(throws: KernelError.self) { try Plan<ReLUForward>(.init(count: 5), threads: count) }
  }

  @Test("a product of sizes is bounded whichever of them is 0")
  func productOfSizes() throws {
    #expect(try product("x", 3, 4, 5) == 60)
    #expect(try product("x", 3, 0, 5) == 0)
    #expect(try product("x", mostAddressable) == mostAddressable)
    for sizes in [(0, Int.max), (Int.max, 0), (1 << 32, 1 << 32), (mostAddressable, 2)] {
      #expect(throws: KernelError.tooLarge(operation: "x")) { try product("x", sizes.0, sizes.1) }
    }
  }
}
