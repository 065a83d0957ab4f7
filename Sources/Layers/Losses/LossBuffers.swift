import Kernels

/// The memory of a loss: labels in, losses and predictions out.
final class LossBuffers {
  let labels: UnsafeMutablePointer<Int32>
  let predictions: UnsafeMutablePointer<Int32>
  private var losses: FloatStorage
  private(set) var workspace: Workspace

  init(capacity: Int, workspaceByteCount: Int) {
    labels = .allocate(capacity: capacity)
    labels.initialize(repeating: 0, count: capacity)
    predictions = .allocate(capacity: capacity)
    // No class, as long as the loss predicts none.
    predictions.initialize(repeating: -1, count: capacity)
    losses = FloatStorage(repeating: 0, count: capacity)
    workspace = Workspace(byteCount: workspaceByteCount)
  }

  deinit {
    labels.deallocate()
    predictions.deallocate()
  }

  /// Makes room for so many losses, and the workspace at least this large.
  func reserve(workspaceByteCount: Int, lossCount: Int = 0) {
    if workspaceByteCount > workspace.byteCount { workspace = Workspace(byteCount: workspaceByteCount) }
    if lossCount > losses.count { losses = FloatStorage(repeating: 0, count: lossCount) }
  }

  /// - Parameter targets: nil for ``labels``.
  func memory(
    output: UnsafePointer<Float>, targets: LossTargets? = nil, gradient: UnsafeMutablePointer<Float>?
  ) -> LossMemory {
    LossMemory(
      output: output, targets: targets ?? .labels(UnsafePointer(labels)), losses: losses.pointer,
      outputGradient: gradient, predictions: predictions, workspace: workspace.base)
  }

  /// The sum of the losses of `count` images, each times its image's weight; an image of weight 0 counts for nothing, even
  /// where its loss is not finite.
  func weightedSum(_ weights: UnsafePointer<Float>, count: Int, lossCount: Int) -> Double {
    let each = lossCount / max(count, 1)
    var total = 0.0
    for i in 0..<count where weights[i] != 0 {
      total += Double(weights[i]) * sum(losses.pointer + i * each, count: each)
    }
    return total
  }

  /// The loss of a batch of `count` images, and how many predictions are right.
  ///
  /// - Parameters:
  ///   - pixels: of each image that has a label.
  ///   - ignoredLabel: where it stands, no prediction is right or wrong.
  func total(_ loss: LossTotal, count: Int, pixels: Int, ignoredLabel: Int?) -> BatchTotal {
    var total = BatchTotal()
    // Batches count by their images in an epoch's mean.
    total.loss = loss.divisor == Double(count) ? loss.sum : loss.value * Double(count)
    let ignored = ignoredLabel.flatMap { Int32(exactly: $0) }
    for i in 0..<count * pixels {
      if labels[i] == ignored {
        total.ignored += 1
      } else if predictions[i] == labels[i] {
        total.correct += 1
      }
    }
    return total
  }
}

/// Sums over the images of a batch.
struct BatchTotal {
  var loss = 0.0
  var correct = 0
  /// Labels that count for nothing.
  var ignored = 0
}
