import Kernels
import Layers

/// What a comparison times of trainings: a step of each, and a batch of the evaluation.
struct TrainingCases {
  let network: ModelDescription
  /// The trainings, which differ in their batch size alone.
  let recipes: [Recipe]
  let data: TrainingData
  let seed: UInt64
  let threads: Int
  let level: InstructionSet

  /// The cases of a worker.
  func cases() throws -> [WorkerCase] {
    let summary = try network.network().summary(for: network.inputShape)
    // The parameters, their gradients, and two moments of an optimiser; of each image, what layers make and its gradient.
    func byteCount(images: Int) -> Int {
      4 * summary.parameterByteCount + images * (summary.inputByteCount + summary.forwardBackwardByteCount)
    }
    var cases = recipes.map { recipe in
      WorkerCase(
        name: "train \(network.id) batch \(recipe.batchSize)",
        byteCount: byteCount(images: min(recipe.batchSize, data.training.count)),
        setUp: { try TrainingSteps(session(recipe)).run })
    }
    guard let recipe = recipes.first else { return cases }
    let images = EvaluationBatches.size(of: data)
    cases.append(
      WorkerCase(
        name: "evaluate \(network.id) batch \(images)",
        byteCount: byteCount(images: images + min(recipe.batchSize, data.training.count)),
        setUp: { try EvaluationBatches(session(recipe)).run }))
    return cases
  }

  private func session(_ recipe: Recipe) throws -> TrainingSession {
    try TrainingSession(network, recipe: recipe, data: data, seed: seed, threads: threads, level: level)
  }
}
