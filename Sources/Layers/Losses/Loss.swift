import Kernels

/// The description of a loss: a function of a network's outputs and targets that training minimises.
public protocol Loss: Sendable {
  /// The loss's name in messages and summaries.
  var name: String { get }
  /// How a batch's losses become one number.
  var reduction: LossReduction { get }
  /// Whether targets may be labels, the images' classes.
  var acceptsLabels: Bool { get }
  /// Whether outputs may be `[classes, height, width]`, scores for each pixel; each pixel then has its own label, loss
  /// and prediction.
  var acceptsPixels: Bool { get }
  /// Whether targets may be values, one for each output, such as images or class probabilities.
  var acceptsValues: Bool { get }
  /// Whether the elements of a batch may have individual weights.
  var acceptsElementWeights: Bool { get }
  /// The label of images or pixels that are excluded from loss and accuracy; nil if every label is a class.
  var ignoredLabel: Int? { get }
  /// Plans the loss's kernels.
  func plan(_ problem: LossProblem) throws(LossError) -> any PlannedLoss
}

extension Loss {
  public var reduction: LossReduction { .mean }
  public var acceptsLabels: Bool { true }
  public var acceptsPixels: Bool { false }
  public var acceptsValues: Bool { false }
  public var acceptsElementWeights: Bool { false }
  public var ignoredLabel: Int? { nil }
}

/// How a batch's losses become one number, whose gradient is computed.
public enum LossReduction: String, Sendable, CaseIterable {
  /// The mean; for weighted losses, the same as PyTorch's `mean` of that loss.
  case mean
  /// The sum.
  case sum
  /// No reduction: the losses are kept separately. The batch's number, and the gradient, are those of the sum.
  case unreduced = "none"
  /// The sum divided by the number of images.
  case batchMean
}

/// The kind of a batch's targets.
public enum TargetKind: Sendable, Hashable {
  /// A class for each image, or for each pixel.
  case labels
  /// A value for each output.
  case values
}

/// The problem that a loss plans: batch size, output shape, targets, level and threads.
public struct LossProblem: Sendable {
  /// The number of images in a run.
  public var batchSize: Int
  /// The network's output for one image: `[classes]`, `[classes, height, width]`, or any other shape.
  public var outputShape: Shape
  /// The kind of targets.
  public var targets: TargetKind
  /// The instruction-set level; nil for the best.
  public var level: InstructionSet?
  /// The number of threads that share the work.
  public var threads: Int

  /// Everything that the plan or the run depends on.
  public init(
    batchSize: Int, outputShape: Shape, targets: TargetKind = .labels, level: InstructionSet? = nil, threads: Int = 1
  ) {
    self.batchSize = batchSize
    self.outputShape = outputShape
    self.targets = targets
    self.level = level
    self.threads = threads
  }

  /// A problem with label targets and outputs of shape `[classCount]`.
  public init(batchSize: Int, classCount: Int, level: InstructionSet? = nil, threads: Int = 1) {
    self.init(batchSize: batchSize, outputShape: [classCount], level: level, threads: threads)
  }

  /// The number of classes if outputs are scores: the first dimension of ``outputShape``.
  public var classCount: Int { outputShape.dimensions.first ?? 1 }
  /// The number of pixels with separate scores: the product of ``outputShape``'s other dimensions.
  public var pixels: Int { outputShape.element.count }
}

/// A loss that is ready to run any number of times. A run allocates nothing.
public protocol PlannedLoss: AnyObject, Sendable {
  /// The bytes of scratch memory that a run needs.
  var workspaceByteCount: Int { get }
  /// The number of losses that a run writes: one for each image or pixel, or for an elementwise loss with
  /// ``LossReduction/unreduced``, one for each output.
  var lossCount: Int { get }
  /// Computes the losses and, if requested, the gradient.
  @discardableResult
  func run(_ memory: LossMemory) -> LossTotal
}

/// The loss of a batch, as a sum and its divisor.
public struct LossTotal: Sendable, Equatable {
  /// The sum of the losses, in order.
  public var sum: Double
  /// The reduction's divisor. It is 0, and the mean NaN, if every image is ignored.
  public var divisor: Double

  /// A sum and its divisor.
  public init(sum: Double, divisor: Double) {
    self.sum = sum
    self.divisor = divisor
  }

  /// The batch's loss after division.
  public var value: Double { sum / divisor }
}

/// The targets of a batch.
public enum LossTargets {
  /// The class of each image, or of each pixel of each image: 0 ..< classes, or the label that the loss ignores.
  case labels(UnsafePointer<Int32>)
  /// A value for each output.
  case values(UnsafePointer<Float>)
}

/// The memory of a run of a loss.
public struct LossMemory {
  /// The network's output, image after image.
  public var output: UnsafePointer<Float>
  /// The targets, of the planned ``LossProblem/targets`` kind.
  public var targets: LossTargets
  /// A weight for each output, for losses that accept weights; nil where all are 1.
  public var weights: UnsafePointer<Float>?
  /// Receives ``PlannedLoss/lossCount`` losses: of each image or pixel, or of each output.
  public var losses: UnsafeMutablePointer<Float>
  /// Receives the gradient of the batch's loss with respect to the output; nil where it is not needed.
  public var outputGradient: UnsafeMutablePointer<Float>?
  /// Receives the class with the highest score of each image or pixel; nil where it is not needed. Only losses of
  /// classes write it.
  public var predictions: UnsafeMutablePointer<Int32>?
  /// ``PlannedLoss/workspaceByteCount`` bytes of scratch memory.
  public var workspace: UnsafeMutableRawPointer

  /// Everything that the plan or the run depends on.
  public init(
    output: UnsafePointer<Float>, targets: LossTargets, weights: UnsafePointer<Float>? = nil,
    losses: UnsafeMutablePointer<Float>, outputGradient: UnsafeMutablePointer<Float>?,
    predictions: UnsafeMutablePointer<Int32>? = nil, workspace: UnsafeMutableRawPointer
  ) {
    self.output = output
    self.targets = targets
    self.weights = weights
    self.losses = losses
    self.outputGradient = outputGradient
    self.predictions = predictions
    self.workspace = workspace
  }
}

extension Loss {
  /// The error for an option or argument of the loss that is not valid.
  func invalid(_ name: String, _ value: some Any, expected: String) -> LossError {
    .invalidValue(loss: self.name, name: name, value: "\(value)", expected: expected)
  }

  /// Checks that the loss accepts the problem's targets, and for labels that the outputs are scores of classes.
  func check(_ problem: LossProblem) throws(LossError) {
    switch problem.targets {
    case .labels:
      guard acceptsLabels else { throw invalid("targets", "labels", expected: "values") }
      guard problem.outputShape.rank == 1 || (acceptsPixels && problem.outputShape.rank > 1),
        problem.outputShape.count >= 1
      else {
        throw invalid(
          "the network's output shape", problem.outputShape,
          expected: acceptsPixels
            ? "[classes] or [classes, height, width], each at least 1"
            : "[classes], at least 1; put a Flatten behind it")
      }
    case .values:
      guard acceptsValues else { throw invalid("targets", "values", expected: "labels") }
      guard problem.outputShape.count >= 1 else {
        throw invalid("the network's output shape", problem.outputShape, expected: "at least one output")
      }
    }
  }

  /// Plans a kernel; rethrows its error as this loss's.
  func kernel<Op: KernelOperation>(
    _ operation: Op.Type, _ kernel: Op.Problem, for problem: LossProblem
  ) throws(LossError) -> Plan<Op> {
    do {
      return try Plan<Op>(kernel, level: problem.level, threads: problem.threads)
    } catch {
      throw .kernel(loss: name, error)
    }
  }

  /// Class weights in memory, checked; nil for none.
  func storage(ofClassWeights weights: [Float]?, _ problem: LossProblem) throws(LossError) -> FloatStorage? {
    guard let weights else { return nil }
    guard weights.count == problem.classCount else {
      throw invalid("the number of class weights", weights.count, expected: "\(problem.classCount), the classes")
    }
    return FloatStorage(weights)
  }
}

extension FloatStorage {
  convenience init(_ values: [Float]) {
    self.init(uninitialized: values.count)
    _ = UnsafeMutableBufferPointer(start: pointer, count: values.count).initialize(from: values)
  }
}
