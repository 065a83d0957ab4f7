import Kernels
import Layers
import Testing

/// Adds a count that it keeps to each value, and counts the training passes.
private struct Counting: Layer {
  var kind: String { "Counting" }
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
    #expect(model.parameters.map(\.role) == [.trainable, .buffer, .trainable, .buffer])
    #expect(model.parameterCount == 2)
    #expect(model.trainableRanges.map(\.name) == ["0.scale", "1.scale"])
    #expect(model.trainableRanges.allSatisfy { $0.range.count == 1 && model.parameterBuffer[$0.range.lowerBound] == 2 })
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
    #expect(model.trainableRanges.map(\.name) == ["2.weight", "2.bias"])
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

  @Test func aReLUBehindOneAddedBranchApplies() throws {
    let model = try Model(Sequential(Branches(Pad2D(1), combination: .added), ReLU()), inputShape: [1, 1, 2])
    for mode in [PlanMode.training, .inference] {
      let plan = try model.plan(batchSize: 1, mode: mode)
      let output = try plan.forward(Tensor(shape: [1, 1, 1, 2], [-3, 5]))
      #expect(output.scalars == [0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0])
    }
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

  @Test func aFrozenLayerThatInfersUsesItsStatisticsAndPassesTheGradientOn() throws {
    let network = Sequential(
      Linear(4), Frozen(Sequential(BatchNorm1D(), ReLU(), Dropout(0.5)), inEvaluationMode: true), Linear(2))
    let model = try Model(network, inputShape: [3], seed: 2)
    try model.setParameter("1.0.running_mean", to: Tensor(shape: [4], [0.1, -0.2, 0.3, 0]))
    try model.setParameter("1.0.running_var", to: Tensor(shape: [4], [0.5, 1, 2, 0.25]))
    let names = ["1.0.running_mean", "1.0.running_var", "1.0.num_batches_tracked", "1.0.weight"]
    let before = try names.map { try model.parameter($0) }
    let input = try Tensor(shape: [2, 3], [1, -0.5, 0.25, 2, 0.5, -1])
    let gradient = try Tensor(shape: [2, 2], [1, -1, 0.5, 2])

    let plan = try model.plan(batchSize: 2, mode: .training)
    let output = try plan.forward(input)
    try plan.backward(gradient)

    #expect(output == (try model.plan(batchSize: 2, mode: .inference).forward(input)))
    #expect(try names.map { try model.parameter($0) } == before)
    #expect(try model.gradient("1.0.weight").scalars == [0, 0, 0, 0])
    // The derivative of the inference by the first layer's weight.
    let weight = try model.parameter("0.weight").scalars
    let found = try model.gradient("0.weight").scalars
    for i in weight.indices {
      var values: [Float] = []
      for step: Float in [-0.01, 0.01] {
        var moved = weight
        moved[i] += step
        try model.setParameter("0.weight", to: Tensor(shape: [4, 3], moved))
        let output = try model.plan(batchSize: 2, mode: .inference).forward(input).scalars
        values.append(zip(output, gradient.scalars).reduce(0) { $0 + $1.0 * $1.1 })
      }
      #expect(abs(found[i] - (values[1] - values[0]) / 0.02) < 1e-3, "\(i)")
    }
    #expect(found.contains { $0 != 0 })
  }

  @Test func aNormalisationByRunningStatisticsTrainsItsWeightAndBias() throws {
    let layer = BatchNorm2D(usesRunningStatistics: true)
    let model = try Model(layer, inputShape: [2, 1, 2])
    try model.setParameter("running_mean", to: Tensor(shape: [2], [1, 2]))
    try model.setParameter("running_var", to: Tensor(shape: [2], [4, 1]))
    let plan = try model.plan(batchSize: 1, mode: .training, needsInputGradient: true)
    let output = try plan.forward(Tensor(shape: [1, 2, 1, 2], [3, 5, 2, 4]))
    let inputGradient = try #require(try plan.backward(Tensor(shape: [1, 2, 1, 2], [1, 2, 3, 4])))
    func close(_ values: [Float], _ right: [Float]) -> Bool {
      zip(values, right).allSatisfy { abs($0 - $1) < 1e-4 }
    }
    #expect(close(output.scalars, [1, 2, 0, 2]))
    #expect(close(inputGradient.scalars, [0.5, 1, 3, 4]))
    #expect(close(try model.gradient("weight").scalars, [5, 8]))
    #expect(close(try model.gradient("bias").scalars, [3, 7]))
    #expect(try model.parameter("running_mean").scalars == [1, 2])
    #expect(try model.parameter("num_batches_tracked").scalars == [0])
    #expect(throws: LayerError.self) {
      try Model(BatchNorm2D(tracksRunningStatistics: false, usesRunningStatistics: true), inputShape: [2, 1, 2])
    }
  }

  @Test func aLayerAloneHandsBackTheBuffersThatAPassChanges() throws {
    let layer = BatchNorm2D(momentum: 0.5)
    var generator = SplitMix64(seed: 1)
    var parameters = try layer.initialParameters(for: [1, 1, 2], using: &generator)
    let kept = parameters
    let input = try Tensor(shape: [2, 1, 1, 2], [1, 2, 3, 6])
    let output = try layer.forward(input, updating: &parameters)
    #expect(output == (try layer.forward(input, parameters: kept, mode: .training)))
    // Mean 3 and unbiased variance 14/3 of the batch, half of them.
    #expect(parameters.map(\.shape) == kept.map(\.shape))
    #expect(parameters[2].scalars == [1.5])
    #expect(abs(parameters[3].scalars[0] - (0.5 + 7.0 / 3)) < 1e-6)
    #expect(parameters[4].scalars == [1])
    #expect(parameters[0] == kept[0] && parameters[1] == kept[1])
    #expect(kept[2].scalars == [0] && kept[4].scalars == [0])
    _ = try layer.forward(input, updating: &parameters, mode: .inference)
    #expect(parameters[4].scalars == [1])
  }

  @Test func aModelOfOneLayerKeepsItsStatistics() throws {
    let model = try Model(BatchNorm2D(momentum: nil), inputShape: [1, 1, 2])
    let plan = try model.plan(batchSize: 2, mode: .training)
    _ = try plan.forward(Tensor(shape: [2, 1, 1, 2], [1, 2, 3, 6]))
    #expect(try model.parameter("running_mean").scalars == [3])
    #expect(try model.parameter("num_batches_tracked").scalars == [1])
  }
}
