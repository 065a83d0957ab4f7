import Kernels
import Layers
import TestSupport
import Testing

struct TrainerTests {
  /// 50 steps of N1 with a last, smaller batch in each epoch; the weights' bits.
  private func trainedWeights(threads: Int, seed: UInt64 = 3, level: InstructionSet) throws -> [UInt32] {
    let model = try Model(n1, inputShape: [3, 32, 32], seed: seed)
    let trainer = try Trainer(
      model: model, optimizer: SGD(learningRate: 0.01, momentum: 0.9), batchSize: 32, seed: seed, threads: threads,
      level: level)
    let images = try randomImages(150)
    for _ in 0..<10 { _ = try trainer.trainEpoch(on: images) }
    return model.parameterBuffer.map(\.bitPattern)
  }

  @Test(arguments: InstructionSet.available)
  func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads(level: InstructionSet) throws {
    let one = try trainedWeights(threads: 1, level: level)
    #expect(one.allSatisfy { Float(bitPattern: $0).isFinite })
    #expect(try trainedWeights(threads: 2, level: level) == one)
    #expect(try trainedWeights(threads: 1, level: level) == one)
    #expect(try trainedWeights(threads: 1, seed: 4, level: level) != one)
  }

  @Test(arguments: InstructionSet.available)
  func theOutputOfAnImageDoesNotDependOnItsBatch(level: InstructionSet) throws {
    let model = try Model(n1, inputShape: [3, 32, 32], seed: 5)
    var random = TestRandom(seed: 6)
    let image = random.reals(3072)
    let others = random.reals(3072 * 33)
    var outputs: [[Float]] = []
    for (batch, position) in [(1, 0), (4, 3), (32, 17), (33, 32), (33, 0)] {
      for mode in [PlanMode.inference, .training] {
        var images = Array(others[..<(3072 * batch)])
        images.replaceSubrange(3072 * position..<3072 * (position + 1), with: image)
        let plan = try model.plan(batchSize: batch, mode: mode, level: level)
        let output = try plan.forward(Tensor(shape: [batch, 3, 32, 32], images))
        outputs.append(Array(output.scalars[10 * position..<10 * (position + 1)]))
      }
    }
    for output in outputs { #expect(firstDifference(output, outputs[0]) == nil) }
  }

  @Test func aSmallerBatchGivesWhatAPlanOfItsSizeGives() throws {
    let images = try randomImages(7)
    func gradients(planned batchSize: Int) throws -> [Float] {
      let model = try Model(n1, inputShape: [3, 32, 32], seed: 2)
      let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0.1), batchSize: batchSize)
      if batchSize > 7 { _ = try trainer.step(on: images, indices: [0]) }
      let fresh = try Model(n1, inputShape: [3, 32, 32], seed: 2)
      for parameter in fresh.parameters {
        try model.setParameter(parameter.name, to: fresh.parameter(parameter.name))
      }
      _ = try trainer.step(on: images, indices: Array(0..<7))
      return Array(model.gradientBuffer)
    }
    #expect(try gradients(planned: 16) == gradients(planned: 7))
  }

  @Test func anEpochTrainsOnEveryImageOnceAndAveragesOverImages() throws {
    // With a learning rate of 0 the mean loss of an epoch is that of an evaluation, whatever the order and batches.
    let model = try Model(n1, inputShape: [3, 32, 32], seed: 2)
    let trainer = try Trainer(
      model: model, optimizer: SGD(learningRate: 0), batchSize: 32, evaluationBatchSize: 50, seed: 1)
    let images = try randomImages(70)
    var done: [Int] = []
    let epoch = try trainer.trainEpoch(on: images) { done.append($0.imagesDone) }
    let evaluation = try trainer.evaluate(on: images)
    #expect(done == [32, 64, 70])
    #expect(epoch.images == 70)
    #expect(abs(epoch.loss - evaluation.loss) < 1e-6)
    #expect(epoch.accuracy == evaluation.accuracy)
    #expect(trainer.epoch == 1)
  }

  @Test func theOrderIsNewInEachEpochAndFollowsFromTheSeed() throws {
    let images = try randomImages(20)
    func losses(seed: UInt64, epoch: Int = 0) throws -> [Double] {
      let model = try Model(n1, inputShape: [3, 32, 32], seed: 2)
      let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0), batchSize: 1, seed: seed)
      trainer.epoch = epoch
      var losses: [Double] = []
      _ = try trainer.trainEpoch(on: images) { losses.append($0.loss) }
      return losses
    }
    #expect(try losses(seed: 1) == losses(seed: 1))
    #expect(try losses(seed: 1) != losses(seed: 2))
    #expect(try losses(seed: 1, epoch: 1) != losses(seed: 1))
  }

  @Test(arguments: [SGD(learningRate: 0.02, momentum: 0.9, nesterov: true), Adam()] as [any Optimizer])
  func aNetworkLearns(optimizer: any Optimizer) throws {
    let model = try Model(n1, inputShape: [3, 32, 32], seed: 2)
    let trainer = try Trainer(model: model, optimizer: optimizer, batchSize: 16)
    let images = try randomImages(40)
    let before = try trainer.evaluate(on: images)
    for _ in 0..<40 { _ = try trainer.trainEpoch(on: images) }
    let after = try trainer.evaluate(on: images)
    #expect(after.loss < before.loss * 0.95, "\(optimizer.name): \(before.loss) to \(after.loss)")
  }

  @Test func stepsOnTensorsAndOnImagesAgree() throws {
    let images = try randomImages(3)
    let pixels = try Tensor(shape: [3, 3, 32, 32], images.pixels.map { Float($0) * (2 / 255) + -1 })
    func trainer() throws -> Trainer {
      try Trainer(
        model: Model(n1, inputShape: [3, 32, 32], seed: 2), optimizer: SGD(learningRate: 0.1), batchSize: 3)
    }
    let (first, second) = (try trainer(), try trainer())
    #expect(
      try first.step(on: images, indices: Array(0..<3)) == second.step(pixels, labels: images.labels.map(Int.init)))
    #expect(Array(first.model.parameterBuffer) == Array(second.model.parameterBuffer))
  }

  @Test func anEpochCanBeCancelled() throws {
    let trainer = try Trainer(
      model: Model(n1, inputShape: [3, 32, 32]), optimizer: SGD(learningRate: 0), batchSize: 4)
    var steps = 0
    let images = try randomImages(20)
    #expect(throws: CancellationError.self) {
      try trainer.trainEpoch(on: images, progress: { _ in steps += 1 }, isCancelled: { steps == 2 })
    }
    #expect(steps == 2)
    #expect(trainer.epoch == 0)
    #expect(throws: CancellationError.self) { try trainer.evaluate(on: images) { true } }
  }

  @Test func dataThatDoesNotFitTheModelIsNamed() throws {
    let images = try randomImages(4)
    let narrow = try Trainer(
      model: Model(Sequential(Flatten(), Linear(3)), inputShape: [3, 32, 32]), optimizer: Adam(), batchSize: 4)
    let outside = #expect(throws: LossError.self) { try narrow.trainEpoch(on: images) }
    #expect(outside?.description.hasSuffix("expected 0 to 2") == true, "\(String(describing: outside))")
    let small = try Trainer(
      model: Model(Sequential(Flatten(), Linear(10)), inputShape: [1, 28, 28]), optimizer: Adam(), batchSize: 4)
    #expect(throws: LayerError.inputShape(layer: "Sequential", given: [3, 32, 32], expected: "[1, 28, 28]")) {
      try small.evaluate(on: images)
    }
    #expect(throws: TrainingError.self) { try narrow.step(on: images, indices: [4]) }
    #expect(throws: OptimizerError.self) {
      try Trainer(model: Model(n1, inputShape: [3, 32, 32]), optimizer: SGD(learningRate: -1), batchSize: 4)
    }
  }

  @Test func theLearningRateCanChangeBetweenSteps() throws {
    let model = try Model(n1, inputShape: [3, 32, 32], seed: 2)
    let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0.1), batchSize: 4)
    trainer.learningRate = 0
    let before = Array(model.parameterBuffer)
    _ = try trainer.step(on: randomImages(4), indices: Array(0..<4))
    #expect(Array(model.parameterBuffer) == before)
  }
}
