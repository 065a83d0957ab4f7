import Layers

/// Normalisation and upsampling in Double, as plain as their definitions.
extension DoubleReference {
  /// Groups of values are normalised together: those of one key. Each is scaled and shifted by the parameters at a place.
  ///
  /// - Parameters:
  ///   - key: the group of the value at an index of an image.
  ///   - place: the index of its weight and bias.
  static func normalization(
    epsilon: Float, key: @escaping (_ image: Int, _ index: Int) -> Int, place: @escaping (_ index: Int) -> Int,
    imageCount: Int
  ) -> DoubleFunction {
    { input, parameters in
      var groups: [Int: [Int]] = [:]
      for i in input.indices { groups[key(i / imageCount, i % imageCount), default: []].append(i) }
      var output = input
      for group in groups.values {
        let mean = group.reduce(0) { $0 + input[$1] } / Double(group.count)
        let variance = group.reduce(0) { $0 + (input[$1] - mean) * (input[$1] - mean) } / Double(group.count)
        for i in group { output[i] = (input[i] - mean) / (variance + Double(epsilon)).squareRoot() }
      }
      guard !parameters.isEmpty else { return output }
      for i in output.indices {
        let place = place(i % imageCount)
        output[i] = output[i] * parameters[0][place] + (parameters.count > 1 ? parameters[1][place] : 0)
      }
      return output
    }
  }

  /// Each value is the sum of all of its plane, weighted by 1 less how far they are from its place, down to 0, along both
  /// axes.
  static func bilinear(_ layer: Upsample, _ shape: Shape) -> DoubleFunction {
    let terms = ReferenceSums.bilinear(layer, shape)
    let outputCount = shape.count * layer.scale.height * layer.scale.width
    return { input, _ in
      ReferenceSums(inputCount: shape.count, outputCount: outputCount, isExact: false, terms: terms).forward(input)
    }
  }

  static func upsample(_ shape: Shape, _ scale: Size2D) -> DoubleFunction {
    { input, _ in
      let (height, width) = (shape[1], shape[2])
      return (0..<input.count / (height * width)).flatMap { plane in
        (0..<height * scale.height).flatMap { y in
          (0..<width * scale.width).map { x in
            input[(plane * height + y / scale.height) * width + x / scale.width]
          }
        }
      }
    }
  }
}

extension GradientCase {
  /// The statistics are the batch's in inference, too: that is how the layers are evaluated here.
  static func batchNorm(_ layer: any Layer, _ shape: Shape, epsilon: Float = 1e-5, batch: Int = 3) -> GradientCase {
    let plane = shape.count / shape[0]
    return GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        DoubleReference.normalization(
          epsilon: epsilon, key: { $1 / plane }, place: { $0 / plane }, imageCount: shape.count)
      }, batch: batch)
  }

  static func groupNorm(_ layer: GroupNorm, _ shape: Shape) -> GradientCase {
    let plane = shape.count / shape[0]
    let group = shape.count / layer.groups
    return GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        DoubleReference.normalization(
          epsilon: layer.epsilon, key: { $0 * layer.groups + $1 / group }, place: { $0 / plane },
          imageCount: shape.count)
      })
  }

  static func layerNorm(_ layer: LayerNorm, _ shape: Shape) -> GradientCase {
    let row = layer.normalizedShape.count
    return GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        DoubleReference.normalization(
          epsilon: layer.epsilon, key: { $0 * (shape.count / row) + $1 / row }, place: { $0 % row },
          imageCount: shape.count)
      })
  }

  static let normalizations: [GradientCase] = [
    .batchNorm(BatchNorm2D(tracksRunningStatistics: false), [3, 4, 5]),
    .batchNorm(BatchNorm2D(tracksRunningStatistics: false), [5, 1, 2]),
    .batchNorm(BatchNorm2D(epsilon: 0.1, affine: false, tracksRunningStatistics: false), [2, 3, 3], epsilon: 0.1),
    .batchNorm(BatchNorm1D(tracksRunningStatistics: false), [19], batch: 6),
    .groupNorm(GroupNorm(2), [4, 3, 3]), .groupNorm(GroupNorm(3), [3, 4, 4]),
    .groupNorm(GroupNorm(1, affine: false), [3, 3, 7]), .groupNorm(GroupNorm(2), [8]),
    .layerNorm(LayerNorm([13]), [13]), .layerNorm(LayerNorm([4, 5]), [3, 4, 5]),
    .layerNorm(LayerNorm([3, 4, 5], epsilon: 0.01, affine: false), [3, 4, 5]),
    .layerNorm(LayerNorm([5], bias: false), [3, 5]),
    GradientCase(
      layer: Upsample(2), inputShape: [2, 3, 4], reference: { DoubleReference.upsample([2, 3, 4], Size2D(2)) }),
    GradientCase(
      layer: Upsample(Size2D(1, 3)), inputShape: [2, 3, 4],
      reference: { DoubleReference.upsample([2, 3, 4], Size2D(1, 3)) }),
    bilinear(Upsample(2, mode: .bilinear()), [2, 3, 4]),
    bilinear(Upsample(Size2D(3, 2), mode: .bilinear(alignCorners: true)), [2, 4, 3]),
    bilinear(Upsample(Size2D(1, 4), mode: .bilinear()), [1, 2, 1]),
  ]

  private static func bilinear(_ layer: Upsample, _ shape: Shape) -> GradientCase {
    GradientCase(layer: layer, inputShape: shape, reference: { DoubleReference.bilinear(layer, shape) })
  }
}
