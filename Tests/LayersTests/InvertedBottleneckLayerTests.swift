import Kernels
import Layers
import TestSupport
import Testing

/// Inverted bottlenecks, which inference runs as one layer. What comes out is what the layers give one after the other.
@Suite struct InvertedBottleneckLayerTests {
  private static let shape: Shape = [6, 12, 13]

  /// A block between two convolutions; `apart` puts a layer that changes nothing before each convolution of the block.
  private static func network(apart: Bool, bias: Bool = true, isResidual: Bool = false) -> Sequential {
    let border: [any Layer] = apart ? [Scale(1)] : []
    let block = Sequential(
      [Conv2D(35, kernelSize: 1, bias: bias), ReLU6()] + border
        + [Conv2D(35, kernelSize: 3, stride: isResidual ? 1 : 2, padding: 1, groups: 35), ReLU()] + border
        + [Conv2D(isResidual ? 6 : 20, kernelSize: 1, bias: bias)])
    return Sequential(
      isResidual ? Residual(block) : block, ReLU(), Conv2D(5, kernelSize: 3), GlobalAveragePool2D(), Flatten(),
      Linear(10))
  }

  private func model(apart: Bool, bias: Bool, isResidual: Bool) throws -> Model {
    let model = try Model(
      Self.network(apart: apart, bias: bias, isResidual: isResidual), inputShape: Self.shape, seed: 8)
    let plain = try Model(
      Self.network(apart: false, bias: bias, isResidual: isResidual), inputShape: Self.shape, seed: 8)
    for (parameter, own) in zip(plain.parameters, model.parameters) {
      try model.setParameter(own.name, to: plain.parameter(parameter.name))
    }
    return model
  }

  private func kinds(mode: PlanMode, batch: Int = 2, level: InstructionSet? = nil) throws -> [String] {
    let profile = PlanProfile()
    let model = try Model(Self.network(apart: false), inputShape: Self.shape)
    _ = try model.plan(batchSize: batch, mode: mode, threads: 1, level: level, profile: profile)
    return profile.steps.map(\.kind)
  }

  @Test func inInferenceTheLayersAreOneStep() throws {
    let block = "Conv2D + relu6 + Conv2D + relu + Conv2D + relu"
    for level in InstructionSet.available {
      #expect(try kinds(mode: .inference, level: level).first == block)
      #expect(try kinds(mode: .inference, batch: 40, level: level).first == block)
      #expect(try kinds(mode: .training, level: level).prefix(2) == ["Conv2D + relu6", "Conv2D + relu"])
    }
  }

  @Test(arguments: [true, false], [true, false])
  func predictionsAreThoseOfLayersApart(bias: Bool, isResidual: Bool) throws {
    var random = TestRandom(seed: 21)
    let count = 7
    let images = try Tensor(shape: [count, 6, 12, 13], random.reals(count * Self.shape.count))
    let expected = try Predictor(model(apart: true, bias: bias, isResidual: isResidual)).predict(images)
    let model = try model(apart: false, bias: bias, isResidual: isResidual)
    for threads in [1, 3] {
      let predictor = try Predictor(model, threads: threads)
      #expect(try predictor.predict(images).scalars == expected.scalars)
      // Packed weights are shared by plans for other numbers of images.
      for first in [0, 3] {
        let few = try Tensor(
          shape: [2, 6, 12, 13], Array(images.scalars[first * Self.shape.count..<(first + 2) * Self.shape.count]))
        #expect(try predictor.predict(few).scalars == Array(expected.scalars[first * 10..<(first + 2) * 10]))
      }
    }
  }

  @Test func otherSequencesStayApart() throws {
    func first(_ layers: any Layer...) throws -> String? {
      let profile = PlanProfile()
      let model = try Model(Sequential(layers), inputShape: Self.shape)
      _ = try model.plan(batchSize: 1, mode: .inference, threads: 1, profile: profile)
      return profile.steps.first?.kind
    }
    let depthwise = Conv2D(8, kernelSize: 3, padding: 1, groups: 8)
    #expect(try first(Conv2D(8, kernelSize: 1), depthwise, ReLU(), Conv2D(4, kernelSize: 1)) != "Conv2D")
    #expect(try first(Conv2D(8, kernelSize: 3), depthwise, Conv2D(4, kernelSize: 1)) == "Conv2D")
    #expect(try first(Conv2D(8, kernelSize: 1), Tanh(), depthwise, Conv2D(4, kernelSize: 1)) == "Conv2D")
    #expect(try first(Conv2D(8, kernelSize: 1), depthwise, Conv2D(4, kernelSize: 1, stride: 2)) == "Conv2D")
    #expect(try first(Conv2D(8, kernelSize: 1), depthwise, Conv2D(4, kernelSize: 1, groups: 2)) == "Conv2D")
    let reflecting = Conv2D(8, kernelSize: 3, padding: 1, groups: 8, paddingMode: .reflect)
    #expect(try first(Conv2D(8, kernelSize: 1), reflecting, Conv2D(4, kernelSize: 1)) == "Conv2D")
  }
}
