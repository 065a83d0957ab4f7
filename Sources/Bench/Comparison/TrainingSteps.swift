import Benchmarking
import Layers

/// The steps of a training, a number at a time: what its epochs do, without their evaluations and files.
final class TrainingSteps {
  private let session: TrainingSession
  /// Makes the batches where images are transformed; nil where the trainer makes them itself.
  private let loader: BatchLoader?

  init(_ session: TrainingSession) throws {
    self.session = session
    let trainer = session.trainer
    guard session.data.training.count > 0 else {
      throw UsageError("no training images are left; expected at least one")
    }
    // Without prefetch, each batch is prepared between two steps: a slice pays for its own batches and for no others, and
    // nothing is prepared while another program takes its slice.
    loader =
      session.transformsBatches
      ? try BatchLoader(
        dataset: session.data.training, batchSize: trainer.batchSize, transforms: session.transforms,
        inputTransforms: session.inputTransforms, mixing: session.recipe.mixing.make(), seed: trainer.seed, prefetch: 0)
      : nil
    // The last batch of an epoch may be smaller: it is to be planned outside of the time as well.
    try trainer.prepare(count: (session.data.training.count - 1) % trainer.batchSize + 1)
    _ = try run(2 * session.recipe.batchesPerUpdate)
  }

  /// Runs steps, from where the last call ended; where an epoch ends, the next one follows.
  ///
  /// The time is that of the steps: an epoch that a call goes on with makes its order again, which is left out.
  func run(_ count: Int) throws -> SliceTime {
    var left = count
    var start: SliceTime?
    while left > 0 {
      do {
        try runEpoch(
          onStep: { left -= 1 },
          isCancelled: {
            if start == nil { start = .now() }
            return left == 0
          })
      } catch is CancellationError {
        // The epoch goes on from here with the next call.
      }
    }
    let end = SliceTime.now()
    return end - (start ?? end)
  }

  private func runEpoch(onStep: () -> Void, isCancelled: () -> Bool) throws {
    if let loader {
      _ = try session.trainer.trainEpoch(on: loader, progress: { _ in onStep() }, isCancelled: isCancelled)
    } else {
      _ = try session.trainer.trainEpoch(
        on: session.data.training, progress: { _ in onStep() }, isCancelled: isCancelled)
    }
  }
}

/// The batches of a training's evaluation, a number at a time.
final class EvaluationBatches {
  private let session: TrainingSession
  private let batches: [Subset]
  private var next = 0

  /// The images of a batch.
  static func size(of data: TrainingData) -> Int { min(TrainingSession.evaluationBatchSize, data.validation.count) }

  init(_ session: TrainingSession) throws {
    self.session = session
    let images = session.data.validation
    let size = EvaluationBatches.size(of: session.data)
    guard size > 0 else { throw UsageError("no validation images are left; expected at least one") }
    batches = try (0..<images.count / size).map { try images.subset(Array($0 * size..<($0 + 1) * size)) }
    _ = try run(2)
  }

  /// Evaluates whole batches, from where the last call ended; the first one follows the last one.
  func run(_ count: Int) throws -> SliceTime {
    try WorkerService.measure {
      for _ in 0..<count {
        _ = try session.trainer.evaluate(on: batches[next])
        next = (next + 1) % batches.count
      }
    }
  }
}
