import Layers

/// The result file of `bench train`, schema `bench.train/1`. Accuracies are shares of 1.
struct TrainReport: Encodable {
  private(set) var schema = "bench.train/1"
  let machine: MachineReport
  let model: String
  let parameters: Int
  let training: TrainingDescription
  /// Of a step by direct sums, for one image.
  let flopsPerImage: Int
  let trainingImages: Int
  let validationImages: Int
  let testImages: Int
  /// Whether the validation images are the test images.
  let validatesOnTest: Bool
  let classNames: [String]
  var epochs: [Epoch] = []
  /// `completed`, `early-stopping` or `interrupted`; absent while it runs.
  var stop: String?
  /// The epoch with the lowest validation loss.
  var bestEpoch: Int?
  /// How long a target accuracy took; absent where none is set.
  var target: TimeToAccuracy?
  /// With the final weights; absent where the training was interrupted.
  var result: Result?

  struct Epoch: Encodable {
    let epoch: Int
    let seconds: Double
    let imagesPerSecond: Double
    /// Of the multiply-add peak, by the arithmetic of direct sums: with `--precision fast` it can exceed 1.
    let peakFraction: Double
    let learningRate: Float
    let trainLoss: JSONNumber
    let trainAccuracy: Double?
    let validationLoss: JSONNumber?
    let validationAccuracy: Double?

    init(_ record: EpochRecord, hasAccuracy: Bool, _ report: TrainReport) {
      epoch = record.epoch
      seconds = record.training.seconds
      imagesPerSecond = record.training.imagesPerSecond
      peakFraction = report.peakFraction(imagesPerSecond: imagesPerSecond)
      learningRate = Float(record.learningRate)
      trainLoss = JSONNumber(record.training.loss)
      trainAccuracy = hasAccuracy ? record.training.accuracy : nil
      validationLoss = record.validation.map { JSONNumber($0.loss) }
      validationAccuracy = hasAccuracy ? record.validation?.accuracy : nil
    }
  }

  struct Result: Encodable {
    let trainLoss: JSONNumber
    let testLoss: JSONNumber
    let trainAccuracy: Double?
    let testAccuracy: Double?
    /// Of the test images; absent, as is what follows, of a network that does not classify.
    let classes: [Class]?
    let macroAverage: Scores?
    let weightedAverage: Scores?
    /// Rows are classes, columns are predictions.
    let trainConfusion: [[Int]]?
    let testConfusion: [[Int]]?
  }

  struct Class: Encodable {
    let name: String
    let scores: Scores
  }

  struct Scores: Encodable {
    let precision: Double
    let recall: Double
    let f1: Double
    let support: Int

    init(_ scores: ClassificationReport.Scores) {
      (precision, recall, f1, support) = (scores.precision, scores.recall, scores.f1, scores.support)
    }
  }
}

extension TrainReport {
  /// The share of the multiply-add peak that a rate needs, by the arithmetic of direct sums.
  func peakFraction(imagesPerSecond: Double) -> Double {
    imagesPerSecond * Double(flopsPerImage) / (machine.peakGflops * 1e9)
  }
}

/// When a training first reached a validation accuracy.
struct TimeToAccuracy: Encodable, Equatable {
  /// A share of 1.
  let accuracy: Double
  /// The epoch after which it was reached, and the seconds of training until then; absent where it was not.
  let epoch: Int?
  let seconds: Double?

  init(_ accuracy: Double, _ epochs: [EpochRecord]) {
    self.accuracy = accuracy
    let reached = epochs.firstIndex { epoch in epoch.validation.map { $0.accuracy >= accuracy } ?? false }
    epoch = reached.map { epochs[$0].epoch }
    seconds = reached.map { epochs[...$0].reduce(0) { $0 + $1.training.seconds } }
  }

  var text: String {
    guard let epoch, let seconds else { return "target     \(Figure.percent(accuracy)) was not reached" }
    return
      "target     \(Figure.percent(accuracy)) was reached in epoch \(epoch), after \(Figure.seconds(seconds)) of training"
  }
}

extension TrainReport.Result {
  /// - Parameters:
  ///   - training: the evaluation of the training images, without augmentation.
  ///   - matrices: the confusion matrices of both parts; nil of a network that does not classify.
  init(
    training: EvaluationResult, test: EvaluationResult,
    matrices: (training: ConfusionMatrix, test: ConfusionMatrix, report: ClassificationReport)?
  ) {
    trainLoss = JSONNumber(training.loss)
    testLoss = JSONNumber(test.loss)
    trainAccuracy = matrices == nil ? nil : training.accuracy
    testAccuracy = matrices == nil ? nil : test.accuracy
    classes = matrices.map { matrices in
      zip(matrices.report.classNames, matrices.report.classes).map {
        TrainReport.Class(name: $0, scores: TrainReport.Scores($1))
      }
    }
    macroAverage = matrices.map { TrainReport.Scores($0.report.macroAverage) }
    weightedAverage = matrices.map { TrainReport.Scores($0.report.weightedAverage) }
    trainConfusion = matrices.map { ConfusionTable.rows($0.training) }
    testConfusion = matrices.map { ConfusionTable.rows($0.test) }
  }
}

/// The line of `--metrics` that describes a run.
struct MetricsRun: Encodable {
  private(set) var event = "run"
  private(set) var schema = MetricsFile.schema
  let cpu: String
  let isa: String
  let threads: Int
  let model: String
  let parameters: Int
  let training: TrainingDescription
  let trainingImages: Int
  let validationImages: Int
  let testImages: Int
  let updatesPerEpoch: Int
}
