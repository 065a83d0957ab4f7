/// Residual networks (He and others, 2015), with torchvision's names of parameters: `conv1.weight`,
/// `layer1.0.bn1.running_mean`, `layer2.0.downsample.0.weight`, `fc.bias`. Weights can be exchanged with torchvision's
/// networks in both directions.
///
///     ResNet(.resNet50)                                       // 224×224, 1000 classes: 25,557,032 parameters
///     ResNet(.resNet18, stem: .small, classCount: 10)         // 32×32
///
/// As in torchvision, the bottleneck blocks of ResNet-50 have their stride in the 3×3 convolution, and convolutions are
/// initialised with Kaiming's normal distribution for the output fan.
public struct ResNet: CompositeLayer {
  /// The number and kind of the blocks.
  public enum Depth: Int, Sendable, CaseIterable {
    /// Two ``BasicBlock``s in each of the four stages.
    case resNet18 = 18
    /// 3, 4, 6 and 3 ``BasicBlock``s.
    case resNet34 = 34
    /// 3, 4, 6 and 3 ``BottleneckBlock``s.
    case resNet50 = 50

    fileprivate var blockCounts: [Int] { self == .resNet18 ? [2, 2, 2, 2] : [3, 4, 6, 3] }
    fileprivate var hasBottlenecks: Bool { self == .resNet50 }
  }

  /// The layers before the first stage.
  public enum Stem: Sendable, CaseIterable {
    /// A 7×7 convolution of stride 2 and max pooling of stride 2, for images of about 224×224.
    case large
    /// A 3×3 convolution of stride 1, for images of about 32×32.
    case small

    fileprivate var layers: [any Layer] {
      switch self {
      case .large:
        [
          convolution(64, kernelSize: 7, stride: 2).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
          MaxPool2D(3, stride: 2, padding: 1),
        ]
      case .small: [convolution(64, kernelSize: 3).named("conv1"), BatchNorm2D().named("bn1"), ReLU()]
      }
    }
  }

  /// The number and kind of the blocks.
  public var depth: Depth
  /// The layers before the first stage.
  public var stem: Stem
  /// The number of classes.
  public var classCount: Int

  /// The network, by default for 1000 classes of 224×224 images.
  public init(_ depth: Depth, stem: Stem = .large, classCount: Int = 1000) {
    self.depth = depth
    self.stem = stem
    self.classCount = classCount
  }

  public var body: any Layer {
    var layers = stem.layers
    var inputs = 64
    for (i, count) in depth.blockCounts.enumerated() {
      let channels = 64 << i
      let outputs = depth.hasBottlenecks ? BottleneckBlock.expansion * channels : channels
      let stage = (0..<count).map { position -> any Layer in
        let stride = position == 0 && i > 0 ? 2 : 1
        let isProjected = position == 0 && (stride != 1 || inputs != outputs)
        return depth.hasBottlenecks
          ? BottleneckBlock(channels, stride: stride, projectsShortcut: isProjected)
          : BasicBlock(channels, stride: stride, projectsShortcut: isProjected)
      }
      layers.append(Sequential(stage).named("layer\(i + 1)"))
      inputs = outputs
    }
    return Sequential(layers + [GlobalAveragePool2D(), Flatten(), Linear(classCount).named("fc")])
  }
}

/// A residual block of two 3×3 convolutions with batch normalisation.
public struct BasicBlock: CompositeLayer {
  /// The number of channels of both convolutions.
  public var channels: Int
  /// The stride of the first convolution.
  public var stride: Int
  /// Whether the shortcut is a 1×1 convolution with this stride and batch normalisation, needed where the output's
  /// shape differs from the input's; else the shortcut is the identity.
  public var projectsShortcut: Bool

  /// A block, by default with the identity as its shortcut.
  public init(_ channels: Int, stride: Int = 1, projectsShortcut: Bool = false) {
    self.channels = channels
    self.stride = stride
    self.projectsShortcut = projectsShortcut
  }

  public var body: any Layer {
    residual(
      [
        convolution(channels, kernelSize: 3, stride: stride).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
        convolution(channels, kernelSize: 3).named("conv2"), BatchNorm2D().named("bn2"),
      ], projection: projectsShortcut ? (channels, stride) : nil)
  }
}

/// A residual block of a 1×1 convolution that reduces the channels, a 3×3 convolution, and a 1×1 convolution that
/// multiplies them by four, each with batch normalisation.
public struct BottleneckBlock: CompositeLayer {
  /// The number of output channels over ``channels``.
  public static let expansion = 4

  /// The number of channels of the first two convolutions.
  public var channels: Int
  /// The stride of the second convolution.
  public var stride: Int
  /// Whether the shortcut is a 1×1 convolution with this stride and batch normalisation, needed where the output's
  /// shape differs from the input's; else the shortcut is the identity.
  public var projectsShortcut: Bool

  /// A block, by default with the identity as its shortcut.
  public init(_ channels: Int, stride: Int = 1, projectsShortcut: Bool = false) {
    self.channels = channels
    self.stride = stride
    self.projectsShortcut = projectsShortcut
  }

  public var body: any Layer {
    let outputs = BottleneckBlock.expansion * channels
    return residual(
      [
        convolution(channels, kernelSize: 1).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
        convolution(channels, kernelSize: 3, stride: stride).named("conv2"), BatchNorm2D().named("bn2"), ReLU(),
        convolution(outputs, kernelSize: 1).named("conv3"), BatchNorm2D().named("bn3"),
      ], projection: projectsShortcut ? (outputs, stride) : nil)
  }
}

/// Layers with a shortcut, which is a projection if one is given, and ReLU after the sum.
private func residual(_ layers: [any Layer], projection: (channels: Int, stride: Int)?) -> Sequential {
  let shortcut = projection.map {
    Sequential(convolution($0.channels, kernelSize: 1, stride: $0.stride), BatchNorm2D()).named("downsample")
  }
  return Sequential(Residual(Sequential(layers).named(""), shortcut: shortcut).named(""), ReLU())
}

/// A padded convolution without bias that changes the size only by its stride.
private func convolution(_ channels: Int, kernelSize: Int, stride: Int = 1) -> Conv2D {
  Conv2D(
    channels, kernelSize: kernelSize, stride: stride, padding: kernelSize / 2, bias: false,
    initialization: .kaimingNormal(fan: .output, nonlinearity: .relu))
}
