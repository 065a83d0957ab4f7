import Layers
import TestSupport
import Testing

@Suite(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
struct TrainingAllocationTests {
  @Test(
    arguments: [
      SGD(learningRate: 0.01, momentum: 0.9), Adam(), NAdam(), RAdam(),
      Lookahead(AdamW(amsgrad: true).withoutDecay().clipped(.norm(1)), interval: 2),
    ] as [any Optimizer])
  func aWarmEpochAllocatesNothing(optimizer: any Optimizer) throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    let trainer = try Trainer(model: model, optimizer: optimizer, batchSize: 4, evaluationBatchSize: 8)
    let images = try randomImages(11)
    _ = try trainer.trainEpoch(on: images)
    _ = try trainer.evaluate(on: images)
    #expect(try Allocations.onThread { _ = try trainer.trainEpoch(on: images) } == 0)
    #expect(try Allocations.onThread { _ = try trainer.evaluate(on: images) } == 0)
    let indices = [3, 4, 5]
    #expect(try Allocations.onThread { _ = try trainer.step(on: images, indices: indices) } == 0)
  }

  @Test func aPreparedSmallerBatchAllocatesNothing() throws {
    let model = try Model(
      Sequential(AveragePool2D(4), Tanh(), Flatten(), Linear(7), Sigmoid(), Linear(10)), inputShape: [3, 32, 32])
    let plan = try model.plan(batchSize: 8, mode: .training, needsInputGradient: true)
    try plan.forward()
    try plan.backward()
    try plan.prepare(count: 3)
    let count = try Allocations.onThread {
      try plan.forward(count: 3)
      try plan.backward(count: 3)
    }
    #expect(count == 0)
  }
}
