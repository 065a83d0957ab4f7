import Foundation
import Layers

@testable import Bench

/// Studies and records that no training made.
enum MadeUp {
  static let classes = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

  static func setting(_ label: String, batch: Int = 32, epochs: Int = 3, augmentation: Augmentation = .none) -> Setting
  {
    var recipe = Recipe(batchSize: batch, epochs: epochs)
    recipe.augmentation = augmentation
    return Setting(label, Stage(model: "n1", data: .cifar10, recipe: recipe))
  }

  static func study(
    _ settings: [Setting], title: String = "Made up", reported: [ReportedFigure] = [], orderings: [Ordering] = [],
    peaks: [String] = []
  ) -> Study {
    Study(
      id: "made-up", title: title, source: "R9", question: "Which one is better?", settings: settings,
      reported: reported, orderings: orderings, peaks: peaks)
  }

  /// A run's lines: a start, epochs, a result.
  static func lines(
    _ setting: Setting, seed: UInt64 = 1, accuracy: Double, isQuick: Bool = false, epochs: Int? = nil,
    classes: [String] = MadeUp.classes, isReconstruction: Bool = false, hasPictures: Bool = false,
    loss: (Int) -> Double = { 2 / Double($0) }, validation: (Int) -> Double? = { _ in nil }
  ) -> [StudyRecordLine] {
    let stage = setting.stages[0]
    var data = stage.data
    data.isReconstruction = isReconstruction
    let description = StageDescription(
      model: "n1", parameters: 62_006, summary: "layer  shape  <parameters>", data: data, recipe: stage.recipe,
      trainingImages: 50_000, validationImages: 10_000, testImages: 10_000, validatesOnTest: true,
      classNames: isReconstruction ? [] : classes, inheritedPrefix: nil)
    let count = epochs ?? stage.recipe.epochs
    let confusion = isReconstruction ? nil : matrix(classes.count, accuracy)
    let evaluation = EvaluationResult(loss: 1 - accuracy / 2, accuracy: accuracy, seconds: 1, images: 10_000)
    var lines: [StudyRecordLine] = [
      .start(
        RunStart(
          schema: RunStart.schema, study: "made-up", setting: setting.label, seed: seed, isQuick: isQuick,
          stages: [description], cpu: "a processor", isa: "avx2", threads: 2, version: "1.0",
          command: "swift run bench study made-up --setting '\(setting.label)' --first-seed \(seed)",
          date: "2026-01-01T00:00:00Z"))
    ]
    for epoch in stride(from: 1, through: count, by: 1) {
      let reached = validation(epoch) ?? accuracy * Double(epoch) / Double(count)
      lines.append(
        .epoch(
          RunEpoch(
            setting: setting.label, seed: seed, stage: 0,
            epoch: EpochRecord(
              epoch: epoch, learningRate: 0.001,
              training: EpochResult(loss: loss(epoch), accuracy: min(reached + 0.1, 1), seconds: 2, images: 50_000),
              validation: EvaluationResult(loss: loss(epoch) * 1.1, accuracy: reached, seconds: 1, images: 10_000)))))
    }
    lines.append(
      .result(
        StageResult(
          setting: setting.label, seed: seed, stage: 0, test: evaluation, training: evaluation,
          testConfusion: confusion, trainingConfusion: confusion.map { $0.map { $0.map { $0 * 5 } } },
          seconds: Double(2 * count), weights: String(repeating: "a", count: 64),
          filters: hasPictures
            ? FilterSheet(
              channels: 3, height: 5, width: 5, filters: (0..<32).map { Data(repeating: UInt8($0 * 7), count: 75) })
            : nil,
          mistakes: hasPictures
            ? (0..<12).map {
              Mistake(index: $0, label: $0 % 10, classes: [1, 2, 3], probabilities: [0.9, 0.06, 0.03])
            }
            : nil)))
    return lines
  }

  /// 1000 images a class, as many right as the accuracy says.
  static func matrix(_ count: Int, _ accuracy: Double) -> [[Int]] {
    (0..<count).map { label in
      let right = Int((1000 * accuracy).rounded())
      var row = [Int](repeating: 0, count: count)
      row[label] = right
      row[(label + 1) % count] += 1000 - right
      return row
    }
  }

  static func record(_ lines: [StudyRecordLine]...) -> StudyRecord {
    var record = StudyRecord(study: "made-up")
    for line in lines.joined() { record.take(line) }
    return record
  }

  /// Images that look like nothing.
  static var images: PageImages {
    PageImages { _, _, index in
      guard index < 10_000 else { return nil }
      let samples = (0..<3072).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index &* 97) }
      return (try Image(height: 32, width: 32, channels: 3, samples: samples), index % 10)
    }
  }
}
