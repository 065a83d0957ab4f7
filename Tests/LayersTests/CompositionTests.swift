import Kernels
import Layers
import Testing

/// Adds a count that it keeps to each value, and counts the training passes.
private struct Counting: Layer {
  var name: String { "Counting" }
  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    [
      ParameterDescription(name: "scale", shape: [1], initialization: .constant(2)),
      ParameterDescription(
        name: "passes", shape: [], initialization: .constant(0), role: .buffer, storedType: .int64),
    ]
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { Planned(problem) }

  private final class Planned: PlannedLayer {
    let count: Int
    let trains: Bool
    let workspaceByteCount = 0
    init(_ problem: LayerProblem) {
      count = problem.batchSize * problem.inputShape.count
      trains = problem.mode == .training
    }
    func forward(_ memory: ForwardMemory) {
      if trains { memory.parameters[1][0] += 1 }
      for i in 0..<count { memory.output[i] = memory.input[i] * memory.parameters[0][0] }
    }
    func backward(_ memory: BackwardMemory) {
      memory.parameterGradients[0][0] = (0..<count).reduce(0) { $0 + memory.outputGradient[$1] * memory.input[$1] }
      guard let gradient = memory.inputGradient else { return }
      for i in 0..<count { gradient[i] = memory.outputGradient[i] * memory.parameters[0][0] }
    }
  }
}

struct CompositionTests {
  @Test func namesStandInThePlaceOfPositions() throws {
    let network = Sequential(
      Conv2D(2, kernelSize: 1).named("conv1"), ReLU(),
      Sequential(Conv2D(2, kernelSize: 1), Conv2D(2, kernelSize: 1, bias: false).named("last")).named("layer1"),
      Sequential(Flatten(), Linear(3)).named(""))
    let model = try Model(network, inputShape: [1, 2, 2])
    #expect(
      model.parameters.map(\.name) == [
        "conv1.weight", "conv1.bias", "layer1.0.weight", "layer1.0.bias", "layer1.last.weight", "1.weight", "1.bias",
      ])
    #expect(model.layers.map(\.path) == ["conv1", "1", "layer1.0", "layer1.last", "0", "1"])
  }

  @Test func equalNamesAreAnError() {
    let network = Sequential(Linear(2).named("a"), Linear(2).named("a"))
    #expect(throws: LayerError.duplicateParameter(name: "a.weight")) { try Model(network, inputShape: [2]) }
  }

  @Test func buffersAreKeptApartFromWhatIsTrained() throws {
    let model = try Model(Sequential(Counting(), Counting()), inputShape: [2])
    #expect(model.parameters.map(\.role) == [.trained, .buffer, .trained, .buffer])
    #expect(model.parameterCount == 2)
    #expect(model.trainedRanges.map(\.name) == ["0.scale", "1.scale"])
    #expect(model.trainedRanges.allSatisfy { $0.range.count == 1 && model.parameterBuffer[$0.range.lowerBound] == 2 })
    let plan = try model.plan(batchSize: 1, mode: .training)
    for _ in 0..<3 { _ = try plan.forward(Tensor(shape: [1, 2], [1, 2])) }
    try plan.backward(Tensor(shape: [1, 2], [1, 1]))
    #expect(try model.parameter("0.passes").scalars == [3])
    #expect(try model.gradient("0.passes").scalars == [0])
    #expect(try model.gradient("1.scale").scalars == [6])
    let inference = try model.plan(batchSize: 1, mode: .inference)
    _ = try inference.forward(Tensor(shape: [1, 2], [1, 2]))
    #expect(try model.parameter("1.passes").scalars == [3])

    let entry = try #require(model.state()["0.passes"])
    #expect(entry.type == .int64 && entry.shape == [] && entry.integers == [3])
    let other = try Model(Sequential(Counting(), Counting()), inputShape: [2])
    try other.load(model.state(), file: "memory")
    #expect(try other.parameter("0.passes").scalars == [3])
  }

  @Test func aLayerAloneLeavesItsBuffersAsTheyAre() throws {
    let parameters = [try Tensor(shape: [1], [2]), try Tensor(shape: [], [0])]
    let input = try Tensor(shape: [1, 2], [1, 2])
    let gradients = try Counting().backward(input, outputGradient: input, parameters: parameters)
    #expect(gradients.parameters.map(\.scalars) == [[5], [0]])
    #expect(parameters[1].scalars == [0])
  }

  @Test func frozenLayersStayAsTheyAreAndEndTheBackwardPass() throws {
    let network = Sequential(Frozen(Sequential(Linear(4), ReLU(), Linear(3))), ReLU(), Linear(2))
    let model = try Model(network, inputShape: [5], seed: 3)
    #expect(model.parameters.map(\.name) == ["0.0.weight", "0.0.bias", "0.2.weight", "0.2.bias", "2.weight", "2.bias"])
    #expect(model.trainedRanges.map(\.name) == ["2.weight", "2.bias"])
    #expect(model.parameterCount == 5 * 4 + 4 + 4 * 3 + 3 + 3 * 2 + 2)
    let before = try model.parameter("0.0.weight")
    let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 1, weightDecay: 0.1), batchSize: 2)
    let images = try Tensor(shape: [2, 5], (0..<10).map { Float($0) / 5 - 1 })
    let last = try model.parameter("2.weight")
    _ = try trainer.step(images, labels: [0, 1])
    #expect(try model.parameter("0.0.weight") == before)
    #expect(try model.parameter("2.weight") != last)
    #expect(try model.gradient("0.0.weight").scalars.allSatisfy { $0 == 0 })
  }

  @Test func aFrozenLayerInTheMiddlePassesTheGradientOn() throws {
    let free = try Model(Sequential(Linear(4), Linear(3), Linear(2)), inputShape: [5], seed: 3)
    let frozen = try Model(Sequential(Linear(4), Frozen(Linear(3)), Linear(2)), inputShape: [5], seed: 3)
    let images = try Tensor(shape: [2, 5], (0..<10).map { Float($0) / 5 - 1 })
    for model in [free, frozen] {
      let plan = try model.plan(batchSize: 2, mode: .training)
      _ = try plan.forward(images)
      try plan.backward(Tensor(shape: [2, 2], [1, -1, 2, 0.5]))
    }
    #expect(try free.gradient("0.weight") == frozen.gradient("0.weight"))
    #expect(try frozen.gradient("1.weight").scalars.allSatisfy { $0 == 0 })
    #expect(try free.gradient("1.weight").scalars.contains { $0 != 0 })
  }

  @Test func aLayerThatInfersCannotStandBehindOneThatIsTrained() throws {
    let model = try Model(Sequential(Linear(4), Frozen(Linear(3), infers: true)), inputShape: [5])
    #expect(throws: LayerError.self) { try model.plan(batchSize: 2, mode: .training) }
    let first = try Model(Sequential(Frozen(Linear(3), infers: true), Linear(4)), inputShape: [5])
    #expect(throws: Never.self) { try first.plan(batchSize: 2, mode: .training) }
  }
}
