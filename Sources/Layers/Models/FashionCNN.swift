/// A network for five classes of Fashion-MNIST: four 3×3 convolutions with batch normalisation, pooling after the first
/// and the last, and two linear layers with dropout between them; 230,735 parameters for 1×28×28 images and 5 classes.
///
/// Weights are initialised with Xavier's uniform distribution. Parameters are named `conv1.weight`, `bn1.weight`, …
/// `fc2.bias`.
public struct FashionCNN: CompositeLayer {
  /// The pooling after the first and the last convolution.
  public enum Pooling: String, Sendable, CaseIterable {
    case average
    case max

    fileprivate var layer: any Layer {
      switch self {
      case .average: AveragePool2D(2)
      case .max: MaxPool2D(2)
      }
    }
  }

  /// The number of classes.
  public var classCount: Int
  /// The pooling after the first and the last convolution.
  public var pooling: Pooling
  /// The probability that the first linear layer's outputs are dropped.
  public var dropout: Double

  /// The network, by default with average pooling.
  public init(classCount: Int = 5, pooling: Pooling = .average, dropout: Double = 0.5) {
    self.classCount = classCount
    self.pooling = pooling
    self.dropout = dropout
  }

  public var body: any Layer {
    var layers: [any Layer] = []
    for (i, channels) in [10, 20, 40, 80].enumerated() {
      layers += [
        Conv2D(channels, kernelSize: 3, initialization: .xavierUniform()).named("conv\(i + 1)"),
        BatchNorm2D().named("bn\(i + 1)"), ReLU(),
      ]
      if i == 0 || i == 3 { layers.append(pooling.layer) }
    }
    return Sequential(
      layers + [
        Flatten(), Linear(265, initialization: .xavierUniform()).named("fc1"), Dropout(dropout),
        Linear(classCount, initialization: .xavierUniform()).named("fc2"),
      ])
  }
}
