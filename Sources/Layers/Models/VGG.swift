/// VGG networks with batch normalisation (Simonyan and Zisserman, 2014), with torchvision's names of parameters:
/// `features.0.weight`, `features.1.running_mean`, `classifier.6.bias`. Weights that torchvision's `vgg11_bn` and
/// `vgg16_bn` have can be loaded, and the other way.
///
/// Images of 32×32 and more come in; what the convolutions make of them is averaged, or repeated, to 7×7. Nine tenths of the
/// parameters are the first linear layer's.
public struct VGG: CompositeLayer {
  /// How many layers with weights there are.
  public enum Depth: Int, Sendable, CaseIterable {
    /// One or two convolutions before each pooling.
    case vgg11 = 11
    /// Two or three convolutions before each pooling.
    case vgg16 = 16

    fileprivate var convolutionCounts: [Int] { self == .vgg11 ? [1, 1, 2, 2, 2] : [2, 2, 3, 3, 3] }
  }

  public var depth: Depth
  public var classCount: Int
  /// The probability that the outputs of the first two linear layers are dropped.
  public var dropout: Double

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
    func linear(_ outputs: Int) -> Linear { Linear(outputs, initialization: .normal(deviation: 0.01)) }
    let classifier = Sequential(
      linear(4096), ReLU(), Dropout(dropout), linear(4096), ReLU(), Dropout(dropout), linear(classCount))
    return Sequential(
      Sequential(features).named("features"), AdaptiveAveragePool2D(7), Flatten(), classifier.named("classifier"))
  }
}
