import Kernels

/// What is minimised: a function of a network's scores and the images' classes, described.
public protocol Loss: Sendable {
  /// The loss's name in messages and summaries.
  var name: String { get }
  /// Plans the loss's kernels.
  func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss
}

/// What a loss plans for.
public struct LossProblem: Sendable {
  /// The number of images of a run.
  public var batchSize: Int
  /// The number of scores of an image.
  public var classes: Int
  public var level: InstructionSet?
  public var threads: Int

  public init(batchSize: Int, classes: Int, level: InstructionSet? = nil, threads: Int = 1) {
    self.batchSize = batchSize
    self.classes = classes
    self.level = level
    self.threads = threads
  }
}

/// A loss that is ready to run any number of times. A run allocates nothing.
public protocol PlannedLoss: AnyObject, Sendable {
  /// Bytes of scratch memory that a run needs.
  var workspaceByteCount: Int { get }
  func run(_ memory: LossMemory)
}

/// The memory of a run of a loss.
public struct LossMemory {
  /// The network's output: a row of scores for each image.
  public var scores: UnsafePointer<Float>
  /// The class of each image.
  public var labels: UnsafePointer<Int32>
  /// The loss of each image.
  public var losses: UnsafeMutablePointer<Float>
  /// The gradient of the mean of the losses by the scores; nil where it is not needed.
  public var scoreGradients: UnsafeMutablePointer<Float>?
  /// The class with the highest score of each image; nil where it is not needed.
  public var predictions: UnsafeMutablePointer<Int32>?
  public var workspace: UnsafeMutableRawPointer

  public init(
    scores: UnsafePointer<Float>, labels: UnsafePointer<Int32>, losses: UnsafeMutablePointer<Float>,
    scoreGradients: UnsafeMutablePointer<Float>?, predictions: UnsafeMutablePointer<Int32>?,
    workspace: UnsafeMutableRawPointer
  ) {
    self.scores = scores
    self.labels = labels
    self.losses = losses
    self.scoreGradients = scoreGradients
    self.predictions = predictions
    self.workspace = workspace
  }
}

/// A loss of a batch, and its gradient.
public struct LossResult: Sendable, Equatable {
  /// The mean over the images.
  public let loss: Float
  /// The gradient of ``loss`` by the scores.
  public let gradient: Tensor
  /// The class with the highest score of each image, the first of equals.
  public let predictions: [Int]
}

extension Loss {
  /// The loss of scores `[batch, classes]`, its gradient and the predictions, without a ``Trainer``.
  public func evaluate(
    _ scores: Tensor, labels: [Int], level: InstructionSet? = nil, threads: Int = 1
  ) throws(LayerError) -> LossResult {
    guard scores.shape.rank == 2, scores.shape[0] == labels.count else {
      throw .invalidValue(
        layer: name, name: "the scores' shape", value: "\(scores.shape)", expected: "[\(labels.count), classes]")
    }
    let classes = scores.shape[1]
    if let label = labels.first(where: { !(0..<classes ~= $0) }) {
      throw .invalidValue(layer: name, name: "label", value: "\(label)", expected: "0 to \(classes - 1)")
    }
    let planned = try plan(
      LossProblem(batchSize: labels.count, classes: classes, level: level, threads: threads))
    let gradient = FloatStorage(uninitialized: scores.count)
    let buffers = LossBuffers(capacity: labels.count, workspaceByteCount: planned.workspaceByteCount)
    for (i, label) in labels.enumerated() { buffers.labels[i] = Int32(truncatingIfNeeded: label) }
    scores.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      planned.run(buffers.memory(scores: base, gradients: gradient.pointer))
    }
    let total = buffers.total(count: labels.count)
    return LossResult(
      loss: Float(total.loss / Double(max(labels.count, 1))),
      gradient: Tensor(shape: scores.shape, storage: gradient),
      predictions: labels.indices.map { Int(buffers.predictions[$0]) })
  }
}
