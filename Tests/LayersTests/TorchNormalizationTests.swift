import Foundation
import Kernels
import Layers
import TestSupport
import Testing

/// Normalisation and upsampling give PyTorch's numbers, see Tests/Fixtures/make_normalization.py.
struct TorchNormalizationTests {
  struct Case: Decodable, Sendable {
    struct Values: Decodable, Sendable {
      let name: String
      let shape: [Int]
      let values: [Double]
      let gradient: [Double]?
    }

    let name: String
    let inputShape: [Int]
    let outputShape: [Int]
    /// Of three training steps.
    let inputs: [[Float]]
    /// Of the last step.
    let output: [Double]
    let outputGradient: [Float]
    let inputGradient: [Double]
    let parameters: [Values]
    /// Behind the last step.
    let buffers: [Values]
    /// The output for the last step's input, in inference behind it.
    let inference: [Double]
  }

  private static let layers: [String: any Layer] = [
    "batch": BatchNorm2D(),
    "batch relu": Sequential(BatchNorm2D(), ReLU()),
    "batch momentum": BatchNorm2D(momentum: 0.37),
    "batch cumulative": BatchNorm2D(momentum: nil),
    "batch eps": BatchNorm2D(epsilon: 0.25),
    "batch not affine": BatchNorm2D(affine: false),
    "batch not tracking": BatchNorm2D(tracksRunningStatistics: false),
    "batch neither": Sequential(BatchNorm2D(affine: false, tracksRunningStatistics: false), ReLU()),
    "batch huge mean": BatchNorm2D(),
    "batch large planes": BatchNorm2D(),
    "batch one pixel": BatchNorm2D(),
    "features": BatchNorm1D(),
    "features relu": Sequential(BatchNorm1D(), ReLU()),
    "features not affine": BatchNorm1D(momentum: nil, affine: false),
    "group": GroupNorm(2),
    "group relu": Sequential(GroupNorm(3), ReLU()),
    "group instance": GroupNorm(4, epsilon: 0.01),
    "group not affine": GroupNorm(1, affine: false),
    "group features": GroupNorm(2),
    "layer": LayerNorm([13]),
    "layer relu": Sequential(LayerNorm([20]), ReLU()),
    "layer image": LayerNorm([3, 4, 5]),
    "layer rows": LayerNorm([6], epsilon: 0.1),
    "layer not affine": LayerNorm([4, 3], affine: false),
    "layer no bias": LayerNorm([9], bias: false),
    "upsample": Upsample(2),
    "upsample axes": Upsample(Size2D(3, 1)),
    "upsample wide": Upsample(Size2D(1, 4)),
    "upsample none": Upsample(1),
  ]

  static let cases = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/normalization.json"))
    return try JSONDecoder().decode([Case].self, from: data)
  }

  @Test func everyLayerHasACaseAndEveryCaseALayer() throws {
    #expect(Set(try Self.cases.get().map(\.name)) == Set(Self.layers.keys))
  }

  @Test(arguments: InstructionSet.available, [1, 3])
  func numbersAreThoseOfPyTorch(_ level: InstructionSet, threads: Int) throws {
    for torch in try Self.cases.get() {
      let place = "\(torch.name) at \(level), \(threads) threads"
      let layer = try #require(Self.layers[torch.name])
      let shape = Shape(torch.inputShape)
      let model = try Model(layer, inputShape: shape.element)
      func own(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }
      let trained = model.parameters.filter { $0.role == .trainable }
      let buffers = model.parameters.filter { $0.role == .buffer }
      #expect(trained.map { own($0.name) } == torch.parameters.map(\.name), "\(place)")
      #expect(buffers.map { own($0.name) } == torch.buffers.map(\.name), "\(place)")
      for (parameter, values) in zip(trained, torch.parameters) {
        try model.setParameter(
          parameter.name, to: Tensor(shape: Shape(values.shape), values.values.map { Float($0) }))
      }

      let plan = try model.plan(
        batchSize: shape[0], mode: .training, needsInputGradient: true, threads: threads, level: level)
      var output = try Tensor(shape: [0])
      for input in torch.inputs { output = try plan.forward(Tensor(shape: shape, input)) }
      #expect(output.shape == Shape(torch.outputShape), "\(place)")
      #expect(relativeError(output.scalars, torch.output) < 1e-5, "\(place)")
      let gradient = try #require(try plan.backward(Tensor(shape: output.shape, torch.outputGradient)))
      #expect(relativeError(gradient.scalars, torch.inputGradient) < 1e-5, "\(place)")
      for (parameter, values) in zip(trained, torch.parameters) {
        let error = relativeError(try model.gradient(parameter.name).scalars, try #require(values.gradient))
        #expect(error < 1e-5, "\(parameter.name), \(place)")
      }
      for (buffer, values) in zip(buffers, torch.buffers) {
        let found = try model.parameter(buffer.name)
        #expect(found.shape == Shape(values.shape), "\(buffer.name), \(place)")
        #expect(relativeError(found.scalars, values.values) < 1e-5, "\(buffer.name), \(place)")
      }

      let inference = try model.plan(batchSize: shape[0], mode: .inference, threads: threads, level: level)
      let result = try inference.forward(Tensor(shape: shape, torch.inputs[2]))
      #expect(relativeError(result.scalars, torch.inference) < 1e-5, "\(place) in inference")
    }
  }

  @Test func bufferTypesAreThoseOfPyTorch() throws {
    let parameters = try BatchNorm2D().parameters(for: [3, 2, 2])
    #expect(
      parameters.map(\.name) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
    #expect(parameters.map(\.role) == [.trainable, .trainable, .buffer, .buffer, .buffer])
    #expect(parameters.map(\.storedType) == [.float32, .float32, .float32, .float32, .int64])
    #expect(parameters.map { $0.shape.dimensions } == [[3], [3], [3], [3], []])
    #expect(try BatchNorm2D().parameterCount(for: [3, 2, 2]) == 6)
  }

  @Test func oneValueAChannelIsAnErrorInTraining() throws {
    let single: [(any Layer, Shape)] = [
      (BatchNorm1D(), [4]), (BatchNorm2D(), [4, 1, 1]), (BatchNorm1D(tracksRunningStatistics: false), [4]),
    ]
    for (layer, shape) in single {
      let model = try Model(Sequential(layer), inputShape: shape)
      let error = #expect(throws: LayerError.self) { try model.plan(batchSize: 1, mode: .training) }
      #expect("\(error.map(String.init(describing:)) ?? "")".contains("values of each channel is 1"), "\(layer)")
      // A smaller batch, such as an epoch's last.
      let plan = try model.plan(batchSize: 2, mode: .training)
      #expect(throws: LayerError.self) { try plan.forward(count: 1) }
    }
    let model = try Model(BatchNorm1D(), inputShape: [4])
    _ = try model.plan(batchSize: 1, mode: .inference)
    let image = try Model(BatchNorm2D(), inputShape: [4, 1, 2])
    _ = try image.plan(batchSize: 1, mode: .training)
  }

  @Test func whatDoesNotFitIsAnError() throws {
    let bad: [(any Layer, Shape)] = [
      (BatchNorm2D(), [3]), (BatchNorm1D(), [3, 2, 2]), (BatchNorm2D(epsilon: -1), [3, 2, 2]),
      (BatchNorm1D(momentum: .nan), [3]), (GroupNorm(2), [3, 2, 2]), (GroupNorm(0), [3, 2, 2]),
      (GroupNorm(1, epsilon: .nan), [3, 2, 2]), (LayerNorm([3]), [3, 2]), (LayerNorm([]), [3, 2]),
      (LayerNorm([1, 3, 2]), [3, 2]), (LayerNorm([0]), [3, 2]), (Upsample(0), [1, 2, 2]),
      (Upsample(2), [4]), (Upsample(1 << 20), [1, 1 << 20, 1 << 20]),
    ]
    for (layer, shape) in bad {
      #expect(throws: LayerError.self, "\(layer)") { try Model(layer, inputShape: shape) }
    }
  }

  /// The running statistics change in training only, and not where a frozen layer is in evaluation mode.
  @Test func runningStatisticsFollowTrainingAlone() throws {
    var random = TestRandom(seed: 3)
    let images = try Tensor(shape: [4, 2, 3, 3], random.reals(72))
    let model = try Model(BatchNorm2D(), inputShape: [2, 3, 3])
    _ = try model.plan(batchSize: 4, mode: .inference).forward(images)
    #expect(try model.parameter("running_mean").scalars == [0, 0])
    let plan = try model.plan(batchSize: 4, mode: .training)
    for pass in 1...3 {
      _ = try plan.forward(images)
      #expect(try model.parameter("num_batches_tracked").scalars == [Float(pass)])
    }
    #expect(try model.parameter("running_mean").scalars != [0, 0])
    #expect(try model.parameter("running_var").scalars != [1, 1])

    let frozen = try Model(
      Sequential(Frozen(BatchNorm2D(), inEvaluationMode: true), Flatten(), Linear(2)), inputShape: [2, 3, 3])
    _ = try frozen.plan(batchSize: 4, mode: .training).forward(images)
    #expect(try frozen.parameter("0.num_batches_tracked").scalars == [0])
    #expect(try frozen.parameter("0.running_mean").scalars == [0, 0])
  }

  /// A frozen normalisation that trains otherwise hands the gradient on, and has none of its own.
  @Test func frozenWeightsHaveNoGradients() throws {
    var random = TestRandom(seed: 4)
    let images = try Tensor(shape: [4, 4, 2, 2], random.reals(64))
    let gradient = try Tensor(shape: [4, 4, 2, 2], random.reals(64))
    for layer in [BatchNorm2D(), GroupNorm(2), LayerNorm([4, 2, 2])] as [any Layer] {
      let results = try [layer, Frozen(layer)].map { layer in
        let model = try Model(layer, inputShape: [4, 2, 2])
        let plan = try model.plan(batchSize: 4, mode: .training, needsInputGradient: true)
        _ = try plan.forward(images)
        let inputGradient = try plan.backward(gradient)
        return (inputGradient, try model.gradient("weight").scalars.contains { $0 != 0 })
      }
      #expect(results[0].0 == results[1].0, "\(layer)")
      #expect(results[0].1 && !results[1].1, "\(layer)")
    }
  }

  /// A ReLU behind a normalisation runs as part of it, with the same bits.
  @Test(arguments: InstructionSet.available)
  func aReLUBehindItIsPartOfIt(_ level: InstructionSet) throws {
    var random = TestRandom(seed: 5)
    let layers: [(any Layer, Shape)] = [
      (BatchNorm2D(), [5, 4, 7]), (BatchNorm1D(), [37]), (GroupNorm(5), [5, 4, 7]), (LayerNorm([37]), [37]),
    ]
    for (layer, shape) in layers {
      let input = try Tensor(shape: shape.batched(6), random.reals(6 * shape.count))
      let gradient = try Tensor(shape: shape.batched(6), random.reals(6 * shape.count))
      // A layer between the two keeps them apart.
      let results = try [Sequential(layer, ReLU()), Sequential(layer, Sequential(ReLU()))].map { network in
        let model = try Model(network, inputShape: shape)
        try model.setParameter("0.bias", to: Tensor(shape: model.parameter("0.bias").shape, repeating: 0.25))
        let plan = try model.plan(batchSize: 6, mode: .training, needsInputGradient: true, level: level)
        let output = try plan.forward(input)
        let inputGradient = try plan.backward(gradient)
        return (output, inputGradient, try model.gradient("0.weight"), try model.gradient("0.bias"))
      }
      #expect(results[0].0 == results[1].0 && results[0].1 == results[1].1, "\(layer)")
      #expect(results[0].2 == results[1].2 && results[0].3 == results[1].3, "\(layer)")
      #expect(results[0].0.scalars.contains(0) && results[0].0.scalars.contains { $0 > 0 }, "\(layer)")
    }
  }

  /// Normalisation inside a network that is trained: the loss falls, and inference agrees with what was learned.
  @Test func aNetworkLearnsWithNormalization() throws {
    let network = Sequential(
      Conv2D(8, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(), MaxPool2D(2),
      Conv2D(8, kernelSize: 3, padding: 1), GroupNorm(2), ReLU(), Flatten(), Linear(16), BatchNorm1D(), ReLU(),
      LayerNorm([16]), Linear(4))
    let model = try Model(network, inputShape: [1, 8, 8], seed: 2)
    var random = TestRandom(seed: 6)
    let labels = (0..<64).map { $0 % 4 }
    let images = labels.flatMap { label in
      (0..<64).map { Float($0 / 16 == label ? 1 : 0) + Float.random(in: -0.3...0.3, using: &random) }
    }
    let trainer = try Trainer(
      model: model, optimizer: SGD(learningRate: 0.1, momentum: 0.9), batchSize: 64, seed: 1)
    let batch = try Tensor(shape: [64, 1, 8, 8], images)
    var losses: [Double] = []
    for _ in 0..<30 { losses.append(Double(try trainer.step(batch, labels: labels))) }
    #expect(losses[29] < 0.05 * losses[0], "\(losses)")
    let scores = try model.plan(batchSize: 64, mode: .inference).forward(batch)
    #expect(try CrossEntropy().evaluate(scores, labels: labels).loss < 0.5)
  }
}
