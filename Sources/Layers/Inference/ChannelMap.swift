/// y = scale · x + shift for each channel: a batch normalisation by running statistics.
///
/// It is computed in Double, so that folded weights are rounded once.
struct ChannelMap {
  private let scale: [Double]
  private let shift: [Double]

  private init(scale: [Double], shift: [Double]) {
    self.scale = scale
    self.shift = shift
  }

  /// The map of a batch normalisation; nil for other layers, and for one that normalises by the batch's statistics.
  init?(of step: WeightedLayer) {
    switch step.layer {
    case let layer as BatchNorm2D:
      self.init(step.parameters, layer.epsilon, affine: layer.affine, tracks: layer.tracksRunningStatistics)
    case let layer as BatchNorm1D:
      self.init(step.parameters, layer.epsilon, affine: layer.affine, tracks: layer.tracksRunningStatistics)
    default: return nil
    }
  }

  /// - Parameter parameters: weight and bias if it is affine, then the running mean and the running variance.
  private init?(_ parameters: [Tensor], _ epsilon: Float, affine: Bool, tracks: Bool) {
    guard tracks else { return nil }
    let values = parameters.map { $0.scalars.map(Double.init) }
    let statistics = values[(affine ? 2 : 0)...]
    let (mean, variance) = (statistics[statistics.startIndex], statistics[statistics.startIndex + 1])
    var (scale, shift) = ([Double](), [Double]())
    for channel in mean.indices {
      let factor = (affine ? values[0][channel] : 1) / (variance[channel] + Double(epsilon)).squareRoot()
      scale.append(factor)
      shift.append((affine ? values[1][channel] : 0) - mean[channel] * factor)
    }
    self.init(scale: scale, shift: shift)
  }

  /// This map followed by another with the same number of channels.
  func followed(by next: ChannelMap) -> ChannelMap {
    ChannelMap(
      scale: zip(scale, next.scale).map { $0 * $1 },
      shift: shift.indices.map { shift[$0] * next.scale[$0] + next.shift[$0] })
  }
}

extension ChannelMap {
  /// The weights and biases of a layer with the map folded into them; nil where a value is not finite, because running
  /// the layers separately may then give finite outputs.
  ///
  /// - Parameters:
  ///   - bias: nil for zeros.
  ///   - channel: the output channel of the weight at a given index.
  func applied(
    toWeight weight: Tensor, bias: Tensor?, channel: (_ index: Int) -> Int
  ) -> [Tensor]? {
    let weights = FloatStorage(uninitialized: weight.count)
    var isFinite = true
    weight.withUnsafeBufferPointer { values in
      for i in 0..<values.count {
        let value = Float(Double(values[i]) * scale[channel(i)])
        weights.pointer[i] = value
        isFinite = isFinite && value.isFinite
      }
    }
    let biases = FloatStorage(uninitialized: scale.count)
    for i in 0..<scale.count {
      let value = Float(Double(bias?[i] ?? 0) * scale[i] + shift[i])
      biases.pointer[i] = value
      isFinite = isFinite && value.isFinite
    }
    guard isFinite else { return nil }
    return [
      Tensor(shape: weight.shape, storage: weights), Tensor(shape: [scale.count], storage: biases),
    ]
  }
}

extension WeightedLayer {
  /// Whether ``followed(by:)`` can fold a map into the layer's weights.
  var hasScalableOutput: Bool { layer is Conv2D || layer is Conv1D || layer is TransposedConv2D || layer is Linear }

  /// This layer with the map folded into its weights and bias; nil where that is not possible.
  func followed(by map: ChannelMap) -> WeightedLayer? {
    let (weight, bias) = (parameters[0], parameters.count > 1 ? parameters[1] : nil)
    switch layer {
    case var layer as Conv2D:
      let count = weight.shape.element.count
      guard let parameters = map.applied(toWeight: weight, bias: bias, channel: { $0 / count }) else { return nil }
      layer.bias = true
      return WeightedLayer(layer: layer, parameters: parameters)
    case var layer as Conv1D:
      let count = weight.shape.element.count
      guard let parameters = map.applied(toWeight: weight, bias: bias, channel: { $0 / count }) else { return nil }
      layer.bias = true
      return WeightedLayer(layer: layer, parameters: parameters)
    case var layer as Linear:
      let count = weight.shape.element.count
      guard let parameters = map.applied(toWeight: weight, bias: bias, channel: { $0 / count }) else { return nil }
      layer.bias = true
      return WeightedLayer(layer: layer, parameters: parameters)
    case var layer as TransposedConv2D:
      // The weight is [input channels, output channels of a group, height, width].
      let (inputs, outputs) = (weight.shape[0] / layer.groups, weight.shape[1])
      let count = weight.shape[2] * weight.shape[3]
      let parameters = map.applied(toWeight: weight, bias: bias) { i in
        i / (outputs * count) / inputs * outputs + i / count % outputs
      }
      guard let parameters else { return nil }
      layer.bias = true
      return WeightedLayer(layer: layer, parameters: parameters)
    default: return nil
    }
  }
}
