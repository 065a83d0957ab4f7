import Layers
import Testing

struct NetworkTests {
  @Test func shapesAreInferred() throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    #expect(model.outputShape == [10])
    #expect(
      model.layers.map(\.outputShape) == [
        [6, 28, 28], [6, 28, 28], [6, 14, 14], [16, 10, 10], [16, 10, 10], [16, 5, 5], [400], [120], [120], [84], [84],
        [10],
      ])
  }

  @Test func parametersAreNamedAndCountedAsInPyTorch() throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    #expect(model.parameterCount == 62_006)
    #expect(
      model.parameters.map(\.name) == [
        "0.weight", "0.bias", "3.weight", "3.bias", "7.weight", "7.bias", "9.weight", "9.bias", "11.weight", "11.bias",
      ])
    #expect(try model.parameter("3.weight").shape == [16, 6, 5, 5])
    #expect(try model.parameter("7.weight").shape == [120, 400])
  }

  /// Parameter counts of networks that other frameworks report.
  @Test(
    arguments: [
      ([10], 30_730), ([120, 84, 10], 379_774), ([1024, 10], 3_157_002), ([1024, 1024, 10], 4_206_602),
    ] as [([Int], Int)])
  func linearNetworksHaveTheKnownNumberOfParameters(sizes: [Int], expected: Int) throws {
    let network = Sequential([Flatten()] + sizes.map { Linear($0) })
    #expect(try Model(network, inputShape: [3, 32, 32]).parameterCount == expected)
  }

  @Test func floatingPointOperationsAreCounted() throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    #expect(model.multiplyAddsPerImage == 352_800 + 240_000 + 48_000 + 10_080 + 840)
    #expect(model.trainingFLOPsPerImage == 6 * 651_720 - 2 * 352_800)
  }

  @Test func sequencesNest() throws {
    let nested = Sequential(
      Sequential(Conv2D(4, kernelSize: 3, padding: 1), ReLU()), Sequential(Sequential(Flatten()), Linear(5)))
    let flat = Sequential(Conv2D(4, kernelSize: 3, padding: 1), ReLU(), Flatten(), Linear(5))
    let model = try Model(nested, inputShape: [2, 6, 6], seed: 4)
    #expect(model.parameters.map(\.name) == ["0.0.weight", "0.0.bias", "1.1.weight", "1.1.bias"])
    #expect(model.layers.map(\.path) == ["0.0", "0.1", "1.0.0", "1.1"])
    let images = try Tensor(shape: [3, 2, 6, 6], (0..<216).map { Float($0 % 17) / 8 - 1 })
    let other = try Model(flat, inputShape: [2, 6, 6], seed: 4)
    #expect(
      try model.plan(batchSize: 3, mode: .inference).forward(images)
        == other.plan(batchSize: 3, mode: .training).forward(images))
  }

  @Test func anEmptyNetworkIsTheIdentity() throws {
    let model = try Model(Sequential(Flatten()), inputShape: [2, 2, 1])
    let plan = try model.plan(batchSize: 2, mode: .training, needsInputGradient: true)
    let images = try Tensor(shape: [2, 2, 2, 1], [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(try plan.forward(images).scalars == images.scalars)
    #expect(try plan.backward(Tensor(shape: [2, 4], repeating: 3))?.scalars == [Float](repeating: 3, count: 8))
  }

  @Test func parametersCanBeReplaced() throws {
    let model = try Model(Sequential(Linear(1)), inputShape: [2])
    try model.setParameter("0.weight", to: Tensor(shape: [1, 2], [3, 4]))
    try model.setParameter("0.bias", to: Tensor(shape: [1], [5]))
    let plan = try model.plan(batchSize: 1, mode: .inference)
    #expect(try plan.forward(Tensor(shape: [1, 2], [10, 100])).scalars == [435])
    #expect(throws: LayerError.unknownParameter(name: "weight", known: ["0.weight", "0.bias"])) {
      try model.parameter("weight")
    }
    #expect(
      message { try model.setParameter("0.weight", to: Tensor(shape: [2])) }
        == "Sequential: the shape of parameter '0.weight' is [2]; expected [1, 2]")
  }

  @Test(
    arguments: [
      (
        Sequential(Linear(10)), [3, 4, 4],
        "layer 0 (Linear): the input's shape is [3, 4, 4]; "
          + "expected [features]; put a Flatten before it"
      ),
      (
        Sequential(ReLU(), Conv2D(4, kernelSize: 5)), [3, 4, 8],
        "layer 1 (Conv2D): the input's shape is [3, 4, 8]; "
          + "expected a height of at least 5 and a width of at least 5"
      ),
      (
        Sequential(Conv2D(4, kernelSize: 3, groups: 2)), [3, 8, 8],
        "layer 0 (Conv2D): groups is 2; "
          + "expected a divisor of 3 input channels and 4 output channels"
      ),
      (
        Sequential(Flatten(), MaxPool2D(2)), [3, 8, 8],
        "layer 1 (MaxPool2D): the input's shape is [192]; "
          + "expected [channels, height, width], each at least 1"
      ),
      (
        Sequential(Sequential(ReLU(), MaxPool2D(2, padding: 2))), [3, 8, 8],
        "layer 0.1 (MaxPool2D): padding is 2; "
          + "expected at most half of the kernel, 1"
      ),
      (
        Sequential(AveragePool2D(Size2D(2, 3), stride: 0)), [3, 8, 8],
        "layer 0 (AveragePool2D): stride is 0; "
          + "expected 1 to 1048576"
      ),
      (
        Sequential(Conv2D(0, kernelSize: 1)), [3, 8, 8],
        "layer 0 (Conv2D): outputChannels is 0; "
          + "expected 1 to 2147483647"
      ),
      (
        Sequential(Linear(1 << 20)), [1 << 20],
        "layer 0 (Linear): the weight's shape is [1048576, 1048576]; "
          + "expected at most 2147483647 elements"
      ),
      (
        Sequential(ReLU()), [0, 8, 8],
        "Sequential: the input's shape is [0, 8, 8]; "
          + "expected dimensions of at least 1, and at most 2147483647 elements"
      ),
    ] as [(Sequential, Shape, String)])
  func mistakesAreNamed(network: Sequential, inputShape: Shape, expected: String) {
    #expect(message { try Model(network, inputShape: inputShape) } == expected)
  }

  @Test func wrongUseOfAPlanIsNamed() throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    #expect(
      message { try model.plan(batchSize: 0, mode: .training) }
        == "Sequential: batchSize is 0; expected 1 to 16777216")
    #expect(
      message { try Model(ReLU(), inputShape: [1 << 30]).plan(batchSize: 1 << 24, mode: .inference) }
        == "ReLU: batchSize is 16777216; "
        + "expected fewer: the system has no memory for so many images of 4294967296 values")
    let plan = try model.plan(batchSize: 2, mode: .inference)
    #expect(
      message { try plan.forward(Tensor(shape: [2, 3, 32, 31])) }
        == "Sequential: the images' shape is [2, 3, 32, 31]; expected [2, 3, 32, 32] or fewer in front")
    #expect(message { try plan.forward(count: 3) } == "Sequential: the number of images is 3; expected 0 to 2")
    #expect(message { try plan.backward(count: 2) } == "Sequential: mode is inference; expected training")
  }

  @Test func aBackwardPassFollowsAForwardPassOfAsManyImages() throws {
    let plan = try Model(n1, inputShape: [3, 32, 32]).plan(batchSize: 2, mode: .training)
    let name = "Sequential: the number of images of a backward pass is"
    #expect(message { try plan.backward() } == "\(name) 2; expected a forward pass before it")
    try plan.forward(count: 1)
    #expect(message { try plan.backward(count: 2) } == "\(name) 2; expected that of the forward pass, 1")
    try plan.backward(count: 1)
  }

  @Test func sizesThatMultiplyToTooMuchAreErrors() {
    #expect(
      message { try Model(Conv2D(1, kernelSize: 46_000, padding: 46_000), inputShape: [1, 1, 1]) }
        == "Conv2D: the number of multiply-adds is more than \(Int.max / 8); expected fewer")
    #expect(
      message { try ReLU().plan(LayerProblem(inputShape: [1 << 62], batchSize: 4, mode: .inference)) }
        == "ReLU: relu: the sizes multiply to more elements than can be addressed")
  }

  @Test func wrongUseOfALayerAloneIsNamed() throws {
    let input = try Tensor(shape: [1, 4])
    #expect(
      message { try Linear(2).forward(input) }
        == "Linear: the parameters' shapes is []; expected [[2, 4], [2]]")
    #expect(
      message { try ReLU().backward(input, outputGradient: Tensor(shape: [4])) }
        == "ReLU: the output gradient's shape is [4]; expected [1, 4]")
  }

  private func message<T>(_ body: () throws -> T) -> String {
    do {
      _ = try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }
}
