import Foundation

extension Model {
  /// The parameters and buffers under PyTorch's names, as its `state_dict` has them, and in the metadata what the model was
  /// made from, where that was a ``ModelDescription``.
  public func state() -> SafeTensors {
    SafeTensors(
      entries: parameters.enumerated().map { i, parameter in
        switch parameter.storedType {
        case .float32:
          SafeTensors.Entry(
            name: parameter.name, type: .float32, shape: parameter.shape,
            bytes: Data(bytes: values.pointers[i], count: 4 * parameter.shape.count))
        case .int64:
          // A count beyond what Int64 holds, or none, is no count that a layer made.
          SafeTensors.Entry(
            name: parameter.name, shape: parameter.shape,
            integers: (0..<parameter.shape.count).map { Int64(exactly: values.pointers[i][$0].rounded()) ?? .max })
        }
      },
      metadata: modelDescription.map { [ModelDescription.metadataKey: $0.json] } ?? [:])
  }

  /// Replaces the parameters and buffers; when something is wrong, none of them.
  ///
  /// - Parameters:
  ///   - state: tensors of any floating-point type under the names of ``parameters``.
  ///   - file: the file's name in errors.
  ///   - strict: whether tensors that the model does not have are an error, those of a training's checkpoint excepted.
  public func load(_ state: SafeTensors, file: String, strict: Bool = true) throws(CheckpointError) {
    let byName = Dictionary(state.entries.map { ($0.name, $0) }) { first, _ in first }
    // A count of batches may be missing, as files from before PyTorch counted them have none; it stays as it is.
    let missing = parameters.filter { $0.storedType != .int64 && byName[$0.name] == nil }.map(\.name)
    guard missing.isEmpty else { throw .missing(file: file, names: missing) }
    if strict {
      let known = Set(parameters.map(\.name))
      // What a trainer saves besides has names with a slash, which no parameter's name has.
      let unexpected = state.entries.map(\.name).filter { !known.contains($0) && !$0.contains("/") }
      guard unexpected.isEmpty else { throw .unexpected(file: file, names: unexpected) }
    }
    var loaded: [(floats: [Float], to: UnsafeMutablePointer<Float>)] = []
    for (i, parameter) in parameters.enumerated() {
      guard let entry = byName[parameter.name] else { continue }
      guard entry.shape == parameter.shape else {
        throw .tensor(file: file, name: entry.name, reason: "has shape \(entry.shape); expected \(parameter.shape)")
      }
      let counts = parameter.storedType == .int64 ? entry.integers?.map { Float($0) } : nil
      guard let floats = counts ?? entry.floats else {
        let expected = parameter.storedType == .int64 ? "I64" : "a floating-point type"
        throw .tensor(
          file: file, name: entry.name, reason: "is of type \(entry.type.rawValue); expected \(expected)")
      }
      if let counts, let negative = counts.first(where: { $0 < 0 }) {
        throw .tensor(file: file, name: entry.name, reason: "is a count of \(negative); expected at least 0")
      }
      loaded.append((floats, to: values.pointers[i]))
    }
    for (floats, destination) in loaded {
      floats.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { destination.update(from: base, count: source.count) }
      }
    }
  }

  /// Writes the parameters to a safetensors file.
  ///
  ///     try model.save(to: file)     // in PyTorch: safetensors.torch.load_file(file)
  ///
  /// - Parameter metadata: strings that are stored besides; one under a key of the model's own takes its place.
  public func save(to file: URL, metadata: [String: String] = [:]) throws(CheckpointError) {
    var state = state()
    state.metadata.merge(metadata) { _, given in given }
    try state.write(to: file)
  }

  /// Reads the parameters from a safetensors file, such as `safetensors.torch.save_file(module.state_dict(), file)` wrote.
  public func load(from file: URL, strict: Bool = true) throws(CheckpointError) {
    try load(SafeTensors(contentsOf: file), file: file.path, strict: strict)
  }
}
