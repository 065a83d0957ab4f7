/// What is wrong with a model requested by name, or with the checkpoint from which it is to be made.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The catalogue has no model of the name.
  case unknownModel(name: String, known: [String])
  /// A model does not have an option, or the option's value is not valid.
  case invalidOption(model: String, option: String, value: String, expected: String)
  /// A checkpoint does not describe its model.
  case notDescribed(file: String)
  /// A checkpoint's description of its model is not valid.
  case invalidDescription(file: String, reason: String)
  /// The network does not accept the input shape, or an option of a layer is not valid.
  case layer(LayerError)
  /// The checkpoint cannot be read, or does not match the model.
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
