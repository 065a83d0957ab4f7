import Kernels
import Layers
import TestSupport
import Testing

/// Networks whose convolutions may use fewer products than their sums have.
@Suite struct PrecisionTests {
  private static var network: Sequential {
    Sequential(
      Conv2D(24, kernelSize: 3, padding: 1), ReLU(), Conv2D(32, kernelSize: 3, padding: 1), ReLU(), MaxPool2D(2),
      Conv2D(40, kernelSize: 3, padding: 1), ReLU(), Flatten(), Linear(10))
  }

  private func model(_ precision: Precision) throws -> Model {
    let model = try Model(Self.network, inputShape: [3, 32, 32], seed: 3)
    model.precision = precision
    return model
  }

  /// Images of noise; of a larger number, the first are the same.
  private func images(_ count: Int) throws -> Tensor {
    var random = TestRandom(seed: 11)
    return try Tensor(shape: [count, 3, 32, 32], random.reals(count * 3072))
  }

  @Test("outputs are close to those of direct sums, and not the same: other kernels have run")
  func outputs() throws {
    let images = try images(5)
    func logits(_ precision: Precision) throws -> [Float] {
      try model(precision).plan(batchSize: 5, mode: .inference).forward(images).scalars
    }
    let (fast, direct) = (try logits(.fast), try logits(.direct))
    #expect(fast != direct)
    for (a, b) in zip(fast, direct) { #expect(abs(a - b) <= 1e-5 * max(abs(b), 1)) }
  }

  @Test("models, plans and predictors may use fewer products where nothing else is said, and say so")
  func theDefault() throws {
    let model = try Model(Self.network, inputShape: [3, 32, 32], seed: 3)
    #expect(model.precision == .fast)
    let kernels = try model.plan(batchSize: 4, mode: .training).convolutionKernels
    // Three convolutions; the first has three input channels, and no input gradient is needed.
    #expect(kernels.count == 8)
    #expect(kernels.count { $0.hasPrefix("winograd") } == 6)
    model.precision = .direct
    let direct = try model.plan(batchSize: 4, mode: .inference).convolutionKernels
    #expect(direct.count == 3)
    #expect(!direct.contains { $0.hasPrefix("winograd") })
    let residual = Sequential(Residual(Sequential(Conv2D(3, kernelSize: 1))), Conv2D(4, kernelSize: 1).named("head"))
    #expect(
      try Model(residual, inputShape: [3, 8, 8]).plan(batchSize: 1, mode: .inference).convolutionKernels.count == 2)
  }

  @Test("an image's outputs have the same bits in every batch")
  func batches() throws {
    let model = try model(.fast)
    let all = try model.plan(batchSize: 33, mode: .inference, threads: 2).forward(images(33)).scalars
    for batch in [1, 7, 32] {
      let plan = try model.plan(batchSize: batch, mode: .inference)
      let some = try plan.forward(images(batch)).scalars
      #expect(some == Array(all.prefix(some.count)), "batch \(batch)")
    }
  }

  @Test("weights after some steps have the same bits with one thread, two and three")
  func threads() throws {
    let images = try randomImages(24)
    func weights(_ threads: Int) throws -> [[Float]] {
      let model = try model(.fast)
      let trainer = try withWorkShared {
        try Trainer(model: model, optimizer: SGD(learningRate: 0.05, momentum: 0.9), batchSize: 8, threads: threads)
      }
      for _ in 0..<3 { _ = try trainer.trainEpoch(on: images) }
      return try model.parameters.map { try model.parameter($0.name).scalars }
    }
    let one = try weights(1)
    #expect(try weights(2) == one)
    #expect(try weights(3) == one)
    let direct = try model(.direct)
    #expect(try direct.parameters.map { try direct.parameter($0.name).scalars } != one)
  }

  @Test("a layer's own precision counts more than the model's")
  func layer() throws {
    var layer = Conv2D(32, kernelSize: 3, padding: 1)
    let images = try images(2)
    func output(_ own: Precision?, _ models: Precision) throws -> [Float] {
      layer.precision = own
      let model = try Model(Sequential(Conv2D(16, kernelSize: 1), layer), inputShape: [3, 32, 32], seed: 3)
      model.precision = models
      return try model.plan(batchSize: 2, mode: .inference).forward(images).scalars
    }
    let (fast, direct) = (try output(nil, .fast), try output(nil, .direct))
    #expect(fast != direct)
    #expect(try output(.direct, .fast) == direct)
    #expect(try output(.fast, .direct) == fast)
  }

  @Test("a predictor has its model's precision unless it is given another")
  func predictor() throws {
    let model = try model(.fast)
    #expect(try Predictor(model).precision == .fast)
    let direct = try Predictor(model, precision: .direct)
    #expect(direct.precision == .direct)
    #expect(try Predictor(sharing: direct).precision == .direct)
  }
}
