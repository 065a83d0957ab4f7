import Kernels
import TestSupport
import Testing

@Suite(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
struct AllocationTests {
  @Test("the counter sees an allocation, and none where there is none")
  func counter() {
    var workspace: Workspace?
    #expect(Allocations.onThread { workspace = Workspace(byteCount: 1 << 12) } >= 2)
    #expect(Allocations.inProcess { workspace = Workspace(byteCount: 1 << 13) } >= 2)
    #expect(workspace?.byteCount == 1 << 13)
    #expect(Allocations.onThread {} == 0)
  }

  @Test("a run allocates nothing: matrix products")
  func products() throws {
    let memory = Memory()
    for rows in [5, 130] {
      try memory.expectNone(
        GEMM.self, .init(rows: rows, columns: 70, depth: 90, transposeA: true, bias: .perRow, activation: .relu),
        .init(a: memory.inputs, b: memory.inputs, c: memory.outputs, bias: memory.inputs))
    }
  }

  @Test("a run allocates nothing: convolution")
  func convolution() throws {
    let memory = Memory()
    for (channels, kernel, groups) in [(3, 5, 1), (16, 3, 1), (12, 3, 12)] {
      let shape = Conv2DShape(
        batch: 2, inputChannels: channels, inputHeight: 16, inputWidth: 16, outputChannels: channels * 2,
        kernelHeight: kernel, kernelWidth: kernel, paddingHeight: 1, paddingWidth: 1, groups: groups)
      try memory.expectNone(
        Conv2DForward.self, .init(shape: shape, activation: .relu),
        .init(input: memory.inputs, weights: memory.inputs, bias: memory.inputs, output: memory.outputs))
      try memory.expectNone(
        Conv2DBackwardData.self, shape,
        .init(outputGradient: memory.inputs, weights: memory.inputs, inputGradient: memory.outputs))
      try memory.expectNone(
        Conv2DBackwardWeights.self, shape,
        .init(
          input: memory.inputs, outputGradient: memory.inputs, weightGradient: memory.outputs,
          biasGradient: memory.outputs + 30_000))
    }
  }

  @Test("a run allocates nothing: pooling")
  func pooling() throws {
    let memory = Memory()
    let indices = memory.labels
    for kernel in [2, 3] {
      let shape = Pool2DShape(
        batch: 8, channels: 6, inputHeight: 28, inputWidth: 28, kernelHeight: kernel, kernelWidth: kernel,
        strideHeight: 2, strideWidth: 2)
      try memory.expectNone(
        MaxPool2DForward.self, shape, .init(input: memory.inputs, output: memory.outputs, maxIndices: indices))
      try memory.expectNone(
        MaxPool2DBackward.self, shape,
        .init(outputGradient: memory.inputs, maxIndices: indices, inputGradient: memory.outputs))
      try memory.expectNone(AveragePool2DForward.self, shape, .init(input: memory.inputs, output: memory.outputs))
      try memory.expectNone(
        AveragePool2DBackward.self, shape, .init(outputGradient: memory.inputs, inputGradient: memory.outputs))
    }
    let adaptive = AdaptivePool2DShape(
      batch: 8, channels: 6, inputHeight: 28, inputWidth: 28, outputHeight: 5, outputWidth: 5)
    try memory.expectNone(
      AdaptiveAveragePool2DForward.self, adaptive, .init(input: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      AdaptiveAveragePool2DBackward.self, adaptive,
      .init(outputGradient: memory.inputs, inputGradient: memory.outputs))
    try memory.expectNone(
      AdaptiveMaxPool2DForward.self, adaptive,
      .init(input: memory.inputs, output: memory.outputs, indices: indices))
    try memory.expectNone(
      AdaptiveMaxPool2DBackward.self, adaptive,
      .init(outputGradient: memory.inputs, indices: indices, inputGradient: memory.outputs))
    let planes = GlobalPoolShape(batch: 8, channels: 6, inputHeight: 28, inputWidth: 28)
    try memory.expectNone(
      GlobalAveragePool2DForward.self, planes, .init(input: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      GlobalAveragePool2DBackward.self, planes, .init(outputGradient: memory.inputs, inputGradient: memory.outputs))
  }

  @Test("a run allocates nothing: activations and losses")
  func activations() throws {
    let memory = Memory()
    let problem = ElementwiseProblem(count: 40_000)
    let forward = ElementwiseOperands(input: memory.inputs, output: memory.outputs)
    try memory.expectNone(ReLUForward.self, problem, forward)
    try memory.expectNone(TanhForward.self, problem, forward)
    try memory.expectNone(SigmoidForward.self, problem, forward)
    try memory.expectNone(ExpForward.self, problem, forward)
    let backward = ElementwiseBackwardOperands(
      output: memory.inputs, outputGradient: memory.inputs, inputGradient: memory.outputs)
    try memory.expectNone(ReLUBackward.self, problem, backward)
    try memory.expectNone(TanhBackward.self, problem, backward)
    try memory.expectNone(SigmoidBackward.self, problem, backward)
    try memory.expectNone(GELUForward.self, problem, forward)
    try memory.expectNone(
      GELUBackward.self, problem,
      .init(input: memory.inputs, outputGradient: memory.inputs, inputGradient: memory.outputs))
    try memory.expectNone(
      DropoutForward.self, .init(count: 40_000, probability: 0.5),
      .init(input: memory.inputs, output: memory.outputs, key: 1))
    try memory.expectNone(
      AddForward.self, .init(count: 40_000, activation: .relu),
      .init(a: memory.inputs, b: memory.inputs, output: memory.outputs)
    )
    try memory.expectNone(
      SoftmaxCrossEntropy.self, .init(rows: 32, columns: 10, gradientScale: 1),
      .init(logits: memory.inputs, labels: memory.labels, losses: memory.outputs, logitGradients: memory.outputs + 1000)
    )
  }

  @Test("a run allocates nothing: losses")
  func losses() throws {
    let memory = Memory()
    for (rows, columns) in [(100, 10), (4, 2500)] {
      let elements = ElementLossProblem(rows: rows, columns: columns)
      let operands = ElementLossOperands(
        outputs: memory.inputs, targets: memory.inputs, rowLosses: memory.outputs, elementLosses: memory.outputs + 1000,
        gradients: memory.outputs + 20_000)
      try memory.expectNone(SquaredError.self, elements, operands)
      try memory.expectNone(AbsoluteError.self, elements, operands)
      try memory.expectNone(SmoothL1Error.self, elements, operands)
      try memory.expectNone(HuberError.self, elements, operands)
      try memory.expectNone(KullbackLeibler.self, elements, operands)
      try memory.expectNone(KullbackLeiblerOfLogarithms.self, elements, operands)
      try memory.expectNone(BinaryCrossEntropy.self, elements, operands)
      try memory.expectNone(SigmoidFocalLoss.self, elements, operands)
      try memory.expectNone(
        SoftmaxFocalLoss.self, .init(rows: rows, columns: columns),
        .init(
          logits: memory.inputs, labels: memory.labels, losses: memory.outputs, logitGradients: memory.outputs + 1000))
      let targets = CrossEntropyTargetsProblem(rows: rows, columns: columns, labelSmoothing: 0.1)
      try memory.expectNone(
        SoftmaxCrossEntropyOfLabels.self, targets,
        .init(
          logits: memory.inputs, targets: memory.labels, losses: memory.outputs, logitGradients: memory.outputs + 1000))
      try memory.expectNone(
        SoftmaxCrossEntropyOfProbabilities.self, targets,
        .init(
          logits: memory.inputs, targets: memory.inputs, losses: memory.outputs, logitGradients: memory.outputs + 1000))
      try memory.expectNone(
        NegativeLogLikelihoodOfLabels.self, .init(rows: rows, columns: columns),
        .init(
          outputs: memory.inputs, labels: memory.labels, losses: memory.outputs, gradients: memory.outputs + 1000))
      try memory.expectNone(
        OneHot.self, .init(rows: rows, columns: columns), .init(labels: memory.labels, output: memory.outputs))
      try memory.expectNone(
        RowArgmax.self, .init(rows: rows, columns: columns),
        .init(input: memory.inputs, output: memory.labels + 20_000))
    }
  }

  @Test("a run allocates nothing: softmax, bias and batches")
  func rows() throws {
    let memory = Memory()
    let rows = RowsProblem(rows: 32, columns: 37)
    try memory.expectNone(SoftmaxForward.self, rows, .init(input: memory.inputs, output: memory.outputs))
    try memory.expectNone(LogSoftmaxForward.self, rows, .init(input: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      SoftmaxBackward.self, rows,
      .init(output: memory.inputs, outputGradient: memory.inputs, inputGradient: memory.outputs))
    try memory.expectNone(
      LogSoftmaxBackward.self, rows,
      .init(output: memory.inputs, outputGradient: memory.inputs, inputGradient: memory.outputs))
    let channels = ChannelsProblem(batch: 8, channels: 6, plane: 100)
    try memory.expectNone(
      LogSoftmaxChannelsForward.self, channels, .init(input: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      LogSoftmaxChannelsBackward.self, channels,
      .init(output: memory.inputs, outputGradient: memory.inputs, inputGradient: memory.outputs))
    try memory.expectNone(
      BiasForward.self, channels, .init(input: memory.inputs, bias: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      BiasBackward.self, channels, .init(outputGradient: memory.inputs, biasGradient: memory.outputs))
    for channels in [channels, ChannelsProblem(batch: 8, channels: 1, plane: 1000)] {
      try memory.expectNone(
        PReLUForward.self, channels, .init(input: memory.inputs, weight: memory.inputs, output: memory.outputs))
      try memory.expectNone(
        PReLUBackward.self, channels,
        .init(
          input: memory.inputs, outputGradient: memory.inputs, weight: memory.inputs, inputGradient: memory.outputs,
          weightGradient: memory.outputs + 30_000))
    }
    let product = MultiplyProblem(rows: 48, columns: 100)
    try memory.expectNone(
      MultiplyForward.self, product, .init(a: memory.inputs, b: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      MultiplyBackward.self, product,
      .init(
        a: memory.inputs, b: memory.inputs, outputGradient: memory.inputs, aGradient: memory.outputs,
        bGradient: memory.outputs + 30_000))
    let images = UnsafeRawPointer(memory.inputs).assumingMemoryBound(to: UInt8.self)
    try memory.expectNone(
      BatchAssembly.self, .init(batch: 8, channels: 3, plane: 1024),
      .init(
        images: images, indices: memory.labels, scales: memory.inputs, offsets: memory.inputs, output: memory.outputs))
    try memory.expectNone(
      ChannelScaling.self, channels,
      .init(input: memory.inputs, scales: memory.inputs, offsets: memory.inputs, output: memory.outputs))
  }

  @Test("a run allocates nothing: normalisation and upsampling")
  func normalization() throws {
    let memory = Memory()
    let (input, output) = (memory.inputs, memory.outputs)
    let (statistics, running) = (output + 30_000, output + 31_000)
    for plane in [1, 4, 100] {
      let batch = BatchNormProblem(batch: 8, channels: 6, plane: plane, relu: true)
      try memory.expectNone(
        BatchNormForward.self, batch,
        .init(
          input: input, weight: input, bias: input, output: output, statistics: statistics, runningMean: running,
          runningVariance: running + 6))
      try memory.expectNone(
        BatchNormBackward.self, batch,
        .init(
          input: input, outputGradient: input, weight: input, bias: input, statistics: statistics,
          inputGradient: output, weightGradient: running, biasGradient: running + 6))
      try memory.expectNone(
        BatchNormInference.self, batch,
        .init(input: input, runningMean: input, runningVariance: input, output: output))
      try memory.expectNone(
        BatchNormInferenceBackward.self, batch,
        .init(
          input: input, outputGradient: input, weight: input, bias: input, runningMean: input, runningVariance: input,
          inputGradient: output, weightGradient: running, biasGradient: running + 6))
      let groups = GroupNormProblem(batch: 8, groups: 2, channels: 3, plane: plane, relu: true)
      try memory.expectNone(
        GroupNormForward.self, groups,
        .init(input: input, weight: input, bias: input, output: output, statistics: statistics))
      try memory.expectNone(
        GroupNormBackward.self, groups,
        .init(
          input: input, outputGradient: input, weight: input, bias: input, statistics: statistics,
          inputGradient: output, weightGradient: running, biasGradient: running + 6))
    }
    try memory.expectNone(
      Transposition.self, Transposition.Problem(batch: 8, rows: 6, columns: 100), .init(input: input, output: output))
    let upsample = UpsampleProblem(planes: 48, inputHeight: 10, inputWidth: 10, scaleHeight: 2, scaleWidth: 2)
    try memory.expectNone(UpsampleForward.self, upsample, .init(input: input, output: output))
    try memory.expectNone(UpsampleBackward.self, upsample, .init(outputGradient: input, inputGradient: output))
    let bilinear = BilinearProblem(
      planes: 48, inputHeight: 10, inputWidth: 10, outputHeight: 20, outputWidth: 20, alignCorners: false)
    try memory.expectNone(BilinearUpsampleForward.self, bilinear, .init(input: input, output: output))
    try memory.expectNone(
      BilinearUpsampleBackward.self, bilinear, .init(outputGradient: input, inputGradient: output))
  }

  @Test("a run allocates nothing: optimisers")
  func optimizers() throws {
    let memory = Memory()
    let count = 10_000
    try memory.expectNone(
      SGDStep.self, .init(count: count, momentum: 0.9, weightDecay: 0.1),
      .init(
        parameters: memory.outputs, gradients: memory.inputs, velocity: memory.outputs + count, learningRate: 0.1,
        isFirst: true))
    try memory.expectNone(
      AdamStep.self, .init(count: count),
      .init(
        parameters: memory.outputs, gradients: memory.inputs, firstMoments: memory.outputs + count,
        secondMoments: memory.outputs + 2 * count, learningRate: 0.1, step: 1))
    try memory.expectNone(
      NAdamStep.self, .init(count: count),
      .init(
        parameters: memory.outputs, gradients: memory.inputs, firstMoments: memory.outputs + count,
        secondMoments: memory.outputs + 2 * count, learningRate: 0.1, step: 1, momentumProduct: 0.5))
    try memory.expectNone(
      RAdamStep.self, .init(count: count),
      .init(
        parameters: memory.outputs, gradients: memory.inputs, firstMoments: memory.outputs + count,
        secondMoments: memory.outputs + 2 * count, learningRate: 0.1, step: 10))
    try memory.expectNone(
      RMSpropStep.self, .init(count: count, momentum: 0.9, centered: true),
      .init(
        parameters: memory.outputs, gradients: memory.inputs, squares: memory.outputs + count,
        velocity: memory.outputs + 2 * count, means: memory.outputs + 3 * count, learningRate: 0.1))
    try memory.expectNone(
      AdagradStep.self, .init(count: count),
      .init(parameters: memory.outputs, gradients: memory.inputs, sums: memory.outputs + count, learningRate: 0.1))
  }

  @Test("a run allocates nothing: gradients and averages of weights")
  func gradients() throws {
    let memory = Memory()
    let problem = ElementwiseProblem(count: 10_000)
    try memory.expectNone(GradientNorm.self, problem, .init(values: memory.inputs, norm: memory.outputs))
    try memory.expectNone(GradientClip.self, problem, .init(values: memory.outputs, scale: 0.5, limit: 1))
    try memory.expectNone(
      GradientAccumulation.self, problem,
      .init(accumulated: UnsafePointer(memory.outputs), gradients: memory.inputs, sum: memory.outputs))
    try memory.expectNone(
      WeightAverageStep.self, .init(count: 10_000),
      .init(averages: memory.outputs, values: memory.inputs, fraction: 0.1))
  }

  /// Memory for the operands, all zeros: 40,000 inputs, 40,000 outputs, 40,000 labels.
  final class Memory {
    private let floatMemory = GuardedBuffer<Float>(repeating: 0, count: 80_000)
    private let integerMemory = GuardedBuffer<Int32>(repeating: 0, count: 40_000)
    var inputs: UnsafeMutablePointer<Float> { floatMemory.pointer }
    var outputs: UnsafeMutablePointer<Float> { floatMemory.pointer + 40_000 }
    var labels: UnsafeMutablePointer<Int32> { integerMemory.pointer }

    /// Expects that no kernel of the table allocates once it is planned and has run. A reference may: it is there to be
    /// read.
    func expectNone<Op: KernelOperation>(_ operation: Op.Type, _ problem: Op.Problem, _ operands: Op.Operands) throws {
      for kernel in Op.kernels where InstructionSet.available.contains(kernel.level) {
        guard !kernel.isReference, kernel.accepts(problem) else { continue }
        for threads in [1, 2] {
          let plan = try sharing {
            try Plan<Op>(problem, level: kernel.level, threads: threads, kernel: kernel.name)
          }
          let workspace = Workspace(byteCount: plan.workspaceByteCount)
          try plan.run(operands, workspace: workspace)
          let count = try Allocations.onThread { for _ in 0..<3 { try plan.run(operands, workspace: workspace) } }
          #expect(count == 0, "\(Op.name) \(Op.pass) \(kernel.name), \(threads) threads: \(count) in 3 runs")
        }
      }
    }
  }
}
