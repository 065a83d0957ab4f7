import Kernels
import Layers

/// The trainings of `bench conv` and `bench mlp`, which differ in their batch size alone.
struct BatchSizeSweep {
  let options: SweepOptions
  let level: InstructionSet
  let network: ModelDescription
  let data: TrainingData
  let peakGflops: Double
  let interrupt: Interrupt
  let progress = ProgressLine()

  /// Trains from the first weights on; nil where an interrupt ended it before its last epoch.
  func train(batchSize: Int) throws -> SweepRow? {
    defer { progress.clear() }
    let session = try TrainingSession(
      network, recipe: options.recipe(batchSize: batchSize), data: data, seed: options.seed,
      threads: options.threadCount, level: level)
    let outcome = try session.run(
      isCancelled: { interrupt.isRequested },
      onEvent: { event in
        guard case .batch(let done) = event else { return }
        progress.show(
          "batch \(batchSize)  epoch \(done.epochsCompleted + 1)/\(options.epochs)  \(done.imagesDone)/\(done.images) "
            + "images  loss \(Figure.fixed(done.loss, 4))")
      })
    guard outcome.stop == .completed else { return nil }
    return SweepRow(
      batchSize: batchSize, training: outcome.history.epochs.map(\.training),
      evaluation: outcome.history.epochs.compactMap(\.validation),
      flopsPerImage: session.model.trainingFLOPsPerImage, peakGflops: peakGflops,
      peakRssBytes: PeakMemory.byteCount, target: options.targetAccuracy)
  }
}
