/// VGG networks with batch normalisation (Simonyan and Zisserman, 2014), with torchvision's names of parameters:
/// `features.0.weight`, `features.1.running_mean`, `classifier.6.bias`. Weights can be exchanged with torchvision's
/// `vgg11_bn` and `vgg16_bn` in both directions.
///
/// Images must have at least 32×32 pixels; adaptive average pooling brings the convolutions' output to 7×7. The first
/// linear layer has most of the parameters.
public struct VGG: CompositeLayer {
  /// The number of convolutions and linear layers.
  public enum Depth: Int, Sendable, CaseIterable {
    /// One or two convolutions before each pooling.
    case vgg11 = 11
    /// Two or three convolutions before each pooling.
    case vgg16 = 16

    fileprivate var convolutionCounts: [Int] { self == .vgg11 ? [1, 1, 2, 2, 2] : [2, 2, 3, 3, 3] }
  }

  /// The number of convolutions and linear layers.
  public var depth: Depth
  /// The number of classes.
  public var classCount: Int
  /// The dropout probability after the first two linear layers.
  public var dropout: Double

  /// The network, by default for 1000 classes.
  public init(_ depth: Depth, classCount: Int = 1000, dropout: Double = 0.5) {
    self.depth = depth
    self.classCount = classCount
    self.dropout = dropout
  }

  public var body: any Layer {
    var features: [any Layer] = []
    for (count, channels) in zip(depth.convolutionCounts, [64, 128, 256, 512, 512]) {
      for _ in 0..<count {
        features += [
          Conv2D(
            channels, kernelSize: 3, padding: 1, initialization: .kaimingNormal(fan: .output, nonlinearity: .relu)),
          BatchNorm2D(), ReLU(),
        ]
      }
      features.append(MaxPool2D(2))
    }
    func linear(_ outputs: Int) -> Linear { Linear(outputs, initialization: .normal(standardDeviation: 0.01)) }
    let classifier = Sequential(
      linear(4096), ReLU(), Dropout(dropout), linear(4096), ReLU(), Dropout(dropout), linear(classCount))
    return Sequential(
      Sequential(features).named("features"), AdaptiveAveragePool2D(7), Flatten(), classifier.named("classifier"))
  }
}
