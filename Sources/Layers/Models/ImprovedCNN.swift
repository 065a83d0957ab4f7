/// A network for small images that trains quickly: padded 3×3 convolutions with batch normalisation, in stages that
/// halve the image after their first convolution, so that convolutions with many channels run on few pixels; the head
/// is a 1×1 convolution with global average pooling. 1,483,266 parameters and 97 million multiply-adds for 3×32×32
/// images and 10 classes.
///
/// Parameters are named `stem.conv.weight`, `stage1.conv1.weight`, `stage1.bn1.weight`, … `head.bias`.
public struct ImprovedCNN: CompositeLayer {
  /// The number of classes.
  public var classCount: Int
  /// The number of channels of the convolution before the stages.
  public var stemChannels: Int
  /// The number of channels of each stage.
  public var channels: [Int]
  /// The number of convolutions in each stage; the image is halved after the first.
  public var depth: Int
  /// The dropout probability before the head.
  public var dropout: Double

  /// The network, by default with 1,483,266 parameters for 3×32×32 images.
  public init(
    classCount: Int = 10, stemChannels: Int = 24, channels: [Int] = [48, 192, 256], depth: Int = 2,
    dropout: Double = 0.1
  ) {
    self.classCount = classCount
    self.stemChannels = stemChannels
    self.channels = channels
    self.depth = depth
    self.dropout = dropout
  }

  public var body: any Layer {
    var layers: [any Layer] = [
      Sequential([convolution(stemChannels).named("conv"), BatchNorm2D().named("bn"), ReLU()]).named("stem")
    ]
    for (i, channels) in channels.enumerated() { layers.append(stage(channels).named("stage\(i + 1)")) }
    return Sequential(
      layers + [
        Dropout(dropout), Conv2D(classCount, kernelSize: 1).named("head"), GlobalAveragePool2D(), Flatten(),
      ])
  }

  private func stage(_ channels: Int) -> Sequential {
    Sequential(
      (1...max(depth, 1)).flatMap { i -> [any Layer] in
        let pooling: [any Layer] = i == 1 ? [MaxPool2D(2)] : []
        return [convolution(channels).named("conv\(i)")] + pooling + [BatchNorm2D().named("bn\(i)"), ReLU()]
      })
  }

  private func convolution(_ channels: Int) -> Conv2D {
    Conv2D(channels, kernelSize: 3, padding: 1, bias: false, initialization: .kaimingNormal(nonlinearity: .relu))
  }
}
