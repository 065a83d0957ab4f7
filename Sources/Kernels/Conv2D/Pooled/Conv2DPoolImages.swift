import ISA

/// Some images of a batch at a time: their convolution's outputs, or the gradients of those, lie in scratch memory that
/// stays in the second-level cache, and are pooled or made from there. The whole batch's are never in memory.
private struct PooledImages: Sendable {
  let problem: Conv2DPoolProblem
  /// Images that are computed at once; the last ones may be fewer.
  let images: Int
  let chunks: Int

  /// Bytes of the convolution's outputs that images are taken together for: half of a second-level cache of 1 MB.
  private static let byteCount = 512 << 10

  /// - Parameter parts: the least number of chunks, if there are as many images.
  init(_ problem: Conv2DPoolProblem, parts: Int) {
    self.problem = problem
    let shape = problem.shape
    let perImage = max(shape.outputChannels * shape.outputPlane * 4, 1)
    let fitting = Self.byteCount / perImage
    // The kernels that hold images in vectors take 16.
    let images = fitting >= 16 ? fitting / 16 * 16 : max(fitting, 1)
    let fair = (shape.batch + parts - 1) / parts
    self.images = max(min(images, fair > 16 ? (fair + 15) / 16 * 16 : fair), 1)
    chunks = (shape.batch + self.images - 1) / self.images
  }

  /// The convolution of a chunk, or of the last if that is shorter.
  func shape(isLast: Bool) -> Conv2DShape {
    var shape = problem.shape
    shape.batch = isLast && chunks > 0 ? problem.shape.batch - (chunks - 1) * images : images
    return shape
  }

  func count(_ chunk: Int) -> Int { min(images, problem.shape.batch - chunk * images) }

  func geometry(_ chunk: Int) -> PoolGeometry {
    let shape = problem.shape
    return Pool2DShape(
      batch: count(chunk), channels: shape.outputChannels, inputHeight: shape.outputHeight,
      inputWidth: shape.outputWidth, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2
    ).geometry
  }

  /// Elements of an image.
  var imageInputs: Int { problem.shape.inputChannels * problem.shape.inputPlane }
  var imageOutputs: Int { problem.shape.outputChannels * problem.outputHeight * problem.outputWidth }

  /// Bytes of a chunk of the convolution's outputs, and of the places of its winners.
  var outputsByteCount: Int { cacheLines(images * problem.shape.outputChannels * problem.shape.outputPlane * 4) }
  var placesByteCount: Int { cacheLines(images * imageOutputs * 4) }

  /// The best kernel of an operation for a chunk, and for the last, on one thread.
  func prepare<Op: KernelOperation>(
    _ operation: Op.Type, _ level: InstructionSet, _ machine: Machine, _ problem: (Conv2DShape) -> Op.Problem
  ) -> (whole: PreparedKernel<Op.Operands>, last: PreparedKernel<Op.Operands>) {
    (
      prepareBest(operation, problem(shape(isLast: false)), level, machine),
      prepareBest(operation, problem(shape(isLast: true)), level, machine)
    )
  }
}

/// What a plan for one thread would run at a level.
private func prepareBest<Op: KernelOperation>(
  _ operation: Op.Type, _ problem: Op.Problem, _ level: InstructionSet, _ machine: Machine
) -> PreparedKernel<Op.Operands> {
  let best = Op.cheapest(of: { $0.level == level && !$0.isReference }, for: problem, machine)
  return (best ?? Op.kernels[Op.kernels.count - 1]).prepare(problem, 1, machine: machine)
}

extension Conv2DPoolProblem {
  /// Whether an image's outputs fit a thread's workspace.
  fileprivate var fitsImage: Bool { shape.outputChannels * shape.outputPlane <= 256 << 10 }
}

/// A row of the forward pass's table.
func conv2DPoolForwardKernel(_ level: InstructionSet) -> Kernel<Conv2DPoolForward> {
  Kernel(
    algorithm: "images", level: level, cost: { problem, _ in problem.fitsImage ? 0 : nil },
    prepareForMachine: { problem, machine, threads in
      let parts = problem.shape.parts(threads: threads)
      let images = PooledImages(problem, parts: parts)
      let plans = images.prepare(Conv2DForward.self, level, machine) {
        .init(shape: $0, activation: problem.relu ? .relu : nil)
      }
      let (pool, pack) = (maxPoolTwoByTwoForward[level], poolChoicesPack[level])
      let planByteCount = cacheLines(max(plans.whole.workspaceByteCount, plans.last.workspaceByteCount))
      let ownByteCount = images.outputsByteCount + images.placesByteCount + planByteCount
      return PreparedKernel(workspaceByteCount: parts * ownByteCount) { operands, workspace in
        Parallel.run(parts: parts) { part in
          let outputs = (workspace + part * ownByteCount).assumingMemoryBound(to: Float.self)
          let memory = workspace + part * ownByteCount + images.outputsByteCount
          let places = memory.assumingMemoryBound(to: Int32.self)
          for chunk in Parallel.range(part, of: parts, items: images.chunks) {
            let first = chunk * images.images
            let plan = chunk == images.chunks - 1 ? plans.last : plans.whole
            plan.body(
              .init(
                input: operands.input + first * images.imageInputs, weights: operands.weights, bias: operands.bias,
                output: outputs), memory + images.placesByteCount)
            let output = operands.output + first * images.imageOutputs
            var pooling = MaxPoolForwardArguments(
              geometry: images.geometry(chunk), input: outputs, output: output,
              positions: operands.choices == nil ? nil : places, scratch: outputs)
            pool(&pooling)
            if let choices = operands.choices {
              var packing = PoolChoicesArguments(
                values: output, places: places, choices: choices + first * images.imageOutputs,
                count: images.count(chunk) * images.imageOutputs, relu: problem.relu ? 1 : 0)
              pack(&packing)
            }
          }
        }
      }
    })
}

/// A row of the backward pass's table.
func conv2DPoolBackwardKernel(_ level: InstructionSet) -> Kernel<Conv2DPoolBackward> {
  Kernel(
    algorithm: "images", level: level,
    // Partial gradients of more weights would not fit the workspace; a convolution that large is not worth fusing.
    cost: { problem, _ in problem.fitsImage && problem.shape.weightCount <= 64 << 10 ? 0 : nil },
    prepareForMachine: { problem, machine, threads in
      let backward = PooledBackward(problem, level, machine, threads: threads)
      return PreparedKernel(workspaceByteCount: backward.workspaceByteCount) { backward.run($0, $1) }
    })
}

private struct PooledBackward: Sendable {
  let images: PooledImages
  let weights:
    (whole: PreparedKernel<Conv2DBackwardWeights.Operands>, last: PreparedKernel<Conv2DBackwardWeights.Operands>)
  let data: (whole: PreparedKernel<Conv2DBackwardData.Operands>, last: PreparedKernel<Conv2DBackwardData.Operands>)
  let unpool: LevelFunction<MaxPoolBackwardArguments>
  let unpack: LevelFunction<PoolChoicesArguments>
  let sum: LevelFunction<ConvSumArguments>
  /// Runs of chunks, each summed in order by one thread, then all in order.
  let segments: Int
  let parts: Int

  init(_ problem: Conv2DPoolProblem, _ level: InstructionSet, _ machine: Machine, threads: Int) {
    // The sums' order is not to depend on the threads: two parts, or more where there are more chunks.
    images = PooledImages(problem, parts: 2)
    weights = images.prepare(Conv2DBackwardWeights.self, level, machine) { $0 }
    data = images.prepare(Conv2DBackwardData.self, level, machine) { $0 }
    unpool = maxPoolTwoByTwoBackward[level]
    unpack = poolChoicesUnpack[level]
    sum = convSum[level]
    segments = max(min(images.chunks, 8, Self.sumCount / max(problem.shape.weightCount, 1)), 1)
    parts = min(problem.shape.parts(threads: threads), segments)
  }

  private var shape: Conv2DShape { images.problem.shape }
  /// Weights of all segments together: with a chunk's gradient beside each, 1.5 MB.
  private static let sumCount = 192 << 10
  /// A gradient of the weights and one of the bias.
  private var weightsByteCount: Int { cacheLines(shape.weightCount * 4) }
  private var gradientByteCount: Int { weightsByteCount + cacheLines(shape.outputChannels * 4) }
  private var planByteCount: Int {
    cacheLines(
      max(
        weights.whole.workspaceByteCount, weights.last.workspaceByteCount, data.whole.workspaceByteCount,
        data.last.workspaceByteCount))
  }
  private var ownByteCount: Int { images.outputsByteCount + images.placesByteCount + planByteCount }
  /// A segment has its sum, and a chunk's gradient that is added to it.
  var workspaceByteCount: Int { 2 * segments * gradientByteCount + parts * ownByteCount }

  func run(_ operands: Conv2DPoolBackward.Operands, _ workspace: UnsafeMutableRawPointer) {
    if shape.batch == 0 {
      operands.weightGradient.update(repeating: 0, count: shape.weightCount)
      operands.biasGradient?.update(repeating: 0, count: shape.outputChannels)
      return
    }
    Parallel.run(parts: parts) { part in
      let own = workspace + 2 * segments * gradientByteCount + part * ownByteCount
      for segment in Parallel.range(part, of: parts, items: segments) {
        let chunks = Parallel.range(segment, of: segments, items: images.chunks)
        let total = workspace + 2 * segment * gradientByteCount
        for chunk in chunks {
          let isFirst = chunk == chunks.lowerBound
          run(chunk, operands, into: isFirst ? total : total + gradientByteCount, own)
          if !isFirst { add(total, count: 2, stride: gradientByteCount, total, gradientByteCount / 4) }
        }
      }
    }
    let stride = 2 * gradientByteCount
    add(workspace, count: segments, stride: stride, operands.weightGradient, shape.weightCount)
    if let biasGradient = operands.biasGradient {
      add(workspace + weightsByteCount, count: segments, stride: stride, biasGradient, shape.outputChannels)
    }
  }

  /// Makes the convolution's output gradients of some images, and from those the gradients that are wanted.
  private func run(
    _ chunk: Int, _ operands: Conv2DPoolBackward.Operands, into gradient: UnsafeMutableRawPointer,
    _ own: UnsafeMutableRawPointer
  ) {
    let outputs = own.assumingMemoryBound(to: Float.self)
    let places = (own + images.outputsByteCount).assumingMemoryBound(to: Int32.self)
    let scratch = own + images.outputsByteCount + images.placesByteCount
    let first = chunk * images.images
    var packing = PoolChoicesArguments(
      values: operands.outputGradient, places: places,
      choices: UnsafeMutablePointer(mutating: operands.choices) + first * images.imageOutputs,
      count: images.count(chunk) * images.imageOutputs, relu: 0)
    unpack(&packing)
    var pooling = MaxPoolBackwardArguments(
      geometry: images.geometry(chunk), outputGradient: operands.outputGradient + first * images.imageOutputs,
      positions: places, inputGradient: outputs)
    unpool(&pooling)
    let isLast = chunk == images.chunks - 1
    (isLast ? weights.last : weights.whole).body(
      .init(
        input: operands.input + first * images.imageInputs, outputGradient: outputs,
        weightGradient: gradient.assumingMemoryBound(to: Float.self),
        biasGradient: operands.biasGradient == nil
          ? nil : (gradient + weightsByteCount).assumingMemoryBound(to: Float.self)), scratch)
    if let inputGradient = operands.inputGradient {
      (isLast ? data.last : data.whole).body(
        .init(
          outputGradient: outputs, weights: operands.weights,
          inputGradient: inputGradient + first * images.imageInputs), scratch)
    }
  }

  private func add(
    _ parts: UnsafeMutableRawPointer, count: Int, stride: Int, _ target: UnsafeMutableRawPointer, _ elements: Int
  ) {
    var arguments = ConvSumArguments(
      parts: parts.assumingMemoryBound(to: Float.self), target: target.assumingMemoryBound(to: Float.self),
      count: elements, partCount: count, partStride: stride / 4)
    sum(&arguments)
  }
}
