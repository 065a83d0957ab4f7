import Layers

/// The result file of `bench conv`, schema `bench.conv/1`, and of `bench mlp`, schema `bench.mlp/1`.
struct SweepReport: Encodable {
  let schema: String
  let machine: MachineReport
  let model: String
  let parameters: Int
  let data: String
  let trainImages: Int
  let testImages: Int
  let epochs: Int
  let optimizer: String
  let learningRate: Double
  let seed: UInt64
  /// The test accuracy whose time was asked for; absent where none was.
  var targetAccuracy: Double?
  var rows: [SweepRow] = []
}

/// One training: a batch size. The lists have an entry an epoch; accuracies are shares of 1.
struct SweepRow: Encodable {
  let batchSize: Int
  /// Batch assembly, forward, loss, backward and update of every training image.
  let epochSeconds: [Double]
  /// By the median epoch.
  let imagesPerSecond: Double
  let gflops: Double
  let peakFraction: Double
  /// Over the epoch, each image at the time that it was trained on.
  let trainLoss: [JSONNumber]
  let testLoss: [JSONNumber]
  let trainAccuracy: [Double]
  let testAccuracy: [Double]
  let peakRssBytes: Int
  /// The seconds of training, evaluation not, until the test accuracy after an epoch first reached the target; null where
  /// it never did, and absent where there is no target.
  let secondsToTarget: JSONNumber?
  /// The epochs until then.
  let epochsToTarget: JSONNumber?

  /// - Parameters:
  ///   - flopsPerImage: floating-point operations of one image's training step.
  ///   - peakGflops: the machine's limit.
  ///   - target: the test accuracy whose time is asked for.
  init(
    batchSize: Int, training: [EpochResult], evaluation: [EvaluationResult], flopsPerImage: Int, peakGflops: Double,
    peakRssBytes: Int, target: Double? = nil
  ) {
    self.batchSize = batchSize
    epochSeconds = training.map(\.seconds)
    imagesPerSecond = Double(training.first?.images ?? 0) / epochSeconds.median
    gflops = imagesPerSecond * Double(flopsPerImage) / 1e9
    peakFraction = gflops / peakGflops
    trainLoss = training.map { JSONNumber($0.loss) }
    testLoss = evaluation.map { JSONNumber($0.loss) }
    trainAccuracy = training.map(\.accuracy)
    testAccuracy = evaluation.map(\.accuracy)
    self.peakRssBytes = peakRssBytes
    guard let target else {
      (secondsToTarget, epochsToTarget) = (nil, nil)
      return
    }
    let epochs = evaluation.firstIndex { $0.accuracy >= target }.map { $0 + 1 }
    secondsToTarget = JSONNumber(epochs.map { training.prefix($0).reduce(0) { $0 + $1.seconds } } ?? .nan)
    epochsToTarget = JSONNumber(epochs.map(Double.init) ?? .nan)
  }

  /// The columns of the printed table; one more where a test accuracy's time is asked for.
  static func table(target: Double? = nil) -> Table {
    var columns: [Table.Column] = [
      .figure("batch"), .figure("epoch s"), .figure("min s", width: 7), .figure("images/s", width: 9),
      .figure("GFLOP/s"), .figure("of peak"), .figure("train loss"), .figure("acc", width: 7), .figure("test loss"),
      .figure("acc", width: 7), .figure("memory", width: 10),
    ]
    if let target { columns.insert(.figure("s to \(Figure.percent(target))"), at: columns.count - 1) }
    return Table(columns: columns)
  }

  /// The row of the printed table; losses and accuracies are those of the last epoch.
  var cells: [String] {
    let toTarget = secondsToTarget.map { [$0.value.isNaN ? "-" : Figure.fixed($0.value, 3)] } ?? []
    return [
      "\(batchSize)", Figure.fixed(epochSeconds.median, 3), Figure.fixed(epochSeconds.min() ?? .nan, 3),
      Figure.fixed(imagesPerSecond, 0), Figure.fixed(gflops, 1), Figure.percent(peakFraction),
      Figure.fixed(trainLoss.last?.value ?? .nan, 4), Figure.percent(trainAccuracy.last ?? .nan),
      Figure.fixed(testLoss.last?.value ?? .nan, 4), Figure.percent(testAccuracy.last ?? .nan),
    ] + toTarget + [Figure.mebibytes(peakRssBytes)]
  }
}
