import AllocationCounter
import Kernels
import Layers

/// How often a warm training step and a warm evaluation allocate memory.
enum AllocationQuantities {
  private static let networks: [(model: ModelID, batchSize: Int)] = [("n1", 4), ("n1", 32), ("n3", 32), ("n10", 8)]

  /// The values of the section ``BaselineSection/allocations``; nil where allocations are not counted.
  static func steps(level: InstructionSet) throws -> [String: String]? {
    guard allocation_counter_is_supported() != 0 else { return nil }
    var values: [String: String] = [:]
    for (model, batchSize) in networks {
      let name = "\(model.rawValue), batch size \(batchSize)"
      let data = try DataRequest(set: .synthetic, trainImages: 2 * batchSize, testImages: batchSize)
        .load(directory: nil, seed: 1)
      let session = try TrainingSession(
        ModelDescription(model, inputShape: data.training.imageShape, classCount: data.training.classCount),
        recipe: Recipe(batchSize: batchSize, epochs: 1), data: data, seed: 1, threads: 1, level: level)
      _ = try session.trainer.trainEpoch(on: data.training)
      values["\(name), training"] = try count { _ = try session.trainer.trainEpoch(on: data.training) }
      _ = try session.trainer.evaluate(on: data.test)
      values["\(name), evaluation"] = try count { _ = try session.trainer.evaluate(on: data.test) }
    }
    return values
  }

  /// The allocations of all threads.
  private static func count(_ body: () throws -> Void) rethrows -> String {
    let before = allocation_count_of_process()
    try body()
    return "\(allocation_count_of_process() - before)"
  }
}
