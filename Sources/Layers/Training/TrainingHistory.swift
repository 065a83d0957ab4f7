import Foundation

/// An epoch of a training: what it came to on the images that were trained on, and on those of the validation.
public struct EpochRecord: Codable, Sendable, Equatable {
  /// The epoch's number, counted from 1.
  public let epoch: Int
  /// The learning rate of the epoch's last update; of groups, the first one's.
  public let learningRate: Double
  public let training: EpochResult
  /// nil where there was no validation.
  public let validation: EvaluationResult?

  public init(epoch: Int, learningRate: Double, training: EpochResult, validation: EvaluationResult? = nil) {
    self.epoch = epoch
    self.learningRate = learningRate
    self.training = training
    self.validation = validation
  }
}

/// The epochs of a training: as values, as a table of comma-separated values, and as lines of JSON, which can be read back.
public struct TrainingHistory: Codable, Sendable, Equatable {
  public var epochs: [EpochRecord]

  public init(epochs: [EpochRecord] = []) { self.epochs = epochs }

  /// The values of a figure, epoch by epoch; none where there was no validation.
  public func values(of metric: Metric) -> [Double] { epochs.compactMap { $0.value(of: metric) } }

  /// The best epoch by a figure, the first of equals; nil for no epochs.
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
  /// Numbers that JSON has no way to write, such as the loss of a training that diverged, are text.
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

  /// A line of JSON an epoch.
  public var jsonLines: String {
    get throws { try epochs.map { try $0.jsonLine + "\n" }.joined() }
  }

  /// Reads lines of JSON, as ``jsonLines`` writes them; a last line without its end, as a program that was stopped leaves
  /// it, is left out.
  public init(jsonLines text: String) throws {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    self.init(
      epochs: try lines.map { try TrainingHistory.decoder.decode(EpochRecord.self, from: Data($0.utf8)) })
  }

  /// The names of the columns of ``csv``.
  public static let csvHeader =
    "epoch,learning_rate,train_loss,train_accuracy,train_seconds,train_images_per_second,"
    + "validation_loss,validation_accuracy,validation_seconds,validation_images_per_second"

  /// A table with a header and a line an epoch; cells without a figure are empty.
  public var csv: String { ([TrainingHistory.csvHeader] + epochs.map(\.csvLine)).map { $0 + "\n" }.joined() }
}

extension EpochRecord {
  /// The epoch as an object of JSON in one line.
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

/// A file that a training writes its history to while it runs.
public struct HistoryFile: Sendable, Hashable {
  public enum Format: String, Sendable, Codable, CaseIterable {
    case csv
    /// A line of JSON an epoch.
    case jsonLines = "jsonl"
  }

  public var file: URL
  public var format: Format

  public init(_ file: URL, format: Format) {
    self.file = file
    self.format = format
  }

  /// Replaces the file by the history.
  func write(_ history: TrainingHistory) throws {
    let text = format == .csv ? history.csv : try history.jsonLines
    try AtomicFile.write(Data(text.utf8), to: file.path)
  }
}
