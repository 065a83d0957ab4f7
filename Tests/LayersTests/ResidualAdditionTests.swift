import Kernels
import Layers
import TestSupport
import Testing

/// In inference, a branch that ends with a convolution adds the other branch's output as it stores its own.
@Suite struct ResidualAdditionTests {
  private static let convolutions = Sequential(
    Conv2D(24, kernelSize: 3, padding: 1), ReLU(), Conv2D(20, kernelSize: 3, padding: 1))

  private static let layers: [(any Layer, Shape)] = [
    (Residual(Conv2D(20, kernelSize: 3, padding: 1)), [20, 9, 11]),
    (Residual(convolutions), [20, 12, 8]),
    (Residual(convolutions, shortcut: Conv2D(20, kernelSize: 1)), [18, 7, 7]),
    (
      Residual(Conv2D(32, kernelSize: 3, stride: 2, padding: 1), shortcut: Conv2D(32, kernelSize: 1, stride: 2)),
      [17, 16, 13]
    ),
    (Residual(Conv2D(3, kernelSize: 5, padding: 2)), [3, 6, 5]),
    (Residual(Conv2D(6, kernelSize: 3, padding: 1, groups: 6)), [6, 8, 8]),
    (Residual(Conv2D(4, kernelSize: 2, padding: .same, paddingMode: .reflect)), [4, 6, 5]),
    (Residual(Sequential(Conv2D(4, kernelSize: 3, padding: 1), ReLU6())), [4, 5, 5]),
    (Residual(Sequential(Conv2D(4, kernelSize: 3, padding: 1), BatchNorm2D())), [4, 5, 5]),
    (Residual(Residual(Conv2D(16, kernelSize: 3, padding: 1))), [16, 6, 6]),
    (
      Residual(Sequential(Residual(Conv2D(16, kernelSize: 3, padding: 1)), ReLU(), Conv2D(16, kernelSize: 1))),
      [16, 6, 6]
    ),
    (Branches(Conv2D(3, kernelSize: 1), Conv2D(3, kernelSize: 3, padding: 1), combination: .added), [2, 5, 5]),
    (Branches(MaxPool2D(1), Conv2D(3, kernelSize: 3, padding: 1), combination: .added), [3, 5, 5]),
    (
      Branches(
        Conv2D(3, kernelSize: 1), Conv2D(3, kernelSize: 3, padding: 1), Conv2D(3, kernelSize: 5, padding: 2),
        combination: .added), [2, 5, 5]
    ),
  ]

  @Test("the outputs have the bits of a sum apart", arguments: InstructionSet.available)
  func bits(level: InstructionSet) throws {
    for (layer, shape) in Self.layers {
      for activation in [nil] + FusedActivation.allCases.map(Optional.some) {
        for batch in [1, 5] {
          let network = Sequential([layer] + (activation.map { [$0 == .relu ? ReLU() : ReLU6()] } ?? []))
          var random = TestRandom(seed: 7)
          let parameters = try network.parameters(for: shape).map { parameter in
            try Tensor(shape: parameter.shape, random.reals(parameter.shape.count, in: 0.1...0.9))
          }
          let input = try Tensor(shape: shape.batched(batch), random.reals(batch * shape.count, in: -3...3))
          // A pass in evaluation mode keeps what its gradients read, and adds apart.
          let right = try Frozen(network, inEvaluationMode: true).forward(
            input, parameters: parameters, mode: .training, level: level)
          for threads in [1, 2] {
            let output = try network.forward(
              input, parameters: parameters, mode: .inference, level: level, threads: threads)
            #expect(output == right, "\(layer) on \(shape), batch \(batch), \(threads) threads, \(level)")
          }
        }
      }
    }
  }

  @Test("an addition by the convolution needs no memory for the convolution's output")
  func memory() throws {
    let shape: Shape = [16, 32, 32]
    func workspace(_ layer: any Layer, _ mode: PlanMode) throws -> Int {
      let problem = LayerProblem(inputShape: shape, batchSize: 4, mode: mode)
      return try #require(try layer.plan(problem)).workspaceByteCount
    }
    let convolution = Conv2D(16, kernelSize: 3, padding: 1)
    let own = try workspace(convolution, .inference)
    let outputs = 4 * shape.count * MemoryLayout<Float>.stride
    #expect(try workspace(Residual(convolution), .inference) == own)
    #expect(try workspace(Residual(Sequential(convolution, Sigmoid())), .inference) >= outputs)
  }
}
