import Kernels
import Layers
import TestSupport
import Testing

/// A layer with its definition in Double.
struct GradientCase: Sendable, CustomTestStringConvertible {
  let layer: any Layer
  let inputShape: Shape
  let reference: @Sendable () -> DoubleFunction
  var batch = 2
  /// Whether the derivative jumps: inputs then keep a distance from each other and from 0.
  var hasKinks = false

  var testDescription: String { "\(layer) on \(inputShape)" }

  static func conv2D(_ layer: Conv2D, _ shape: Shape) -> GradientCase {
    GradientCase(layer: layer, inputShape: shape, reference: { DoubleReference.conv2D(layer, shape) })
  }

  static func maxPool(_ layer: MaxPool2D, _ shape: Shape) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        DoubleReference.pool(
          shape, kernel: layer.kernelSize, stride: layer.stride, padding: layer.padding, dilation: layer.dilation,
          ceilMode: layer.ceilMode
        ) { values, _ in values.max() ?? .nan }
      }, hasKinks: true)
  }

  static func averagePool(_ layer: AveragePool2D, _ shape: Shape) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        DoubleReference.pool(
          shape, kernel: layer.kernelSize, stride: layer.stride, padding: layer.padding, ceilMode: layer.ceilMode
        ) { values, positions in
          values.reduce(0, +) / Double(layer.countIncludePad ? positions : values.count)
        }
      })
  }

  static func adaptive(_ layer: any Layer, _ shape: Shape, _ output: Size2D) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape, reference: { DoubleReference.adaptiveAveragePool(shape, output) })
  }

  private static func adaptiveMaximum(_ layer: any Layer, _ shape: Shape, _ output: Size2D) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape,
      reference: { DoubleReference.adaptivePool(shape, output) { $0.max() ?? .nan } }, hasKinks: true)
  }

  private static func line(
    _ layer: any Layer, _ shape: Shape, hasKinks: Bool = false, _ reference: @escaping @Sendable () -> DoubleFunction
  ) -> GradientCase {
    GradientCase(layer: layer, inputShape: shape, reference: reference, hasKinks: hasKinks)
  }

  static let all: [GradientCase] = [
    .conv2D(Conv2D(3, kernelSize: 3), [2, 6, 7]),
    .conv2D(Conv2D(6, kernelSize: 5), [3, 9, 9]),
    .conv2D(Conv2D(4, kernelSize: Size2D(3, 2), stride: Size2D(2, 1), padding: Size2D(1, 0)), [3, 7, 6]),
    .conv2D(Conv2D(4, kernelSize: 3, padding: 2, dilation: Size2D(2, 1), groups: 2), [2, 6, 5]),
    .conv2D(Conv2D(3, kernelSize: 3, padding: 1, groups: 3, bias: false), [3, 5, 5]),
    .conv2D(Conv2D(5, kernelSize: 1), [7, 3, 4]),
    GradientCase(layer: Linear(5), inputShape: [13], reference: { DoubleReference.linear(Linear(5), features: 13) }),
    GradientCase(
      layer: Linear(17, bias: false), inputShape: [3],
      reference: { DoubleReference.linear(Linear(17, bias: false), features: 3) }, batch: 5),
    .maxPool(MaxPool2D(2), [3, 6, 8]),
    .maxPool(MaxPool2D(3, stride: 2, padding: 1), [2, 7, 5]),
    .maxPool(MaxPool2D(Size2D(2, 3), stride: 1, dilation: 2), [2, 7, 8]),
    .averagePool(AveragePool2D(2), [3, 6, 8]),
    .averagePool(AveragePool2D(3, stride: 2, padding: 1), [2, 7, 5]),
    .averagePool(AveragePool2D(3, stride: 2, padding: 1, countIncludePad: false), [2, 7, 5]),
    // Output sizes in which only ceilMode has a window: it hangs over the edge.
    .maxPool(MaxPool2D(4, stride: 2, ceilMode: true), [2, 3, 3]),
    .averagePool(AveragePool2D(3, stride: 3, ceilMode: true, countIncludePad: false), [2, 7, 2]),
    .adaptive(GlobalAveragePool2D(), [5, 4, 3], Size2D(1)),
    .adaptive(AdaptiveAveragePool2D(Size2D(3, 2)), [2, 7, 5], Size2D(3, 2)),
    adaptiveMaximum(AdaptiveMaxPool2D(Size2D(3, 2)), [2, 7, 5], Size2D(3, 2)),
    adaptiveMaximum(AdaptiveMaxPool2D(1), [3, 4, 5], Size2D(1)),
    // Lines are images of one row.
    line(Conv1D(3, kernelSize: 4, stride: 2, padding: 1), [2, 11]) {
      DoubleReference.conv2D(
        Conv2D(3, kernelSize: Size2D(1, 4), stride: Size2D(1, 2), padding: Size2D(0, 1)), [2, 1, 11])
    },
    line(MaxPool1D(3, stride: 2, padding: 1), [3, 10], hasKinks: true) {
      DoubleReference.pool(
        [3, 1, 10], kernel: Size2D(1, 3), stride: Size2D(1, 2), padding: Size2D(0, 1)
      ) { values, _ in values.max() ?? .nan }
    },
    line(AveragePool1D(4, countIncludePad: false), [2, 9]) {
      DoubleReference.pool([2, 1, 9], kernel: Size2D(1, 4), stride: Size2D(1, 4)) { values, _ in
        values.reduce(0, +) / Double(values.count)
      }
    },
    line(GlobalAveragePool1D(), [4, 13]) { DoubleReference.adaptiveAveragePool([4, 1, 13], Size2D(1)) },
    line(AdaptiveAveragePool1D(5), [2, 13]) { DoubleReference.adaptiveAveragePool([2, 1, 13], Size2D(1, 5)) },
    line(AdaptiveMaxPool1D(5), [2, 13], hasKinks: true) {
      DoubleReference.adaptivePool([2, 1, 13], Size2D(1, 5)) { $0.max() ?? .nan }
    },
    GradientCase(
      layer: ReLU(), inputShape: [2, 5, 7], reference: { DoubleReference.relu }, hasKinks: true),
    GradientCase(layer: Tanh(), inputShape: [2, 5, 7], reference: { DoubleReference.tanh }),
    GradientCase(layer: Sigmoid(), inputShape: [35], reference: { DoubleReference.sigmoid }),
    GradientCase(layer: Flatten(), inputShape: [2, 5, 3], reference: { DoubleReference.identity }),
  ]
}

struct GradientTests {
  /// Given random inputs, parameters and output gradients r, a layer's gradients are the derivatives of Σ r · output.
  @Test(
    arguments: GradientCase.all + GradientCase.normalizations + GradientCase.activations
      + GradientCase.compositions, InstructionSet.available)
  func gradientsAreDerivatives(of test: GradientCase, level: InstructionSet) throws {
    var random = TestRandom(seed: 11)
    let inputShape = test.inputShape.batched(test.batch)
    let input =
      test.hasKinks
      ? (0..<inputShape.count).map { (Float($0) + 0.5) / Float(inputShape.count) * 2 - 1 }.shuffled(using: &random)
      : random.reals(inputShape.count)
    var generator = SplitMix64(seed: 5)
    let parameters = try test.layer.initialParameters(for: test.inputShape, using: &generator)
    let outputShape = try test.layer.outputShape(for: test.inputShape).batched(test.batch)
    let outputGradient = random.reals(outputShape.count)

    let inputTensor = try Tensor(shape: inputShape, input)
    let output = try test.layer.forward(inputTensor, parameters: parameters, level: level)
    let gradients = try test.layer.backward(
      inputTensor, outputGradient: Tensor(shape: outputShape, outputGradient), parameters: parameters, level: level)

    let reference = test.reference()
    let doubleInput = input.map(Double.init)
    let doubleParameters = parameters.map { $0.scalars.map(Double.init) }
    func loss(_ output: [Double]) -> Double {
      zip(outputGradient, output).reduce(0) { $0 + Double($1.0) * $1.1 }
    }
    #expect(output.shape == outputShape)
    #expect(firstDeviation(output.scalars, reference(doubleInput, doubleParameters), tolerance: 1e-5) == nil)
    let expected = differences(of: doubleInput) { loss(reference($0, doubleParameters)) }
    #expect(gradients.input.shape == inputShape)
    #expect(firstDeviation(gradients.input.scalars, expected, tolerance: 1e-5) == nil)
    #expect(gradients.parameters.map(\.shape) == parameters.map(\.shape))
    for (i, gradient) in gradients.parameters.enumerated() {
      let expected = differences(of: doubleParameters[i]) { moved in
        var parameters = doubleParameters
        parameters[i] = moved
        return loss(reference(doubleInput, parameters))
      }
      #expect(firstDeviation(gradient.scalars, expected, tolerance: 1e-5) == nil, "parameter \(i)")
    }
  }

  /// The gradients of a whole network and of the loss, with everything that a plan fuses and shares.
  @Test(arguments: InstructionSet.available)
  func gradientsOfANetworkAreDerivatives(level: InstructionSet) throws {
    let shape: Shape = [2, 9, 9]
    let conv = Conv2D(3, kernelSize: 3, padding: 1)
    let network = Sequential(conv, ReLU(), AveragePool2D(3), Tanh(), Flatten(), Linear(7), ReLU(), Linear(4))
    let reference: DoubleFunction = { input, p in
      var x = DoubleReference.relu(DoubleReference.conv2D(conv, shape)(input, Array(p[0...1])), [])
      x = DoubleReference.pool([3, 9, 9], kernel: Size2D(3), stride: Size2D(3)) { values, _ in
        values.reduce(0, +) / 9
      }(x, [])
      x = DoubleReference.tanh(x, [])
      x = DoubleReference.relu(DoubleReference.linear(Linear(7), features: 27)(x, Array(p[2...3])), [])
      return DoubleReference.linear(Linear(4), features: 7)(x, Array(p[4...5]))
    }
    let labels = [2, 0, 3]
    var random = TestRandom(seed: 21)
    let input = random.reals(3 * shape.count)
    let model = try Model(network, inputShape: shape, seed: 9)
    let plan = try model.plan(batchSize: 3, mode: .training, needsInputGradient: true, level: level)

    let scores = try plan.forward(Tensor(shape: shape.batched(3), input))
    let loss = try CrossEntropy().evaluate(scores, labels: labels, level: level)
    let inputGradient = try #require(try plan.backward(loss.gradient))

    let doubleInput = input.map(Double.init)
    let doubleParameters = try model.parameters.map { try model.parameter($0.name).scalars.map(Double.init) }
    func doubleLoss(_ input: [Double], _ parameters: [[Double]]) -> Double {
      DoubleReference.crossEntropy(reference(input, parameters), labels: labels)
    }
    #expect(abs(Double(loss.loss) - doubleLoss(doubleInput, doubleParameters)) < 1e-6)
    let expected = differences(of: doubleInput) { doubleLoss($0, doubleParameters) }
    #expect(firstDeviation(inputGradient.scalars, expected, tolerance: 2e-5) == nil)
    for (i, parameter) in model.parameters.enumerated() {
      let expected = differences(of: doubleParameters[i]) { moved in
        var parameters = doubleParameters
        parameters[i] = moved
        return doubleLoss(doubleInput, parameters)
      }
      #expect(
        firstDeviation(try model.gradient(parameter.name).scalars, expected, tolerance: 2e-5) == nil,
        "\(parameter.name)")
    }
  }

  @Test(
    arguments: GradientCase.all + GradientCase.normalizations + GradientCase.activations
      + GradientCase.compositions)
  func anEmptyBatchGivesEmptyOutputsAndGradientsOfZero(of test: GradientCase) throws {
    var generator = SplitMix64(seed: 5)
    let parameters = try test.layer.initialParameters(for: test.inputShape, using: &generator)
    let input = try Tensor(shape: test.inputShape.batched(0))
    let output = try test.layer.forward(input, parameters: parameters)
    #expect(output.shape == (try test.layer.outputShape(for: test.inputShape).batched(0)))
    let gradients = try test.layer.backward(input, outputGradient: output, parameters: parameters)
    #expect(gradients.input == input)
    #expect(gradients.parameters.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
  }

  @Test func theInputGradientIsOnlyComputedWhenAskedFor() throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    let plan = try model.plan(batchSize: 1, mode: .training)
    _ = try plan.forward(Tensor(shape: [1, 3, 32, 32], repeating: 0.5))
    #expect(try plan.backward(Tensor(shape: [1, 10], repeating: 1)) == nil)
    #expect(plan.inputGradient.isEmpty)
  }
}
