import Foundation
import Layers

/// Builds a network's definition in Double from its description.
struct ReferenceBuilder {
  /// Whether passes are for training.
  var trains: Bool
  /// Whether results are moved as rounding moves them, and how; nil for the definition itself.
  var roundingSeed: UInt64?
  /// Whether a ``Frozen`` around makes layers infer.
  var inEvaluationMode = false

  enum Failure: Error { case unknown(String) }

  func build(_ layer: any Layer, _ shape: Shape) throws -> any ReferenceLayer {
    switch layer {
    case let layer as Sequential:
      var layers: [any ReferenceLayer] = []
      var shape = shape
      for inner in layer.layers {
        layers.append(try build(inner, shape))
        shape = try inner.outputShape(for: shape)
      }
      return ReferenceChain(layers)
    case let layer as Named: return try build(layer.layer, shape)
    case let layer as any CompositeLayer: return try build(layer.body, shape)
    case let layer as Frozen:
      var inner = self
      inner.inEvaluationMode = inEvaluationMode || layer.inEvaluationMode
      return try inner.build(layer.layer, shape)
    case let layer as Residual:
      return rounded(
        ReferenceBranches(
          [try build(layer.body, shape), try build(layer.shortcut ?? Sequential(), shape)], outputCounts: nil))
    case let layer as Branches where layer.combination == .multiplied:
      return rounded(ReferenceProduct(try layer.branches.map { try build($0, shape) }))
    case let layer as Branches:
      let counts = try layer.branches.map { try $0.outputShape(for: shape).count }
      return rounded(
        ReferenceBranches(
          try layer.branches.map { try build($0, shape) },
          outputCounts: layer.combination == .concatenated ? counts : nil))
    case let layer as RecordedDropout:
      guard trains, !inEvaluationMode else { return ReferenceChain([]) }
      return ReferenceMask { layer.record.factors }
    default: return rounded(try leaf(layer, shape))
    }
  }

  /// The layer of images of one row that a layer of lines is; nil for any other.
  private static func image(of layer: any Layer) -> (any Layer)? {
    switch layer {
    case let layer as Conv1D:
      var image = Conv2D(
        layer.outputChannels, kernelSize: Size2D(1, layer.kernelSize), stride: Size2D(1, layer.stride),
        padding: Size2D(0, layer.padding), dilation: Size2D(1, layer.dilation), groups: layer.groups, bias: layer.bias,
        paddingMode: layer.paddingMode)
      image.keepsSize = layer.keepsSize
      return image
    case let layer as MaxPool1D:
      return MaxPool2D(
        Size2D(1, layer.kernelSize), stride: Size2D(1, layer.stride), padding: Size2D(0, layer.padding),
        dilation: Size2D(1, layer.dilation), ceilMode: layer.ceilMode)
    case let layer as AveragePool1D:
      return AveragePool2D(
        Size2D(1, layer.kernelSize), stride: Size2D(1, layer.stride), padding: Size2D(0, layer.padding),
        ceilMode: layer.ceilMode, countIncludePad: layer.countIncludePad)
    case is GlobalAveragePool1D: return GlobalAveragePool2D()
    case let layer as AdaptiveAveragePool1D: return AdaptiveAveragePool2D(Size2D(1, layer.outputSize))
    case let layer as AdaptiveMaxPool1D: return AdaptiveMaxPool2D(Size2D(1, layer.outputSize))
    default: return nil
    }
  }

  private func rounded(_ layer: any ReferenceLayer) -> any ReferenceLayer {
    guard let roundingSeed else { return layer }
    return RoundedLayer(layer, seed: roundingSeed)
  }

  private func leaf(_ layer: any Layer, _ shape: Shape) throws -> any ReferenceLayer {
    if shape.rank == 2, let image = ReferenceBuilder.image(of: layer) {
      return try leaf(image, [shape[0], 1, shape[1]])
    }
    switch layer {
    case is Flatten, is Unflatten: return ReferenceChain([])
    case let layer as Conv2D: return try convolution(layer, shape)
    case let layer as TransposedConv2D: return try transposedConvolution(layer, shape)
    case let layer as Linear: return linear(layer, shape)
    case let layer as Pad2D: return try padding(layer, shape)
    case let layer as MaxPool2D:
      let windows = try Windows(
        shape, layer.outputShape(for: shape), kernel: layer.kernelSize, stride: layer.stride, padding: layer.padding,
        dilation: layer.dilation)
      return ReferenceMaxima(inputCount: shape.count, windows: windows.all.map(\.inputs))
    case let layer as AveragePool2D:
      let windows = try Windows(
        shape, layer.outputShape(for: shape), kernel: layer.kernelSize, stride: layer.stride, padding: layer.padding)
      return means(shape, windows.all) { layer.countIncludePad ? $0.paddedCount : $0.inputs.count }
    case is GlobalAveragePool2D: return means(shape, Windows.adaptive(shape, [shape[0], 1, 1])) { $0.inputs.count }
    case let layer as AdaptiveAveragePool2D:
      return means(shape, Windows.adaptive(shape, try layer.outputShape(for: shape))) { $0.inputs.count }
    case let layer as PReLU:
      return ReferencePReLU(plane: layer.perChannel ? shape.count / shape[0] : shape.count)
    case let layer as AdaptiveMaxPool2D:
      let windows = Windows.adaptive(shape, try layer.outputShape(for: shape))
      return ReferenceMaxima(inputCount: shape.count, windows: windows.map(\.inputs))
    case let layer as Upsample where layer.mode != .nearest:
      return ReferenceSums(
        inputCount: shape.count, outputCount: try layer.outputShape(for: shape).count, isExact: false,
        terms: ReferenceSums.bilinear(layer, shape))
    case let layer as Upsample: return try upsampling(layer, shape)
    case let layer as BatchNorm2D:
      return batchNormalization(
        shape, layer.epsilon, layer.affine,
        layer.tracksRunningStatistics ? (layer.momentum, layer.usesRunningStatistics) : nil)
    case let layer as BatchNorm1D:
      return batchNormalization(
        shape, layer.epsilon, layer.affine,
        layer.tracksRunningStatistics ? (layer.momentum, layer.usesRunningStatistics) : nil)
    case let layer as GroupNorm:
      let (group, plane) = (shape.count / layer.groups, shape.count / shape[0])
      return normalization(layer.epsilon, layer.affine, layer.affine, setCount: group) { $0 % shape.count / plane }
    case let layer as LayerNorm:
      let row = layer.normalizedShape.count
      return normalization(layer.epsilon, layer.affine, layer.affine && layer.bias, setCount: row) { $0 % row }
    case is Dropout, is Dropout2D:
      guard !trains || inEvaluationMode else { throw Failure.unknown("\(layer) that is not recorded") }
      return ReferenceChain([])
    case let layer as Softmax: return softmax(shape, layer.dimension, isLogarithm: false)
    case let layer as LogSoftmax: return softmax(shape, layer.dimension, isLogarithm: true)
    default:
      guard let function = ReferenceFunction.of(layer) else { throw Failure.unknown("\(layer)") }
      return function
    }
  }

  private func linear(_ layer: Linear, _ shape: Shape) -> any ReferenceLayer {
    var terms: [ReferenceProducts.Term] = []
    for o in 0..<layer.outputFeatures { for i in 0..<shape.count { terms.append(.init(o, o * shape.count + i, i)) } }
    return ReferenceProducts(
      inputCount: shape.count, outputCount: layer.outputFeatures, biasPlane: layer.bias ? 1 : nil, terms: terms)
  }

  private func convolution(_ layer: Conv2D, _ shape: Shape) throws -> any ReferenceLayer {
    var padding = (top: layer.padding.height, left: layer.padding.width)
    var extra = Size2D(0)
    if layer.keepsSize {
      let (height, width) = (
        layer.dilation.height * (layer.kernelSize.height - 1), layer.dilation.width * (layer.kernelSize.width - 1)
      )
      padding = (height / 2, width / 2)
      extra = Size2D(height % 2, width % 2)
    }
    let pad = Pad2D(
      top: padding.top, bottom: padding.top + extra.height, left: padding.left, right: padding.left + extra.width,
      mode: layer.paddingMode)
    let padded = try pad.outputShape(for: shape)
    let output = try layer.outputShape(for: shape)
    let (groupInputs, groupOutputs) = (shape[0] / layer.groups, layer.outputChannels / layer.groups)
    let (kernel, plane) = (layer.kernelSize.height * layer.kernelSize.width, output[1] * output[2])
    var terms: [ReferenceProducts.Term] = []
    for o in 0..<output.count {
      let (channel, y, x) = (o / plane, o / output[2] % output[1], o % output[2])
      for i in 0..<groupInputs {
        let input = channel / groupOutputs * groupInputs + i
        for k in 0..<kernel {
          let row = y * layer.stride.height + k / layer.kernelSize.width * layer.dilation.height
          let column = x * layer.stride.width + k % layer.kernelSize.width * layer.dilation.width
          terms.append(
            .init(o, (channel * groupInputs + i) * kernel + k, (input * padded[1] + row) * padded[2] + column))
        }
      }
    }
    let products = ReferenceProducts(
      inputCount: padded.count, outputCount: output.count, biasPlane: layer.bias ? plane : nil, terms: terms)
    return ReferenceChain([try self.padding(pad, shape), products])
  }

  private func transposedConvolution(_ layer: TransposedConv2D, _ shape: Shape) throws -> any ReferenceLayer {
    let output = try layer.outputShape(for: shape)
    let (groupInputs, groupOutputs) = (shape[0] / layer.groups, layer.outputChannels / layer.groups)
    let kernel = layer.kernelSize.height * layer.kernelSize.width
    var terms: [ReferenceProducts.Term] = []
    for i in 0..<shape.count {
      let (channel, y, x) = (i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2])
      for o in 0..<groupOutputs {
        for k in 0..<kernel {
          let row =
            y * layer.stride.height + k / layer.kernelSize.width * layer.dilation.height - layer.padding.height
          let column =
            x * layer.stride.width + k % layer.kernelSize.width * layer.dilation.width - layer.padding.width
          guard 0..<output[1] ~= row, 0..<output[2] ~= column else { continue }
          let plane = channel / groupInputs * groupOutputs + o
          terms.append(
            .init((plane * output[1] + row) * output[2] + column, (channel * groupOutputs + o) * kernel + k, i))
        }
      }
    }
    return ReferenceProducts(
      inputCount: shape.count, outputCount: output.count, biasPlane: layer.bias ? output[1] * output[2] : nil,
      terms: terms)
  }

  private func padding(_ layer: Pad2D, _ shape: Shape) throws -> any ReferenceLayer {
    func source(_ position: Int, _ count: Int) -> Int? {
      if 0..<count ~= position { return position }
      switch layer.mode {
      case .zeros: return nil
      case .reflect: return position < 0 ? -position : 2 * (count - 1) - position
      case .replicate: return min(max(position, 0), count - 1)
      case .circular: return (position + count) % count
      }
    }
    let output = try layer.outputShape(for: shape)
    var terms: [ReferenceSums.Term] = []
    for o in 0..<output.count {
      let (channel, y, x) = (o / (output[1] * output[2]), o / output[2] % output[1], o % output[2])
      guard let row = source(y - layer.top, shape[1]), let column = source(x - layer.left, shape[2]) else { continue }
      terms.append(.init(output: o, input: (channel * shape[1] + row) * shape[2] + column, factor: 1))
    }
    return ReferenceSums(inputCount: shape.count, outputCount: output.count, isExact: true, terms: terms)
  }

  private func upsampling(_ layer: Upsample, _ shape: Shape) throws -> any ReferenceLayer {
    let output = try layer.outputShape(for: shape)
    let terms = (0..<output.count).map { o in
      let (channel, y, x) = (o / (output[1] * output[2]), o / output[2] % output[1], o % output[2])
      let input = (channel * shape[1] + y / layer.scale.height) * shape[2] + x / layer.scale.width
      return ReferenceSums.Term(output: o, input: input, factor: 1)
    }
    return ReferenceSums(inputCount: shape.count, outputCount: output.count, isExact: true, terms: terms)
  }

  private func means(
    _ shape: Shape, _ windows: [Windows.Window], divisor: (Windows.Window) -> Int
  ) -> any ReferenceLayer {
    let terms = windows.enumerated().flatMap { o, window in
      window.inputs.map { ReferenceSums.Term(output: o, input: $0, factor: 1 / Double(divisor(window))) }
    }
    return ReferenceSums(inputCount: shape.count, outputCount: windows.count, isExact: false, terms: terms)
  }

  private func batchNormalization(
    _ shape: Shape, _ epsilon: Float, _ affine: Bool, _ running: (momentum: Float?, isUsed: Bool)?
  ) -> any ReferenceLayer {
    let plane = shape.count / shape[0]
    return ReferenceNormalization(
      .init(
        epsilon: Double(epsilon), hasWeight: affine, hasBias: affine,
        sets: { count in
          (0..<shape[0]).map { channel in
            (0..<count / shape[0]).map { $0 / plane * shape.count + channel * plane + $0 % plane }
          }
        }, place: { $0 % shape.count / plane },
        running: running.map {
          .init(isUsed: $0.isUsed || inEvaluationMode || !trains, momentum: $0.momentum.map(Double.init))
        }))
  }

  private func normalization(
    _ epsilon: Float, _ hasWeight: Bool, _ hasBias: Bool, setCount: Int, place: @escaping (Int) -> Int
  ) -> any ReferenceLayer {
    ReferenceNormalization(
      .init(
        epsilon: Double(epsilon), hasWeight: hasWeight, hasBias: hasBias,
        sets: { count in (0..<count / setCount).map { Array($0 * setCount..<($0 + 1) * setCount) } }, place: place))
  }

  private func softmax(_ shape: Shape, _ dimension: Int, isLogarithm: Bool) -> any ReferenceLayer {
    let axis = dimension < 0 ? dimension + shape.rank : dimension - 1
    let inner = shape.dimensions.dropFirst(axis + 1).reduce(1, *)
    return ReferenceSoftmax(count: shape[axis], inner: inner, isLogarithm: isLogarithm)
  }
}

/// The windows of a pooling.
struct Windows {
  struct Window {
    /// The positions of an image that it covers.
    let inputs: [Int]
    /// How many positions it covers with padding.
    let paddedCount: Int
  }

  let all: [Window]

  init(
    _ shape: Shape, _ output: Shape, kernel: Size2D, stride: Size2D, padding: Size2D, dilation: Size2D = Size2D(1)
  ) {
    func positions(_ o: Int, _ axis: KeyPath<Size2D, Int>) -> [Int] {
      (0..<kernel[keyPath: axis]).map {
        o * stride[keyPath: axis] + $0 * dilation[keyPath: axis] - padding[keyPath: axis]
      }
    }
    all = (0..<output.count).map { o in
      let channel = o / (output[1] * output[2])
      let rows = positions(o / output[2] % output[1], \.height)
      let columns = positions(o % output[2], \.width)
      let inputs = rows.filter { 0..<shape[1] ~= $0 }.flatMap { row in
        columns.filter { 0..<shape[2] ~= $0 }.map { (channel * shape[1] + row) * shape[2] + $0 }
      }
      // What lies past the padding counts for no window.
      let paddedRows = rows.count { $0 < shape[1] + padding.height }
      let paddedColumns = columns.count { $0 < shape[2] + padding.width }
      return Window(inputs: inputs, paddedCount: paddedRows * paddedColumns)
    }
  }

  static func adaptive(_ shape: Shape, _ output: Shape) -> [Window] {
    func range(_ o: Int, _ count: Int, _ outputs: Int) -> Range<Int> {
      o * count / outputs..<((o + 1) * count + outputs - 1) / outputs
    }
    return (0..<output.count).map { o in
      let channel = o / (output[1] * output[2])
      let rows = range(o / output[2] % output[1], shape[1], output[1])
      let columns = range(o % output[2], shape[2], output[2])
      let inputs = rows.flatMap { row in columns.map { (channel * shape[1] + row) * shape[2] + $0 } }
      return Window(inputs: inputs, paddedCount: inputs.count)
    }
  }
}

extension ReferenceFunction {
  /// An activation's definition; nil for a layer that is none.
  static func of(_ layer: any Layer) -> ReferenceFunction? {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    switch layer {
    case is ReLU: return ReferenceFunction(jumps: [0], isExact: true) { $0 <= 0 ? (0, 0) : ($0, 1) }
    case is ReLU6:
      return ReferenceFunction(jumps: [0, 6], isExact: true) { $0 <= 0 ? (0, 0) : $0 < 6 ? ($0, 1) : (6, 0) }
    case is Tanh: return ReferenceFunction { (tanh($0), 1 - tanh($0) * tanh($0)) }
    case is Sigmoid: return ReferenceFunction { (sigmoid($0), sigmoid($0) * (1 - sigmoid($0))) }
    case let layer as LeakyReLU:
      let slope = Double(layer.negativeSlope)
      return ReferenceFunction(jumps: [0]) { $0 > 0 ? ($0, 1) : (slope * $0, slope) }
    case let layer as ELU:
      let alpha = Double(layer.alpha)
      return ReferenceFunction(jumps: [0]) { $0 > 0 ? ($0, 1) : (alpha * (exp($0) - 1), alpha * exp($0)) }
    case is SiLU:
      return ReferenceFunction { x in
        let s = sigmoid(x)
        return (x * s, s * (1 + x * (1 - s)))
      }
    case is HardSwish:
      return ReferenceFunction(jumps: [-3, 3]) { x in
        x <= -3 ? (0, 0) : x < 3 ? (x * (x + 3) / 6, x / 3 + 0.5) : (x, 1)
      }
    case is SELU:
      let (alpha, scale) = (1.6732632423543772, 1.0507009873554805)
      return ReferenceFunction(jumps: [0]) { x in
        x > 0 ? (scale * x, scale) : (scale * alpha * (exp(x) - 1), scale * alpha * exp(x))
      }
    case is Mish:
      return ReferenceFunction { x in
        let t = tanh(log(1 + exp(x)))
        return (x * t, t + x * sigmoid(x) * (1 - t * t))
      }
    case is HardSigmoid:
      return ReferenceFunction(jumps: [-3, 3]) { x in (min(max(x + 3, 0), 6) / 6, abs(x) < 3 ? 1.0 / 6 : 0) }
    case let layer as Softplus:
      let (beta, threshold) = (Double(layer.beta), Double(layer.threshold))
      return ReferenceFunction(jumps: [threshold / beta]) { x in
        beta * x > threshold ? (x, 1) : (log(1 + exp(beta * x)) / beta, sigmoid(beta * x))
      }
    case let layer as GELU:
      switch layer.approximate {
      case .none:
        return ReferenceFunction { x in
          let phi = (1 + erf(x / 2.0.squareRoot())) / 2
          return (x * phi, phi + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
        }
      case .tanh:
        return ReferenceFunction { x in
          let root = (8 / Double.pi).squareRoot()
          let u = root * (x + 0.044715 * x * x * x)
          let s = sigmoid(u)
          return (x * s, s * (1 + x * (1 - s) * root * (1 + 3 * 0.044715 * x * x)))
        }
      }
    default: return nil
    }
  }
}
