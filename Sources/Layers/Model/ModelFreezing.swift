/// Freezing and unfreezing parameters during training, as by PyTorch's `requires_grad_(False)` and
/// `requires_grad_(True)`.
///
///     model.freeze("features")                            // before training, or between two steps of it
///     …
///     model.unfreeze("features.7", "features.8")          // the others stay frozen
///
/// Parameters are selected by name: `layer1` selects all parameters named `layer1.…`, and `layer1` itself, but not
/// `layer10.weight`; an empty name selects all.
extension Model {
  /// Freezes parameters until they are unfrozen: steps change neither them, not even by weight decay or momentum, nor
  /// their optimiser state. Their gradients are not computed and read as 0, so that clipping ignores them; a backward
  /// pass ends at the first layer with parameters that are trained.
  ///
  /// Existing plans and optimisers adapt at their next pass or step, which is the only one that allocates. Layers still
  /// run in training mode, so that batch normalisations still update their running statistics; ``Frozen`` with
  /// `inEvaluationMode` describes a layer that does not. Gradients accumulated so far for these parameters are
  /// discarded.
  ///
  /// - Throws: ``LayerError/unknownParameter(name:known:)`` for a name that selects no parameter; then nothing is
  ///   changed.
  public func freeze(_ names: String...) throws(LayerError) { try freeze(names) }

  /// As above, with an array of names.
  public func freeze(_ names: [String]) throws(LayerError) {
    var flags = frozenParameters
    for name in names {
      for i in try parametersNamed(name) where parameters[i].role == .trainable { flags[i] = true }
    }
    setFrozen(flags)
  }

  /// Unfreezes parameters: the optimiser continues with their state from before, as if there had been no steps in
  /// between. Without a name, unfreezes all that ``freeze(_:)-(String...)`` has frozen.
  ///
  /// - Throws: ``LayerError/unknownParameter(name:known:)`` for a name that selects no parameter, and
  ///   ``LayerError/frozenByDescription(name:)`` for a parameter within a ``Frozen`` layer, for which optimisers have
  ///   no state; then nothing is changed.
  public func unfreeze(_ names: String...) throws(LayerError) { try unfreeze(names) }

  /// As above, with an array of names.
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

  /// The names of the parameters frozen by ``freeze(_:)-(String...)``, in the order of ``parameters``; excludes those
  /// within a ``Frozen`` layer.
  public var frozenNames: [String] {
    zip(parameters, frozenParameters).compactMap { $1 ? $0.name : nil }
  }

  /// The indices of the parameters and buffers that a name selects.
  private func parametersNamed(_ name: String) throws(LayerError) -> [Int] {
    let found = parameters.indices.filter { parameters[$0].name.isWithin(name) }
    guard !found.isEmpty else { throw .unknownParameter(name: name, known: parameters.map(\.name)) }
    return found
  }
}

extension String {
  /// Whether this parameter name is `part` or begins with `part` and a dot; a dot at `part`'s end is ignored.
  /// `layer1.0.weight` is within `layer1` and `layer1.`.
  func isWithin(_ part: String) -> Bool {
    if part.isEmpty || self == part { return true }
    return hasPrefix(part.hasSuffix(".") ? part : part + ".")
  }
}
