import Kernels
import Layers
import TestSupport
import Testing

/// Small batches on several threads, each of which takes a block of images through neighbouring layers, forward and
/// backward. What comes out has the bits of one thread.
@Suite struct ThreadBlockTests {
  private static let shape: Shape = [3, 20, 20]

  /// Groups at the beginning, in the middle and at the end; layers that save something, that share gradients, and that
  /// read their input or their output.
  private static let network = Sequential(
    Conv2D(8, kernelSize: 3), GELU(), Conv2D(12, kernelSize: 3, padding: 1), ReLU(), MaxPool2D(2), Tanh(), Scale(0.5),
    MaxPool2D(2, stride: 1), Conv2D(16, kernelSize: 3, padding: 1), ReLU6(), Conv2D(10, kernelSize: 2), Scale(2),
    AveragePool2D(2), Tanh(), Conv2D(6, kernelSize: 2), Flatten(), Linear(5), ReLU(), Linear(3))

  private func images(_ count: Int) throws -> Tensor {
    var random = TestRandom(seed: 31)
    return try Tensor(shape: [count, 3, 20, 20], random.reals(count * Self.shape.count))
  }

  private func plan(
    _ model: Model, _ batch: Int, threads: Int, needsInputGradient: Bool, profile: PlanProfile? = nil
  ) throws -> ModelPlan {
    try sharingAllWork {
      try model.plan(
        batchSize: batch, mode: .training, needsInputGradient: needsInputGradient, threads: threads, profile: profile)
    }
  }

  /// Output, input gradient and all parameters' gradients of one step.
  private func step(
    _ batch: Int, threads: Int, needsInputGradient: Bool, frozen: [String] = []
  ) throws -> [[Float]] {
    let model = try Model(Self.network, inputShape: Self.shape, seed: 4)
    for name in frozen { try model.freeze(name) }
    let plan = try plan(model, batch, threads: threads, needsInputGradient: needsInputGradient)
    let output = try plan.forward(images(batch)).scalars
    for i in 0..<output.count { plan.outputGradient[i] = Float((i * 7) % 11) / 11 - 0.4 }
    try plan.backward(count: batch)
    return [output, Array(plan.inputGradient)] + (try model.parameters.map { try model.gradient($0.name).scalars })
  }

  @Test(arguments: [2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33])
  func aStepHasTheBitsOfOneThread(batch: Int) throws {
    for needsInputGradient in [true, false] {
      let expected = try step(batch, threads: 1, needsInputGradient: needsInputGradient)
      for threads in [2, 3, 4] {
        let isSame = try step(batch, threads: threads, needsInputGradient: needsInputGradient) == expected
        #expect(isSame, "\(threads) threads, with the input's gradient: \(needsInputGradient)")
      }
    }
  }

  @Test(arguments: [["0"], ["0", "2", "8"], ["8", "10"], ["14", "16", "18"]])
  func frozenLayersAreTheSame(frozen: [String]) throws {
    for needsInputGradient in [true, false] {
      func step(threads: Int) throws -> [[Float]] {
        try self.step(8, threads: threads, needsInputGradient: needsInputGradient, frozen: frozen)
      }
      let isSame = try step(threads: 2) == step(threads: 1)
      #expect(isSame, "with the input's gradient: \(needsInputGradient)")
    }
  }

  @Test func inferenceHasTheBitsOfOneThread() throws {
    let model = try Model(Self.network, inputShape: Self.shape, seed: 4)
    for batch in [2, 3, 8, 17] {
      let expected = try model.plan(batchSize: batch, mode: .inference).forward(images(batch)).scalars
      let plan = try sharingAllWork { try model.plan(batchSize: batch, mode: .inference, threads: 2) }
      let output = try plan.forward(images(batch)).scalars
      #expect(output == expected, "\(batch) images")
    }
  }

  /// Convolutions and poolings move fewer bytes between threads by images, linear layers of many features by outputs.
  @Test func blocksAreNamed() throws {
    let network = Sequential(
      Conv2D(8, kernelSize: 3), ReLU(), MaxPool2D(2), Flatten(), Linear(200), ReLU(), Linear(10))
    let profile = PlanProfile()
    let model = try Model(network, inputShape: Self.shape)
    let plan = try plan(model, 8, threads: 2, needsInputGradient: true, profile: profile)
    #expect(profile.steps.map(\.imagesPerBlock) == [4, 4, nil, nil])
    // The forward pass and the input's gradient of the blocks, the weights' gradient of the batch.
    #expect(plan.convolutionKernels.count == 3)
    try plan.forward()
    try plan.backward()
    #expect(profile.steps.allSatisfy { $0.forward > .zero && $0.backward > .zero })
  }

  @Test(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func aWarmStepAllocatesNothing() throws {
    let model = try Model(Self.network, inputShape: Self.shape)
    let plan = try plan(model, 8, threads: 2, needsInputGradient: false)
    try plan.forward()
    try plan.backward()
    let count = try Allocations.onThread {
      try plan.forward()
      try plan.backward()
    }
    #expect(count == 0)
  }
}
