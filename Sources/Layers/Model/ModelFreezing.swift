/// Freezing and unfreezing while a model is trained: PyTorch's `requires_grad_(False)` and back.
///
///     model.freeze("features")                            // before training, or between two steps of it
///     …
///     model.unfreeze("features.7", "features.8")          // the others stay frozen
///
/// What is frozen follows from the parameters' names: `layer1` stands for all that are named `layer1.…`, and for
/// `layer1` itself, but not for `layer10.weight`; an empty name stands for all.
extension Model {
  /// Keeps parameters as they are until they are unfrozen: no step changes them, weight decay and momentum included, and
  /// what the optimiser remembers of them waits as it is. Their gradients are 0, so that clipping does not see them, and
  /// are not computed; a backward pass ends at the first layer that is trained.
  ///
  /// Plans and optimisers follow at their next pass or step, which alone allocate. Layers run in training as ever, so that
  /// normalisations go on to gather statistics; ``Frozen`` with `inEvaluationMode` describes a layer that does not. What
  /// was accumulated of the gradients for one update is forgotten.
  ///
  /// - Throws: ``LayerError/unknownParameter(name:known:)`` for a name that no parameter begins with; then nothing is
  ///   changed.
  public func freeze(_ names: String...) throws(LayerError) { try freeze(names) }

  /// The same with an array of names.
  public func freeze(_ names: [String]) throws(LayerError) {
    var flags = frozenParameters
    for name in names {
      for i in try parametersNamed(name) where parameters[i].role == .trained { flags[i] = true }
    }
    setFrozen(flags)
  }

  /// Lets parameters be trained again: the optimiser goes on with what it remembers of them, as if there had been no step
  /// in between. Without a name, all that ``freeze(_:)-(String...)`` has frozen.
  ///
  /// - Throws: ``LayerError/unknownParameter(name:known:)`` for a name that no parameter begins with, and
  ///   ``LayerError/frozenByDescription(name:)`` for a parameter within a ``Frozen``, of which no optimiser knows; then
  ///   nothing is changed.
  public func unfreeze(_ names: String...) throws(LayerError) { try unfreeze(names) }

  /// The same with an array of names.
  public func unfreeze(_ names: [String]) throws(LayerError) {
    var flags = frozenParameters
    if names.isEmpty { flags = flags.map { _ in false } }
    for name in names {
      for i in try parametersNamed(name) {
        guard parameters[i].role != .frozen else { throw .frozenByDescription(name: parameters[i].name) }
        flags[i] = false
      }
    }
    setFrozen(flags)
  }

  /// The names of the parameters that are frozen now, in the order of ``parameters``; those within a ``Frozen`` are not
  /// among them.
  public var frozenNames: [String] {
    zip(parameters, frozenParameters).compactMap { $1 ? $0.name : nil }
  }

  /// The parameters and buffers whose names begin with a name, dots being its boundaries.
  private func parametersNamed(_ name: String) throws(LayerError) -> [Int] {
    let found = parameters.indices.filter { parameters[$0].name.isWithin(name) }
    guard !found.isEmpty else { throw .unknownParameter(name: name, known: parameters.map(\.name)) }
    return found
  }
}

extension String {
  /// Whether a parameter of this name lies within a part of a network of that name, as `layer1.0.weight` in `layer1` or
  /// `layer1.`, which is the same.
  func isWithin(_ part: String) -> Bool {
    if part.isEmpty || self == part { return true }
    return hasPrefix(part.hasSuffix(".") ? part : part + ".")
  }
}
