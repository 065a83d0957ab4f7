/// A network simplified for inference: it computes what the original computes, with fewer layers.
///
/// - A batch normalisation by running statistics after a one- or two-dimensional convolution, a transposed convolution
///   or a linear layer is folded into that layer's weights and bias.
/// - Dropout is removed, and so are ``Named`` and ``Frozen``, which do not affect inference.
/// - Nested sequences are flattened, and each ``CompositeLayer`` is replaced by its body, so that neighbouring layers
///   can be folded. Branches are folded separately.
///
/// All other layers and the values of their parameters are unchanged, bit for bit.
struct FoldedNetwork {
  let network: any Layer
  /// The parameters in the order of the network's ``Layer/parameters(for:)``.
  let parameters: [Tensor]

  /// - Parameters:
  ///   - inputShape: the shape of one image.
  ///   - parameters: those of `network`, in the order of ``Layer/parameters(for:)``.
  init(_ network: any Layer, inputShape: Shape, parameters: [Tensor]) throws(LayerError) {
    let folded = try FoldedNetwork.fold(network, inputShape, parameters[...])
    self.network = folded.layer
    self.parameters = folded.parameters
  }

  private static func fold(
    _ layer: any Layer, _ shape: Shape, _ parameters: ArraySlice<Tensor>
  ) throws(LayerError) -> WeightedLayer {
    let steps = joinNormalizations(try steps(of: layer, shape, parameters))
    if steps.count == 1 { return steps[0] }
    return WeightedLayer(layer: Sequential(steps.map(\.layer)), parameters: steps.flatMap(\.parameters))
  }

  /// The sequence of layers by which a layer is replaced for inference.
  private static func steps(
    of layer: any Layer, _ shape: Shape, _ parameters: ArraySlice<Tensor>
  ) throws(LayerError) -> [WeightedLayer] {
    switch layer {
    case let layer as Named: return try steps(of: layer.layer, shape, parameters)
    case let layer as Frozen: return try steps(of: layer.layer, shape, parameters)
    case let layer as any CompositeLayer: return try steps(of: layer.body, shape, parameters)
    case let layer as Sequential:
      var result: [WeightedLayer] = []
      var (shape, rest) = (shape, parameters)
      for inner in layer.layers {
        let count = try inner.parameters(for: shape).count
        result += try steps(of: inner, shape, rest.prefix(count))
        rest = rest.dropFirst(count)
        shape = try inner.outputShape(for: shape)
      }
      return result
    case let layer as Residual:
      let branches = try fold([layer.body, layer.shortcut ?? Sequential()], shape, parameters)
      let isIdentity = (branches[1].layer as? Sequential)?.layers.isEmpty == true
      return [
        WeightedLayer(
          layer: Residual(branches[0].layer, shortcut: isIdentity ? nil : branches[1].layer),
          parameters: branches.flatMap(\.parameters))
      ]
    case let layer as Branches:
      let branches = try fold(layer.branches, shape, parameters)
      return [
        WeightedLayer(
          layer: Branches(branches.map(\.layer), combination: layer.combination),
          parameters: branches.flatMap(\.parameters))
      ]
    case is Dropout, is Dropout2D: return []
    default: return [WeightedLayer(layer: layer, parameters: Array(parameters))]
    }
  }

  /// Folds the branches of a layer.
  private static func fold(
    _ layers: [any Layer], _ shape: Shape, _ parameters: ArraySlice<Tensor>
  ) throws(LayerError) -> [WeightedLayer] {
    var result: [WeightedLayer] = []
    var rest = parameters
    for layer in layers {
      let count = try layer.parameters(for: shape).count
      result.append(try fold(layer, shape, rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return result
  }

  /// Folds normalisations into the layers before them. Several in a row are combined first, so that weights are rounded
  /// once.
  private static func joinNormalizations(_ steps: [WeightedLayer]) -> [WeightedLayer] {
    var result: [WeightedLayer] = []
    var i = 0
    while i < steps.count {
      var step = steps[i]
      i += 1
      guard step.hasScalableOutput else {
        result.append(step)
        continue
      }
      let original = step
      var map: ChannelMap?
      while i < steps.count, let next = ChannelMap(of: steps[i]) {
        let joined = map?.followed(by: next) ?? next
        guard let scaled = original.followed(by: joined) else { break }
        (map, step) = (joined, scaled)
        i += 1
      }
      result.append(step)
    }
    return result
  }
}

/// A layer with the values of its parameters, in the order of ``Layer/parameters(for:)``.
struct WeightedLayer {
  var layer: any Layer
  var parameters: [Tensor]
}
