/// The convolutional network of PyTorch's tutorial "Training a classifier": two 5×5 convolutions with pooling and three
/// linear layers; 62,006 parameters for 3×32×32 images and 10 classes.
///
/// The first linear layer's input depends on the image size: 16×5×5 values for 32×32, 16×4×4 for 28×28. Parameters are
/// named as in the tutorial, `conv1.weight` to `fc3.bias`, so that its weights can be loaded.
public struct TutorialCNN: CompositeLayer {
  /// The number of classes.
  public var classCount: Int
  /// The number of output channels of each convolution.
  public var channels: [Int]
  /// The number of outputs of each linear layer before the last.
  public var features: [Int]
  /// Whether each layer but the last is followed by a ``ReLU``; without them, only the pooling is nonlinear.
  public var hasActivations: Bool

  /// The network, by default as in the tutorial.
  public init(
    classCount: Int = 10, channels: [Int] = [6, 16], features: [Int] = [120, 84], hasActivations: Bool = true
  ) {
    self.classCount = classCount
    self.channels = channels
    self.features = features
    self.hasActivations = hasActivations
  }

  /// A wider variant: 126,458 parameters for 3×32×32 images and 10 classes.
  public static func wide(classCount: Int = 10) -> TutorialCNN {
    TutorialCNN(classCount: classCount, channels: [8, 24], features: [168, 112])
  }

  public var body: any Layer {
    let activation: [any Layer] = hasActivations ? [ReLU()] : []
    var layers: [any Layer] = []
    for (i, channels) in channels.enumerated() {
      layers += [Conv2D(channels, kernelSize: 5).named("conv\(i + 1)")] + activation + [MaxPool2D(2)]
    }
    layers.append(Flatten())
    for (i, features) in features.enumerated() {
      layers += [Linear(features).named("fc\(i + 1)")] + activation
    }
    return Sequential(layers + [Linear(classCount).named("fc\(features.count + 1)")])
  }
}
