import Foundation
import Kernels
import Layers
import TestSupport
import Testing

/// What losses promise besides PyTorch's numbers.
struct LossTests {
  /// A loss with its definition in Double: the loss of an output x at index i, of one image's row.
  struct Case: Sendable, CustomTestStringConvertible {
    let loss: any Loss
    let outputs: ClosedRange<Float>
    let targets: ClosedRange<Float>
    let value: @Sendable (_ output: [Double], _ targets: [Double]) -> Double

    var testDescription: String { "\(loss.name)" }

    static func elements(
      _ loss: any Loss, outputs: ClosedRange<Float> = -2...2, targets: ClosedRange<Float> = -2...2,
      _ value: @escaping @Sendable (_ x: Double, _ t: Double) -> Double
    ) -> Case {
      Case(loss: loss, outputs: outputs, targets: targets) { output, targets in
        zip(output, targets).reduce(0) { $0 + value($1.0, $1.1) } / Double(output.count)
      }
    }
  }

  private static let batch = 3
  private static let size = 7

  static let cases: [Case] = [
    .elements(MeanSquaredError()) { ($0 - $1) * ($0 - $1) },
    .elements(L1()) { abs($0 - $1) },
    .elements(SmoothL1(beta: 0.5)) { abs($0 - $1) < 0.5 ? ($0 - $1) * ($0 - $1) : abs($0 - $1) - 0.25 },
    .elements(Huber(delta: 0.5)) { abs($0 - $1) < 0.5 ? ($0 - $1) * ($0 - $1) / 2 : 0.5 * (abs($0 - $1) - 0.25) },
    .elements(KLDivergence(), outputs: -6...0, targets: 0.01...1) { $1 * (log($1) - $0) },
    .elements(KLDivergence(logTargets: true), outputs: -6...0, targets: -6...0) { exp($1) * ($1 - $0) },
    .elements(BinaryCrossEntropyWithLogits(), targets: 0...1) { log(1 + exp($0)) - $1 * $0 },
    Case(loss: CrossEntropy(), outputs: -2...2, targets: 0...1) { output, targets in
      (0..<batch).reduce(0) { total, image in
        let row = output[image * size..<(image + 1) * size]
        let logarithm = log(row.reduce(0) { $0 + exp($1) })
        return total + zip(row, targets[image * size..<(image + 1) * size]).reduce(0) { $0 + $1.1 * (logarithm - $1.0) }
      } / Double(batch)
    },
  ]

  @Test(arguments: cases, InstructionSet.available)
  func gradientsAreDerivatives(of test: Case, level: InstructionSet) throws {
    var random = TestRandom(seed: 3)
    let output = random.reals(Self.batch * Self.size, in: test.outputs)
    let targets = random.reals(Self.batch * Self.size, in: test.targets)
    let shape: Shape = [Self.batch, Self.size]
    let result = try test.loss.evaluate(
      Tensor(shape: shape, output), targets: Tensor(shape: shape, targets), level: level)
    let (x, t) = (output.map(Double.init), targets.map(Double.init))
    #expect(abs(Double(result.loss) - test.value(x, t)) < 1e-5 * test.value(x, t))
    let expected = differences(of: x) { test.value($0, t) }
    #expect(firstDeviation(result.gradient.scalars, expected, tolerance: 1e-5) == nil)
    #expect(result.losses.shape == [Self.batch])
  }

  @Test func aBatchOfIgnoredImagesHasNoMeanAndNoGradient() throws {
    let scores = try Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 4])
    for loss: any Loss in [CrossEntropy(), CrossEntropy(labelSmoothing: 0.1), NegativeLogLikelihood()] {
      let result = try loss.evaluate(scores, labels: [-100, -100])
      #expect(result.loss.isNaN)
      #expect(result.gradient.scalars == [0, 0, 0, 0, 0, 0])
      #expect(result.predictions == [2, 1])
    }
  }

  @Test(arguments: InstructionSet.available)
  func anIgnoredImageDoesNotChangeTheBitsOfOthers(level: InstructionSet) throws {
    for classes in [3, 16, 17, 100] {
      var random = TestRandom(seed: 3)
      let scores = random.reals(3 * classes, in: -5...5)
      let loss = CrossEntropy(reduction: .unreduced)
      let two = try loss.evaluate(
        Tensor(shape: [2, classes], scores[..<(2 * classes)]), labels: [1, classes - 1], level: level)
      let three = try loss.evaluate(
        Tensor(shape: [3, classes], scores), labels: [1, classes - 1, -100], level: level)
      #expect(three.losses.scalars == two.losses.scalars + [0], "\(classes)")
      #expect(three.gradient.scalars == two.gradient.scalars + [Float](repeating: 0, count: classes), "\(classes)")
    }
  }

  @Test func labelsAreClassesOrIgnored() throws {
    let scores = try Tensor(shape: [2, 3])
    for loss: any Loss in [
      CrossEntropy(), NegativeLogLikelihood(), MeanSquaredError(), BinaryCrossEntropyWithLogits(),
    ] {
      for label in [-1, 3, .max] {
        #expect(throws: LossError.self, "\(loss.name) \(label)") { try loss.evaluate(scores, labels: [0, label]) }
      }
    }
    #expect(throws: LossError.self) { try MeanSquaredError().evaluate(scores, labels: [0, -100]) }
    #expect(try CrossEntropy(ignoreIndex: 255).evaluate(scores, labels: [0, 255]).losses.scalars[1] == 0)
  }

  @Test func shapesAndTargetsAreValidated() throws {
    let scores = try Tensor(shape: [2, 3])
    let image = try Tensor(shape: [2, 3, 4, 4])
    #expect(throws: LossError.self) { try CrossEntropy().evaluate(scores, labels: [0]) }
    #expect(throws: LossError.self) { try CrossEntropy().evaluate(image, labels: [0, 1]) }
    #expect(throws: LossError.self) { try CrossEntropy().evaluate(image, targets: scores) }
    #expect(throws: LossError.self) { try MeanSquaredError().evaluate(image, labels: [0, 1]) }
    #expect(throws: LossError.self) { try MeanSquaredError().evaluate(scores, targets: image) }
    let vector = try Tensor(shape: [3])
    #expect(throws: LossError.self) { try MeanSquaredError().evaluate(vector, targets: vector) }
    #expect(throws: LossError.self) { try NegativeLogLikelihood().evaluate(scores, targets: scores) }
    #expect(throws: LossError.self) { try KLDivergence(logTargets: true).evaluate(scores, labels: [0, 1]) }
    #expect(throws: LossError.self) { try SmoothL1().evaluate(scores, targets: scores, weights: scores) }
    #expect(throws: LossError.self) { try L1().evaluate(scores, targets: scores, weights: image) }
    for weights: [Float] in [[], [1, 1], [1, 1, 1, 1]] {
      #expect(throws: LossError.self) { try CrossEntropy(classWeights: weights).evaluate(scores, labels: [0, 1]) }
      #expect(throws: LossError.self) { try CrossEntropy(classWeights: weights).evaluate(scores, targets: scores) }
    }
    for smoothing: Float in [-0.1, 1.5, .nan] {
      #expect(throws: LossError.self) { try CrossEntropy(labelSmoothing: smoothing).evaluate(scores, labels: [0, 1]) }
    }
    for bad: Float in [-1, .nan, .infinity] {
      #expect(throws: LossError.self) { try SmoothL1(beta: bad).evaluate(scores, targets: scores) }
      #expect(throws: LossError.self) { try Huber(delta: bad).evaluate(scores, targets: scores) }
    }
    #expect(throws: LossError.self) { try Huber(delta: 0).evaluate(scores, targets: scores) }
    for shape: Shape in [[2], [2, 3], [1, 1, 1, 1]] {
      let loss = BinaryCrossEntropyWithLogits(positiveWeight: try Tensor(shape: shape, repeating: 1))
      #expect(throws: LossError.self, "\(shape)") { try loss.evaluate(scores, targets: scores) }
    }
  }

  @Test func lossesOfImagesHaveAnyShape() throws {
    let output = try Tensor(shape: [2, 3, 2, 2], repeating: 0.5)
    let targets = try Tensor(shape: [2, 3, 2, 2], repeating: 0.25)
    let loss = try MeanSquaredError().evaluate(output, targets: targets)
    #expect(loss.loss == 0.0625)
    #expect(loss.losses.scalars == [0.75, 0.75])
    #expect(loss.gradient.shape == output.shape && loss.gradient.scalars.allSatisfy { $0 == 0.5 / 24 })
    #expect(loss.predictions == [])
    let each = try MeanSquaredError(reduction: .unreduced).evaluate(output, targets: targets)
    #expect(each.losses.shape == output.shape && each.losses.scalars.allSatisfy { $0 == 0.0625 })
    #expect(each.loss == 1.5)
    #expect(each.gradient.scalars.allSatisfy { $0 == 0.5 })
  }

  @Test func aTrainerMinimisesAnyLossOfLabels() throws {
    var random = TestRandom(seed: 2)
    let images = try Tensor(shape: [6, 5], random.reals(30))
    for loss: any Loss in [
      CrossEntropy(classWeights: [1, 2, 3], labelSmoothing: 0.1), MeanSquaredError(), Huber(reduction: .sum), L1(),
      BinaryCrossEntropyWithLogits(reduction: .unreduced), CrossEntropy(ignoreIndex: 1, reduction: .unreduced),
    ] {
      let model = try Model(Sequential(Linear(3)), inputShape: [5], seed: 4)
      let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0.05), loss: loss, batchSize: 6)
      var losses: [Float] = []
      for _ in 0..<20 { losses.append(try trainer.step(images, labels: [0, 1, 2, 0, 1, 2])) }
      #expect(losses[19] < losses[0], "\(loss)")
      #expect(losses.allSatisfy { $0.isFinite }, "\(loss)")
    }
  }

  @Test("a run allocates nothing", .enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func runsAllocateNothing() throws {
    let (batch, classes) = (16, 10)
    let losses: [any Loss] = [
      CrossEntropy(), CrossEntropy(classWeights: [Float](repeating: 0.5, count: classes)), NegativeLogLikelihood(),
      MeanSquaredError(), MeanSquaredError(reduction: .unreduced), SmoothL1(), KLDivergence(),
      BinaryCrossEntropyWithLogits(),
    ]
    let memory = Workspace(byteCount: 4 * 4 * batch * classes)
    let base = memory.base.assumingMemoryBound(to: Float.self)
    base.initialize(repeating: 0, count: 4 * batch * classes)
    let labels = [Int32](repeating: 3, count: batch)
    try labels.withUnsafeBufferPointer { labels in
      for loss in losses {
        for kind in [TargetKind.labels, .values] where kind == .labels || loss.acceptsValues {
          let plan = try loss.plan(LossProblem(batchSize: batch, outputShape: [classes], targets: kind))
          let workspace = Workspace(byteCount: plan.workspaceByteCount)
          let count = batch * classes
          let run = LossMemory(
            output: base, targets: kind == .labels ? .labels(labels.baseAddress.unsafelyUnwrapped) : .values(base),
            losses: base + count, outputGradient: base + 2 * count,
            predictions: UnsafeMutableRawPointer(base + 3 * count).assumingMemoryBound(to: Int32.self),
            workspace: workspace.base)
          plan.run(run)
          #expect(Allocations.onThread { for _ in 0..<3 { plan.run(run) } } == 0, "\(loss.name) \(kind)")
        }
      }
    }
    withExtendedLifetime(memory) {}
  }
}
