import Foundation
import Kernels
import Layers

/// What is found out of a model at the end of its training.
struct FinalEvaluation {
  let session: TrainingSession
  let isCancelled: () -> Bool

  private var trainer: Trainer { session.trainer }

  /// - Parameter hasPictures: whether filters and mistakes are taken, too.
  func result(setting: String, seed: UInt64, stage: Int, seconds: Double, hasPictures: Bool) throws -> StageResult {
    let classifies =
      session.model.outputShape.rank == 1 && session.data.test.classCount != nil
      && !session.data.test.targetsAreImages
    return try session.withFinalWeights {
      let test = try session.evaluateFinally(on: session.data.test, isCancelled: isCancelled)
      return StageResult(
        setting: setting, seed: seed, stage: stage, test: test.result,
        training: try trainer.evaluate(on: session.data.plainTrainingTargets, isCancelled: isCancelled),
        testConfusion: classifies ? test.confusion.map(ConfusionTable.rows) : nil,
        trainingConfusion: classifies ? try counts(session.data.plainTraining) : nil, seconds: seconds,
        weights: try WeightsHash.sha256(WeightsHash.bytes(trainer.modelState())),
        filters: hasPictures ? try filters() : nil, mistakes: hasPictures && classifies ? try mistakes() : nil)
    }
  }

  private func counts(_ data: any Dataset) throws -> [[Int]] {
    ConfusionTable.rows(try trainer.confusionMatrix(on: data, isCancelled: isCancelled))
  }

  /// The first parameter with pixels of the image on its inputs: a convolution's kernels, or the first outputs of a linear
  /// layer.
  private func filters() throws -> FilterSheet? {
    guard let first = session.model.parameters.first(where: { $0.role == .trainable }) else { return nil }
    let image = session.data.training.imageShape
    let weights = try session.model.parameter(first.name)
    let shape = first.shape
    let (most, channels, height, width): (Int, Int, Int, Int)
    if shape.rank == 4, shape[1] == image[0], shape[2] > 1 {
      (most, channels, height, width) = (32, shape[1], shape[2], shape[3])
    } else if shape.rank == 2, shape[1] == image.count {
      (most, channels, height, width) = (8, image[0], image[1], image[2])
    } else {
      return nil
    }
    let size = channels * height * width
    let filters = weights.withUnsafeBufferPointer { values in
      (0..<min(shape[0], most)).map { filter in
        let own = values[(filter * size)..<((filter + 1) * size)]
        let (low, high) = (own.min() ?? 0, own.max() ?? 0)
        return Data(
          own.map { value in
            let share = (value - low) / (high - low)
            return share.isFinite ? UInt8(share * 255) : 128
          })
      }
    }
    return FilterSheet(channels: channels, height: height, width: width, filters: filters)
  }

  /// The test images whose wrong class has the highest probability.
  private func mistakes() throws -> [Mistake] {
    let data = session.data.test
    let predictor = try Predictor(
      session.model, normalization: trainer.normalization, mostImages: 100, level: session.level)
    let classCount = session.model.outputShape[0]
    var found: [Mistake] = []
    let most = 12
    for start in stride(from: 0, to: data.count, by: 100) {
      if isCancelled() { throw CancellationError() }
      let count = min(100, data.count - start)
      let probabilities = try predictor.probabilities(predictor.input(data, at: start..<start + count))
      probabilities.withUnsafeBufferPointer { probabilities in
        for i in 0..<count {
          let own = Array(probabilities[(i * classCount)..<((i + 1) * classCount)])
          let order = own.indices.sorted { own[$0] > own[$1] || (own[$0] == own[$1] && $0 < $1) }
          let label = data.label(at: start + i)
          guard let winner = order.first, winner != label, own[winner].isFinite else { continue }
          let classes = Array(order.prefix(3))
          found.append(
            Mistake(index: start + i, label: label, classes: classes, probabilities: classes.map { own[$0] }))
        }
      }
      found.sort {
        $0.probabilities[0] > $1.probabilities[0] || ($0.probabilities[0] == $1.probabilities[0] && $0.index < $1.index)
      }
      found.removeLast(max(found.count - most, 0))
    }
    return found
  }
}
