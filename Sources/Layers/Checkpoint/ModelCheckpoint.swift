import Foundation

extension Model {
  /// The parameters under PyTorch's names, as its `state_dict` has them.
  public func state() -> SafeTensors {
    SafeTensors(
      entries: parameters.enumerated().map { i, parameter in
        SafeTensors.Entry(
          name: parameter.name, type: .float32, shape: parameter.shape,
          bytes: Data(bytes: values.pointers[i], count: 4 * parameter.shape.count))
      })
  }

  /// Replaces the parameters; when something is wrong, none of them.
  ///
  /// - Parameters:
  ///   - state: tensors of any floating-point type under the names of ``parameters``.
  ///   - file: the file's name in errors.
  ///   - strict: whether tensors that the model does not have are an error.
  public func load(_ state: SafeTensors, file: String, strict: Bool = true) throws(CheckpointError) {
    let byName = Dictionary(state.entries.map { ($0.name, $0) }) { first, _ in first }
    let missing = parameters.map(\.name).filter { byName[$0] == nil }
    guard missing.isEmpty else { throw .missing(file: file, names: missing) }
    if strict {
      let known = Set(parameters.map(\.name))
      let unexpected = state.entries.map(\.name).filter { !known.contains($0) }
      guard unexpected.isEmpty else { throw .unexpected(file: file, names: unexpected) }
    }
    var loaded: [[Float]] = []
    for parameter in parameters {
      guard let entry = byName[parameter.name] else { continue }
      guard entry.shape == parameter.shape else {
        throw .tensor(file: file, name: entry.name, reason: "has shape \(entry.shape); expected \(parameter.shape)")
      }
      guard let floats = entry.floats else {
        throw .tensor(
          file: file, name: entry.name, reason: "is of type \(entry.type.rawValue); expected a floating-point type")
      }
      loaded.append(floats)
    }
    for (i, floats) in loaded.enumerated() {
      floats.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { values.pointers[i].update(from: base, count: source.count) }
      }
    }
  }

  /// Writes the parameters to a safetensors file.
  ///
  ///     try model.save(to: file)     // in PyTorch: safetensors.torch.load_file(file)
  public func save(to file: URL) throws(CheckpointError) { try state().write(to: file) }

  /// Reads the parameters from a safetensors file, such as `safetensors.torch.save_file(module.state_dict(), file)` wrote.
  public func load(from file: URL, strict: Bool = true) throws(CheckpointError) {
    try load(SafeTensors(contentsOf: file), file: file.path, strict: strict)
  }
}
