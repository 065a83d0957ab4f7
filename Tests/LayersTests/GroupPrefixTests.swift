import Layers
import Testing

/// Groups of parameters by what their names begin with.
struct GroupPrefixTests {
  private static func model() throws -> Model {
    try Model(
      Sequential(
        Linear(3).named("features"), ReLU(), Linear(3).named("features2"), ReLU(), Linear(2).named("fc")),
      inputShape: [2], seed: 1)
  }

  /// How far a step of gradients of 1 moves each parameter, in learning rates.
  private static func moved(
    _ optimizer: some Optimizer, _ change: (Model, any PlannedOptimizer) throws -> Void = { _, _ in }
  )
    throws -> [String: Float]
  {
    let model = try model()
    for i in model.parameterBuffer.indices { model.parameterBuffer[i] = 2 }
    for i in model.gradientBuffer.indices { model.gradientBuffer[i] = 1 }
    let planned = try optimizer.plan(model)
    try change(model, planned)
    planned.step()
    return Dictionary(
      uniqueKeysWithValues: model.trainableRanges.map { ($0.name, 2 - model.parameterBuffer[$0.range.lowerBound]) })
  }

  @Test func aPrefixHasLearningRateAndDecayOfItsOwn() throws {
    let optimizer = SGD(learningRate: 0.5, weightDecay: 0.5).grouped([
      .prefix("fc", learningRate: 0.25), .prefix("features.", learningRate: 0.125, weightDecay: 0),
    ])
    let moved = try Self.moved(optimizer)
    #expect(
      moved == [
        "features.weight": 0.125, "features.bias": 0.125, "features2.weight": 1, "features2.bias": 1, "fc.weight": 0.5,
        "fc.bias": 0.5,
      ])
  }

  @Test func anyOptionCanDiffer() throws {
    let moved = try Self.moved(SGD(learningRate: 0.5).grouped([.prefix("fc.bias") { $0.maximize = true }]))
    #expect(moved["fc.bias"] == -0.5 && moved["fc.weight"] == 0.5)
  }

  @Test func theFirstGroupThatClaimsAParameterHasIt() throws {
    let groups: [ParameterGroup<SGD>] = [
      .prefix("fc.bias", learningRate: 0.25), .prefix("fc", learningRate: 0.125), .prefix("", learningRate: 0.0625),
    ]
    let moved = try Self.moved(SGD(learningRate: 0.5).grouped(groups))
    #expect(moved["fc.bias"] == 0.25 && moved["fc.weight"] == 0.125 && moved["features.bias"] == 0.0625)
  }

  @Test func aPrefixThatNoParameterHasIsRefused() throws {
    let model = try Self.model()
    for name in ["head", "f", "feature", ".", "fc.weight.0"] {
      let optimizer = Adam().grouped([.prefix(name, learningRate: 0.1)])
      #expect(throws: OptimizerError.emptyGroup(prefix: name, known: model.parameters.map(\.name))) {
        try optimizer.plan(model)
      }
    }
  }

  @Test func aScheduleActsOnEachRateAndFreezingOnItsParameters() throws {
    let optimizer = SGD(learningRate: 0.5).grouped([.prefix("fc", learningRate: 0.25)])
    let model = try Self.model()
    let trainer = try Trainer(model: model, optimizer: optimizer, batchSize: 1)
    trainer.schedule = StepDecay(period: 1, gamma: 0.5)
    trainer.scheduleUnit = .update
    let image = try Tensor(shape: [1, 2], [1, 2])
    _ = try trainer.step(image, labels: [0])
    try model.freeze("fc")
    _ = try trainer.step(image, labels: [0])
    #expect(trainer.learningRate == 0.25)
    try model.unfreeze("fc")
    let before = try model.parameter("fc.bias").scalars
    _ = try trainer.step(image, labels: [0])
    let gradient = try model.gradient("fc.bias").scalars
    // The third update: a quarter of 0.25.
    #expect(try model.parameter("fc.bias").scalars == zip(before, gradient).map { $0 - 0.0625 * $1 })

    let moved = try Self.moved(optimizer) { model, planned in
      try model.freeze("fc.weight")
      planned.learningRate = 1
    }
    #expect(moved["fc.weight"] == 0 && moved["fc.bias"] == 0.5 && moved["features.bias"] == 1)
  }
}
