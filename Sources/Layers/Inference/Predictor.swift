import Kernels

/// A model for inference in servers and apps, usable from any number of threads at once.
///
///     let predictor = try Predictor(model, classNames: ["cat", "dog"], threads: 2)
///     let best = try predictor.classify(image, top: 3)      // on whichever thread, as often as wanted
///
/// It has its own copy of the weights, shared by all threads, so the model may be released or trained further. Batch
/// normalisation is folded into the weights before it, dropout is removed, and ``ReLU`` and ``ReLU6`` are fused into
/// the layer before them. Without batch normalisation, the outputs equal those of
/// ``Model/plan(batchSize:mode:needsInputGradient:threads:level:)`` for inference bit for bit; with it, to within
/// rounding. An image's output does not depend on the other images of a run or on other threads.
///
/// Each number of images is planned at its first run. Memory for activations is pooled and reused: there is as much as
/// there were concurrent runs. ``init(_:classNames:normalization:threads:mostImages:mostRuns:level:)`` limits both the
/// images of a run and the concurrent runs.
public final class Predictor: Sendable {
  /// The shape of one image.
  public let inputShape: Shape
  /// The shape of the output for one image.
  public let outputShape: Shape
  /// The names of the classes, in the order of the outputs; nil for none.
  public let classNames: [String]?
  /// The normalisation of images, colours from 0 to 1; nil for none. Tensors are not normalised.
  public let normalization: Normalization?
  /// The number of threads that share the work of a run. Results do not depend on it.
  public let threads: Int
  /// The arithmetic that convolutions may use.
  public let precision: Precision
  /// The network after folding.
  public let network: any Layer

  /// The number of weights, biases and other parameter values in memory.
  public var parameterCount: Int { weights.tensors.reduce(0) { $0 + $1.count } }

  let runs: PredictionRuns
  private let weights: PredictorWeights
  private let outputKind: OutputKind

  /// The meaning of a network's outputs.
  private enum OutputKind {
    case logits, probabilities, logarithms
  }

  /// A predictor with a copy of a model's weights.
  ///
  /// - Parameters:
  ///   - model: a model, which may be trained further.
  ///   - classNames: a name for each output.
  ///   - normalization: the normalisation of images, colours from 0 to 1; nil for none.
  ///   - threads: the number of threads that share the work of a run. With many concurrent runs, 1 is best.
  ///   - mostImages: the largest number of images in a run; larger batches are split.
  ///   - mostRuns: the largest number of concurrent runs; others wait. nil for no limit.
  ///   - level: the instruction-set level; nil for the best.
  ///   - precision: the arithmetic that convolutions may use; nil for the model's.
  ///   - profile: lists and times the steps of runs of `mostImages` images, which then have to be one at a time.
  /// - Throws: ``PredictionError`` for an option that is not valid, or where the network cannot be planned.
  public convenience init(
    _ model: Model, classNames: [String]? = nil, normalization: Normalization? = nil, threads: Int = 1,
    mostImages: Int = 64, mostRuns: Int? = nil, level: InstructionSet? = nil, precision: Precision? = nil,
    profile: PlanProfile? = nil
  ) throws(PredictionError) {
    let folded: FoldedNetwork
    do throws(LayerError) {
      let parameters = try model.parameters.map { parameter throws(LayerError) in
        try model.parameter(parameter.name)
      }
      folded = try FoldedNetwork(model.network, inputShape: model.inputShape, parameters: parameters)
    } catch {
      throw .layer(error)
    }
    try self.init(
      folded.network, PredictorWeights(folded.parameters), inputShape: model.inputShape, outputShape: model.outputShape,
      classNames: classNames, normalization: normalization, threads: threads, mostImages: mostImages,
      mostRuns: mostRuns, level: level, precision: precision ?? model.precision, profile: profile)
  }

  /// Another predictor that shares this one's weights, with its own options.
  public convenience init(
    sharing other: Predictor, threads: Int = 1, mostImages: Int = 64, mostRuns: Int? = nil,
    level: InstructionSet? = nil
  ) throws(PredictionError) {
    try self.init(
      other.network, other.weights, inputShape: other.inputShape, outputShape: other.outputShape,
      classNames: other.classNames, normalization: other.normalization, threads: threads, mostImages: mostImages,
      mostRuns: mostRuns, level: level, precision: other.precision)
  }

  private init(
    _ network: any Layer, _ weights: PredictorWeights, inputShape: Shape, outputShape: Shape, classNames: [String]?,
    normalization: Normalization?, threads: Int, mostImages: Int, mostRuns: Int?, level: InstructionSet?,
    precision: Precision, profile: PlanProfile? = nil
  ) throws(PredictionError) {
    guard 1...65536 ~= mostImages else {
      throw .option(name: "mostImages", value: "\(mostImages)", expected: "1 to 65536")
    }
    if let mostRuns, mostRuns < 1 {
      throw .option(name: "mostRuns", value: "\(mostRuns)", expected: "at least 1, or nil")
    }
    if let classNames {
      guard outputShape.rank == 1 else { throw .noClasses(output: outputShape) }
      guard classNames.count == outputShape[0] else {
        throw .option(
          name: "classNames", value: "a list of \(classNames.count)", expected: "a name for each of \(outputShape[0])")
      }
    }
    do throws(DataError) {
      try normalization?.check(imageShape: inputShape)
    } catch {
      throw .option(
        name: "normalization", value: "one of \(normalization?.mean.count ?? 0) channels",
        expected: "one of 1 channel, or those of \(inputShape)")
    }
    self.network = network
    self.weights = weights
    self.normalization = normalization
    self.inputShape = inputShape
    self.outputShape = outputShape
    self.classNames = classNames
    self.threads = threads
    self.precision = precision
    outputKind = Predictor.outputKind(network)
    var problem = LayerProblem(
      inputShape: inputShape, batchSize: 1, mode: .inference, needsInputGradient: false, level: level, threads: threads)
    problem.precision = precision
    problem.profile = profile
    runs = PredictionRuns(network, weights, problem, mostImages: mostImages, mostRuns: mostRuns)
    do throws(PredictionError) {
      try runs.prepare(1)
    } catch {
      // A network that normalises by the batch's statistics may reject a single image, but accept several.
      guard mostImages > 1 else { throw error }
      try runs.prepare(mostImages)
    }
  }

  private static func outputKind(_ network: any Layer) -> OutputKind {
    switch network {
    case let network as Sequential: network.layers.last.map(outputKind) ?? .logits
    case is Softmax: .probabilities
    case is LogSoftmax: .logarithms
    default: .logits
    }
  }

  /// Plans runs of `count` images in advance, so that the first is as fast as later ones.
  public func prepare(count: Int) throws(PredictionError) {
    guard 1...runs.mostImages ~= count else {
      throw .option(name: "count", value: "\(count)", expected: "1 to \(runs.mostImages)")
    }
    try runs.prepare(count)
  }

  /// Frees the pooled memory of finished runs, such as after a peak of requests. Later runs allocate again.
  public func releaseIdleMemory() { runs.releaseIdleMemory() }

  // MARK: Outputs

  /// The network's outputs, such as logits, without copies, and without allocations after the first run with a number
  /// of images.
  ///
  /// - Parameters:
  ///   - input: images of ``inputShape``, one after another.
  ///   - output: receives as many outputs of ``outputShape``; its size must match.
  /// - Throws: ``PredictionError`` where the buffers do not fit.
  public func predict(
    input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) throws(PredictionError) {
    let (inputs, outputs) = (inputShape.count, outputShape.count)
    guard input.count.isMultiple(of: inputs) else {
      throw .count(buffer: "input", given: input.count, expected: "\(inputs) for each image")
    }
    let count = input.count / inputs
    guard output.count == count * outputs else {
      throw .count(buffer: "output", given: output.count, expected: "\(count * outputs), \(outputs) for each image")
    }
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    var first = 0
    while first < count {
      let images = min(count - first, runs.mostImages)
      try run(images, source + first * inputs, target + first * outputs)
      first += images
    }
  }

  private func run(
    _ count: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) throws(PredictionError) {
    try runs.withPlan(count) { network, memory in
      network.forward(
        ForwardMemory(
          input: input, output: output, parameters: weights.pointers, saved: memory.saved.base,
          workspace: memory.workspace.base))
    } orCopy: {
      output.update(from: input, count: count * inputShape.count)
    }
  }

  /// The network's outputs, such as logits.
  ///
  /// - Parameter images: `[count] + inputShape`, or one image of ``inputShape``.
  /// - Returns: `[count] + outputShape`, or for one image ``outputShape``.
  public func predict(_ images: Tensor) throws(PredictionError) -> Tensor {
    let isOne = images.shape == inputShape
    guard isOne || (images.shape.rank == inputShape.rank + 1 && images.shape.element == inputShape) else {
      throw .shape(given: images.shape, expected: "\(inputShape), or that with the number of images in front")
    }
    let count = isOne ? 1 : images.shape[0]
    let storage = FloatStorage(uninitialized: count * outputShape.count)
    try images.withUnsafeBufferPointer { input throws(PredictionError) in
      try predict(input: input, output: UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
    }
    return Tensor(shape: isOne ? outputShape : outputShape.batched(count), storage: storage)
  }

  /// ``predict(_:)``.
  public func callAsFunction(_ images: Tensor) throws(PredictionError) -> Tensor { try predict(images) }

  // MARK: Classes

  /// The probabilities of the classes: the softmax of the network's outputs, or the outputs themselves if the network
  /// ends with a softmax.
  ///
  /// - Parameter images: as in ``predict(_:)``.
  /// - Returns: `[count, classes]`; of one image, `[classes]`.
  public func probabilities(_ images: Tensor) throws(PredictionError) -> Tensor {
    guard outputShape.rank == 1 else { throw .noClasses(output: outputShape) }
    let outputs = try predict(images)
    guard outputs.count > 0 else { return outputs }
    let classes = outputShape[0]
    let rows = outputs.count / classes
    let result = FloatStorage(uninitialized: outputs.count)
    do throws(KernelError) {
      switch outputKind {
      case .probabilities: return outputs
      case .logits:
        let plan = try Plan<SoftmaxForward>(.init(rows: rows, columns: classes))
        plan.run(
          .init(input: outputs.storage.pointer, output: result.pointer),
          workspace: Workspace(byteCount: plan.workspaceByteCount))
      case .logarithms:
        let plan = try Plan<ExpForward>(.init(count: outputs.count))
        plan.run(
          .init(input: outputs.storage.pointer, output: result.pointer),
          workspace: Workspace(byteCount: plan.workspaceByteCount))
      }
    } catch {
      throw .layer(.kernel(layer: network.kind, error))
    }
    withExtendedLifetime(outputs) {}
    return Tensor(shape: outputs.shape, storage: result)
  }

  /// The most probable classes of one image, the most probable first.
  ///
  /// - Parameters:
  ///   - image: an image of ``inputShape``, or of that with a 1 in front.
  ///   - count: the number of classes returned; all if there are fewer.
  public func classify(_ image: Tensor, top count: Int = 5) throws(PredictionError) -> [Classification] {
    guard image.shape == inputShape || image.shape == inputShape.batched(1) else {
      throw .shape(given: image.shape, expected: "\(inputShape), one image")
    }
    return try classify(batch: image.shape == inputShape ? image.batched : image, top: count)[0]
  }

  /// The most probable classes of each image, the most probable first.
  ///
  /// - Parameters:
  ///   - images: `[count] + inputShape`.
  ///   - count: the number of classes returned; all if there are fewer.
  public func classify(batch images: Tensor, top count: Int = 5) throws(PredictionError) -> [[Classification]] {
    guard count >= 1 else { throw .option(name: "top", value: "\(count)", expected: "at least 1") }
    guard images.shape.rank == inputShape.rank + 1 else {
      throw .shape(given: images.shape, expected: "\(inputShape) with the number of images in front")
    }
    let probabilities = try probabilities(images)
    let classes = outputShape[0]
    return probabilities.withUnsafeBufferPointer { values in
      (0..<images.shape[0]).map { image in
        Classification.most(
          min(count, classes), of: values[image * classes..<(image + 1) * classes], classNames: classNames)
      }
    }
  }
}

extension Tensor {
  /// The same values with the shape of a batch of one.
  fileprivate var batched: Tensor { Tensor(shape: shape.batched(1), storage: storage) }
}
