extension Model {
  /// Draws the values of parameters anew, in the order of ``parameters``.
  ///
  ///     try model.initialize(where: { $0.shape.rank >= 2 }, with: .kaimingNormal(nonlinearity: .relu), seed: 1)
  ///     try model.initialize(where: { $0.name.hasSuffix(".bias") }, with: .constant(0))
  ///
  /// - Parameters:
  ///   - isMember: which parameters, by their names and shapes; buffers are never asked for.
  ///   - initialization: from which distribution.
  ///   - seed: the same seed gives the same values, on every platform.
  /// - Throws: ``LayerError`` where the distribution is not defined, or not for a parameter's shape; then all keep their
  ///   values.
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
