import Foundation

/// The results of one epoch of a training, on the training images and on the validation images.
public struct EpochRecord: Codable, Sendable, Equatable {
  /// The epoch's number, counted from 1.
  public let epoch: Int
  /// The learning rate of the epoch's last update; with parameter groups, that of the first.
  public let learningRate: Double
  /// The result on the training images.
  public let training: EpochResult
  /// The result on the validation images; nil without validation.
  public let validation: EvaluationResult?

  /// The results of an epoch.
  public init(epoch: Int, learningRate: Double, training: EpochResult, validation: EvaluationResult? = nil) {
    self.epoch = epoch
    self.learningRate = learningRate
    self.training = training
    self.validation = validation
  }
}

/// The epochs of a training, which can be written as CSV or as JSON lines, and read back from JSON lines.
public struct TrainingHistory: Codable, Sendable, Equatable {
  /// The epochs, in order.
  public var epochs: [EpochRecord]

  /// The results of an epoch.
  public init(epochs: [EpochRecord] = []) { self.epochs = epochs }

  /// The values of a metric, epoch by epoch; epochs without validation have none for its metrics.
  public func values(of metric: Metric) -> [Double] { epochs.compactMap { $0.value(of: metric) } }

  /// The best epoch by a metric, the first of equal ones; nil without epochs.
  public func best(by metric: Metric) -> EpochRecord? { bestIndex(metric).map { epochs[$0] } }

  /// The index of the last epoch that was better than all before it by more than `leastChange`.
  func bestIndex(_ metric: Metric, leastChange: Double = 0) -> Int? {
    var best: (index: Int, value: Double)?
    for (index, epoch) in epochs.enumerated() {
      guard let value = epoch.value(of: metric) else { continue }
      if let current = best, !metric.isBetter(value, than: current.value, by: leastChange) { continue }
      best = (index, value)
    }
    return best?.index
  }
}

extension TrainingHistory {
  /// NaN and infinity, such as the loss of a training that diverged, are written as strings, since JSON has no numbers
  /// for them.
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  /// One line of JSON for each epoch.
  public var jsonLines: String {
    get throws { try epochs.map { try $0.jsonLine + "\n" }.joined() }
  }

  /// Reads JSON lines as written by ``jsonLines``; ignores an incomplete last line, as left by a program that was
  /// stopped.
  public init(jsonLines text: String) throws {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    self.init(
      epochs: try lines.map { try TrainingHistory.decoder.decode(EpochRecord.self, from: Data($0.utf8)) })
  }

  /// The header of ``csv``.
  public static let csvHeader =
    "epoch,learning_rate,train_loss,train_accuracy,train_seconds,train_images_per_second,"
    + "validation_loss,validation_accuracy,validation_seconds,validation_images_per_second"

  /// CSV with a header and one line for each epoch; missing values are empty.
  public var csv: String { ([TrainingHistory.csvHeader] + epochs.map(\.csvLine)).map { $0 + "\n" }.joined() }
}

extension EpochRecord {
  /// The epoch as a JSON object in one line.
  public var jsonLine: String {
    get throws { String(decoding: try TrainingHistory.encoder.encode(self), as: UTF8.self) }
  }

  /// The epoch as a line of ``TrainingHistory/csv``.
  public var csvLine: String {
    var cells = ["\(epoch)", "\(learningRate)"]
    cells += [training.loss, training.accuracy, training.seconds, training.imagesPerSecond].map { "\($0)" }
    cells +=
      validation.map { [$0.loss, $0.accuracy, $0.seconds, $0.imagesPerSecond].map { "\($0)" } }
      ?? [String](repeating: "", count: 4)
    return cells.joined(separator: ",")
  }
}

/// A file to which a training writes its history after each epoch.
public struct HistoryFile: Sendable, Hashable {
  /// The file's format.
  public enum Format: String, Sendable, Codable, CaseIterable {
    case csv
    /// One line of JSON for each epoch.
    case jsonLines = "jsonl"
  }

  /// The file.
  public var file: URL
  /// The file's format.
  public var format: Format

  /// A file in the given format.
  public init(_ file: URL, format: Format) {
    self.file = file
    self.format = format
  }

  /// Replaces the file's content by the history, atomically.
  func write(_ history: TrainingHistory) throws {
    let text = format == .csv ? history.csv : try history.jsonLines
    try AtomicFile.write(Data(text.utf8), to: file.path)
  }
}
