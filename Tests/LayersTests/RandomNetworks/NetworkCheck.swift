import Kernels
import Layers
import TestSupport

/// Runs a network through a model's plans and compares it with its definition in Double, and with itself.
struct NetworkCheck {
  let test: NetworkCase
  /// Why the network is not what it should be; empty where it is.
  private(set) var failures: [String] = []
  /// Whether gradients could be compared: not where the derivative jumps within what rounding moves.
  private(set) var comparedGradients = false

  /// What a pass computed.
  private struct Pass {
    var output: [Float] = []
    var inputGradient: [Float] = []
    /// Of each parameter that is trained.
    var gradients: [[Float]] = []
    /// All parameters and buffers behind the pass.
    var parameters: [[Float]] = []
  }

  init(_ test: NetworkCase) { self.test = test }

  mutating func run() throws {
    try sharingAllWork {
      try train()
      try infer()
    }
  }

  /// Whether an image's output in inference is a matter of its own.
  private static func isIndependent(_ layer: any Layer, _ shape: Shape) throws -> Bool {
    switch layer {
    case let layer as BatchNorm2D: return layer.tracksRunningStatistics
    case let layer as Frozen: return try isIndependent(layer.layer, shape)
    default: return try layer.innerLayers(for: shape)?.allSatisfy { try isIndependent($0.layer, $0.inputShape) } ?? true
    }
  }

  private func model() throws -> Model {
    let model = try Model(test.network, inputShape: test.inputShape, seed: test.seed)
    var random = TestRandom(seed: test.seed &+ 1)
    for parameter in model.parameters {
      // What begins as a constant is drawn, so that no factor is 1 and no term 0.
      guard case .constant(let first) = parameter.initialization else { continue }
      let isCount = parameter.storedType == .int64
      let values = random.reals(parameter.shape.count, in: first == 1 ? 0.5...1.5 : -0.5...0.5)
      try model.setParameter(
        parameter.name, to: Tensor(shape: parameter.shape, isCount ? [3] : values))
    }
    return model
  }

  private func values(_ model: Model) throws -> [[Float]] {
    try model.parameters.map { try model.parameter($0.name).scalars }
  }

  // MARK: Training

  private mutating func train() throws {
    let shape = test.inputShape.batched(test.lastCount)
    var random = TestRandom(seed: test.seed &+ 2)
    let gradient = random.reals(try model().outputShape.count * test.lastCount)
    let first = random.reals(test.inputShape.count * test.batchSize)
    var input: [Float] = []
    var pass = Pass()
    var isSettled = false
    for _ in 0..<10 where !isSettled {
      input = random.reals(shape.count)
      let before: [[Float]]
      (before, pass) = try trainingPass(first, input, gradient, threads: 1)
      isSettled = try compare(pass, with: before, input, gradient)
    }
    comparedGradients = isSettled
    for threads in [2, 3, 8] {
      let (_, other) = try trainingPass(first, input, gradient, threads: threads)
      expectSameBits(other.output, pass.output, "output of \(threads) threads")
      expectSameBits(other.inputGradient, pass.inputGradient, "input gradient of \(threads) threads")
      expectSameBits(other.gradients.flatMap { $0 }, pass.gradients.flatMap { $0 }, "gradients of \(threads) threads")
      expectSameBits(other.parameters.flatMap { $0 }, pass.parameters.flatMap { $0 }, "buffers of \(threads) threads")
    }
  }

  /// A whole batch and then the last one, on a model of its own; what it is compared with begins with the parameters
  /// between them.
  private func trainingPass(
    _ first: [Float], _ input: [Float], _ outputGradient: [Float], threads: Int
  ) throws -> (before: [[Float]], Pass) {
    let model = try model()
    let plan = try model.plan(
      batchSize: test.batchSize, mode: .training, needsInputGradient: true, threads: threads, level: test.level)
    let whole = try plan.forward(Tensor(shape: test.inputShape.batched(test.batchSize), first))
    try plan.backward(whole)
    let before = try values(model)
    var pass = Pass()
    pass.output = try plan.forward(Tensor(shape: test.inputShape.batched(test.lastCount), input)).scalars
    let gradient = try plan.backward(
      Tensor(shape: model.outputShape.batched(test.lastCount), outputGradient))
    pass.inputGradient = gradient?.scalars ?? []
    pass.gradients = try model.parameters.filter { $0.role == .trainable }.map { try model.gradient($0.name).scalars }
    pass.parameters = try values(model)
    return (before, pass)
  }

  /// Compares a pass with the definition.
  /// - Returns: false where the gradients cannot be compared for this input.
  private mutating func compare(
    _ pass: Pass, with parameters: [[Float]], _ input: [Float], _ outputGradient: [Float]
  ) throws -> Bool {
    let doubleParameters = parameters.map { $0.map(Double.init) }
    // What the library adds up is rounded too, so that also sums of what goes in and comes back are moved.
    let (x, g) = (input.map(Double.init), outputGradient.map(Double.init))
    var random = TestRandom(seed: test.seed &+ 6)
    let movedInput = RoundedLayer.moved(x, &random)
    let movedGradient = RoundedLayer.moved(g, &random)
    func results(
      roundingSeed: UInt64?
    ) throws -> (
      network: any ReferenceLayer, output: [Double], gradients: (input: [Double], parameters: [[Double]])
    ) {
      let network = try ReferenceBuilder(trains: true, roundingSeed: roundingSeed)
        .build(test.network, test.inputShape)
      let output = network.forward(roundingSeed == nil ? x : movedInput, doubleParameters)
      return (network, output, network.backward(roundingSeed == nil ? g : movedGradient))
    }
    let right = try results(roundingSeed: nil)
    let moved = try results(roundingSeed: test.seed &+ 3)
    expectClose(pass.output, right.output, moved.output, "output")
    let model = try model()
    for (i, parameter) in model.parameters.enumerated() where parameter.role == .buffer {
      expectClose(
        pass.parameters[i], right.network.updatedParameters[i], moved.network.updatedParameters[i], parameter.name)
    }
    guard NetworkCheck.isSettled(right.network.kinks, moved.network.kinks) else { return false }
    expectClose(pass.inputGradient, right.gradients.input, moved.gradients.input, "input gradient")
    let trained = model.parameters.indices.filter { model.parameters[$0].role == .trainable }
    for (gradient, i) in zip(pass.gradients, trained) {
      expectClose(
        gradient, right.gradients.parameters[i], moved.gradients.parameters[i],
        "gradient of \(model.parameters[i].name)")
    }
    return true
  }

  /// Whether roundings change no decision: every value is farther from its kink than they move any, or exactly there.
  private static func isSettled(_ kinks: [[Double]], _ moved: [[Double]]) -> Bool {
    zip(kinks, moved).allSatisfy { kinks, moved in
      let most = zip(kinks, moved).reduce(0) { max($0, abs($1.0 - $1.1)) }
      return kinks.allSatisfy { $0 == 0 || abs($0) > 8 * most }
    }
  }

  // MARK: Inference

  private mutating func infer() throws {
    let model = try model()
    var random = TestRandom(seed: test.seed &+ 4)
    let input = random.reals(test.inputShape.count * test.batchSize)
    let images = try Tensor(shape: test.inputShape.batched(test.batchSize), input)
    let plan = try model.plan(batchSize: test.batchSize, mode: .inference, level: test.level)
    let output = try plan.forward(images).scalars
    let parameters = try values(model).map { $0.map(Double.init) }
    func reference(_ seed: UInt64?) throws -> [Double] {
      try ReferenceBuilder(trains: false, roundingSeed: seed).build(test.network, test.inputShape)
        .forward(input.map(Double.init), parameters)
    }
    let (right, moved) = (try reference(nil), try reference(test.seed &+ 5))
    expectClose(output, right, moved, "output in inference")
    try predict(model, images, output, right, moved)
    let other = try model.plan(batchSize: test.batchSize, mode: .inference, threads: 3, level: test.level)
    expectSameBits(try other.forward(images).scalars, output, "output in inference of 3 threads")
    guard try NetworkCheck.isIndependent(test.network, test.inputShape) else { return }
    // Alone, and in a batch of another size.
    let (inputs, outputs) = (test.inputShape.count, model.outputShape.count)
    for count in Set([1, min(test.lastCount, 9)]).sorted() {
      let smaller = try model.plan(batchSize: count, mode: .inference, threads: 2, level: test.level)
      for first in stride(from: 0, to: min(test.batchSize / count * count, 12), by: count) {
        let part = try smaller.forward(
          Tensor(shape: test.inputShape.batched(count), input[first * inputs..<(first + count) * inputs]))
        expectSameBits(
          part.scalars, Array(output[first * outputs..<(first + count) * outputs]),
          "output of images from \(first) on, \(count) at once,")
      }
    }
  }

  /// A predictor's outputs are the definition's, and the plan's bit for bit where it has no normalisation to fold; they
  /// depend on no thread and on no image beside.
  private mutating func predict(
    _ model: Model, _ images: Tensor, _ output: [Float], _ right: [Double], _ moved: [Double]
  ) throws {
    let predictor = try Predictor(model, mostImages: test.batchSize, level: test.level)
    let predicted = try predictor(images).scalars
    expectClose(predicted, right, moved, "output of a predictor")
    if !model.parameters.contains(where: { $0.name.hasSuffix("running_mean") }) {
      expectSameBits(predicted, output, "output of a predictor")
    }
    let isIndependent = try NetworkCheck.isIndependent(test.network, test.inputShape)
    let other = try Predictor(
      sharing: predictor, threads: 3, mostImages: isIndependent ? min(3, test.batchSize) : test.batchSize,
      level: test.level)
    expectSameBits(try other(images).scalars, predicted, "output of a predictor of 3 threads")
  }

  // MARK: Comparison

  private mutating func expectSameBits(_ values: [Float], _ expected: [Float], _ what: String) {
    guard values.count == expected.count else {
      failures.append("\(what) has \(values.count) values instead of \(expected.count)")
      return
    }
    let different = values.indices.filter { values[$0].bitPattern != expected[$0].bitPattern }
    guard let i = different.first else { return }
    failures.append(
      "\(what) differs in \(different.count) of \(values.count) values, at \(i): \(values[i]) instead of \(expected[i])"
    )
  }

  /// Within what roundings make of the right values, times a few.
  private mutating func expectClose(_ values: [Float], _ right: [Double], _ moved: [Double], _ what: String) {
    guard values.count == right.count else {
      failures.append("\(what) has \(values.count) values instead of \(right.count)")
      return
    }
    let scale = right.reduce(0) { max($0, abs($1)) }
    let most = zip(right, moved).reduce(0) { max($0, abs($1.0 - $1.1)) }
    let tolerance = 4 * most + 4e-6 * scale + 1e-12
    let different = values.indices.filter { !(abs(Double(values[$0]) - right[$0]) <= tolerance) }
    guard let i = different.first else { return }
    failures.append(
      "\(what) is wrong in \(different.count) of \(values.count) values, at \(i): \(values[i]) instead of \(right[i]), "
        + "tolerance \(tolerance)")
  }
}
