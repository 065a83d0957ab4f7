/// A network for small images that learns fast: stages of padded 3×3 convolutions with batch normalisation, each with more
/// channels than the one before, pooling only between stages, and a 1×1 convolution with global average pooling as the
/// head. 1,076,042 parameters and 114 million multiply-adds for images of 3×32×32 and 10 classes.
///
/// Parameters are named `stage1.conv1.weight`, `stage1.bn1.weight`, … `head.bias`.
public struct ImprovedCNN: CompositeLayer {
  public var classCount: Int
  /// The channels of each stage.
  public var channels: [Int]
  /// The convolutions of each stage.
  public var depth: Int
  /// The probability that a value is dropped before the head.
  public var dropout: Double

  public init(classCount: Int = 10, channels: [Int] = [32, 128, 256], depth: Int = 2, dropout: Double = 0.2) {
    self.classCount = classCount
    self.channels = channels
    self.depth = depth
    self.dropout = dropout
  }

  public var body: any Layer {
    var layers: [any Layer] = []
    for (i, channels) in channels.enumerated() {
      if i > 0 { layers.append(MaxPool2D(2)) }
      layers.append(stage(channels).named("stage\(i + 1)"))
    }
    return Sequential(
      layers + [
        Dropout(dropout), Conv2D(classCount, kernelSize: 1).named("head"), GlobalAveragePool2D(), Flatten(),
      ])
  }

  private func stage(_ channels: Int) -> Sequential {
    Sequential(
      (0..<depth).flatMap { i -> [any Layer] in
        [
          Conv2D(channels, kernelSize: 3, padding: 1, bias: false, initialization: .kaimingNormal(nonlinearity: .relu))
            .named("conv\(i + 1)"),
          BatchNorm2D().named("bn\(i + 1)"), ReLU(),
        ]
      })
  }
}
