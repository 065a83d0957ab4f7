/// What is wrong with a checkpoint: which file, which tensor, what was found and what would be right.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file does not exist, or the system could not read or write it.
  case file(path: String, reason: String)
  /// The file is not a safetensors file: its header is missing or not valid.
  case header(file: String, reason: String)
  /// The file is a safetensors file, but lacks what is needed, or belongs to another training: what was found, and what
  /// was expected.
  case training(file: String, reason: String)
  /// The header's entry for a tensor is not valid.
  case tensor(file: String, name: String, reason: String)
  /// Bytes of the file that belong to no tensor.
  case unusedBytes(file: String, range: Range<Int>)
  /// Tensors that the model has and the file lacks.
  case missing(file: String, names: [String])
  /// Tensors that the file has and the model lacks.
  case unexpected(file: String, names: [String])

  public var description: String {
    // Names come from the file: control characters are escaped, so that a message stays one line.
    text.unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
    }
  }

  private var text: String {
    switch self {
    case .file(let path, let reason):
      "\(path): \(reason)"
    case .header(let file, let reason):
      "\(file): not a safetensors file, \(reason)"
    case .training(let file, let reason):
      "\(file): \(reason)"
    case .tensor(let file, let name, let reason):
      "\(file): tensor '\(name)' \(reason)"
    case .unusedBytes(let file, let range):
      "\(file): bytes \(range.lowerBound) to \(range.upperBound - 1) of the data belong to no tensor"
    case .missing(let file, let names):
      "\(file): lacks \(CheckpointError.list(names)), which the model has"
    case .unexpected(let file, let names):
      "\(file): has \(CheckpointError.list(names)), which the model lacks"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }
}
