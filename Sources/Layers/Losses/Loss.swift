import Kernels

/// What is minimised: a function of a network's outputs and of what they should be, described.
public protocol Loss: Sendable {
  /// The loss's name in messages and summaries.
  var name: String { get }
  /// How the losses of a batch become one number.
  var reduction: LossReduction { get }
  /// Whether targets may be the images' classes.
  var acceptsLabels: Bool { get }
  /// Whether an output of several dimensions, `[classes, height, width]`, is taken for the scores of the classes of each
  /// pixel, which then has a label, a loss and a prediction of its own.
  var acceptsPixels: Bool { get }
  /// Whether targets may be values, as many as the network has outputs: images, probabilities of classes.
  var acceptsValues: Bool { get }
  /// Whether the elements of a batch may be weighted one by one.
  var acceptsElementWeights: Bool { get }
  /// The label of images, or pixels, that count for nothing, neither in the loss nor in an accuracy; nil where every label is a class.
  var ignoredLabel: Int? { get }
  /// Plans the loss's kernels.
  func plan(_ problem: LossProblem) throws(LayerError) -> any PlannedLoss
}

extension Loss {
  public var reduction: LossReduction { .mean }
  public var acceptsLabels: Bool { true }
  public var acceptsPixels: Bool { false }
  public var acceptsValues: Bool { false }
  public var acceptsElementWeights: Bool { false }
  public var ignoredLabel: Int? { nil }
}

/// How the losses of a batch become one number, and what the gradient is that of.
public enum LossReduction: String, Sendable, CaseIterable {
  /// The mean; of weighted losses what PyTorch calls the mean of that loss.
  case mean
  /// The sum.
  case sum
  /// They do not: each has its place. The gradient, and the number that stands for the batch, are those of the sum.
  case unreduced = "none"
  /// The sum divided by the number of images.
  case batchMean
}

/// What a batch's targets are.
public enum TargetKind: Sendable, Hashable {
  /// A class for each image, or for each pixel.
  case labels
  /// A value for each output.
  case values
}

/// What a loss plans for.
public struct LossProblem: Sendable {
  /// The number of images of a run.
  public var batchSize: Int
  /// The network's output for one image: `[classes]`, `[classes, height, width]`, or any other shape.
  public var outputShape: Shape
  public var targets: TargetKind
  public var level: InstructionSet?
  public var threads: Int

  public init(
    batchSize: Int, outputShape: Shape, targets: TargetKind = .labels, level: InstructionSet? = nil, threads: Int = 1
  ) {
    self.batchSize = batchSize
    self.outputShape = outputShape
    self.targets = targets
    self.level = level
    self.threads = threads
  }

  public init(batchSize: Int, classes: Int, level: InstructionSet? = nil, threads: Int = 1) {
    self.init(batchSize: batchSize, outputShape: [classes], level: level, threads: threads)
  }

  /// The number of classes where outputs are scores: the first dimension.
  public var classes: Int { outputShape.dimensions.first ?? 1 }
  /// The pixels of an image, each with scores of its own: what the other dimensions multiply to.
  public var pixels: Int { outputShape.element.count }
}

/// A loss that is ready to run any number of times. A run allocates nothing.
public protocol PlannedLoss: AnyObject, Sendable {
  /// Bytes of scratch memory that a run needs.
  var workspaceByteCount: Int { get }
  /// How many losses a run writes: one an image or pixel, or one an output where those of elements are not reduced.
  var lossCount: Int { get }
  /// Computes the losses and, where it is asked for, their gradient.
  @discardableResult
  func run(_ memory: LossMemory) -> LossTotal
}

/// The loss of a batch, before it is divided.
public struct LossTotal: Sendable, Equatable {
  /// The sum of the losses, in their order.
  public var sum: Double
  /// What the reduction divides by. It is 0, and the mean NaN, where every image is ignored.
  public var divisor: Double

  public init(sum: Double, divisor: Double) {
    self.sum = sum
    self.divisor = divisor
  }

  /// The batch's loss.
  public var value: Double { sum / divisor }
}

/// What the outputs of a batch should be.
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
  /// Of the kind that was planned for.
  public var targets: LossTargets
  /// A weight for each output, for losses that accept them; nil where all are 1.
  public var weights: UnsafePointer<Float>?
  /// The loss of each image or pixel, or of each output where those are not reduced: ``PlannedLoss/lossCount`` of them.
  public var losses: UnsafeMutablePointer<Float>
  /// The gradient of the batch's loss by the output; nil where it is not needed.
  public var outputGradient: UnsafeMutablePointer<Float>?
  /// The class with the highest score of each image or pixel; nil where it is not needed. Only losses of classes write it.
  public var predictions: UnsafeMutablePointer<Int32>?
  public var workspace: UnsafeMutableRawPointer

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
  /// The error that an option, or something handed to the loss, has no valid value.
  func invalid(_ name: String, _ value: some Any, expected: String) -> LayerError {
    .invalidValue(layer: self.name, name: name, value: "\(value)", expected: expected)
  }

  /// Checks that the problem has targets that the loss accepts, and for labels an output of classes.
  func check(_ problem: LossProblem) throws(LayerError) {
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

  /// A kernel's plan, or the kernel's error as the loss's.
  func kernel<Op: KernelOperation>(
    _ operation: Op.Type, _ kernel: Op.Problem, for problem: LossProblem
  ) throws(LayerError) -> Plan<Op> {
    do {
      return try Plan<Op>(kernel, level: problem.level, threads: problem.threads)
    } catch {
      throw .kernel(layer: name, error)
    }
  }

  /// The planned problem's class weights in memory; nil where there are none.
  func storage(ofClassWeights weights: [Float]?, _ problem: LossProblem) throws(LayerError) -> FloatStorage? {
    guard let weights else { return nil }
    guard weights.count == problem.classes else {
      throw invalid("the number of class weights", weights.count, expected: "\(problem.classes), the classes")
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
