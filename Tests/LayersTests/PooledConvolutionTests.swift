import Kernels
import Layers
import TestSupport
import Testing

/// Convolutions with max pooling behind them, which large batches pass as one layer. What comes out is what the layers
/// give one after the other.
@Suite struct PooledConvolutionTests {
  private static let shape: Shape = [3, 32, 32]

  /// LeNet's convolutions; `apart` puts a layer that changes nothing before each pooling.
  private static func network(apart: Bool, activation: any Layer = ReLU()) -> Sequential {
    let border: [any Layer] = apart ? [Scale(1)] : []
    return Sequential(
      [Conv2D(6, kernelSize: 5), activation] + border + [MaxPool2D(2), Conv2D(16, kernelSize: 5), activation] + border
        + [MaxPool2D(2), Flatten(), Linear(10)])
  }

  private func model(apart: Bool, activation: any Layer = ReLU()) throws -> Model {
    let network = Self.network(apart: apart, activation: activation)
    let model = try Model(network, inputShape: Self.shape, seed: 8)
    let plain = try Model(Self.network(apart: false, activation: activation), inputShape: Self.shape, seed: 8)
    for (parameter, own) in zip(plain.parameters, model.parameters) {
      try model.setParameter(own.name, to: plain.parameter(parameter.name))
    }
    return model
  }

  private func images(_ count: Int) throws -> Tensor {
    var random = TestRandom(seed: 21)
    return try Tensor(shape: [count, 3, 32, 32], random.reals(count * Self.shape.count))
  }

  private func kinds(
    _ batch: Int, threads: Int = 1, mode: PlanMode = .training, level: InstructionSet? = nil
  ) throws -> [String] {
    let profile = PlanProfile()
    let model = try Model(Self.network(apart: false), inputShape: Self.shape)
    _ = try model.plan(batchSize: batch, mode: mode, threads: threads, level: level, profile: profile)
    return profile.steps.map(\.kind)
  }

  /// On every processor of a level; at other levels fewer passes compute with images innermost.
  @Test func whereItPaysTheLayersAreOneStep() throws {
    let pooled = ["Conv2D + relu + MaxPool2D", "Conv2D + relu + MaxPool2D", "Linear"]
    let apart = ["Conv2D + relu", "MaxPool2D", "Conv2D + relu", "MaxPool2D", "Linear"]
    for level in InstructionSet.available where "\(level)" == "avx512" {
      #expect(try kinds(32, level: level) == pooled)
      #expect(try kinds(32, mode: .inference, level: level) == pooled)
      #expect(try kinds(1000, level: level) == pooled)
    }
    for level in InstructionSet.available where "\(level)" == "avx2" {
      #expect(try kinds(32, level: level) == [pooled[0]] + apart[2...])
    }
    // Vectors that are not full.
    #expect(try kinds(4) == apart)
    #expect(try kinds(33) == apart)
    // The bias's gradient has other bits where layers are one, so threads must not decide it.
    for batch in [4, 16, 32, 33] { #expect(try kinds(batch, threads: 3) == kinds(batch)) }
  }

  @Test func otherPoolingsStayApart() throws {
    func kinds(_ convolution: Conv2D, _ pooling: any Layer) throws -> [String] {
      let profile = PlanProfile()
      let model = try Model(Sequential(convolution, pooling), inputShape: Self.shape)
      _ = try model.plan(batchSize: 64, mode: .training, profile: profile)
      return profile.steps.map(\.kind)
    }
    let convolution = Conv2D(6, kernelSize: 5)
    #expect(try kinds(convolution, MaxPool2D(2)).count == 1)
    #expect(try kinds(convolution, MaxPool2D(3)).count == 2)
    #expect(try kinds(convolution, MaxPool2D(2, stride: 1)).count == 2)
    #expect(try kinds(convolution, MaxPool2D(2, padding: 1)).count == 2)
    #expect(try kinds(convolution, AveragePool2D(2)).count == 2)
    #expect(try kinds(Conv2D(6, kernelSize: 4), MaxPool2D(2)).count == 2)
    #expect(try kinds(Conv2D(6, kernelSize: 5, groups: 3), MaxPool2D(2)).count == 2)
  }

  /// The bits of layers apart, but for the bias's gradient, whose sum has another order.
  @Test(arguments: [(32, 1), (48, 2), (165, 1), (1013, 3)]) func trainingGivesTheGradientsOfLayersApart(
    _ batch: Int, _ threads: Int
  ) throws {
    let images = try images(batch)
    for activation in [ReLU() as any Layer, ReLU6()] {
      func pass(apart: Bool) throws -> (output: [Float], gradients: [(name: String, values: [Float])], input: [Float]) {
        let model = try model(apart: apart, activation: activation)
        let plan = try model.plan(batchSize: batch, mode: .training, needsInputGradient: true, threads: threads)
        let output = try plan.forward(images).scalars
        for i in 0..<output.count { plan.outputGradient[i] = Float((i * 7) % 11) / 11 - 0.4 }
        try plan.backward(count: batch)
        return (
          output, try model.parameters.map { ($0.name, try model.gradient($0.name).scalars) }, Array(plan.inputGradient)
        )
      }
      let (one, expected) = (try pass(apart: false), try pass(apart: true))
      #expect(one.output == expected.output)
      #expect(one.input == expected.input)
      for (gradient, expected) in zip(one.gradients, expected.gradients) {
        if gradient.name.hasSuffix("bias") {
          #expect(relativeError(gradient.values, expected.values.map(Double.init)) < 1e-5, "\(gradient.name)")
        } else {
          #expect(gradient.values == expected.values, "\(gradient.name)")
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 48, 49, 64])
  func gradientsDoNotDependOnTheThreads(batch: Int) throws {
    let images = try images(batch)
    let model = try model(apart: false)
    func pass(threads: Int, needsInputGradient: Bool = true) throws -> [[Float]] {
      let plan = try model.plan(
        batchSize: batch, mode: .training, needsInputGradient: needsInputGradient, threads: threads)
      let output = try plan.forward(images).scalars
      for i in 0..<output.count { plan.outputGradient[i] = Float((i * 7) % 11) / 11 - 0.4 }
      try plan.backward(count: batch)
      return [output, Array(plan.inputGradient)] + (try model.parameters.map { try model.gradient($0.name).scalars })
    }
    let expected = try pass(threads: 1)
    for threads in [2, 3, 4] {
      let isSame = try pass(threads: threads) == expected
      #expect(isSame, "\(threads) threads")
      let isSameWithout = try pass(threads: threads, needsInputGradient: false).dropFirst(2) == expected.dropFirst(2)
      #expect(isSameWithout, "\(threads) threads, without the input's gradient")
    }
  }

  @Test(arguments: InstructionSet.available)
  func everyLevelGivesTheOutputsOfSmallBatches(level: InstructionSet) throws {
    let model = try model(apart: false)
    let images = try images(165)
    let all = try model.plan(batchSize: 165, mode: .inference, threads: 2, level: level).forward(images).scalars
    let small = try model.plan(batchSize: 5, mode: .inference, level: level)
    for first in [0, 80, 160] {
      let size = Self.shape.count
      let some = try Tensor(shape: [5, 3, 32, 32], images.scalars[(first * size)..<((first + 5) * size)])
      #expect(try small.forward(some).scalars == Array(all[(first * 10)..<((first + 5) * 10)]), "from image \(first)")
    }
  }

  /// A step of fewer images than planned, as at an epoch's end.
  @Test func partsOfABatchAreThoseOfTheirOwnPlans() throws {
    let images = try images(37)
    let model = try model(apart: false)
    func gradients(batch: Int) throws -> [[Float]] {
      let plan = try model.plan(batchSize: batch, mode: .training)
      try plan.prepare(count: 37)
      let output = try plan.forward(images).scalars
      for i in 0..<output.count { plan.outputGradient[i] = Float(i % 3) - 1 }
      try plan.backward(count: 37)
      return try model.parameters.map { try model.gradient($0.name).scalars }
    }
    #expect(try gradients(batch: 64) == gradients(batch: 37))
  }

  @Test(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func aWarmStepAllocatesNothing() throws {
    let plan = try model(apart: false).plan(batchSize: 64, mode: .training, threads: 2)
    try plan.forward()
    try plan.backward()
    let count = try Allocations.onThread {
      try plan.forward()
      try plan.backward()
    }
    #expect(count == 0)
  }
}
