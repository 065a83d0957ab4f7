import Kernels

/// The memory of a loss: labels in, losses and predictions out.
final class LossBuffers {
  let labels: UnsafeMutablePointer<Int32>
  let predictions: UnsafeMutablePointer<Int32>
  private let losses: UnsafeMutablePointer<Float>
  private(set) var workspace: Workspace

  init(capacity: Int, workspaceByteCount: Int) {
    labels = .allocate(capacity: capacity)
    labels.initialize(repeating: 0, count: capacity)
    predictions = .allocate(capacity: capacity)
    predictions.initialize(repeating: 0, count: capacity)
    losses = .allocate(capacity: capacity)
    losses.initialize(repeating: 0, count: capacity)
    workspace = Workspace(byteCount: workspaceByteCount)
  }

  deinit {
    labels.deallocate()
    predictions.deallocate()
    losses.deallocate()
  }

  /// Makes the workspace at least this large.
  func reserve(workspaceByteCount: Int) {
    if workspaceByteCount > workspace.byteCount { workspace = Workspace(byteCount: workspaceByteCount) }
  }

  func memory(scores: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?) -> LossMemory {
    LossMemory(
      scores: scores, labels: UnsafePointer(labels), losses: losses, scoreGradients: gradients,
      predictions: predictions, workspace: workspace.base)
  }

  /// The sum of the first `count` losses, in order, and how many predictions are right.
  func total(count: Int) -> BatchTotal {
    var total = BatchTotal()
    for i in 0..<count {
      total.loss += Double(losses[i])
      if predictions[i] == labels[i] { total.correct += 1 }
    }
    return total
  }
}

/// Sums over the images of a batch.
struct BatchTotal {
  var loss = 0.0
  var correct = 0
}
