import Kernels

/// A model planned for a batch size: it owns every buffer, so that a pass allocates nothing.
///
/// Write images to ``input``, call ``forward(count:)``, read ``output``; for training, write the loss's gradient to
/// ``outputGradient`` and call ``backward(count:)``, which writes the model's gradients. The methods that take tensors
/// do the same, with copies.
///
/// The buffers are valid as long as the plan exists. Tensors are copies.
///
/// A run may have fewer images than ``batchSize``, such as the last batch of an epoch. Each number of images is planned
/// at its first run, or by ``prepare(count:)``.
public final class ModelPlan {
  /// The model, whose parameters the plan shares.
  public let model: Model
  /// The largest number of images in a run.
  public let batchSize: Int
  /// The passes that the plan is made for.
  public let mode: PlanMode
  /// The number of threads that share the work of a kernel.
  public let threads: Int
  /// The requested instruction-set level; nil for the best.
  public let level: InstructionSet?

  /// Memory for ``batchSize`` input images, one after another.
  public let input: UnsafeMutableBufferPointer<Float>
  /// The output of the last forward pass, image after image.
  public let output: UnsafeMutableBufferPointer<Float>
  /// The gradient of the loss with respect to ``output``: set it before a backward pass, which may overwrite it. Empty
  /// for inference.
  public let outputGradient: UnsafeMutableBufferPointer<Float>
  /// The gradient of the loss with respect to ``input``, written by backward passes. Empty if it was not requested.
  public let inputGradient: UnsafeMutableBufferPointer<Float>

  private let problem: LayerProblem
  private let buffers: [FloatStorage]
  private let parameterPointers: ParameterPointers
  private let gradientPointers: ParameterPointers
  private var variants: [Variant] = []
  private var saved = Workspace(byteCount: 0)
  private var workspace = Workspace(byteCount: 0)
  /// The number of images of the last forward pass, whose saved memory a backward pass reads; nil before the first.
  private var forwardCount: Int?
  /// ``Model/freezeCount`` at the time of planning.
  private var freezeCount: Int

  /// The network planned for one number of images.
  private struct Variant {
    let count: Int
    let network: (any PlannedLayer)?
  }

  init(_ model: Model, _ problem: LayerProblem) throws(LayerError) {
    guard 1...ModelPlan.largestBatch ~= problem.batchSize else {
      throw .invalidValue(
        layer: model.network.kind, name: "batchSize", value: "\(problem.batchSize)",
        expected: "1 to \(ModelPlan.largestBatch)")
    }
    self.model = model
    self.problem = problem
    batchSize = problem.batchSize
    mode = problem.mode
    threads = problem.threads
    level = problem.level

    let inputCount = problem.batchSize * model.inputShape.count
    let outputCount = problem.batchSize * model.outputShape.count
    var buffers: [FloatStorage] = []
    func buffer(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
      let storage = FloatStorage(zeros: count)
      buffers.append(storage)
      return UnsafeMutableBufferPointer(start: storage.pointer, count: count)
    }
    let trains = problem.mode == .training
    let floatsPerImage = model.floatsPerImage(training: trains)
    let (floats, overflow) = floatsPerImage.multipliedReportingOverflow(by: problem.batchSize)
    guard !overflow, FloatStorage.fits(floats) else {
      throw .invalidValue(
        layer: model.network.kind, name: "batchSize", value: "\(problem.batchSize)",
        expected: "fewer: the system has no memory for so many images of \(floatsPerImage) values")
    }
    input = buffer(inputCount)
    output = buffer(outputCount)
    outputGradient = buffer(trains ? outputCount : 0)
    inputGradient = buffer(trains && problem.needsInputGradient ? inputCount : 0)
    self.buffers = buffers
    freezeCount = model.freezeCount
    parameterPointers = ParameterPointers(model.values.pointers)
    gradientPointers = ParameterPointers(trains ? model.gradients.pointers : model.values.pointers)
    try prepare(count: problem.batchSize)
  }

  private static let largestBatch = 1 << 24

  /// Plans runs of `count` images in advance, so that the first one allocates nothing, too.
  public func prepare(count: Int) throws(LayerError) {
    _ = try variant(count)
  }

  /// The rows of the kernels' tables that run the passes of the network's convolutions, in the order of its layers: each
  /// layer's forward pass, and in training its input gradient and weight gradient where they are computed.
  public var convolutionKernels: [String] { variants.first?.network?.convolutionKernels ?? [] }

  /// Discards plans made for other frozen parameters.
  private func followFreezing() {
    guard mode == .training, model.freezeCount != freezeCount else { return }
    freezeCount = model.freezeCount
    variants = []
    forwardCount = nil
  }

  private func variant(_ count: Int) throws(LayerError) -> Variant {
    followFreezing()
    for variant in variants where variant.count == count { return variant }
    guard 0...batchSize ~= count else {
      throw .invalidValue(
        layer: model.network.kind, name: "the number of images", value: "\(count)", expected: "0 to \(batchSize)")
    }
    var problem = problem
    problem.batchSize = count
    if count != batchSize { problem.profile = nil }
    problem.profile?.steps = []
    problem.sharedPlans = SharedPlans()
    if mode == .training { problem.freeze(model.frozenParameters, of: model.parameters) }
    let variant = Variant(count: count, network: try model.network.plan(problem))
    variants.append(variant)
    if let network = variant.network {
      if network.savedByteCount > saved.byteCount {
        saved = Workspace(byteCount: network.savedByteCount)
        forwardCount = nil
      }
      if network.workspaceByteCount > workspace.byteCount {
        workspace = Workspace(byteCount: network.workspaceByteCount)
      }
    }
    return variant
  }

  /// Computes ``output`` from the first `count` images of ``input``; by default from all.
  public func forward(count: Int? = nil) throws(LayerError) {
    let count = count ?? batchSize
    let network = try variant(count).network
    forwardCount = count
    guard let network else {
      output.baseAddress?.update(from: input.baseAddress.unsafelyUnwrapped, count: count * model.outputShape.count)
      return
    }
    network.forward(
      ForwardMemory(
        input: input.baseAddress.unsafelyUnwrapped, output: output.baseAddress.unsafelyUnwrapped,
        parameters: parameterPointers, saved: saved.base, workspace: workspace.base,
        random: mode == .training ? model.nextPassKey() : 0))
  }

  /// Computes the model's gradients, and ``inputGradient`` if it was requested, from ``outputGradient``. It must follow
  /// a forward pass with the same number of images.
  /// - Throws: ``LayerError`` if the last forward pass had a different number of images, or there was none since
  ///   parameters were frozen or unfrozen.
  public func backward(count: Int? = nil) throws(LayerError) {
    let count = count ?? batchSize
    guard mode == .training else {
      throw .invalidValue(layer: model.network.kind, name: "mode", value: "\(mode)", expected: "training")
    }
    followFreezing()
    guard count == forwardCount else {
      throw .invalidValue(
        layer: model.network.kind, name: "the number of images of a backward pass", value: "\(count)",
        expected: forwardCount.map { "that of the forward pass, \($0)" } ?? "a forward pass before it")
    }
    guard let network = try variant(count).network else {
      guard !inputGradient.isEmpty else { return }
      inputGradient.baseAddress?.update(
        from: outputGradient.baseAddress.unsafelyUnwrapped, count: count * model.inputShape.count)
      return
    }
    network.backward(
      BackwardMemory(
        input: UnsafePointer(input.baseAddress.unsafelyUnwrapped),
        output: UnsafePointer(output.baseAddress.unsafelyUnwrapped),
        outputGradient: outputGradient.baseAddress.unsafelyUnwrapped,
        inputGradient: inputGradient.isEmpty ? nil : inputGradient.baseAddress, parameters: parameterPointers,
        parameterGradients: gradientPointers, saved: saved.base, workspace: workspace.base))
  }

  /// The output, `[count] + outputShape`, for images of shape `[count] + inputShape`.
  public func forward(_ images: Tensor) throws(LayerError) -> Tensor {
    let count = try count(of: images, each: model.inputShape, "the images' shape")
    images.withUnsafeBufferPointer { source in _ = input.update(from: source) }
    try forward(count: count)
    return tensor(output, count, model.outputShape)
  }

  /// Computes the model's gradients from the gradient of the loss with respect to the last forward pass's output;
  /// returns the input's gradient if it was requested.
  @discardableResult
  public func backward(_ gradient: Tensor) throws(LayerError) -> Tensor? {
    let count = try count(of: gradient, each: model.outputShape, "the output gradient's shape")
    guard mode == .training else {
      throw .invalidValue(layer: model.network.kind, name: "mode", value: "\(mode)", expected: "training")
    }
    gradient.withUnsafeBufferPointer { source in _ = outputGradient.update(from: source) }
    try backward(count: count)
    return problem.needsInputGradient ? tensor(inputGradient, count, model.inputShape) : nil
  }

  private func count(of tensor: Tensor, each shape: Shape, _ subject: String) throws(LayerError) -> Int {
    guard tensor.shape.rank == shape.rank + 1, tensor.shape.element == shape, tensor.shape[0] <= batchSize else {
      throw .invalidValue(
        layer: model.network.kind, name: subject, value: "\(tensor.shape)",
        expected: "\(shape.batched(batchSize)) or fewer in front")
    }
    return tensor.shape[0]
  }

  private func tensor(_ buffer: UnsafeMutableBufferPointer<Float>, _ count: Int, _ shape: Shape) -> Tensor {
    Tensor(
      shape: shape.batched(count),
      storage: FloatStorage(copying: buffer.baseAddress.unsafelyUnwrapped, count: count * shape.count))
  }
}
