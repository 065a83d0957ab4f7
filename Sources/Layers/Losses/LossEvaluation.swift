import Kernels

/// A loss of a batch, and its gradient.
public struct LossResult: Sendable, Equatable {
  /// The batch's loss, as the loss's reduction says; the sum where it does not reduce.
  public let loss: Float
  /// The gradient of ``loss`` by the output.
  public let gradient: Tensor
  /// The loss of each image, `[batch]`, or of each pixel, `[batch, height, width]`, not divided; of each output where those
  /// are not reduced.
  public let losses: Tensor
  /// The class with the highest score of each image, or of each pixel of each image, the first of equals; empty where
  /// outputs are no classes.
  public let predictions: [Int]
}

extension Loss {
  /// The loss of scores `[batch, classes]` against the images' classes, its gradient and the predictions, without a
  /// ``Trainer``; or, of a loss that ``acceptsPixels``, of scores `[batch, classes, height, width]` against the pixels'
  /// classes, `[batch, height, width]` in row-major order.
  public func evaluate(
    _ scores: Tensor, labels: [Int], level: InstructionSet? = nil, threads: Int = 1
  ) throws(LayerError) -> LossResult {
    let rank = scores.shape.rank
    guard rank == 2 || (rank > 2 && acceptsPixels) else {
      throw invalid(
        "the scores' shape", scores.shape,
        expected: "[batch, classes]" + (acceptsPixels ? " or [batch, classes, height, width]" : ""))
    }
    let labelShape = Shape([scores.shape[0]] + scores.shape.dimensions.dropFirst(2))
    guard labels.count == labelShape.count else {
      throw invalid(
        "the number of labels", labels.count, expected: "\(labelShape.count), one for each of \(labelShape)")
    }
    let classes = scores.shape[1]
    if let label = labels.first(where: { !(0..<classes ~= $0 || $0 == ignoredLabel) }) {
      throw invalid("label", label, expected: "0 to \(classes - 1)")
    }
    let labels = labels.map { Int32(truncatingIfNeeded: $0) }
    return try labels.withUnsafeBufferPointer { (labels) throws(LayerError) in
      // No labels have no address, and none is needed.
      let base = labels.baseAddress ?? UnsafePointer(bitPattern: 64).unsafelyUnwrapped
      return try evaluate(scores, .labels(base), .labels, weights: nil, level: level, threads: threads)
    }
  }

  /// The loss of a network's output `[batch] + shape` against values of the same shape, and its gradient, without a
  /// ``Trainer``.
  ///
  /// - Parameters:
  ///   - output: what the network computed.
  ///   - targets: what it should be.
  ///   - weights: of each output, of the same shape; for losses that accept them.
  ///   - level: the instruction-set level; nil for the best.
  ///   - threads: how many threads share the work.
  public func evaluate(
    _ output: Tensor, targets: Tensor, weights: Tensor? = nil, level: InstructionSet? = nil, threads: Int = 1
  ) throws(LayerError) -> LossResult {
    guard output.shape.rank >= 2 else {
      throw invalid("the output's shape", output.shape, expected: "a batch, [images] and then an image's output")
    }
    guard targets.shape == output.shape else {
      throw invalid("the targets' shape", targets.shape, expected: "\(output.shape), the output's")
    }
    guard weights == nil || acceptsElementWeights else {
      throw invalid("weights", "given", expected: "none: this loss does not weight the elements of a batch")
    }
    guard weights == nil || weights?.shape == output.shape else {
      throw invalid("the weights' shape", weights?.shape ?? [], expected: "\(output.shape), the output's")
    }
    return try targets.withUnsafeBufferPointer { (targets) throws(LayerError) in
      try evaluate(
        output, .values(targets.baseAddress.unsafelyUnwrapped), .values, weights: weights, level: level,
        threads: threads)
    }
  }

  private func evaluate(
    _ output: Tensor, _ targets: LossTargets, _ kind: TargetKind, weights: Tensor?, level: InstructionSet?,
    threads: Int
  ) throws(LayerError) -> LossResult {
    let batch = output.shape[0]
    let shape = output.shape.element
    let planned = try plan(
      LossProblem(batchSize: batch, outputShape: shape, targets: kind, level: level, threads: threads))
    let gradient = FloatStorage(uninitialized: output.count)
    let losses = FloatStorage(uninitialized: planned.lossCount)
    let workspace = Workspace(byteCount: planned.workspaceByteCount)
    // One a pixel where outputs are the scores of pixels.
    let rowShape = acceptsPixels ? Shape([batch] + shape.dimensions.dropFirst()) : [batch]
    // A loss of values writes no predictions: then they stay -1.
    var predictions = [Int32](repeating: -1, count: max(rowShape.count, 1))
    let total = predictions.withUnsafeMutableBufferPointer { predictions in
      output.withUnsafeBufferPointer { output in
        planned.run(
          LossMemory(
            output: output.baseAddress.unsafelyUnwrapped, targets: targets, weights: weights?.storage.pointer,
            losses: losses.pointer, outputGradient: gradient.pointer, predictions: predictions.baseAddress,
            workspace: workspace.base))
      }
    }
    withExtendedLifetime((workspace, weights)) {}
    let isPredicted = rowShape.count > 0 && predictions[0] >= 0
    return LossResult(
      loss: Float(total.value), gradient: Tensor(shape: output.shape, storage: gradient),
      losses: Tensor(shape: planned.lossCount == rowShape.count ? rowShape : output.shape, storage: losses),
      predictions: isPredicted ? predictions.map(Int.init) : [])
  }
}
