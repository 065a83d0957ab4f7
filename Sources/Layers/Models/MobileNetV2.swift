/// MobileNetV2 (Sandler and others, 2018), with torchvision's names of parameters: `features.0.0.weight`,
/// `features.2.conv.1.0.weight`, `classifier.1.bias`. Weights can be exchanged with torchvision's `mobilenet_v2` in
/// both directions.
///
/// 3,504,872 parameters for 1000 classes. The image is halved five times.
public struct MobileNetV2: CompositeLayer {
  /// The number of classes.
  public var classCount: Int
  /// The factor of all numbers of channels, which are rounded to multiples of 8.
  public var width: Double
  /// The dropout probability before the linear layer.
  public var dropout: Double

  /// The network, by default as in torchvision.
  public init(classCount: Int = 1000, width: Double = 1, dropout: Double = 0.2) {
    self.classCount = classCount
    self.width = width
    self.dropout = dropout
  }

  /// The stages of the paper's table 2: expansion factor of a block, output channels, number of blocks, and stride of
  /// the first block.
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
      Dropout(dropout), Linear(classCount, initialization: .normal(standardDeviation: 0.01)))
    return Sequential(
      Sequential(features).named("features"), GlobalAveragePool2D(), Flatten(), classifier.named("classifier"))
  }

  /// Channels times the width, rounded to the nearest multiple of 8, but not below nine tenths of the product.
  private func rounded(_ channels: Int) -> Int {
    let exact = Double(channels) * width
    let multiple = max(8, Int(exact + 4) / 8 * 8)
    return Double(multiple) < 0.9 * exact ? multiple + 8 : multiple
  }
}

/// A block of ``MobileNetV2``: a 1×1 convolution that expands the channels, a depthwise 3×3 convolution, and a 1×1
/// convolution that reduces them; the input is added where the shape is unchanged.
public struct InvertedResidual: CompositeLayer {
  /// The number of input channels.
  public var inputChannels: Int
  /// The number of output channels.
  public var outputChannels: Int
  /// The stride of the depthwise convolution.
  public var stride: Int
  /// The number of the depthwise convolution's channels over the input channels; with 1, there is no expanding
  /// convolution.
  public var expansion: Int

  /// A block with the given channels.
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

/// A padded convolution that changes the size only by its stride.
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
