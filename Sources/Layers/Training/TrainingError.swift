/// What is wrong with the arguments of a training or evaluation: what was given, and what would be right.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An argument or an option of a trainer is not valid.
  case invalidArgument(name: String, value: String, expected: String)
  /// A loader's batches have a different normalisation from the trainer's.
  case normalization(given: Normalization, expected: Normalization)
  /// A metric of the validation is watched, but there is no validation.
  case missingMetric(Metric)

  public var description: String {
    switch self {
    case .invalidArgument(let name, let value, let expected):
      "\(name) is \(value); expected \(expected)"
    case .normalization(let given, let expected):
      "the batches were normalised by \(given.constants), the trainer normalises by \(expected.constants); make the "
        + "loader without a normalization, or the trainer with the same"
    case .missingMetric(let metric):
      "\(metric.rawValue) is to be watched, but there is no validation set; give one, or watch another figure"
    }
  }
}
