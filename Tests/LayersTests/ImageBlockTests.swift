import Kernels
import Layers
import TestSupport
import Testing

/// Large batches, which pass through neighbouring layers in blocks of images. What comes out is what small batches give,
/// and the gradients are those of a network whose layers are kept apart.
@Suite struct ImageBlockTests {
  /// A layer that changes nothing and that batches do not pass in blocks, so that layers on both sides are apart.
  private static var border: Scale { Scale(1) }

  /// Convolutions with and without ReLU, activations that read their input or their output, poolings.
  private static func layers(_ apart: Bool) -> Sequential {
    let layers: [any Layer] = [
      Conv2D(8, kernelSize: 2), GELU(), Conv2D(20, kernelSize: 3, padding: 1), MaxPool2D(2), Tanh(),
      Conv2D(16, kernelSize: 3, padding: 1), ReLU(), AveragePool2D(2), Conv2D(24, kernelSize: 3, padding: 1),
      MaxPool2D(2), Flatten(), Linear(5),
    ]
    var all: [any Layer] = []
    for (i, layer) in layers.enumerated() {
      all.append(layer)
      // A ReLU is part of the layer before it, in both networks.
      if apart, i + 1 < layers.count, !(layers[i + 1] is ReLU) { all.append(border) }
    }
    return Sequential(all)
  }

  /// More than the caches hold, and no multiple of 16.
  private static let batch = 1013

  private func images(_ count: Int) throws -> Tensor {
    var random = TestRandom(seed: 21)
    return try Tensor(shape: [count, 3, 33, 33], random.reals(count * 3 * 33 * 33))
  }

  private func model(apart: Bool) throws -> Model {
    let model = try Model(Self.layers(apart), inputShape: [3, 33, 33], seed: 8)
    let plain = try Model(Self.layers(false), inputShape: [3, 33, 33], seed: 8)
    for (parameter, own) in zip(plain.parameters, model.parameters) {
      try model.setParameter(own.name, to: plain.parameter(parameter.name))
    }
    return model
  }

  @Test(arguments: [1, 2]) func inferenceGivesTheBitsOfSmallBatches(threads: Int) throws {
    let model = try model(apart: false)
    let images = try images(Self.batch)
    let all = try model.plan(batchSize: Self.batch, mode: .inference, threads: threads).forward(images).scalars
    let small = try model.plan(batchSize: 7, mode: .inference)
    for first in [0, 16, 500, 1006] {
      let size = 3 * 33 * 33
      let some = try Tensor(shape: [7, 3, 33, 33], images.scalars[(first * size)..<((first + 7) * size)])
      #expect(try small.forward(some).scalars == Array(all[(first * 5)..<((first + 7) * 5)]), "from image \(first)")
    }
  }

  @Test(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func aWarmStepAllocatesNothing() throws {
    let plan = try model(apart: false).plan(batchSize: Self.batch, mode: .training)
    try plan.forward()
    try plan.backward()
    let count = try Allocations.onThread {
      try plan.forward()
      try plan.backward()
    }
    #expect(count == 0)
  }

  @Test func trainingGivesTheGradientsOfLayersApart() throws {
    let images = try images(Self.batch)
    func pass(apart: Bool) throws -> (output: [Float], gradients: [[Float]], input: [Float]) {
      let model = try model(apart: apart)
      let plan = try model.plan(batchSize: Self.batch, mode: .training, needsInputGradient: true, threads: 2)
      let output = try plan.forward(images).scalars
      for i in 0..<output.count { plan.outputGradient[i] = Float((i * 7) % 11) / 11 - 0.4 }
      try plan.backward(count: Self.batch)
      return (
        output, try model.parameters.map { try model.gradient($0.name).scalars }, Array(plan.inputGradient)
      )
    }
    let (blocks, apart) = (try pass(apart: false), try pass(apart: true))
    #expect(blocks.output == apart.output)
    #expect(blocks.gradients == apart.gradients)
    #expect(blocks.input == apart.input)
  }
}
