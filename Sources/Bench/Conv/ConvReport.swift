import Layers

/// The result file of `bench conv`, schema `bench.conv/1`.
struct ConvReport: Encodable {
  private(set) var schema = "bench.conv/1"
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
  var rows: [ConvRow] = []
}

/// One training: a batch size. The lists have an entry an epoch; accuracies are shares of 1.
struct ConvRow: Encodable {
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

  /// - Parameters:
  ///   - flopsPerImage: floating-point operations of one image's training step.
  ///   - peakGflops: the machine's limit.
  init(
    batchSize: Int, training: [EpochResult], evaluation: [EvaluationResult], flopsPerImage: Int, peakGflops: Double,
    peakRssBytes: Int
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
  }

  /// The columns of the printed table.
  static let table = Table(columns: [
    .figure("batch"), .figure("epoch s"), .figure("min s", width: 7), .figure("images/s", width: 9),
    .figure("GFLOP/s"), .figure("of peak"), .figure("train loss"), .figure("acc", width: 7), .figure("test loss"),
    .figure("acc", width: 7), .figure("memory", width: 10),
  ])

  /// The row of the printed table; losses and accuracies are those of the last epoch.
  var cells: [String] {
    [
      "\(batchSize)", Figure.fixed(epochSeconds.median, 3), Figure.fixed(epochSeconds.min() ?? .nan, 3),
      Figure.fixed(imagesPerSecond, 0), Figure.fixed(gflops, 1), Figure.percent(peakFraction),
      Figure.fixed(trainLoss.last?.value ?? .nan, 4), Figure.percent(trainAccuracy.last ?? .nan),
      Figure.fixed(testLoss.last?.value ?? .nan, 4), Figure.percent(testAccuracy.last ?? .nan),
      Figure.mebibytes(peakRssBytes),
    ]
  }
}
