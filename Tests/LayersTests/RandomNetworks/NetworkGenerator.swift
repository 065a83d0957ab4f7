import Kernels
import Layers
import TestSupport

/// Draws networks of all layers, of random options and for random shapes: biased to edges, such as strides beyond kernels,
/// paddings beyond kernels, one row or column, widths and batches around lanes.
struct NetworkGenerator {
  private var random: TestRandom
  /// The images of the batch that is compared: some layers need several values.
  private var count = 1
  /// How many layers were named.
  private var names = 0

  /// Elements of an image at most, between layers.
  private static let largestImage = 12_000
  /// Multiply-adds of the compared batch at most, for the sake of the reference.
  private static let mostWork = 1_500_000

  private init(seed: UInt64) { random = TestRandom(seed: seed) }

  /// The case of a seed.
  static func make(seed: UInt64) throws -> NetworkCase {
    var generator = NetworkGenerator(seed: seed &* 0x9E37)
    return try generator.makeCase(seed)
  }

  private mutating func makeCase(_ seed: UInt64) throws -> NetworkCase {
    let lanes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33]
    let batchSize = pick(chance(0.2) ? [47, 63, 64, 65] : lanes)
    count = chance(0.5) ? batchSize : 1 + number(below: batchSize)
    let (isImage, isLine) = (chance(0.85), chance(0.12))
    var shape: Shape
    repeat {
      shape =
        isLine
        ? [pick([1, 2, 3, 4, 7, 8, 12, 17]), pick(lanes + [12, 40, 64, 100])]
        : isImage
          ? [
            pick([1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33]), pick(lanes + [6, 12, 20]), pick(lanes + [6, 12, 20]),
          ]
          : [pick(lanes + [64, 100])]
    } while shape.count * batchSize > 60_000
    let inputShape = shape
    var layers: [any Layer] = []
    let depth = 1 + number(below: 5)
    var work = 0
    while layers.count < depth {
      guard let layer = layer(for: shape, depth: 0) else { continue }
      let added = try layer.multiplyAddsPerImage(for: shape) * batchSize
      if work + added > NetworkGenerator.mostWork {
        // Another one; a network of one large layer is none.
        if chance(0.1), !layers.isEmpty { break }
        continue
      }
      work += added
      layers.append(layer)
      shape = try layer.outputShape(for: shape)
      if layer.canApply(.relu), chance(0.5) { layers.append(chance(0.7) ? ReLU() : ReLU6()) }
    }
    let levels = InstructionSet.available
    return NetworkCase(
      network: Sequential(layers), inputShape: inputShape, batchSize: batchSize, lastCount: count,
      level: levels[number(below: levels.count)], seed: seed,
      reproduction: NetworkCase.reproduction(seed))
  }

  private mutating func number(below end: Int) -> Int { Int.random(in: 0..<end, using: &random) }
  private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
  private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(below: values.count)] }
  private mutating func size(_ values: [Int]) -> Size2D {
    let height = pick(values)
    return Size2D(height, chance(0.5) ? height : pick(values))
  }

  /// A layer that takes images of the shape; nil where the one that was drawn does not.
  private mutating func layer(for shape: Shape, depth: Int) -> (any Layer)? {
    let layer =
      shape.rank == 3
      ? imageLayer(shape, depth) : shape.rank == 2 ? lineLayer(shape) : featureLayer(shape, depth)
    guard let output = try? layer.outputShape(for: shape), output.count <= NetworkGenerator.largestImage,
      output.count >= 1, let parameters = try? layer.parameterCount(for: shape), parameters <= 40_000
    else { return nil }
    return layer
  }

  private mutating func imageLayer(_ shape: Shape, _ depth: Int) -> any Layer {
    switch number(below: 32) {
    case 0...7: return convolution(shape)
    case 8...11: return transposedConvolution(shape)
    case 12, 13:
      let kernel = size([1, 2, 2, 3, 4])
      return MaxPool2D(
        kernel, stride: size([1, 2, 3, 5]), padding: Size2D(number(below: kernel.height / 2 + 1), kernel.width / 2),
        dilation: size([1, 1, 2]), ceilMode: chance(0.5))
    case 14, 15:
      let kernel = size([1, 2, 2, 3, 4])
      return AveragePool2D(
        kernel, stride: size([1, 2, 3, 5]), padding: Size2D(number(below: kernel.height / 2 + 1), kernel.width / 2),
        ceilMode: chance(0.5), countIncludePad: chance(0.5))
    case 16:
      if chance(0.3) { return AdaptiveMaxPool2D(size([1, 2, 3, 4, 7])) }
      return chance(0.5) ? GlobalAveragePool2D() : AdaptiveAveragePool2D(size([1, 2, 3, 4, 7]))
    case 17: return Upsample(size([1, 2, 3]), mode: pick([.nearest, .bilinear(), .bilinear(alignCorners: true)]))
    case 18: return padding()
    case 19, 20, 21:
      guard count * shape[1] * shape[2] >= 4 else { return ReLU() }
      return BatchNorm2D(
        epsilon: pick([1e-5, 0.1]), momentum: chance(0.3) ? nil : 0.3, affine: chance(0.8),
        tracksRunningStatistics: true, usesRunningStatistics: chance(0.3))
    // A predictor also takes single images, of which one position has no variance.
    case 22:
      return chance(0.5) && shape[1] * shape[2] > 1
        ? BatchNorm2DOfBatch.make(count * shape[1] * shape[2]) : normalization(shape)
    case 23: return normalization(shape)
    case 24: return RecordedDropout(chance(0.5) ? Dropout(pick([0.1, 0.5, 1])) : Dropout2D(pick([0.3, 0.6])))
    case 25: return Flatten()
    case 26:
      return chance(0.5) ? Softmax(dimension: pick([1, 2, 3, -1, -3])) : LogSoftmax(dimension: pick([1, 2, -1]))
    case 27 where depth < 2: return residual(shape, depth)
    case 28 where depth < 2: return parallel(shape, depth)
    case 29 where depth < 2:
      guard let inner = layer(for: shape, depth: depth + 1) else { return Tanh() }
      if chance(0.5) { return Frozen(inner, inEvaluationMode: chance(0.6)) }
      names += 1
      return inner.named("inner\(names)")
    case 30 where depth < 2:
      let layers = Sequential(chain(shape, depth))
      return chance(0.5) ? DrawnComposite(body: layers) : layers
    default: return activation()
    }
  }

  private mutating func featureLayer(_ shape: Shape, _ depth: Int) -> any Layer {
    switch number(below: 16) {
    case 0...4: return Linear(pick([1, 2, 3, 5, 8, 10, 15, 16, 17, 33, 64]), bias: chance(0.8))
    case 5, 6:
      guard count >= 4 else { return ReLU() }
      return BatchNorm1D(
        momentum: chance(0.3) ? nil : 0.2, affine: chance(0.8), usesRunningStatistics: chance(0.3))
    case 7: return normalization(shape)
    case 8: return RecordedDropout(Dropout(pick([0.1, 0.5])))
    case 9: return chance(0.5) ? Softmax() : LogSoftmax(dimension: -1)
    case 10 where depth < 2:
      let body = Sequential(Linear(shape[0]), activation())
      return chance(0.5) ? Residual(body) : Residual(body, shortcut: Linear(shape[0], bias: false))
    case 11 where depth < 2:
      return Branches(
        Linear(pick([1, 5, 16])), chance(0.5) ? Sequential() : Sequential(Linear(3), activation()))
    case 12 where depth < 2:
      guard let inner = layer(for: shape, depth: depth + 1) else { return Tanh() }
      return Frozen(inner, inEvaluationMode: chance(0.6))
    case 13:
      let widths = (1...shape[0]).filter { shape[0].isMultiple(of: $0) }
      let width = pick(widths)
      let channels = pick(widths.filter { (shape[0] / width).isMultiple(of: $0) })
      return Unflatten([channels, shape[0] / width / channels, width])
    default: return activation()
    }
  }

  private mutating func convolution(_ shape: Shape) -> any Layer {
    let divisors = (1...shape[0]).filter { shape[0].isMultiple(of: $0) }
    let groups = chance(0.6) ? 1 : chance(0.5) ? shape[0] : pick(divisors)
    let outputs = groups * pick(groups == 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 17, 24, 33] : [1, 1, 2, 3])
    let kernel = size([1, 1, 2, 3, 3, 3, 4, 5, 7, 8])
    let modes: [PaddingMode] = chance(0.8) ? [.zeros] : PaddingMode.allCases
    if chance(0.15) {
      return Conv2D(
        outputs, kernelSize: kernel, padding: .same, dilation: size([1, 1, 2]), groups: groups, bias: chance(0.7),
        paddingMode: pick(modes))
    }
    return Conv2D(
      outputs, kernelSize: kernel, stride: size([1, 1, 1, 2, 3, 4, 5, 6, 9]), padding: size([0, 0, 1, 1, 2, 3, 5, 9]),
      dilation: size([1, 1, 1, 2, 3]), groups: groups, bias: chance(0.7), paddingMode: pick(modes))
  }

  private mutating func transposedConvolution(_ shape: Shape) -> any Layer {
    let groups = chance(0.7) ? 1 : pick((1...shape[0]).filter { shape[0].isMultiple(of: $0) })
    let stride = size([1, 1, 2, 2, 3, 4, 5])
    return TransposedConv2D(
      groups * pick([1, 2, 3, 5, 8]), kernelSize: size([1, 2, 2, 3, 3, 4, 5, 7]), stride: stride,
      padding: size([0, 0, 1, 1, 2, 3, 6]),
      outputPadding: chance(0.5) ? Size2D(0) : Size2D(number(below: stride.height), number(below: stride.width)),
      groups: groups, bias: chance(0.7), dilation: size([1, 1, 1, 2, 3]))
  }

  private mutating func padding() -> any Layer {
    Pad2D(
      top: number(below: 3), bottom: number(below: 4), left: number(below: 3), right: number(below: 4),
      mode: pick(PaddingMode.allCases))
  }

  /// Of the values of an image, at least some: a variance of two values is a sign.
  private mutating func normalization(_ shape: Shape) -> any Layer {
    if chance(0.5) {
      let groups = (1...shape[0]).filter { shape[0].isMultiple(of: $0) && shape.count / $0 >= 6 }
      return groups.isEmpty ? ReLU() : GroupNorm(pick(groups), epsilon: pick([1e-5, 0.1]), affine: chance(0.8))
    }
    let suffixes = (1...shape.rank).map { Shape(Array(shape.dimensions.suffix($0))) }.filter { $0.count >= 6 }
    return suffixes.isEmpty ? ReLU() : LayerNorm(pick(suffixes), affine: chance(0.8), bias: chance(0.7))
  }

  private mutating func activation() -> any Layer {
    pick([
      ReLU(), ReLU(), ReLU(), Tanh(), Sigmoid(), LeakyReLU(negativeSlope: 0.2), ELU(alpha: 0.7), SiLU(), HardSwish(),
      Softplus(beta: 2), ReLU6(), SELU(), Mish(), HardSigmoid(), PReLU(), PReLU(perChannel: true, initialSlope: -0.3),
      GELU(), GELU(approximate: .tanh),
    ])
  }

  /// One to three layers.
  private mutating func chain(_ shape: Shape, _ depth: Int) -> [any Layer] {
    var (layers, shape): ([any Layer], Shape) = ([], shape)
    for _ in 0..<1 + number(below: 3) {
      guard let layer = layer(for: shape, depth: depth + 1), let output = try? layer.outputShape(for: shape) else {
        continue
      }
      layers.append(layer)
      shape = output
    }
    return layers
  }

  private mutating func residual(_ shape: Shape, _ depth: Int) -> any Layer {
    let stride = pick([1, 1, 2, 3])
    let outputs = stride == 1 && chance(0.5) ? shape[0] : pick([1, 3, 4, 8])
    var body: [any Layer] = [Conv2D(outputs, kernelSize: 3, stride: stride, padding: 1, bias: chance(0.5))]
    if chance(0.5), count * shape[1] * shape[2] >= 40 * stride * stride { body += [BatchNorm2D(momentum: 0.3)] }
    if chance(0.5) { body += [activation(), Conv2D(outputs, kernelSize: Size2D(1, 3), padding: Size2D(0, 1))] }
    if stride == 1, outputs == shape[0], chance(0.6) { return Residual(Sequential(body)) }
    return Residual(
      Sequential(body).named("body"), shortcut: Conv2D(outputs, kernelSize: 1, stride: stride, bias: chance(0.5)))
  }

  private mutating func parallel(_ shape: Shape, _ depth: Int) -> any Layer {
    if chance(0.3) { return product(shape, depth) }
    let isSum = chance(0.4)
    let channels = pick([1, 2, 5, 8])
    let branches = (0..<1 + number(below: 3)).map { _ -> any Layer in
      let outputs = isSum ? channels : pick([1, 2, 5, 8])
      let convolution = Conv2D(outputs, kernelSize: pick([1, 2, 3]), padding: .same)
      if !isSum, chance(0.3) { return Sequential() }
      if chance(0.5) { return convolution }
      return Sequential(convolution, activation())
    }
    return Branches(branches, combination: isSum ? .added : .concatenated)
  }
}

extension NetworkGenerator {
  private mutating func lineLayer(_ shape: Shape) -> any Layer {
    let kernel = pick([1, 2, 2, 3, 4, 5])
    switch number(below: 12) {
    case 0...3:
      let groups = chance(0.6) ? 1 : pick((1...shape[0]).filter { shape[0].isMultiple(of: $0) })
      let outputs = groups * pick([1, 2, 3, 5, 8])
      if chance(0.2) {
        return Conv1D(
          outputs, kernelSize: kernel, padding: .same, dilation: pick([1, 2]), groups: groups,
          paddingMode: pick(PaddingMode.allCases))
      }
      return Conv1D(
        outputs, kernelSize: pick([1, 2, 3, 5, 9]), stride: pick([1, 1, 2, 3, 5]), padding: pick([0, 1, 2, 4]),
        dilation: pick([1, 1, 2, 3]), groups: groups, bias: chance(0.7),
        paddingMode: pick([.zeros, .zeros, .replicate]))
    case 4, 5:
      return MaxPool1D(
        kernel, stride: pick([1, 2, 3, 5]), padding: number(below: kernel / 2 + 1), dilation: pick([1, 1, 2]),
        ceilMode: chance(0.5))
    case 6:
      return AveragePool1D(
        kernel, stride: pick([1, 2, 3, 5]), padding: number(below: kernel / 2 + 1), ceilMode: chance(0.5),
        countIncludePad: chance(0.5))
    case 7:
      return pick([GlobalAveragePool1D(), AdaptiveAveragePool1D(pick([1, 3, 4])), AdaptiveMaxPool1D(pick([1, 3, 4]))])
    case 8: return count * shape[1] >= 4 ? BatchNorm1D(momentum: 0.3, affine: chance(0.8)) : ReLU()
    case 9: return chance(0.5) ? Flatten() : RecordedDropout(Dropout(0.3))
    default: return activation()
    }
  }

  /// Branches that are multiplied, some of them one value a channel.
  private mutating func product(_ shape: Shape, _ depth: Int) -> any Layer {
    let channels = chance(0.5) ? shape[0] : pick([1, 2, 5, 8])
    let branches = (0..<1 + number(below: 3)).map { _ -> any Layer in
      switch number(below: 4) {
      case 0 where channels == shape[0]: return Sequential()
      case 0, 1: return Conv2D(channels, kernelSize: pick([1, 2, 3]), padding: .same)
      case 2:
        return Sequential(
          GlobalAveragePool2D(), Conv2D(channels, kernelSize: 1), chance(0.5) ? Sigmoid() : activation())
      default: return Sequential(GlobalAveragePool2D(), Flatten(), Linear(channels), Sigmoid())
      }
    }
    return Branches(branches, combination: .multiplied)
  }
}

/// Batch normalisation without running statistics.
private enum BatchNorm2DOfBatch {
  static func make(_ values: Int) -> any Layer {
    values >= 4 ? BatchNorm2D(tracksRunningStatistics: false) : ReLU()
  }
}

/// Layers as a caller's layer.
struct DrawnComposite: CompositeLayer {
  let body: any Layer
}
