import Layers
import Testing

/// What the recipe of cifar10-airbench needs beside its optimiser.
struct ViewsTests {
  private static func image() throws -> Tensor { try Tensor(shape: [1, 3, 4], Array(0..<12).map { Float($0) }) }

  @Test func viewsMirrorAndMoveAnImage() throws {
    var random = SplitMix64(seed: 1)
    func view(_ view: ImageView) throws -> [Float] {
      try Self.image().transformed(by: view, using: &random).scalars
    }
    #expect(try view(ImageView()) == (0..<12).map { Float($0) })
    #expect(try view(ImageView(isMirrored: true)) == [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8])
    // Down and to the right: the first row and column are reflected.
    #expect(try view(ImageView(rows: 1, columns: 1)) == [5, 4, 5, 6, 1, 0, 1, 2, 5, 4, 5, 6])
    #expect(try view(ImageView(rows: -1, columns: -1)) == [5, 6, 7, 6, 9, 10, 11, 10, 5, 6, 7, 6])
    #expect(ImageView.six.map(\.weight).reduce(0, +) == 1)
  }

  /// Scores are averaged over the views before the class is chosen.
  @Test func evaluationAveragesScoresOfViews() throws {
    let images = SyntheticImages.make(count: 40, seed: 2, split: .test)
    let model = try Model(TutorialCNN(), inputShape: [3, 32, 32], seed: 4)
    let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0.1), batchSize: 8)
    let plain = try trainer.evaluate(on: images)
    let one = try trainer.evaluate(on: images, views: [ImageView()])
    #expect(one.result.accuracy == plain.accuracy)
    #expect(abs(one.result.loss - plain.loss) < 1e-9)
    let both = try trainer.evaluate(on: images, views: ImageView.mirrored)
    var correct = 0
    for i in 0..<images.count {
      var random = SplitMix64(seed: 0)
      var sums = [Float](repeating: 0, count: 10)
      for view in ImageView.mirrored {
        let colours = try images.image(at: i).transformed(by: view, using: &random)
        let normalized = colours.scalars.map { ($0 - 0.5) / 0.5 }
        let plan = try model.plan(batchSize: 1, mode: .inference)
        _ = plan.input.update(from: normalized)
        try plan.forward(count: 1)
        for j in 0..<10 { sums[j] += plan.output[j] }
      }
      if sums.firstIndex(of: sums.max() ?? 0) == images.label(at: i) { correct += 1 }
    }
    #expect(both.confusion.accuracy == Double(correct) / 40)
    #expect(both.result.accuracy == both.confusion.accuracy)
    #expect(throws: TrainingError.self) { try trainer.evaluate(on: images, views: []) }
    #expect(throws: TrainingError.self) { try trainer.evaluate(on: images, views: [ImageView(weight: 0)]) }
  }

  /// About half of the images are mirrored in the first epoch, and every image in every other epoch.
  @Test func alternatingFlipsShowBothViewsInTwoEpochs() throws {
    let images = SyntheticImages.make(count: 64, seed: 5, split: .train)
    let loader = try BatchLoader(
      dataset: images, batchSize: 64, transforms: [AlternatingFlip()], seed: 9, shuffles: false)
    var epochs: [[[Float]]] = []
    for epoch in 0..<3 {
      loader.start(epoch: epoch)
      let batch = try #require(try loader.next())
      let size = batch.images.count / 64
      epochs.append((0..<64).map { Array(batch.images[($0 * size)..<(($0 + 1) * size)]) })
      loader.stop()
    }
    var random = SplitMix64(seed: 0)
    var mirroredFirst = 0
    for i in 0..<64 {
      let plain = try images.image(at: i).scalars
      let mirrored = try images.image(at: i).transformed(by: RandomHorizontalFlip(1), using: &random).scalars
      let isMirrored = epochs[0][i] == mirrored
      mirroredFirst += isMirrored ? 1 : 0
      #expect(epochs[0][i] == (isMirrored ? mirrored : plain))
      #expect(epochs[1][i] == (isMirrored ? plain : mirrored))
      #expect(epochs[2][i] == epochs[0][i])
    }
    #expect(20...44 ~= mirroredFirst)
  }

  @Test func scaleMultipliesValuesAndGradients() throws {
    let model = try Model(Sequential(Linear(3), Scale(0.25)), inputShape: [4], seed: 1)
    let plain = try Model(Sequential(Linear(3)), inputShape: [4], seed: 1)
    let plans = try [model, plain].map {
      try $0.plan(batchSize: 2, mode: .training, needsInputGradient: true)
    }
    for plan in plans {
      _ = plan.input.update(from: (0..<8).map { Float($0) - 3 })
      try plan.forward(count: 2)
      for i in 0..<6 { plan.outputGradient[i] = Float(i) - 2 }
      try plan.backward(count: 2)
    }
    #expect(plans[0].output.map { $0 * 4 } == Array(plans[1].output))
    #expect(try model.gradient("0.weight").scalars.map { $0 * 4 } == plain.gradient("0.weight").scalars)
    #expect(throws: LayerError.self) { try Model(Scale(.infinity), inputShape: [4]) }
  }

  /// Its first filters pass the input on, the others are of the other distribution.
  @Test func diracFiltersPassTheirInputOn() throws {
    var generator = SplitMix64(seed: 1)
    let weights = try Initialization.dirac(others: .constant(2)).tensor(shape: [4, 3, 3, 3], using: &generator).scalars
    for filter in 0..<4 {
      for channel in 0..<3 {
        for k in 0..<9 {
          let expected: Float = filter == 3 ? 2 : filter == channel && k == 4 ? 1 : 0
          #expect(weights[(filter * 3 + channel) * 9 + k] == expected)
        }
      }
    }
    let plain = try Initialization.dirac().tensor(shape: [2, 2, 2, 2], using: &generator).scalars
    #expect(plain == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(throws: LayerError.self) {
      try Model(Linear(3, initialization: .dirac()), inputShape: [4])
    }
  }

  @Test func airbenchNetworkHasItsParameters() throws {
    let model = try Model(AirbenchCNN(), inputShape: [3, 32, 32], seed: 1)
    #expect(model.parameterCount == 1_972_792)
    #expect(Set(AirbenchCNN().frozenNames).isSubset(of: model.parameters.map(\.name)))
    // The head's scores are means over its 256 features: of weights of variance 1.
    let head = try model.parameter("head.weight").scalars
    let variance = head.map { Double($0 * $0) }.reduce(0, +) / Double(head.count)
    #expect(abs(variance - 1) < 0.05)
  }
}
