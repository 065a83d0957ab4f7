import Kernels
import Layers
import TestSupport
import Testing

/// Learned slopes, branches that are multiplied, bilinear upsampling, adaptive max pooling and layers of lines give PyTorch's
/// numbers, see Tests/Fixtures/make_layers.py.
struct TorchLayerTests {
  private static func squeeze(_ channels: Int, _ reduced: Int) -> any Layer {
    Sequential(
      GlobalAveragePool2D(), Conv2D(reduced, kernelSize: 1), ReLU(), Conv2D(channels, kernelSize: 1), Sigmoid())
  }

  private static func multiplied(_ branches: any Layer...) -> any Layer {
    Branches(branches, combination: .multiplied)
  }

  private static let layers: [String: any Layer] = [
    "prelu": PReLU(),
    "prelu channels": PReLU(perChannel: true),
    "prelu features": PReLU(perChannel: true),
    "prelu features shared": PReLU(),
    "prelu line": PReLU(perChannel: true),
    "prelu network": Sequential(Conv2D(5, kernelSize: 3), PReLU(perChannel: true), MaxPool2D(2, ceilMode: true)),
    "multiplied": multiplied(
      Conv2D(4, kernelSize: 1), Sequential(Conv2D(4, kernelSize: 3, padding: 1), Tanh())),
    "multiplied three": multiplied(
      Conv2D(3, kernelSize: 1), Sequential(), Conv2D(3, kernelSize: 3, padding: 1)),
    "squeeze and excite": multiplied(Sequential(), squeeze(8, 2)),
    "squeeze first": multiplied(squeeze(4, 3), Conv2D(4, kernelSize: 3, padding: 1), Sequential()),
    "bilinear": Upsample(2, mode: .bilinear()),
    "bilinear corners": Upsample(2, mode: .bilinear(alignCorners: true)),
    "bilinear axes": Upsample(Size2D(3, 1), mode: .bilinear()),
    "bilinear wide": Upsample(Size2D(1, 4), mode: .bilinear(alignCorners: true)),
    "bilinear pixel": Upsample(3, mode: .bilinear(alignCorners: true)),
    "bilinear network": Sequential(
      Conv2D(3, kernelSize: 3), Upsample(2, mode: .bilinear()), Conv2D(2, kernelSize: 1)),
    "adaptive max": AdaptiveMaxPool2D(Size2D(3, 2)),
    "adaptive max divides": AdaptiveMaxPool2D(Size2D(2, 3)),
    "adaptive max larger": AdaptiveMaxPool2D(5),
    "adaptive max global": AdaptiveMaxPool2D(1),
    "line conv": Conv1D(6, kernelSize: 3, padding: 1),
    "line conv options": Conv1D(6, kernelSize: 5, stride: 2, padding: 3, dilation: 2, groups: 2, bias: false),
    "line conv same": Conv1D(2, kernelSize: 4, padding: .same),
    "line conv reflect": Conv1D(3, kernelSize: 3, padding: 2, paddingMode: .reflect),
    "line conv depthwise": Conv1D(5, kernelSize: 3, padding: 1, groups: 5),
    "line max": MaxPool1D(3, stride: 2, padding: 1, ceilMode: true),
    "line max dilation": MaxPool1D(2, stride: 1, dilation: 3),
    "line average": AveragePool1D(3, stride: 2, padding: 1, countIncludePad: false),
    "line average default": AveragePool1D(2),
    "line global": GlobalAveragePool1D(),
    "line adaptive": AdaptiveAveragePool1D(4),
    "line adaptive max": AdaptiveMaxPool1D(4),
    "line network": Sequential(
      Conv1D(4, kernelSize: 5), ReLU(), MaxPool1D(2), Conv1D(3, kernelSize: 3), PReLU(perChannel: true),
      GlobalAveragePool1D(), Flatten(), Linear(4)),
    "squeeze block": Sequential(
      Sequential(
        Conv2D(4, kernelSize: 3, padding: 1), ReLU(), Conv2D(4, kernelSize: 3, padding: 1, bias: false)),
      multiplied(Sequential(), squeeze(4, 2)), ReLU()),
  ]

  static let cases = Result { try TorchCase.load("layers.json") }

  @Test func everyLayerHasACaseAndEveryCaseALayer() throws {
    #expect(Set(try Self.cases.get().map(\.name)) == Set(Self.layers.keys))
  }

  @Test(arguments: InstructionSet.available, [1, 3])
  func numbersAreThoseOfPyTorch(_ level: InstructionSet, threads: Int) throws {
    for torch in try Self.cases.get() {
      let layer = try #require(Self.layers[torch.name])
      let imageShape = Shape(Array(torch.inputShape.dropFirst()))
      let images = try Tensor(shape: Shape(torch.inputShape), torch.input)
      let place = "\(torch) at \(level), \(threads) threads"
      func model() throws -> Model {
        let model = try Model(layer, inputShape: imageShape)
        #expect(model.parameters.map(\.name) == torch.parameters.map(\.name), "\(place)")
        for parameter in torch.parameters {
          try model.setParameter(parameter.name, to: Tensor(shape: Shape(parameter.shape), parameter.values))
        }
        return model
      }
      let trained = try model()
      let inference = try trained.plan(batchSize: 2, mode: .inference, threads: threads, level: level)
      let plan = try trained.plan(
        batchSize: 2, mode: .training, needsInputGradient: true, threads: threads, level: level)
      let output = try plan.forward(images)
      #expect(output.shape == Shape(torch.outputShape), "\(place)")
      #expect(relativeError(output.scalars, torch.output) < 1e-5, "\(place)")
      #expect(try inference.forward(images) == output, "\(place)")
      let outputGradient = try Tensor(shape: output.shape, torch.outputGradient)
      let gradient = try #require(try plan.backward(outputGradient))
      #expect(relativeError(gradient.scalars, torch.inputGradient) < 1e-5, "\(place)")
      for parameter in torch.parameters {
        let values = try trained.gradient(parameter.name).scalars
        #expect(relativeError(values, parameter.gradient) < 1e-5, "\(parameter.name), \(place)")
      }
      // Without the gradient of its input it has the same gradients of its parameters.
      let withoutInput = try model()
      let short = try withoutInput.plan(batchSize: 2, mode: .training, threads: threads, level: level)
      _ = try short.forward(images)
      try short.backward(outputGradient)
      for name in torch.parameters.map(\.name) {
        #expect(try withoutInput.gradient(name) == trained.gradient(name), "\(name), \(place)")
      }
    }
  }

  @Test func slopesBeginAsPyTorchs() throws {
    let shared = try Model(PReLU(), inputShape: [3, 4, 4])
    #expect(try shared.parameter("weight") == Tensor(shape: [1], [0.25]))
    let own = try Model(PReLU(perChannel: true, initialSlope: 0.1), inputShape: [3, 4, 4])
    #expect(try own.parameter("weight") == Tensor(shape: [3], [0.1, 0.1, 0.1]))
  }

  @Test func linesThatDoNotFitAreErrorsOfTheirOwnLayer() throws {
    let bad: [(any Layer, Shape, String)] = [
      (Conv1D(3, kernelSize: 3), [2, 1, 9], "Conv1D: the input's shape is [2, 1, 9]; expected [channels, length]"),
      (
        Conv1D(3, kernelSize: 5, dilation: 2), [2, 8],
        "Conv1D: the input's shape is [2, 8]; expected a length of at least 9"
      ),
      (Conv1D(3, kernelSize: 0), [2, 8], "Conv1D: kernelSize is 0"),
      (Conv1D(3, kernelSize: 3, stride: 0), [2, 8], "Conv1D: stride is 0"),
      (Conv1D(3, kernelSize: 3, groups: 2), [2, 8], "Conv1D: groups is 2"),
      (Conv1D(0, kernelSize: 3), [2, 8], "Conv1D: outputChannels is 0"),
      (Conv1D(3, kernelSize: .max, padding: .same, dilation: .max), [2, 8], "Conv1D: kernelSize"),
      (Conv1D(3, kernelSize: 3, padding: 9, paddingMode: .reflect), [2, 8], "Conv1D"),
      (MaxPool1D(2, padding: 2), [2, 8], "MaxPool1D: padding is 2; expected at most half of the kernel, 1"),
      (MaxPool1D(9), [2, 8], "MaxPool1D: the input's shape is [2, 8]; expected a length of at least 9"),
      (AveragePool1D(-1), [2, 8], "AveragePool1D: kernelSize is -1"),
      (GlobalAveragePool1D(), [2], "GlobalAveragePool1D: the input's shape is [2]"),
      (AdaptiveAveragePool1D(0), [2, 8], "AdaptiveAveragePool1D: outputSize is 0"),
      (AdaptiveMaxPool1D(-2), [2, 8], "AdaptiveMaxPool1D: outputSize is -2"),
      (AdaptiveMaxPool2D(0), [2, 8, 8], "AdaptiveMaxPool2D: outputSize is 0"),
      (Upsample(0, mode: .bilinear()), [2, 8, 8], "Upsample: scale is 0"),
    ]
    for (layer, shape, message) in bad {
      do {
        _ = try layer.outputShape(for: shape)
        Issue.record("\(layer) takes \(shape)")
      } catch {
        #expect("\(error)".hasPrefix(message), "\(error)")
      }
    }
  }

  @Test func linesAreNormalisedOverTheirLength() throws {
    let shape: Shape = [3, 5]
    var random = TestRandom(seed: 2)
    let images = random.reals(4 * shape.count)
    let line = try Model(BatchNorm1D(), inputShape: shape).plan(batchSize: 4, mode: .training)
    let image = try Model(BatchNorm2D(), inputShape: [3, 1, 5]).plan(batchSize: 4, mode: .training)
    let output = try line.forward(Tensor(shape: shape.batched(4), images))
    #expect(try output.scalars == image.forward(Tensor(shape: [4, 3, 1, 5], images)).scalars)
  }

  @Test func aFrozenFactorLeavesTheOtherGradientsAsTheyAre() throws {
    let layer = Self.multiplied(
      Conv2D(4, kernelSize: 1).named("a"), PReLU().named("slope"),
      Sequential(GlobalAveragePool2D(), Conv2D(4, kernelSize: 1)).named("gate"))
    let shape: Shape = [4, 5, 3]
    var random = TestRandom(seed: 9)
    let (images, gradient) = (random.reals(3 * shape.count), random.reals(3 * shape.count))
    let model = try Model(layer, inputShape: shape, seed: 2)
    let plan = try model.plan(batchSize: 3, mode: .training)
    func gradients() throws -> [[Float]] {
      _ = try plan.forward(Tensor(shape: shape.batched(3), images))
      try plan.backward(Tensor(shape: shape.batched(3), gradient))
      return try model.parameters.map { try model.gradient($0.name).scalars }
    }
    let all = try gradients()
    for name in ["a", "slope", "gate"] {
      try model.freeze(name)
      for (i, values) in try gradients().enumerated() {
        let isFrozen = model.parameters[i].name.hasPrefix(name + ".")
        #expect(values == (isFrozen ? values.map { _ in 0 } : all[i]), "\(name) frozen, \(model.parameters[i].name)")
      }
      try model.unfreeze(name)
    }
  }

  @Test func whatCannotBeMultipliedIsAnError() throws {
    let bad: [(any Layer, Shape)] = [
      (Self.multiplied(), [3, 8, 8]),
      (Self.multiplied(Sequential(), Conv2D(2, kernelSize: 1)), [3, 8, 8]),
      (Self.multiplied(Sequential(), Sequential(GlobalAveragePool2D(), Conv2D(2, kernelSize: 1))), [3, 8, 8]),
      (Self.multiplied(Sequential(), AveragePool2D(2)), [3, 8, 8]),
      (Self.multiplied(Sequential(), Linear(1)), [8]),
      (PReLU(perChannel: true), []),
    ]
    for (layer, shape) in bad {
      #expect(throws: LayerError.self, "\(layer)") { try Model(layer, inputShape: shape) }
    }
    #expect {
      try Model(Branches(Sequential(), AveragePool2D(2), combination: .multiplied), inputShape: [3, 8, 8])
    } throws: {
      "\($0)".contains("[3, 4, 4]") && "\($0)".contains("[3, 8, 8], or one value a channel")
    }
  }
}
