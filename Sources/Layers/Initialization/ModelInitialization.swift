extension Model {
  /// Reinitialises parameters, in the order of ``parameters``.
  ///
  ///     try model.initialize(where: { $0.shape.rank >= 2 }, with: .kaimingNormal(nonlinearity: .relu), seed: 1)
  ///     try model.initialize(where: { $0.name.hasSuffix(".bias") }, with: .constant(0))
  ///
  /// - Parameters:
  ///   - isMember: selects parameters by name and shape; it is not called for buffers.
  ///   - initialization: the distribution of the new values.
  ///   - seed: the same seed gives the same values, on every platform.
  /// - Throws: ``LayerError`` where the distribution's options are not valid for a selected parameter; then no value is
  ///   changed.
  public func initialize(
    where isMember: (ParameterDescription) -> Bool, with initialization: Initialization, seed: UInt64 = 0
  ) throws(LayerError) {
    let chosen = parameters.indices.filter { parameters[$0].role != .buffer && isMember(parameters[$0]) }
    for i in chosen { try initialization.check(parameters[i].shape, layer: parameters[i].name) }
    var generator = SplitMix64(seed: seed, stream: .max)
    for i in chosen {
      let shape = parameters[i].shape
      initialization.fill(
        UnsafeMutableBufferPointer(start: values.pointers[i], count: shape.count), shape: shape, using: &generator)
    }
  }
}
