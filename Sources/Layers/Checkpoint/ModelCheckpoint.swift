import Foundation

extension Model {
  /// The parameters and buffers under the names of PyTorch's `state_dict`, and in the metadata the
  /// ``ModelDescription``, if the model was made from one.
  public func state() -> SafeTensors {
    SafeTensors(
      entries: parameters.enumerated().map { i, parameter in
        switch parameter.storedType {
        case .float32:
          SafeTensors.Entry(
            name: parameter.name, type: .float32, shape: parameter.shape,
            bytes: Data(bytes: values.pointers[i], count: 4 * parameter.shape.count))
        case .int64:
          // Counts are whole numbers in Int64's range; NaN or larger values do not come from a layer.
          SafeTensors.Entry(
            name: parameter.name, shape: parameter.shape,
            integers: (0..<parameter.shape.count).map { Int64(exactly: values.pointers[i][$0].rounded()) ?? .max })
        }
      },
      metadata: modelDescription.map { [ModelDescription.metadataKey: $0.json] } ?? [:])
  }

  /// Replaces the parameters and buffers; on an error, none of them.
  ///
  ///     let report = try model.load(state, file: "resnet18", matching: .partial)
  ///     print(report.missing, report.mismatched)             // the new head
  ///
  /// - Parameters:
  ///   - state: tensors of any floating-point type under the names of ``parameters``.
  ///   - file: the file's name in error messages.
  ///   - matching: which mismatches are allowed; the report lists them.
  ///   - prefix: removed from the tensors' names where they begin with it, such as `module` of PyTorch's
  ///     `DataParallel`, or `model`.
  ///   - part: the part of this model that is loaded, such as `backbone`: it is put in front of the tensors' names, and
  ///     parameters outside it are neither loaded nor reported as missing.
  /// - Returns: what was loaded and what was not.
  /// - Throws: ``CheckpointError`` for mismatches that `matching` does not allow, if no parameter matches at all, and
  ///   for tensors of an unsupported element type.
  @discardableResult
  public func load(
    _ state: SafeTensors, file: String, matching: ParameterMatching = .exact, removingPrefix prefix: String = "",
    into part: String = ""
  ) throws(CheckpointError) -> LoadReport {
    let (loaded, report) = try find(state, file: file, matching: matching, removingPrefix: prefix, into: part)
    for (i, floats) in loaded {
      floats.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { values.pointers[i].update(from: base, count: source.count) }
      }
    }
    return report
  }

  /// Checks that loading the state with `.exact` would succeed.
  func check(_ state: SafeTensors, file: String, prefix: String) throws(CheckpointError) {
    do {
      _ = try find(state, file: file, matching: .exact, removingPrefix: "", into: "")
    } catch {
      throw .training(file: file, reason: "what lies under '\(prefix)' is not the model's: \(error)")
    }
  }

  /// The values that loading would write, with the positions of their parameters, and its report.
  private func find(
    _ state: SafeTensors, file: String, matching: ParameterMatching, removingPrefix prefix: String, into part: String
  ) throws(CheckpointError) -> (loaded: [(position: Int, values: [Float])], report: LoadReport) {
    let byName = try entries(of: state, file: file, removingPrefix: prefix, into: part)
    let known = Set(parameters.map(\.name))
    var report = LoadReport()
    // A trainer's additional tensors have a slash in their names, which parameter names never have.
    report.unexpected = byName.filter { !known.contains($0.key) && !$0.value.name.contains("/") }.map(\.value.name)
    let order = Dictionary(state.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
    report.unexpected.sort { order[$0, default: 0] < order[$1, default: 0] }
    var loaded: [(position: Int, values: [Float])] = []
    for (i, parameter) in parameters.enumerated() where parameter.name.isWithin(part) {
      guard let entry = byName[parameter.name] else {
        report.missing.append(parameter.name)
        continue
      }
      guard entry.shape == parameter.shape else {
        report.mismatched.append(.init(name: parameter.name, found: entry.shape, expected: parameter.shape))
        continue
      }
      loaded.append((i, try values(of: entry, for: parameter, file: file)))
      report.loaded.append(parameter.name)
    }
    try check(report, matching, file: file)
    return (loaded, report)
  }

  /// The tensors by the names that they have in the model.
  private func entries(
    of state: SafeTensors, file: String, removingPrefix prefix: String, into part: String
  ) throws(CheckpointError) -> [String: SafeTensors.Entry] {
    let start = prefix.isEmpty || prefix.hasSuffix(".") ? prefix : prefix + "."
    var byName: [String: SafeTensors.Entry] = [:]
    for entry in state.entries {
      let name = entry.name.hasPrefix(start) ? String(entry.name.dropFirst(start.count)) : entry.name
      if byName.updateValue(entry, forKey: joined(part.hasSuffix(".") ? String(part.dropLast()) : part, name)) != nil {
        let how = prefix.isEmpty ? "is there" : "is '\(name)' without the prefix '\(start)', which is there"
        throw .tensor(file: file, name: entry.name, reason: "\(how) twice; expected each name once")
      }
    }
    return byName
  }

  /// A tensor's values for a parameter of the same shape.
  private func values(
    of entry: SafeTensors.Entry, for parameter: ParameterDescription, file: String
  ) throws(CheckpointError) -> [Float] {
    let counts = parameter.storedType == .int64 ? entry.integers?.map { Float($0) } : nil
    guard let floats = counts ?? entry.floats else {
      let expected = parameter.storedType == .int64 ? "I64" : "a floating-point type"
      throw .tensor(file: file, name: entry.name, reason: "is of type \(entry.type.rawValue); expected \(expected)")
    }
    if let counts, let negative = counts.first(where: { $0 < 0 }) {
      throw .tensor(file: file, name: entry.name, reason: "is a count of \(negative); expected at least 0")
    }
    return floats
  }

  private func check(_ report: LoadReport, _ matching: ParameterMatching, file: String) throws(CheckpointError) {
    if matching != .partial {
      // A batch count may be missing, because old versions of PyTorch did not store it; it then keeps its value.
      let counts = Set(parameters.filter { $0.storedType == .int64 }.map(\.name))
      let missing = report.missing.filter { !counts.contains($0) }
      guard missing.isEmpty else { throw .missing(file: file, names: missing) }
      if let wrong = report.mismatched.first {
        throw .tensor(
          file: file, name: wrong.name, reason: "has shape \(wrong.found); expected \(wrong.expected)")
      }
    }
    guard matching != .exact || report.unexpected.isEmpty else {
      throw .unexpected(file: file, names: report.unexpected)
    }
    // Otherwise a misspelt prefix would silently leave the model untrained.
    guard report.loaded.isEmpty, !parameters.isEmpty else { return }
    if report.missing.isEmpty, !report.unexpected.isEmpty { throw .unexpected(file: file, names: report.unexpected) }
    throw .missing(file: file, names: report.missing + report.mismatched.map(\.name))
  }

  /// Writes the parameters to a safetensors file.
  ///
  ///     try model.save(to: file)     // in PyTorch: safetensors.torch.load_file(file)
  ///
  /// - Parameters:
  ///   - file: the file to write; an existing file is replaced.
  ///   - metadata: additional strings to store; they override the model's own metadata of the same key.
  public func save(to file: URL, metadata: [String: String] = [:]) throws(CheckpointError) {
    var state = state()
    state.metadata.merge(metadata) { _, given in given }
    try state.write(to: file)
  }

  /// Reads the parameters from a safetensors file, such as one that `safetensors.torch.save_file(module.state_dict(),
  /// file)` wrote, see ``load(_:file:matching:removingPrefix:into:)``.
  @discardableResult
  public func load(
    from file: URL, matching: ParameterMatching = .exact, removingPrefix prefix: String = "", into part: String = ""
  ) throws(CheckpointError) -> LoadReport {
    try load(
      SafeTensors(contentsOf: file), file: file.path, matching: matching, removingPrefix: prefix, into: part)
  }
}
