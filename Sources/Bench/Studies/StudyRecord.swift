import Foundation
import Layers

/// A line of a study's record file: what a run writes first, and all else is made from.
///
/// The file is only ever appended to. A run's lines carry its setting and seed; what a later line says of the same epoch,
/// stage or run counts instead of an earlier one, as after an interruption.
enum StudyRecordLine: Codable, Equatable {
  case start(RunStart)
  case epoch(RunEpoch)
  case result(StageResult)
  case peer(PeerFigure)

  private enum CodingKeys: String, CodingKey { case record }
  private enum Kind: String, Codable { case start, epoch, result, peer }

  init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .record) {
    case .start: self = .start(try RunStart(from: decoder))
    case .epoch: self = .epoch(try RunEpoch(from: decoder))
    case .result: self = .result(try StageResult(from: decoder))
    case .peer: self = .peer(try PeerFigure(from: decoder))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .start(let value):
      try container.encode(Kind.start, forKey: .record)
      try value.encode(to: encoder)
    case .epoch(let value):
      try container.encode(Kind.epoch, forKey: .record)
      try value.encode(to: encoder)
    case .result(let value):
      try container.encode(Kind.result, forKey: .record)
      try value.encode(to: encoder)
    case .peer(let value):
      try container.encode(Kind.peer, forKey: .record)
      try value.encode(to: encoder)
    }
  }
}

/// Which training a line is of.
struct RunKey: Codable, Hashable {
  let setting: String
  let seed: UInt64
}

/// The first line of a run.
struct RunStart: Codable, Equatable {
  let schema: String
  let study: String
  let setting: String
  let seed: UInt64
  /// Whether the setting was scaled down to take seconds: its figures show that it runs, and nothing else.
  let isQuick: Bool
  let stages: [StageDescription]
  /// The processor's name.
  let cpu: String
  /// The instruction-set level: weights are the same to the bit on the same level.
  let isa: String
  let threads: Int
  /// The program's version.
  let version: String
  /// The command that runs this setting again.
  let command: String
  /// When it began, in ISO 8601.
  let date: String

  static let schema = "bench.study/1"
  var key: RunKey { RunKey(setting: setting, seed: seed) }
}

/// A stage as it was run.
struct StageDescription: Codable, Equatable {
  let model: String
  let parameters: Int
  /// The table of the layers.
  let summary: String
  let data: DataRequest
  let recipe: Recipe
  let trainingImages: Int
  let validationImages: Int
  let testImages: Int
  let validatesOnTest: Bool
  let classNames: [String]
  let inheritedPrefix: String?
}

/// An epoch of a stage.
struct RunEpoch: Codable, Equatable {
  let setting: String
  let seed: UInt64
  /// Counted from 0.
  let stage: Int
  let epoch: EpochRecord
}

/// What a stage came to; the last stage's is what the run came to.
struct StageResult: Codable, Equatable {
  let setting: String
  let seed: UInt64
  let stage: Int
  /// On the test images, with the final weights.
  let test: EvaluationResult
  /// On the training images, as they are without augmentation, with the final weights.
  let training: EvaluationResult
  /// Rows are true classes; nil for a network that does not classify.
  let testConfusion: [[Int]]?
  let trainingConfusion: [[Int]]?
  /// The training of all epochs, evaluation not.
  let seconds: Double
  /// SHA-256 of the final weights: the parameters and running statistics in the order of their names, as little-endian
  /// floats.
  let weights: String
  /// The first layer's weights as pictures; nil where they are none.
  let filters: FilterSheet?
  /// Test images that were misclassified with the highest probability.
  let mistakes: [Mistake]?
}

/// Weights of a first layer as images: each filter scaled to its own least and greatest weight.
struct FilterSheet: Codable, Equatable {
  let channels: Int
  let height: Int
  let width: Int
  /// The bytes of each filter, `[channels, height, width]`, in base64.
  let filters: [Data]
}

/// A test image that was taken for another class.
struct Mistake: Codable, Equatable {
  /// Its position in the test part of the stage's data.
  let index: Int
  let label: Int
  /// The classes with the highest probabilities, first the highest.
  let classes: [Int]
  let probabilities: [Float]
}

/// What another system measured for a setting on the same machine.
struct PeerFigure: Codable, Equatable {
  let setting: String
  /// `PyTorch 2.13.0`.
  let peer: String
  let figure: ComparedFigure
  let value: Double
  /// The peer's seconds over ours, of runs in turns; nil where they were not run so.
  var ratio: Double?
  let cpu: String
  let threads: Int
  let command: String
}

/// The runs of a study, put together from its record file.
struct StudyRecord: Equatable {
  let study: String
  var runs: [StudyRun] = []
  var peers: [PeerFigure] = []

  /// The finished runs of a setting, by seed.
  func runs(of setting: String) -> [StudyRun] {
    runs.filter { $0.start.setting == setting && $0.isFinished }.sorted { $0.start.seed < $1.start.seed }
  }

  /// - Throws: ``UsageError`` that names the line which is not one of a record; a last line that was cut off, as by a
  ///   full disk or a killed process, is left out.
  init(study: String, contentsOf text: Data, file: String) throws(UsageError) {
    self.study = study
    let decoder = StudyRecord.decoder
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    for (number, line) in lines.enumerated() {
      do {
        take(try decoder.decode(StudyRecordLine.self, from: line))
      } catch {
        if number == lines.count - 1, text.last != UInt8(ascii: "\n") { break }
        throw UsageError("\(file), line \(number + 1), is no line of a study's record: \(error)")
      }
    }
  }

  init(study: String) { self.study = study }

  /// Takes in a line, in the order of the file.
  mutating func take(_ line: StudyRecordLine) {
    switch line {
    case .start(let start):
      if let i = runs.firstIndex(where: { $0.start.key == start.key }) {
        runs[i].start = start
      } else {
        runs.append(StudyRun(start: start))
      }
    case .epoch(let epoch):
      guard let i = index(epoch.setting, epoch.seed) else { return }
      runs[i].take(epoch)
    case .result(let result):
      guard let i = index(result.setting, result.seed) else { return }
      runs[i].results[result.stage] = result
    case .peer(let peer):
      peers.removeAll { $0.setting == peer.setting && $0.peer == peer.peer && $0.figure == peer.figure }
      peers.append(peer)
    }
  }

  private func index(_ setting: String, _ seed: UInt64) -> Int? {
    runs.firstIndex { $0.start.setting == setting && $0.start.seed == seed }
  }

  /// Numbers that JSON has no way to write, such as the loss of a training that diverged, are text.
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
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
}

/// One training of a setting with one seed.
struct StudyRun: Equatable {
  var start: RunStart
  /// The epochs of each stage, by stage and then by number.
  var epochs: [Int: [EpochRecord]] = [:]
  var results: [Int: StageResult] = [:]

  init(start: RunStart) { self.start = start }

  var isFinished: Bool { results[start.stages.count - 1] != nil }
  /// What the last stage came to.
  var result: StageResult? { results[start.stages.count - 1] }
  /// The epochs of the last stage.
  var lastEpochs: [EpochRecord] { epochs[start.stages.count - 1] ?? [] }
  var lastStage: StageDescription? { start.stages.last }

  /// A figure of the last stage after its last epoch; nil where it has none.
  func value(of figure: ComparedFigure) -> Double? {
    switch figure {
    case .testAccuracy: result?.test.accuracy
    case .testLoss: result?.test.loss
    case .validationAccuracy: lastEpochs.last?.validation?.accuracy
    case .trainingAccuracy: result?.training.accuracy
    case .trainingLoss: lastEpochs.last?.training.loss
    case .seconds: result?.seconds
    case .accuracyGap: result.map { $0.training.accuracy - $0.test.accuracy }
    }
  }

  fileprivate mutating func take(_ line: RunEpoch) {
    var list = epochs[line.stage] ?? []
    list.removeAll { $0.epoch == line.epoch.epoch }
    let position = list.firstIndex { $0.epoch > line.epoch.epoch } ?? list.count
    list.insert(line.epoch, at: position)
    epochs[line.stage] = list
  }
}
