/// What a training's checkpoint keeps of ``Model/freeze(_:)-(String...)``. The trainer needs nothing else for it: its plan
/// and its optimiser follow the model.
extension Trainer {
  /// The names of the frozen parameters; nil where there are none, as in files from before they were stored.
  var savedFrozen: [String]? { model.frozenNames.isEmpty ? nil : model.frozenNames }

  /// Checks that the model trains each of the parameters that a checkpoint says are frozen for now.
  func checkFrozen(_ names: [String]?, file: String) throws(CheckpointError) {
    let trained = Set(model.trainedRanges.map(\.name))
    for name in names ?? [] where !trained.contains(name) {
      throw .training(
        file: file, reason: "the frozen parameters in it hold '\(name)'; expected names of parameters that are trained")
    }
  }

  /// Freezes the parameters that a checkpoint says are frozen, and no others.
  func restoreFrozen(_ names: [String]?) {
    let frozen = Set(names ?? [])
    model.setFrozen(model.parameters.map { frozen.contains($0.name) })
  }
}
