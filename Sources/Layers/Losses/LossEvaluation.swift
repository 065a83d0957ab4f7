import Kernels

/// The loss of a batch and its gradient.
public struct LossResult: Sendable, Equatable {
  /// The batch's loss after the loss's reduction; the sum for ``LossReduction/unreduced``.
  public let loss: Float
  /// The gradient of ``loss`` with respect to the output, of the output's shape.
  public let gradient: Tensor
  /// The undivided loss of each image, `[batch]`, or of each pixel, `[batch, height, width]`; for an elementwise loss
  /// with ``LossReduction/unreduced``, of each output.
  public let losses: Tensor
  /// The class with the highest score of each image, or of each pixel, the first of equal ones; empty if outputs are
  /// not scores of classes.
  public let predictions: [Int]
}

extension Loss {
  /// The loss for scores `[batch, classes]` and label targets, its gradient and the predictions, without a ``Trainer``.
  /// A loss that ``acceptsPixels`` also takes scores `[batch, classes, height, width]` with the pixels' labels,
  /// `[batch, height, width]` in row-major order.
  public func evaluate(
    _ scores: Tensor, labels: [Int], level: InstructionSet? = nil, threads: Int = 1
  ) throws(LossError) -> LossResult {
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
    return try labels.withUnsafeBufferPointer { (labels) throws(LossError) in
      // An empty batch has no address; any non-null one serves.
      let base = labels.baseAddress ?? UnsafePointer(bitPattern: 64).unsafelyUnwrapped
      return try evaluate(scores, .labels(base), .labels, weights: nil, level: level, threads: threads)
    }
  }

  /// The loss for an output `[batch] + shape` and target values of the same shape, and its gradient, without a
  /// ``Trainer``.
  ///
  /// - Parameters:
  ///   - output: the network's output.
  ///   - targets: the target of each output.
  ///   - weights: a weight for each output, for losses that accept weights; nil for none.
  ///   - level: the instruction-set level; nil for the best.
  ///   - threads: the number of threads that share the work.
  public func evaluate(
    _ output: Tensor, targets: Tensor, weights: Tensor? = nil, level: InstructionSet? = nil, threads: Int = 1
  ) throws(LossError) -> LossResult {
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
    return try targets.withUnsafeBufferPointer { (targets) throws(LossError) in
      try evaluate(
        output, .values(targets.baseAddress.unsafelyUnwrapped), .values, weights: weights, level: level,
        threads: threads)
    }
  }

  private func evaluate(
    _ output: Tensor, _ targets: LossTargets, _ kind: TargetKind, weights: Tensor?, level: InstructionSet?,
    threads: Int
  ) throws(LossError) -> LossResult {
    let batch = output.shape[0]
    let shape = output.shape.element
    let planned = try plan(
      LossProblem(batchSize: batch, outputShape: shape, targets: kind, level: level, threads: threads))
    let gradient = FloatStorage(uninitialized: output.count)
    let losses = FloatStorage(uninitialized: planned.lossCount)
    let workspace = Workspace(byteCount: planned.workspaceByteCount)
    // One row for each image, or for each pixel that has scores.
    let rowShape = acceptsPixels ? Shape([batch] + shape.dimensions.dropFirst()) : [batch]
    // A loss without predictions leaves −1.
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
