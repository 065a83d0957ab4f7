import Kernels

/// A network with parameters, for one shape of input.
///
///     let model = try Model(network, inputShape: [3, 32, 32], seed: 1)
///     let plan = try model.plan(batchSize: 32, mode: .inference)
///     let scores = try plan.forward(images)
///
/// The parameters are initialised from the seed and shared by all plans of the model. A model is used by one thread at a
/// time, with one exception: plans for inference, once they are made, may each run on a thread of its own while nothing
/// changes the parameters.
public final class Model {
  public let network: any Layer
  /// The shape of one image.
  public let inputShape: Shape
  /// The shape of what comes out for one image.
  public let outputShape: Shape
  /// The names, shapes and initialisation of parameters and buffers, in the network's order.
  public let parameters: [ParameterDescription]
  /// What the first values were drawn from, and what the random numbers of layers such as dropout follow from.
  public internal(set) var seed: UInt64
  /// What the network was made from, where that was a model of the ``ModelCatalogue``: checkpoints store it.
  public internal(set) var modelDescription: ModelDescription?
  /// The number of forward passes for training. Each draws other random numbers than the one before.
  public var trainingPasses: UInt64 = 0
  /// The layers at their places, for summaries.
  public let layers: [LayerSummary]
  /// The sums' multiplications in a forward pass of one image.
  public let multiplyAddsPerImage: Int
  /// Floating-point operations of a training step per image in convolutions and linear layers, a multiply-add counted
  /// as two: the forward pass, the weights' gradients, and the inputs' gradients except for that of the first layer
  /// which has weights.
  public let trainingFLOPsPerImage: Int

  let values: ParameterBlock
  private(set) lazy var gradients = ParameterBlock(parameters, ofGradients: true)
  /// Which of ``parameters`` ``freeze(_:)-(String...)`` has frozen.
  private(set) var frozenParameters: [Bool]
  /// How often that was changed: what was planned for another number is planned anew.
  private(set) var freezeCount = 0
  private let indices: [String: Int]

  /// Checks that the network takes the input, and draws the parameters' first values.
  ///
  /// The generator is ``SplitMix64``; the values are drawn in the order of ``parameters``, each parameter's in memory
  /// order.
  public convenience init(_ network: any Layer, inputShape: Shape, seed: UInt64 = 0) throws(LayerError) {
    try self.init(network, inputShape: inputShape, seed: seed, drawsParameters: true)
  }

  /// - Parameter drawsParameters: whether there are first values; zeros where not, for parameters that are loaded next.
  init(_ network: any Layer, inputShape: Shape, seed: UInt64, drawsParameters: Bool) throws(LayerError) {
    guard inputShape.dimensions.allSatisfy({ $0 >= 1 }), inputShape.count <= Int(Int32.max) else {
      throw .inputShape(
        layer: network.name, given: inputShape, expected: "dimensions of at least 1, and at most \(Int32.max) elements")
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
        layer: network.name, name: "the number of parameters", value: "\(parameterCount)",
        expected: "fewer, the system has no memory for them")
    }
    values = ParameterBlock(parameters, ofGradients: false)
    guard drawsParameters else { return }
    // A stream of its own: the trainer's streams of the same seed, one an epoch, order the images.
    var generator = SplitMix64(seed: seed, stream: .max)
    for (i, parameter) in parameters.enumerated() {
      parameter.initialization.fill(
        UnsafeMutableBufferPointer(start: values.pointers[i], count: parameter.shape.count), shape: parameter.shape,
        using: &generator)
    }
  }

  /// The floats that a plan holds for an image: what comes in and goes out, outputs between layers, gradients.
  func floatsPerImage(training: Bool) -> Int {
    let outputs = layers.map(\.outputShape.count)
    let between = training ? outputs.reduce(0, +) : 2 * (outputs.max() ?? 0)
    return between + (training ? 2 : 1) * (inputShape.count + outputShape.count)
  }

  /// The number of parameters, those that are not trained included; buffers do not count.
  public var parameterCount: Int { parameters.parameterCount }

  /// Where each parameter that is trained lies in ``parameterBuffer`` and ``gradientBuffer``, in the order of
  /// ``parameters``; those that are frozen for now are among them.
  public var trainedRanges: [(name: String, range: Range<Int>)] {
    parameters.indices.compactMap { i in
      guard parameters[i].role == .trained else { return nil }
      let start = values.pointers[i] - values.storage.pointer
      return (parameters[i].name, start..<(start + parameters[i].shape.count))
    }
  }

  /// ``trainedRanges`` with the parameters' shapes.
  var trainedShapes: [(name: String, shape: Shape, range: Range<Int>)] {
    let trained = parameters.filter { $0.role == .trained }
    return zip(trained, trainedRanges).map { ($0.name, $0.shape, $1.range) }
  }

  /// Freezes these parameters and no others.
  func setFrozen(_ flags: [Bool]) {
    guard flags != frozenParameters else { return }
    frozenParameters = flags
    freezeCount += 1
    gradients.discard(flags)
  }

  /// The random numbers' origin of the next forward pass for training.
  func nextRandom() -> UInt64 {
    var streams = SplitMix64(seed: seed, stream: .max - 1)
    var generator = SplitMix64(seed: streams.next(), stream: trainingPasses)
    trainingPasses += 1
    return generator.next()
  }

  /// All parameters that are trained in one block of memory, which lives as long as the model: each starts on a cache
  /// line, in the order of ``parameters``, and the gaps hold zeros.
  public var parameterBuffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: values.storage.pointer, count: values.count)
  }

  /// All gradients, laid out as ``parameterBuffer``.
  public var gradientBuffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: gradients.storage.pointer, count: gradients.count)
  }

  /// The values of a parameter, such as `0.weight`.
  /// - Throws: ``LayerError/unknownParameter(name:known:)``.
  public func parameter(_ name: String) throws(LayerError) -> Tensor {
    try copy(name, from: values)
  }

  /// The gradient of a parameter that the last backward pass of a plan computed; zeros before the first, and for what is
  /// not trained or frozen for now.
  /// - Throws: ``LayerError/unknownParameter(name:known:)``.
  public func gradient(_ name: String) throws(LayerError) -> Tensor {
    let index = try index(name)
    let parameter = parameters[index]
    guard parameter.role == .trained, !frozenParameters[index] else {
      return Tensor(shape: parameter.shape, storage: FloatStorage(repeating: 0, count: parameter.shape.count))
    }
    return try copy(name, from: gradients)
  }

  /// Replaces the values of a parameter.
  /// - Throws: ``LayerError`` for an unknown name or another shape.
  public func setParameter(_ name: String, to tensor: Tensor) throws(LayerError) {
    let i = try index(name)
    guard tensor.shape == parameters[i].shape else {
      throw .invalidValue(
        layer: network.name, name: "the shape of parameter '\(name)'", value: "\(tensor.shape)",
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

  /// Plans the network for a batch size: all kernels and all memory.
  ///
  /// - Parameters:
  ///   - batchSize: the most images of a run.
  ///   - mode: whether there are backward passes.
  ///   - needsInputGradient: whether a backward pass computes the gradient of the input as well.
  ///   - threads: how many threads share the work of a kernel. Results do not depend on it.
  ///   - level: the instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  public func plan(
    batchSize: Int, mode: PlanMode, needsInputGradient: Bool = false, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> ModelPlan {
    try ModelPlan(
      self,
      LayerProblem(
        inputShape: inputShape, batchSize: batchSize, mode: mode, needsInputGradient: needsInputGradient,
        level: level, threads: threads))
  }
}

/// A line of a model's summary.
public struct LayerSummary: Hashable, Sendable {
  /// The layer's position in the network, such as `3`, or `1.0` in a sequence within; empty for a layer alone.
  public let path: String
  /// The layer's kind, such as `Conv2D`.
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public let parameterCount: Int
  public let multiplyAddsPerImage: Int
  /// Whether there are parameters or buffers.
  let hasParameters: Bool

  init(_ layer: PlacedLayer) {
    path = layer.path
    name = layer.layer.name
    inputShape = layer.inputShape
    outputShape = layer.outputShape
    parameterCount = layer.parameters.parameterCount
    multiplyAddsPerImage = layer.multiplyAddsPerImage
    hasParameters = !layer.parameters.isEmpty
  }
}
