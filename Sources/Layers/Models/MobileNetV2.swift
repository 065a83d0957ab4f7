/// MobileNetV2 (Sandler and others, 2018), with torchvision's names of parameters: `features.0.0.weight`,
/// `features.2.conv.1.0.weight`, `classifier.1.bias`. Weights that torchvision's `mobilenet_v2` has can be loaded, and the
/// other way.
///
/// 3,504,872 parameters for 1000 classes. An image is halved five times.
public struct MobileNetV2: CompositeLayer {
  public var classCount: Int
  /// What all numbers of channels are multiplied by; they are rounded to multiples of 8.
  public var width: Double
  /// The probability that a value is dropped before the linear layer.
  public var dropout: Double

  public init(classCount: Int = 1000, width: Double = 1, dropout: Double = 0.2) {
    self.classCount = classCount
    self.width = width
    self.dropout = dropout
  }

  /// The stages of the paper's table 2: how often channels are multiplied within a block, output channels, blocks, and the
  /// stride of the first.
  private static let stages: [(expansion: Int, channels: Int, count: Int, stride: Int)] = [
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
  ]

  public var body: any Layer {
    var channels = rounded(32)
    var features: [any Layer] = [convolution(channels, kernelSize: 3, stride: 2)]
    for stage in MobileNetV2.stages {
      let outputs = rounded(stage.channels)
      for position in 0..<stage.count {
        features.append(
          InvertedResidual(
            from: channels, to: outputs, stride: position == 0 ? stage.stride : 1, expansion: stage.expansion))
        channels = outputs
      }
    }
    features.append(convolution(width > 1 ? rounded(1280) : 1280, kernelSize: 1))
    let classifier = Sequential(
      Dropout(dropout), Linear(classCount, initialization: .normal(deviation: 0.01)))
    return Sequential(
      Sequential(features).named("features"), GlobalAveragePool2D(), Flatten(), classifier.named("classifier"))
  }

  /// Channels times the width, to the nearest multiple of 8 that is not less than nine tenths of it.
  private func rounded(_ channels: Int) -> Int {
    let exact = Double(channels) * width
    let multiple = max(8, Int(exact + 4) / 8 * 8)
    return Double(multiple) < 0.9 * exact ? multiple + 8 : multiple
  }
}

/// A block of ``MobileNetV2``: a 1×1 convolution to more channels, a depthwise 3×3 one, and a 1×1 one to fewer; what came in
/// is added where the shape is the same.
public struct InvertedResidual: CompositeLayer {
  public var inputChannels: Int
  public var outputChannels: Int
  /// The stride of the depthwise convolution.
  public var stride: Int
  /// How many times as many channels the depthwise convolution has as come in; there is no convolution before it for 1.
  public var expansion: Int

  public init(from inputChannels: Int, to outputChannels: Int, stride: Int = 1, expansion: Int = 6) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.stride = stride
    self.expansion = expansion
  }

  public var body: any Layer {
    let hidden = inputChannels * expansion
    let widening: [any Layer] = expansion == 1 ? [] : [convolution(hidden, kernelSize: 1)]
    let layers = Sequential(
      widening + [
        convolution(hidden, kernelSize: 3, stride: stride, groups: hidden),
        plainConvolution(outputChannels, kernelSize: 1), BatchNorm2D(),
      ]
    ).named("conv")
    return stride == 1 && inputChannels == outputChannels ? Residual(layers).named("") : layers
  }
}

/// A convolution that keeps the size but for its stride.
private func plainConvolution(_ channels: Int, kernelSize: Int, stride: Int = 1, groups: Int = 1) -> Conv2D {
  Conv2D(
    channels, kernelSize: kernelSize, stride: stride, padding: kernelSize / 2, groups: groups, bias: false,
    initialization: .kaimingNormal(fan: .output))
}

/// A convolution with batch normalisation and ``ReLU6``.
private func convolution(_ channels: Int, kernelSize: Int, stride: Int = 1, groups: Int = 1) -> Sequential {
  Sequential(
    plainConvolution(channels, kernelSize: kernelSize, stride: stride, groups: groups), BatchNorm2D(), ReLU6())
}
