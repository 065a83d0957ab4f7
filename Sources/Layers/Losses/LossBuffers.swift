import Kernels

/// The memory of a loss: labels, losses, predictions and workspace.
final class LossBuffers {
  let labels: UnsafeMutablePointer<Int32>
  let predictions: UnsafeMutablePointer<Int32>
  private var losses: FloatStorage
  private(set) var workspace: Workspace

  init(capacity: Int, workspaceByteCount: Int) {
    labels = .allocate(capacity: capacity)
    labels.initialize(repeating: 0, count: capacity)
    predictions = .allocate(capacity: capacity)
    // −1 is no class: a loss without predictions never writes them.
    predictions.initialize(repeating: -1, count: capacity)
    losses = FloatStorage(repeating: 0, count: capacity)
    workspace = Workspace(byteCount: workspaceByteCount)
  }

  deinit {
    labels.deallocate()
    predictions.deallocate()
  }

  /// Ensures capacity for `lossCount` losses and a workspace of `workspaceByteCount` bytes.
  func reserve(workspaceByteCount: Int, lossCount: Int = 0) {
    if workspaceByteCount > workspace.byteCount { workspace = Workspace(byteCount: workspaceByteCount) }
    if lossCount > losses.count { losses = FloatStorage(repeating: 0, count: lossCount) }
  }

  /// - Parameter targets: the targets; nil for ``labels``.
  func memory(
    output: UnsafePointer<Float>, targets: LossTargets? = nil, gradient: UnsafeMutablePointer<Float>?
  ) -> LossMemory {
    LossMemory(
      output: output, targets: targets ?? .labels(UnsafePointer(labels)), losses: losses.pointer,
      outputGradient: gradient, predictions: predictions, workspace: workspace.base)
  }

  /// The weighted sum of the losses of `count` images. Images of weight 0 are skipped, since their loss may not be
  /// finite.
  func weightedSum(_ weights: UnsafePointer<Float>, count: Int, lossCount: Int) -> Double {
    let each = lossCount / max(count, 1)
    var total = 0.0
    for i in 0..<count where weights[i] != 0 {
      total += Double(weights[i]) * sum(losses.pointer + i * each, count: each)
    }
    return total
  }

  /// The loss of a batch of `count` images, and its numbers of correct predictions and ignored labels.
  ///
  /// - Parameters:
  ///   - pixels: the number of labels of each image.
  ///   - ignoredLabel: a label whose predictions are not counted; nil for none.
  ///   - isSum: whether the batch's loss is the sum of the images' losses, and not a mean.
  func total(_ loss: LossTotal, count: Int, pixels: Int, ignoredLabel: Int?, isSum: Bool) -> BatchTotal {
    var total = BatchTotal()
    // The batch's loss times its number of images: an epoch's mean weights batches by their images.
    total.loss = isSum || loss.divisor == Double(count) ? loss.sum : loss.value * Double(count)
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
  /// The number of ignored labels.
  var ignored = 0
}
