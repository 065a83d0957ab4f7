import Foundation
import Kernels

extension Predictor {
  /// A predictor with a checkpoint's weights, class names and normalisation.
  ///
  ///     let predictor = try Predictor(contentsOf: file)      // what a trainer of a model of the catalogue wrote
  ///
  /// - Parameters:
  ///   - file: a safetensors file.
  ///   - description: the network of the weights; nil for the one that the file describes.
  ///   - classNames: nil for those of the file.
  ///   - normalization: nil for that of the file.
  ///   - threads: the number of threads that share the work of a run.
  ///   - mostImages: the largest number of images in a run; larger batches are split.
  ///   - mostRuns: the largest number of concurrent runs; others wait. nil for no limit.
  ///   - level: the instruction-set level; nil for the best.
  ///   - precision: the arithmetic that convolutions may use; nil for a model's default, ``Model/precision``.
  /// - Throws: ``ModelError``, ``CheckpointError`` or ``PredictionError``.
  public convenience init(
    contentsOf file: URL, as description: ModelDescription? = nil, classNames: [String]? = nil,
    normalization: Normalization? = nil, threads: Int = 1, mostImages: Int = 64, mostRuns: Int? = nil,
    level: InstructionSet? = nil, precision: Precision? = nil
  ) throws {
    let state = try SafeTensors(contentsOf: file)
    let names = try classNames ?? state.readClassNames(file: file.path)
    try self.init(
      Model(state, file: file.path, as: description), classNames: names.isEmpty ? nil : names,
      normalization: normalization ?? state.readNormalization(file: file.path), threads: threads,
      mostImages: mostImages, mostRuns: mostRuns, level: level, precision: precision)
  }
}
