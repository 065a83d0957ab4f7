/// What is wrong with a model that is asked for by name, or with a checkpoint that it is to be made from.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The catalogue has no model of the name.
  case unknownModel(name: String, known: [String])
  /// A model has no such option, or the option not that value.
  case invalidOption(model: String, option: String, value: String, expected: String)
  /// A checkpoint does not say which model it is of.
  case notDescribed(file: String)
  /// What a checkpoint says of its model is no description.
  case invalidDescription(file: String, reason: String)
  /// The network does not take the input, or an option of a layer is not valid.
  case layer(LayerError)
  /// The checkpoint cannot be read, or is not one of the model.
  case checkpoint(CheckpointError)

  public var description: String {
    switch self {
    case .unknownModel(let name, let known):
      "there is no model '\(name)'; the catalogue has \(known.joined(separator: ", "))"
    case .invalidOption(let model, let option, let value, let expected):
      "model \(model): \(option) is \(value); expected \(expected)"
    case .notDescribed(let file):
      "\(file): does not say which model it is of; give a description, as in Model(checkpoint: file, as: …)"
    case .invalidDescription(let file, let reason):
      "\(file): does not describe its model rightly, \(reason)"
    case .layer(let error): error.description
    case .checkpoint(let error): error.description
    }
  }
}
