import KernelsISA

/// The division of the weight gradient's sum over the batch into segments of consecutive images: one thread sums a
/// segment in order, and the segments are then summed in order. It depends on the problem alone, so the bits do not
/// depend on the threads.
struct BatchSegments: Sendable {
  let batch: Int
  let count: Int
  /// Images that are never divided between segments.
  let granule: Int

  /// - Parameter partCount: elements of one segment's partial gradient; there are no more segments than fit into 2 MB.
  init(batch: Int, partCount: Int, granule: Int = 1) {
    self.batch = batch
    self.granule = granule
    count = max(min(8, batch / (2 * granule), (512 << 10) / max(partCount, 1)), 1)
  }

  func images(_ segment: Int) -> Range<Int> {
    Parallel.range(segment, of: count, items: batch, granule: granule)
  }
}

/// Segments, partial gradients, their sum, and the bias gradient: what the weight-gradient kernels have in common.
struct SegmentedReduction: Sendable {
  let shape: Conv2DShape
  let segments: BatchSegments
  let parts: Int
  /// Items of a segment that threads divide among them: groups, or groups × parts of channels or taps.
  let itemsPerSegment: Int
  let threadByteCount: Int
  let sumParts: LevelFunction<SumPartsArguments>
  let bias: PreparedKernel<BiasBackward.Operands>

  init(
    shape: Conv2DShape, level: InstructionSet, segments: BatchSegments, parts: Int, itemsPerSegment: Int,
    threadByteCount: Int
  ) {
    self.shape = shape
    self.segments = segments
    // A part without an item would only cost its synchronisation.
    self.parts = min(parts, segments.count * itemsPerSegment)
    self.itemsPerSegment = itemsPerSegment
    self.threadByteCount = threadByteCount
    sumParts = Levels.convSum[level]
    let kernels = BiasBackward.kernels
    let kernel = kernels.first { $0.level == level } ?? kernels[kernels.count - 1]
    bias = kernel.prepare(
      .init(batch: shape.batch, channels: shape.outputChannels, plane: shape.outputPlane), parts)
  }

  private var partialByteCount: Int { segments.count == 1 ? 0 : cacheLines(shape.weightCount * 4) }
  var workspaceByteCount: Int {
    max(segments.count * partialByteCount + parts * threadByteCount, bias.workspaceByteCount)
  }

  /// Calls `body` for every item of every segment with the partial gradient that it adds to and the thread's workspace,
  /// then sums the segments.
  func run(
    _ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer,
    _ body: (_ images: Range<Int>, _ item: Int, _ target: UnsafeMutablePointer<Float>, UnsafeMutableRawPointer) -> Void
  ) {
    let partials = workspace.assumingMemoryBound(to: Float.self)
    let threadWorkspaces = workspace + segments.count * partialByteCount
    let stride = partialByteCount / 4
    Parallel.run(parts: parts) { part in
      for item in Parallel.range(part, of: parts, items: segments.count * itemsPerSegment) {
        let segment = item / itemsPerSegment
        body(
          segments.images(segment), item % itemsPerSegment,
          segments.count == 1 ? operands.weightGradient : partials + segment * stride,
          threadWorkspaces + part * threadByteCount)
      }
    }
    if segments.count > 1 {
      var arguments = SumPartsArguments(
        parts: partials, target: operands.weightGradient, count: shape.weightCount, partCount: segments.count,
        partStride: stride)
      sumParts(&arguments)
    }
    if let biasGradient = operands.biasGradient {
      bias.body(.init(outputGradient: operands.outputGradient, biasGradient: biasGradient), workspace)
    }
  }

  /// Stores the gradients of a batch without images.
  static func clear(_ shape: Conv2DShape, _ operands: Conv2DBackwardWeights.Operands) {
    operands.weightGradient.update(repeating: 0, count: shape.weightCount)
    operands.biasGradient?.update(repeating: 0, count: shape.outputChannels)
  }
}
