import Kernels
import Layers
import TestSupport
import Testing

/// An activation that becomes part of the layer before it changes no output and no gradient.
@Suite struct FusedActivationTests {
  private static let layers: [(any Layer, Shape)] = [
    (Conv2D(5, kernelSize: 3, padding: 1), [3, 9, 11]),
    (Conv2D(4, kernelSize: 2, padding: .same, paddingMode: .reflect), [2, 6, 5]),
    (Conv2D(6, kernelSize: 3, padding: 1, groups: 6), [6, 8, 8]),
    (Conv2D(8, kernelSize: 1, stride: 2), [4, 9, 9]),
    (Linear(19), [23]),
    (Residual(Conv2D(3, kernelSize: 3, padding: 1)), [3, 7, 7]),
    (Branches(Conv2D(3, kernelSize: 1), Conv2D(3, kernelSize: 3, padding: 1), combination: .added), [2, 5, 5]),
    (Branches(Conv2D(3, kernelSize: 1), combination: .added), [2, 5, 5]),
    (BatchNorm2D(), [4, 5, 5]),
  ]

  @Test(arguments: InstructionSet.available, FusedActivation.allCases)
  func fusedIsAsSeparate(level: InstructionSet, activation: FusedActivation) throws {
    for (layer, shape) in Self.layers {
      let what = "\(layer.kind) on \(shape) with \(activation) at \(level)"
      let last: any Layer = activation == .relu ? ReLU() : ReLU6()
      let network = Sequential(layer, last)
      var random = TestRandom(seed: 5)
      // Outputs that lie below 0, within 0 … 6 and above.
      let parameters = try network.parameters(for: shape).map { parameter in
        try Tensor(shape: parameter.shape, random.reals(parameter.shape.count, in: -1...1))
      }
      let batch = 3
      let input = try Tensor(
        shape: shape.batched(batch), random.reals(batch * shape.count, in: -9...9))
      let isNormalization = layer is BatchNorm2D
      let separate = try layer.forward(input, parameters: parameters, mode: .training, level: level)
      let output = try network.forward(input, parameters: parameters, mode: .training, level: level)
      let expected = try last.forward(separate, level: level)
      #expect(output == expected, "\(what)")
      if !isNormalization {
        #expect(output.scalars.contains(0), "\(what)")
        if activation == .relu6 {
          #expect(output.scalars.contains(6) && output.scalars.contains { $0 > 0 && $0 < 6 }, "\(what)")
          #expect(!output.scalars.contains { $0 > 6 }, "\(what)")
        }
        #expect(
          try network.forward(input, parameters: parameters, level: level) == expected, "\(what) in inference")
      }

      let gradient = try Tensor(shape: output.shape, random.reals(output.count, in: -1...1))
      let gradients = try network.backward(input, outputGradient: gradient, parameters: parameters, level: level)
      let before = try last.backward(separate, outputGradient: gradient, level: level).input
      let right = try layer.backward(input, outputGradient: before, parameters: parameters, level: level)
      #expect(gradients == right, "\(what), gradients")
    }
  }
}
