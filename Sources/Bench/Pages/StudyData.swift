import Foundation
import Layers

/// The runs of a study in one short JSON object, for people who plot or compare them: epochs in columns, numbers in five
/// significant digits, and of long trainings every second, third, … epoch where the whole would be too long.
struct StudyData: Encodable {
  struct Run: Encodable {
    let setting: String
    let seed: UInt64
    let isQuick: Bool
    let cpu, isa, version, date: String
    let threads: Int
    let stages: [Stage]
  }

  struct Stage: Encodable {
    let model: String
    let parameters: Int
    let data: String
    let recipe: String
    /// The epochs of the entries in `epochs`, counted from 1.
    let epochNumbers: [Int]
    /// A list for each metric, an entry an epoch.
    let epochs: [String: [Double]]
    let seconds: Double?
    let testAccuracy, testLoss, trainingAccuracy: Double?
    let testConfusion, trainingConfusion: [[Int]]?
    let weights: String?
  }

  let study: String
  let question: String
  let runs: [Run]
  let peers: [PeerFigure]

  /// - Parameter step: every `step`-th epoch is listed, and the last.
  init(_ study: Study, _ record: StudyRecord, everyEpoch step: Int = 1) {
    self.study = study.id
    question = study.question
    peers = record.peers
    runs = record.runs.map { run in
      let start = run.start
      return Run(
        setting: start.setting, seed: start.seed, isQuick: start.isQuick, cpu: start.cpu, isa: start.isa,
        version: start.version, date: start.date, threads: start.threads,
        stages: start.stages.indices.map { StudyData.stage(run, $0, step) })
    }
  }

  private static func stage(_ run: StudyRun, _ number: Int, _ step: Int) -> Stage {
    let description = run.start.stages[number]
    let all = run.epochs[number] ?? []
    let epochs = all.filter { $0.epoch % step == 0 || $0.epoch == all.count }
    let result = run.results[number]
    var columns = ["seconds": epochs.map { short($0.training.seconds, 3) }]
    for metric in Metric.allCases {
      let values = epochs.compactMap { $0.value(of: metric) }
      if !values.isEmpty { columns[metric.rawValue] = values.map { short($0, metric.isAccuracy ? 4 : 5) } }
    }
    return Stage(
      model: description.model, parameters: description.parameters, data: description.data.text,
      recipe: description.recipe.text, epochNumbers: epochs.map(\.epoch), epochs: columns,
      seconds: result.map { short($0.seconds, 6) },
      testAccuracy: result?.test.accuracy, testLoss: result?.test.loss, trainingAccuracy: result?.training.accuracy,
      testConfusion: result?.testConfusion, trainingConfusion: result?.trainingConfusion, weights: result?.weights)
  }

  /// A value in a number of significant digits.
  static func short(_ value: Double, _ digits: Int) -> Double {
    guard value.isFinite, value != 0 else { return value }
    return Double(String(format: "%.\(digits)g", value)) ?? value
  }

  var json: String {
    // Numbers that JSON has no way to write are text, and nothing else fails to be encoded.
    guard let data = try? StudyRecord.encoder.encode(self) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
