/// Residual networks (He and others, 2015), with torchvision's names of parameters: `conv1.weight`,
/// `layer1.0.bn1.running_mean`, `layer2.0.downsample.0.weight`, `fc.bias`. Weights that torchvision's networks have can be
/// loaded, and the other way.
///
///     ResNet(.resNet50)                                       // 224×224, 1000 classes: 25,557,032 parameters
///     ResNet(.resNet18, stem: .small, classCount: 10)         // 32×32
///
/// As in torchvision, the bottleneck blocks of ResNet-50 have their stride in the 3×3 convolution, and convolutions begin
/// by Kaiming's normal distribution of the outputs' fan.
public struct ResNet: CompositeLayer {
  /// How many blocks there are, and of which kind.
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

  /// What comes before the first stage.
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

  public var depth: Depth
  public var stem: Stem
  public var classCount: Int

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

/// Two 3×3 convolutions with batch normalisation, and a way around them.
public struct BasicBlock: CompositeLayer {
  /// The channels of both convolutions.
  public var channels: Int
  /// The stride of the first.
  public var stride: Int
  /// Whether a 1×1 convolution with that stride, and batch normalisation, lie on the way around: where the shape of the
  /// output is not that of the input.
  public var projectsShortcut: Bool

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

/// A 1×1 convolution to fewer channels, a 3×3 one, and a 1×1 one to four times as many, with batch normalisation, and a way
/// around them.
public struct BottleneckBlock: CompositeLayer {
  /// The output channels for each of ``channels``.
  public static let expansion = 4

  /// The channels of the first two convolutions.
  public var channels: Int
  /// The stride of the second.
  public var stride: Int
  /// Whether a 1×1 convolution with that stride, and batch normalisation, lie on the way around: where the shape of the
  /// output is not that of the input.
  public var projectsShortcut: Bool

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

/// Layers and a way around them, which is a projection where one is given, and ReLU behind the sum.
private func residual(_ layers: [any Layer], projection: (channels: Int, stride: Int)?) -> Sequential {
  let shortcut = projection.map {
    Sequential(convolution($0.channels, kernelSize: 1, stride: $0.stride), BatchNorm2D()).named("downsample")
  }
  return Sequential(Residual(Sequential(layers).named(""), shortcut: shortcut).named(""), ReLU())
}

/// A convolution that keeps the size but for its stride.
private func convolution(_ channels: Int, kernelSize: Int, stride: Int = 1) -> Conv2D {
  Conv2D(
    channels, kernelSize: kernelSize, stride: stride, padding: kernelSize / 2, bias: false,
    initialization: .kaimingNormal(fan: .output, nonlinearity: .relu))
}
