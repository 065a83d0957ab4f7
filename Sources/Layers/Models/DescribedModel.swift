import Foundation

extension Model {
  /// A model of the ``ModelCatalogue``, initialised from the seed.
  /// - Throws: ``ModelError``.
  public convenience init(_ description: ModelDescription, seed: UInt64 = 0) throws(ModelError) {
    let network = try description.network()
    do {
      try self.init(network, inputShape: description.inputShape, seed: seed)
    } catch {
      throw .layer(error)
    }
    modelDescription = description
  }

  /// A model with a checkpoint's parameters, of the network that the checkpoint describes or of a given one.
  ///
  ///     let model = try Model(checkpoint: file)     // what `save(to:)` of a model of the catalogue, or its trainer, wrote
  ///     let model = try Model(checkpoint: file, as: ModelDescription("resnet-50-224"))     // what PyTorch wrote
  ///
  /// - Parameters:
  ///   - file: a safetensors file.
  ///   - description: the network of the parameters; nil for the one that the file describes.
  ///   - seed: determines the random numbers of layers such as dropout.
  /// - Throws: ``ModelError``, if the file's tensors do not match the network, before memory for parameters is
  ///   allocated.
  public convenience init(
    checkpoint file: URL, as description: ModelDescription? = nil, seed: UInt64 = 0
  ) throws(ModelError) {
    let state: SafeTensors
    do {
      state = try SafeTensors(contentsOf: file)
    } catch {
      throw .checkpoint(error)
    }
    try self.init(state, file: file.path, as: description, seed: seed)
  }

  /// A model with the parameters of a checkpoint in memory, see ``init(checkpoint:as:seed:)``.
  ///
  /// - Parameters:
  ///   - state: the checkpoint.
  ///   - file: the checkpoint's name in error messages.
  ///   - description: the network of the parameters; nil for the one that the checkpoint describes.
  ///   - seed: determines the random numbers of layers such as dropout.
  public convenience init(
    _ state: SafeTensors, file: String = "the checkpoint", as description: ModelDescription? = nil, seed: UInt64 = 0
  ) throws(ModelError) {
    var described = description
    if described == nil { described = try ModelDescription(in: state, file: file) }
    guard let description = described else { throw .notDescribed(file: file) }
    let network = try description.network()
    do {
      try state.checkShapes(network.parameters(for: description.inputShape), file: file)
      try self.init(network, inputShape: description.inputShape, seed: seed, drawsParameters: false)
      try load(state, file: file)
    } catch let error as LayerError {
      throw .layer(error)
    } catch let error as CheckpointError {
      throw .checkpoint(error)
    } catch {
      throw .invalidDescription(file: file, reason: "\(error)")
    }
    modelDescription = description
  }
}

extension SafeTensors {
  /// Checks that all parameters are present with the right shapes.
  fileprivate func checkShapes(_ parameters: [ParameterDescription], file: String) throws(CheckpointError) {
    let byName = Dictionary(entries.map { ($0.name, $0.shape) }) { first, _ in first }
    let missing = parameters.filter { $0.storedType != .int64 && byName[$0.name] == nil }.map(\.name)
    guard missing.isEmpty else { throw .missing(file: file, names: missing) }
    for parameter in parameters {
      guard let shape = byName[parameter.name], shape != parameter.shape else { continue }
      throw .tensor(file: file, name: parameter.name, reason: "has shape \(shape); expected \(parameter.shape)")
    }
  }
}
