/// Frozen parameters in a training's checkpoint. The trainer needs nothing else for ``Model/freeze(_:)-(String...)``:
/// its plan and its optimiser follow the model.
extension Trainer {
  /// The names of the frozen parameters; nil for none, as in files of versions that did not store them.
  var savedFrozen: [String]? { model.frozenNames.isEmpty ? nil : model.frozenNames }

  /// Checks that a checkpoint's frozen parameters are trainable parameters of the model.
  func checkFrozen(_ names: [String]?, file: String) throws(CheckpointError) {
    let trained = Set(model.trainableRanges.map(\.name))
    for name in names ?? [] where !trained.contains(name) {
      throw .training(
        file: file, reason: "the frozen parameters in it hold '\(name)'; expected names of parameters that are trained")
    }
  }

  /// Freezes exactly the checkpoint's frozen parameters.
  func restoreFrozen(_ names: [String]?) {
    let frozen = Set(names ?? [])
    model.setFrozen(model.parameters.map { frozen.contains($0.name) })
  }
}
