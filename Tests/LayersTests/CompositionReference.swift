import Kernels
import Layers

/// Padding, transposed convolutions and branches in Double, as plain as their definitions.
extension DoubleReference {
  static func pad(_ layer: Pad2D, _ shape: Shape) -> DoubleFunction {
    func source(_ position: Int, _ count: Int) -> Int? {
      if 0..<count ~= position { return position }
      switch layer.mode {
      case .zeros: return nil
      case .reflect: return position < 0 ? -position : 2 * (count - 1) - position
      case .replicate: return min(max(position, 0), count - 1)
      case .circular: return (position + count) % count
      }
    }
    return { input, _ in
      let (height, width) = (shape[1], shape[2])
      return (0..<input.count / (height * width)).flatMap { plane in
        (-layer.top..<height + layer.bottom).flatMap { y in
          (-layer.left..<width + layer.right).map { x in
            guard let row = source(y, height), let column = source(x, width) else { return 0 }
            return input[(plane * height + row) * width + column]
          }
        }
      }
    }
  }

  static func transposedConv2D(_ layer: TransposedConv2D, _ shape: Shape, _ output: Shape) -> DoubleFunction {
    { input, parameters in
      let (height, width) = (shape[1], shape[2])
      let (groupInputs, groupOutputs) = (shape[0] / layer.groups, layer.outputChannels / layer.groups)
      let (kernelHeight, kernelWidth) = (layer.kernelSize.height, layer.kernelSize.width)
      var result: [Double] = []
      for image in 0..<input.count / shape.count {
        var sums = (0..<output.count).map { layer.bias ? parameters[1][$0 / (output[1] * output[2])] : 0 }
        for i in 0..<shape.count {
          let (channel, y, x) = (i / (height * width), i / width % height, i % width)
          for o in 0..<groupOutputs {
            for k in 0..<kernelHeight * kernelWidth {
              let row = y * layer.stride.height + k / kernelWidth * layer.dilation.height - layer.padding.height
              let column = x * layer.stride.width + k % kernelWidth * layer.dilation.width - layer.padding.width
              guard 0..<output[1] ~= row, 0..<output[2] ~= column else { continue }
              let plane = channel / groupInputs * groupOutputs + o
              let weight = parameters[0][(channel * groupOutputs + o) * kernelHeight * kernelWidth + k]
              sums[(plane * output[1] + row) * output[2] + column] += weight * input[image * shape.count + i]
            }
          }
        }
        result += sums
      }
      return result
    }
  }

  /// One function's outputs as the next one's input, each with so many of the parameters.
  static func chain(_ functions: [(DoubleFunction, Int)]) -> DoubleFunction {
    { input, parameters in
      var (x, first) = (input, 0)
      for (function, count) in functions {
        x = function(x, Array(parameters[first..<first + count]))
        first += count
      }
      return x
    }
  }

  /// The product of two functions' outputs; the second's may be one value for each of the first's channels.
  static func product(
    _ a: @escaping DoubleFunction, _ count: Int, _ b: @escaping DoubleFunction
  ) -> DoubleFunction {
    { input, parameters in
      let (x, y) = (a(input, Array(parameters[..<count])), b(input, Array(parameters[count...])))
      return x.enumerated().map { $1 * y[$0 / (x.count / y.count)] }
    }
  }

  static func sum(_ a: @escaping DoubleFunction, _ count: Int, _ b: @escaping DoubleFunction) -> DoubleFunction {
    { input, parameters in
      zip(a(input, Array(parameters[..<count])), b(input, Array(parameters[count...]))).map { $0 + $1 }
    }
  }
}

extension GradientCase {
  private static func pad(_ layer: Pad2D, _ shape: Shape) -> GradientCase {
    GradientCase(layer: layer, inputShape: shape, reference: { DoubleReference.pad(layer, shape) })
  }

  private static func padded(_ layer: Conv2D, _ pad: Pad2D, _ shape: Shape, _ inner: Shape) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        let unpadded = Conv2D(layer.outputChannels, kernelSize: layer.kernelSize, stride: layer.stride)
        return DoubleReference.chain([
          (DoubleReference.pad(pad, shape), 0), (DoubleReference.conv2D(unpadded, inner), 2),
        ])
      })
  }

  private static func transposed(_ layer: TransposedConv2D, _ shape: Shape, _ output: Shape) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape, reference: { DoubleReference.transposedConv2D(layer, shape, output) })
  }

  static let compositions: [GradientCase] = {
    let conv = Conv2D(3, kernelSize: 3, padding: 1)
    let narrow = Conv2D(3, kernelSize: 1, bias: false)
    let body: @Sendable () -> DoubleFunction = {
      DoubleReference.chain([(DoubleReference.conv2D(conv, [2, 4, 5]), 2), (DoubleReference.tanh, 0)])
    }
    let reduced = Conv2D(2, kernelSize: 1)
    let restored = Conv2D(3, kernelSize: 1, bias: false)
    let squeeze = Sequential(GlobalAveragePool2D(), reduced, Tanh(), restored, Sigmoid())
    let excitation: @Sendable () -> DoubleFunction = {
      DoubleReference.chain([
        (DoubleReference.adaptiveAveragePool([3, 4, 5], Size2D(1)), 0),
        (DoubleReference.conv2D(reduced, [3, 1, 1]), 2), (DoubleReference.tanh, 0),
        (DoubleReference.conv2D(restored, [2, 1, 1]), 1), (DoubleReference.sigmoid, 0),
      ])
    }
    return PaddingMode.allCases.map { .pad(Pad2D(top: 1, bottom: 2, left: 2, right: 0, mode: $0), [2, 4, 3]) } + [
      .padded(
        Conv2D(2, kernelSize: 3, stride: 2, padding: 1, paddingMode: .reflect), Pad2D(1, mode: .reflect), [2, 5, 4],
        [2, 7, 6]),
      .padded(
        Conv2D(2, kernelSize: 4, padding: .same), Pad2D(top: 1, bottom: 2, left: 1, right: 2), [2, 4, 5], [2, 7, 8]),
      .transposed(TransposedConv2D(3, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1), [2, 3, 4], [3, 6, 8]),
      .transposed(
        TransposedConv2D(4, kernelSize: 2, groups: 2, bias: false, dilation: Size2D(2, 1)), [4, 3, 3], [4, 5, 4]),
      GradientCase(
        layer: Residual(Sequential(conv, Tanh()), shortcut: narrow), inputShape: [2, 4, 5],
        reference: { DoubleReference.sum(body(), 2, DoubleReference.conv2D(narrow, [2, 4, 5])) }),
      GradientCase(
        layer: Residual(Tanh()), inputShape: [2, 4, 5],
        reference: { DoubleReference.sum(DoubleReference.tanh, 0, DoubleReference.identity) }),
      GradientCase(
        layer: Branches(Sequential(conv, Tanh()), narrow, combination: .added), inputShape: [2, 4, 5],
        reference: { DoubleReference.sum(body(), 2, DoubleReference.conv2D(narrow, [2, 4, 5])) }),
      GradientCase(
        layer: Branches(Sequential(conv, Tanh()), narrow, combination: .multiplied), inputShape: [2, 4, 5],
        reference: { DoubleReference.product(body(), 2, DoubleReference.conv2D(narrow, [2, 4, 5])) }),
      GradientCase(
        layer: Branches(Sequential(), Sequential(), combination: .multiplied), inputShape: [2, 4, 5],
        reference: { DoubleReference.product(DoubleReference.identity, 0, DoubleReference.identity) }),
      GradientCase(
        layer: Branches(squeeze, Sequential(), combination: .multiplied), inputShape: [3, 4, 5],
        reference: { DoubleReference.product(DoubleReference.identity, 0, excitation()) }),
      GradientCase(
        layer: Branches(Tanh(), squeeze, Sequential(), combination: .multiplied), inputShape: [3, 4, 5],
        reference: {
          let plain = DoubleReference.product(DoubleReference.tanh, 0, DoubleReference.identity)
          return DoubleReference.product(plain, 0, excitation())
        }),
      GradientCase(
        layer: Branches(
          Sequential(Flatten(), Linear(3)), Sequential(GlobalAveragePool2D(), Flatten()), combination: .multiplied),
        inputShape: [3, 2, 2],
        reference: {
          let means = DoubleReference.adaptiveAveragePool([3, 2, 2], Size2D(1))
          return DoubleReference.product(DoubleReference.linear(Linear(3), features: 12), 2, means)
        }),
      GradientCase(
        layer: Branches(Sequential(conv, Tanh()), Sequential()), inputShape: [2, 4, 5],
        reference: {
          let branch = body()
          return { input, parameters in
            // Image by image, the branch's channels and then the image's own.
            stride(from: 0, to: input.count, by: 40).flatMap { first in
              let image = Array(input[first..<first + 40])
              return branch(image, parameters) + image
            }
          }
        }),
    ]
  }()
}
