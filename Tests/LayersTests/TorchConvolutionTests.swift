import Kernels
import Layers
import TestSupport
import Testing

/// Convolutions, linear layers, padding and branches give PyTorch's numbers, see Tests/Fixtures/make_convolutions.py.
struct TorchConvolutionTests {
  private static func block() -> any Layer {
    Sequential(
      Conv2D(4, kernelSize: 3, padding: 1), ReLU(), Conv2D(4, kernelSize: 3, padding: 1, bias: false))
  }

  private static let layers: [String: any Layer] = [
    "conv": Conv2D(3, kernelSize: 3),
    "conv 1x1": Conv2D(5, kernelSize: 1, bias: false),
    "conv 1x1 stride": Conv2D(8, kernelSize: 1, stride: 2),
    "conv stride padding": Conv2D(5, kernelSize: Size2D(3, 5), stride: Size2D(2, 3), padding: Size2D(1, 2)),
    "conv dilation": Conv2D(3, kernelSize: 3, padding: 2, dilation: Size2D(2, 1)),
    "conv groups": Conv2D(4, kernelSize: 3, padding: 1, groups: 2),
    "conv depthwise": Conv2D(5, kernelSize: 3, padding: 1, groups: 5),
    "conv depthwise stride": Conv2D(8, kernelSize: 3, stride: 2, padding: 1, groups: 4, bias: false),
    "conv reflect": Conv2D(3, kernelSize: 3, padding: Size2D(2, 1), paddingMode: .reflect),
    "conv replicate": Conv2D(3, kernelSize: 3, stride: 2, padding: 2, paddingMode: .replicate),
    "conv circular": Conv2D(2, kernelSize: 3, padding: 1, paddingMode: .circular),
    "conv same": Conv2D(3, kernelSize: Size2D(4, 3), padding: .same, dilation: Size2D(1, 2)),
    "conv same reflect": Conv2D(3, kernelSize: 4, padding: .same, paddingMode: .reflect),
    "transposed": TransposedConv2D(4, kernelSize: 3),
    "transposed stride": TransposedConv2D(3, kernelSize: 4, stride: 2, padding: 1, bias: false),
    "transposed output padding": TransposedConv2D(
      2, kernelSize: Size2D(3, 2), stride: Size2D(2, 3), padding: Size2D(1, 0), outputPadding: Size2D(1, 2)),
    "transposed groups dilation": TransposedConv2D(6, kernelSize: 3, padding: 1, groups: 2, dilation: 2),
    "linear": Linear(7),
    "linear no bias": Linear(17, bias: false),
    "residual": Residual(block()),
    "residual relu": Sequential(Residual(block()), ReLU()),
    "residual shortcut": Sequential(Residual(block(), shortcut: Conv2D(4, kernelSize: 1)), ReLU()),
    "parallel": Branches(
      Conv2D(2, kernelSize: 1), Sequential(Conv2D(4, kernelSize: 3, padding: 1), ReLU()), Sequential(),
      MaxPool2D(3, stride: 1, padding: 1)),
  ]

  static let cases = Result { try TorchCase.load("convolutions.json") }

  @Test func everyLayerHasACaseAndEveryCaseALayer() throws {
    #expect(Set(try Self.cases.get().map(\.name)) == Set(Self.layers.keys))
  }

  @Test(arguments: InstructionSet.available, [1, 3])
  func numbersAreThoseOfPyTorch(_ level: InstructionSet, threads: Int) throws {
    for torch in try Self.cases.get() {
      let layer = try #require(Self.layers[torch.name])
      let model = try Model(layer, inputShape: Shape(Array(torch.inputShape.dropFirst())))
      #expect(model.parameters.map(\.name) == torch.parameters.map(\.name), "\(torch)")
      for parameter in torch.parameters {
        try model.setParameter(parameter.name, to: Tensor(shape: Shape(parameter.shape), parameter.values))
      }
      let images = try Tensor(shape: Shape(torch.inputShape), torch.input)
      let place = "\(torch) at \(level), \(threads) threads"

      let inference = try model.plan(batchSize: 2, mode: .inference, threads: threads, level: level)
      let plan = try model.plan(
        batchSize: 2, mode: .training, needsInputGradient: true, threads: threads, level: level)
      let output = try plan.forward(images)
      #expect(output.shape == Shape(torch.outputShape), "\(place)")
      #expect(relativeError(output.scalars, torch.output) < 1e-5, "\(place)")
      #expect(try inference.forward(images) == output, "\(place)")
      let gradient = try #require(try plan.backward(Tensor(shape: output.shape, torch.outputGradient)))
      #expect(relativeError(gradient.scalars, torch.inputGradient) < 1e-5, "\(place)")
      for parameter in torch.parameters {
        let values = try model.gradient(parameter.name).scalars
        #expect(relativeError(values, parameter.gradient) < 1e-5, "\(parameter.name), \(place)")
      }

      // A layer alone, and without the gradient of its input, gives the same numbers.
      let alone = try layer.backward(
        images, outputGradient: Tensor(shape: output.shape, torch.outputGradient),
        parameters: torch.parameters.map { try Tensor(shape: Shape($0.shape), $0.values) }, level: level)
      #expect(alone.input == gradient, "\(place)")
      let names = torch.parameters.map(\.name)
      #expect(try alone.parameters == names.map { try model.gradient($0) }, "\(place)")
      let withoutInput = try Model(layer, inputShape: Shape(Array(torch.inputShape.dropFirst())))
      for parameter in torch.parameters {
        try withoutInput.setParameter(parameter.name, to: Tensor(shape: Shape(parameter.shape), parameter.values))
      }
      let short = try withoutInput.plan(batchSize: 2, mode: .training, threads: threads, level: level)
      _ = try short.forward(images)
      try short.backward(Tensor(shape: output.shape, torch.outputGradient))
      for name in names { #expect(try withoutInput.gradient(name) == model.gradient(name), "\(name), \(place)") }
    }
  }

  @Test func whatDoesNotFitIsAnError() throws {
    let bad: [(any Layer, Shape)] = [
      (Conv2D(3, kernelSize: 3, padding: 3, paddingMode: .reflect), [1, 3, 9]),
      (Conv2D(3, kernelSize: 9, padding: 1, paddingMode: .circular), [1, 3, 9]),
      (Pad2D(4, mode: .circular), [1, 3, 3]),
      (Pad2D(-1), [1, 3, 3]),
      (TransposedConv2D(2, kernelSize: 3, stride: 2, outputPadding: 2), [3, 4, 4]),
      (TransposedConv2D(2, kernelSize: 1, padding: 2), [3, 4, 4]),
      (TransposedConv2D(3, kernelSize: 3, groups: 2), [4, 4, 4]),
      (TransposedConv2D(0, kernelSize: 3), [4, 4, 4]),
      (Residual(Conv2D(3, kernelSize: 3)), [3, 8, 8]),
      (Branches(), [3, 8, 8]),
      (Branches(Conv2D(3, kernelSize: 3), Conv2D(3, kernelSize: 1)), [3, 8, 8]),
      (Branches(Conv2D(3, kernelSize: 1), Conv2D(2, kernelSize: 1), combination: .added), [3, 8, 8]),
    ]
    for (layer, shape) in bad {
      #expect(throws: LayerError.self, "\(layer)") { try Model(layer, inputShape: shape) }
    }
    var same = Conv2D(3, kernelSize: 3, padding: .same)
    same.stride = Size2D(2)
    #expect(throws: LayerError.self) { try Model(same, inputShape: [3, 8, 8]) }
  }

  @Test func branchesAddUpInAnyNumber() throws {
    let images = try Tensor(shape: [2, 1, 2, 2], (1...8).map(Float.init))
    let gradient = try Tensor(shape: [2, 1, 2, 2], (1...8).map { Float($0) - 4 })
    // Each branch hands its input on or halves it: k branches give a multiple of the input.
    for (branches, factor) in [
      ([Sequential()], 1), ([Sequential(), Sequential()], 2), ([Sequential(), AveragePool2D(1), Sequential()], 3),
      ([AveragePool2D(1), AveragePool2D(1), ReLU(), ReLU()], 4),
    ] as [([any Layer], Float)] {
      let model = try Model(Branches(branches, combination: .added), inputShape: [1, 2, 2])
      let plan = try model.plan(batchSize: 2, mode: .training, needsInputGradient: true)
      #expect(try plan.forward(images).scalars == images.scalars.map { $0 * factor })
      #expect(try plan.backward(gradient)?.scalars == gradient.scalars.map { $0 * factor })
    }
  }

  @Test func theSummaryShowsTheLayersWithin() throws {
    let model = try Model(
      Sequential(Residual(Self.block(), shortcut: Conv2D(4, kernelSize: 1)).named("block"), ReLU()),
      inputShape: [3, 4, 4])
    #expect(
      model.layers.map { "\($0.path) \($0.kind)" } == [
        "block.body.0 Conv2D", "block.body.1 ReLU", "block.body.2 Conv2D", "block.shortcut Conv2D", "1 ReLU",
      ])
    #expect(model.layers.reduce(0) { $0 + $1.parameterCount } == model.parameterCount)
    #expect(model.layers.reduce(0) { $0 + $1.multiplyAddsPerImage } == model.multiplyAddsPerImage)
  }
}
