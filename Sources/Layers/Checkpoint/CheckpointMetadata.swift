import Foundation

/// The values in a checkpoint's metadata, each stored as JSON under its key.
extension SafeTensors {
  private static let normalizationKey = "normalization"
  private static let classNamesKey = "class_names"

  /// The normalisation of the model's input; nil where it is missing or not valid. For one that is not valid,
  /// ``Predictor`` and ``Trainer`` throw.
  public var normalization: Normalization? {
    get { try? readNormalization(file: "") }
    set { metadata[SafeTensors.normalizationKey] = newValue.flatMap(SafeTensors.json) }
  }

  /// The names of the classes in the order of their labels; empty where they are missing.
  public var classNames: [String] {
    get { (try? readClassNames(file: "")) ?? [] }
    set { metadata[SafeTensors.classNamesKey] = newValue.isEmpty ? nil : SafeTensors.json(newValue) }
  }

  /// - Throws: ``CheckpointError`` where the stored normalisation is not valid.
  func readNormalization(file: String) throws(CheckpointError) -> Normalization? {
    try metadata(SafeTensors.normalizationKey, as: Normalization.self, file: file)
  }

  /// - Throws: ``CheckpointError`` where the stored names are not valid.
  func readClassNames(file: String) throws(CheckpointError) -> [String] {
    try metadata(SafeTensors.classNamesKey, as: [String].self, file: file) ?? []
  }

  /// The value of a key in the metadata; nil where the key is missing.
  /// - Throws: ``CheckpointError`` where the value is not of this type.
  func metadata<Value: Decodable>(
    _ key: String, as type: Value.Type, file: String
  ) throws(CheckpointError) -> Value? {
    guard let text = metadata[key] else { return nil }
    do {
      return try TrainingHistory.decoder.decode(Value.self, from: Data(text.utf8))
    } catch {
      throw .training(file: file, reason: "the metadata '\(key)' is not valid: \(error)")
    }
  }

  mutating func setMetadata(_ key: String, to value: some Encodable) throws(CheckpointError) {
    guard let text = SafeTensors.json(value) else {
      throw .training(file: "a checkpoint", reason: "the metadata '\(key)' cannot be written as JSON")
    }
    metadata[key] = text
  }

  private static func json(_ value: some Encodable) -> String? {
    (try? TrainingHistory.encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
  }
}

extension SafeTensors.Entry {
  /// The same tensor under another name.
  func renamed(_ name: String) -> SafeTensors.Entry {
    SafeTensors.Entry(name: name, type: type, shape: shape, bytes: bytes)
  }
}

extension TrainingHistory {
  /// The key of a checkpoint's metadata.
  static let key = "history"
}
