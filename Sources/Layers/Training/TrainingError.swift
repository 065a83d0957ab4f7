/// What is wrong with how something is trained or evaluated: what was given, and what would be right.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Something that was handed to a trainer, or an option of it, is not valid.
  case invalidArgument(name: String, value: String, expected: String)
  /// A loader's batches were normalised otherwise than the trainer does.
  case normalization(given: Normalization, expected: Normalization)
  /// A figure is to be watched that the training does not have.
  case missingMetric(Metric)

  public var description: String {
    switch self {
    case .invalidArgument(let name, let value, let expected):
      "\(name) is \(value); expected \(expected)"
    case .normalization(let given, let expected):
      "the batches were normalised by mean \(given.mean) and std \(given.std), the trainer normalises by mean "
        + "\(expected.mean) and std \(expected.std); make the loader without a normalization, or the trainer with the same"
    case .missingMetric(let metric):
      "\(metric.rawValue) is to be watched, but there is no validation set; give one, or watch another figure"
    }
  }
}
