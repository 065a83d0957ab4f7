import Kernels
import Layers

/// The trainings of `bench conv`, which differ in their batch size alone.
struct BatchSizeSweep {
  let options: ConvOptions
  let optimizer: any Optimizer
  let level: InstructionSet
  let network: ModelDescription
  let train: ImageDataset
  let test: ImageDataset
  let peakGflops: Double
  let interrupt: Interrupt
  let progress = ProgressLine()

  /// Trains from the first weights on; nil where an interrupt ended it before its last epoch.
  func train(batchSize: Int) throws -> ConvRow? {
    defer { progress.clear() }
    let model = try Model(network, seed: options.seed)
    // A batch is never larger than the set: memory for more would be for nothing.
    let trainer = try Trainer(
      model: model, optimizer: optimizer, batchSize: min(batchSize, train.count), seed: options.seed,
      threads: options.threadCount,
      level: level)
    var training: [EpochResult] = []
    var evaluation: [EvaluationResult] = []
    do {
      for epoch in 1...options.epochs {
        let result = try trainer.trainEpoch(
          on: train,
          progress: { done in
            progress.show(
              "batch \(batchSize)  epoch \(epoch)/\(options.epochs)  \(done.imagesDone)/\(done.images) images  "
                + "loss \(Figure.fixed(done.loss, 4))")
          }, isCancelled: { interrupt.isRequested })
        training.append(result)
        evaluation.append(try trainer.evaluate(on: test) { interrupt.isRequested })
      }
    } catch is CancellationError {
      return nil
    }
    return ConvRow(
      batchSize: batchSize, training: training, evaluation: evaluation, flopsPerImage: model.trainingFLOPsPerImage,
      peakGflops: peakGflops, peakRssBytes: PeakMemory.byteCount)
  }
}
