import Kernels

/// A network with parameters, for one input shape.
///
///     let model = try Model(network, inputShape: [3, 32, 32], seed: 1)
///     let plan = try model.plan(batchSize: 32, mode: .inference)
///     let scores = try plan.forward(images)
///
/// The parameters are initialised from the seed and shared by all plans of the model. Use a model from one thread at a
/// time, with one exception: existing inference plans may run concurrently, each on one thread, while no one changes
/// the parameters.
public final class Model {
  /// The network's description.
  public let network: any Layer
  /// The shape of one image.
  public let inputShape: Shape
  /// The shape of the output for one image.
  public let outputShape: Shape
  /// The names, shapes and initialisations of parameters and buffers, in the network's order.
  public let parameters: [ParameterDescription]
  /// The arithmetic that convolutions may use in plans that are made from now on, but for layers that say it themselves.
  public var precision = Precision.fast
  /// The seed of the initial values, and of the random numbers of layers such as dropout.
  public internal(set) var seed: UInt64
  /// The description from which the network was made, if it is a model of the ``ModelCatalogue``; checkpoints store it.
  public internal(set) var modelDescription: ModelDescription?
  /// The number of training forward passes so far; each draws different random numbers.
  public var trainingPasses: UInt64 = 0
  /// The layers in the order in which they run, for summaries.
  public let layers: [LayerSummary]
  /// The multiply-adds of a forward pass of one image.
  public let multiplyAddsPerImage: Int
  /// The floating-point operations of a training step for each image, in convolutions and linear layers, a multiply-add
  /// counting as two: the forward pass, the weight gradients, and the input gradients of all layers but the first one
  /// with weights.
  public let trainingFLOPsPerImage: Int

  let values: ParameterBlock
  private(set) lazy var gradients = ParameterBlock(parameters, ofGradients: true)
  /// For each of ``parameters``, whether ``freeze(_:)-(String...)`` has frozen it.
  private(set) var frozenParameters: [Bool]
  /// The number of changes of ``frozenParameters``. Plans made at another number are planned again.
  private(set) var freezeCount = 0
  private let indices: [String: Int]

  /// Checks that the network accepts the input shape, and initialises the parameters.
  ///
  /// The generator is ``SplitMix64``; values are drawn in the order of ``parameters``, each in row-major order.
  public convenience init(_ network: any Layer, inputShape: Shape, seed: UInt64 = 0) throws(LayerError) {
    try self.init(network, inputShape: inputShape, seed: seed, drawsParameters: true)
  }

  /// - Parameter drawsParameters: whether parameters are initialised; if not, they are zeros, to be loaded next.
  init(_ network: any Layer, inputShape: Shape, seed: UInt64, drawsParameters: Bool) throws(LayerError) {
    guard inputShape.dimensions.allSatisfy({ $0 >= 1 }), inputShape.count <= Int(Int32.max) else {
      throw .inputShape(
        layer: network.kind, given: inputShape, expected: "dimensions of at least 1, and at most \(Int32.max) elements")
    }
    self.network = network
    self.inputShape = inputShape
    self.seed = seed
    outputShape = try network.outputShape(for: inputShape)
    let parameters = try network.parameters(for: inputShape)
    self.parameters = parameters
    frozenParameters = [Bool](repeating: false, count: parameters.count)
    let summary = try network.summary(for: inputShape)
    layers = summary.layers
    multiplyAddsPerImage = summary.multiplyAddsPerImage
    trainingFLOPsPerImage = summary.trainingFLOPsPerImage
    var indices: [String: Int] = [:]
    for (i, parameter) in parameters.enumerated() where indices.updateValue(i, forKey: parameter.name) != nil {
      throw .duplicateParameter(name: parameter.name)
    }
    self.indices = indices

    let parameterCount = parameters.reduce(0) { $0 + $1.shape.count }
    guard FloatStorage.fits(parameterCount) else {
      throw .invalidValue(
        layer: network.kind, name: "the number of parameters", value: "\(parameterCount)",
        expected: "fewer, the system has no memory for them")
    }
    values = ParameterBlock(parameters, ofGradients: false)
    guard drawsParameters else { return }
    var random = SplitMix64.parameterValues(seed: seed)
    for (i, parameter) in parameters.enumerated() {
      parameter.initialization.fill(
        UnsafeMutableBufferPointer(start: values.pointers[i], count: parameter.shape.count), shape: parameter.shape,
        using: &random)
    }
  }

  /// The floats that a plan allocates for each image: input, output, intermediate outputs and gradients.
  func floatsPerImage(training: Bool) -> Int {
    let outputs = layers.map(\.outputShape.count)
    let between = training ? outputs.reduce(0, +) : 2 * (outputs.max() ?? 0)
    return between + (training ? 2 : 1) * (inputShape.count + outputShape.count)
  }

  /// The number of parameter values, frozen ones included, buffers excluded.
  public var parameterCount: Int { parameters.parameterCount }

  /// The range of each trainable parameter in ``parameterBuffer`` and ``gradientBuffer``, in the order of
  /// ``parameters``; includes parameters that ``freeze(_:)-(String...)`` has frozen.
  public var trainableRanges: [(name: String, range: Range<Int>)] {
    parameters.indices.compactMap { i in
      guard parameters[i].role == .trainable else { return nil }
      let start = values.pointers[i] - values.storage.pointer
      return (parameters[i].name, start..<(start + parameters[i].shape.count))
    }
  }

  /// ``trainableRanges`` with the parameters' shapes.
  var trainableShapes: [(name: String, shape: Shape, range: Range<Int>)] {
    let trained = parameters.filter { $0.role == .trainable }
    return zip(trained, trainableRanges).map { ($0.name, $0.shape, $1.range) }
  }

  /// Freezes these parameters and no others.
  func setFrozen(_ flags: [Bool]) {
    guard flags != frozenParameters else { return }
    frozenParameters = flags
    freezeCount += 1
    gradients.discard(flags)
  }

  /// The seed of the random numbers of the next forward pass for training; counts the pass.
  func nextPassKey() -> UInt64 {
    defer { trainingPasses += 1 }
    return SplitMix64.passKey(seed: seed, pass: trainingPasses)
  }

  /// All trainable parameters in one block of memory, valid as long as the model: each is aligned to a cache line (64
  /// bytes), in the order of ``parameters``; the gaps hold zeros.
  public var parameterBuffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: values.storage.pointer, count: values.count)
  }

  /// All gradients, with the layout of ``parameterBuffer``.
  public var gradientBuffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: gradients.storage.pointer, count: gradients.count)
  }

  /// The values of a parameter, such as `0.weight`.
  /// - Throws: ``LayerError/unknownParameter(name:known:)``.
  public func parameter(_ name: String) throws(LayerError) -> Tensor {
    try copy(name, from: values)
  }

  /// A parameter's gradient as computed by the last backward pass of a plan; zeros before the first one, and for
  /// parameters and buffers that are not trained.
  /// - Throws: ``LayerError/unknownParameter(name:known:)``.
  public func gradient(_ name: String) throws(LayerError) -> Tensor {
    let index = try index(name)
    let parameter = parameters[index]
    guard parameter.role == .trainable, !frozenParameters[index] else {
      return Tensor(shape: parameter.shape, storage: FloatStorage(repeating: 0, count: parameter.shape.count))
    }
    return try copy(name, from: gradients)
  }

  /// Replaces the values of a parameter.
  /// - Throws: ``LayerError`` for an unknown name or a different shape.
  public func setParameter(_ name: String, to tensor: Tensor) throws(LayerError) {
    let i = try index(name)
    guard tensor.shape == parameters[i].shape else {
      throw .invalidValue(
        layer: network.kind, name: "the shape of parameter '\(name)'", value: "\(tensor.shape)",
        expected: "\(parameters[i].shape)")
    }
    tensor.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      values.pointers[i].update(from: base, count: source.count)
    }
  }

  private func copy(_ name: String, from block: ParameterBlock) throws(LayerError) -> Tensor {
    let i = try index(name)
    let shape = parameters[i].shape
    return Tensor(shape: shape, storage: FloatStorage(copying: block.pointers[i], count: shape.count))
  }

  private func index(_ name: String) throws(LayerError) -> Int {
    guard let index = indices[name] else {
      throw .unknownParameter(name: name, known: parameters.map(\.name))
    }
    return index
  }

  /// Plans all kernels and memory of the network for a batch size.
  ///
  /// - Parameters:
  ///   - batchSize: the largest number of images in a run.
  ///   - mode: whether the plan has backward passes.
  ///   - needsInputGradient: whether backward passes also compute the input's gradient.
  ///   - threads: the number of threads that share the work of a kernel. Results do not depend on it.
  ///   - level: the instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  ///   - profile: lists and times the steps of passes of `batchSize` images.
  public func plan(
    batchSize: Int, mode: PlanMode, needsInputGradient: Bool = false, threads: Int = 1, level: InstructionSet? = nil,
    profile: PlanProfile? = nil
  ) throws(LayerError) -> ModelPlan {
    var problem = LayerProblem(
      inputShape: inputShape, batchSize: batchSize, mode: mode, needsInputGradient: needsInputGradient, level: level,
      threads: threads)
    problem.precision = precision
    problem.profile = profile
    return try ModelPlan(self, problem)
  }
}

/// One line of a model's summary.
public struct LayerSummary: Hashable, Sendable {
  /// The layer's position in the network, such as `3`, or `1.0` in a nested sequence; empty for a single layer.
  public let path: String
  /// The layer's kind, such as `Conv2D`.
  public let kind: String
  /// The shape of the layer's input, of one image.
  public let inputShape: Shape
  /// The shape of the layer's output, of one image.
  public let outputShape: Shape
  /// The number of parameter values.
  public let parameterCount: Int
  /// The multiply-adds of a forward pass of one image.
  public let multiplyAddsPerImage: Int
  /// Whether the layer has parameters or buffers.
  let hasParameters: Bool

  init(_ layer: PlacedLayer) {
    path = layer.path
    kind = layer.layer.kind
    inputShape = layer.inputShape
    outputShape = layer.outputShape
    parameterCount = layer.parameters.parameterCount
    multiplyAddsPerImage = layer.multiplyAddsPerImage
    hasParameters = !layer.parameters.isEmpty
  }
}
