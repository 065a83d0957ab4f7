/// The network of Jordan's cifar10-airbench ("94 % on CIFAR-10 in 3.29 seconds on a single GPU", 2024): a 2×2
/// convolution that whitens patches, three groups of two 3×3 convolutions, a linear layer without bias.
///
/// Parameters are named as there, with `groups` in place of layer numbers: `whiten.weight`, `whiten.bias`,
/// `group1.conv1.weight`, `group1.norm1.weight`, … `head.weight`. ``Whitening`` makes `whiten.weight` of the training
/// images; it and the normalisations' `weight` are not trained there: freeze them by ``frozenNames``.
///
/// 1,972,792 parameters and 118 million multiply-adds for 3×32×32 images and 10 classes.
public struct AirbenchCNN: CompositeLayer {
  /// The number of classes.
  public var classCount: Int
  /// The number of channels of each group.
  public var channels: [Int]
  /// The number of outputs of the whitening convolution: twice the numbers of a patch.
  public var whiteningChannels: Int

  /// The network, by default the one of 94 %.
  public init(classCount: Int = 10, channels: [Int] = [64, 256, 256], whiteningChannels: Int = 24) {
    self.classCount = classCount
    self.channels = channels
    self.whiteningChannels = whiteningChannels
  }

  /// The parameters that are not trained: the whitening's weights and the scales of the normalisations.
  public var frozenNames: [String] {
    ["whiten.weight"] + channels.indices.flatMap { ["group\($0 + 1).norm1.weight", "group\($0 + 1).norm2.weight"] }
  }

  public var body: any Layer {
    // The scores' sum over the features becomes their mean. The head begins with weights of standard deviation 1.
    let features = channels.last ?? whiteningChannels
    return Sequential(
      [Conv2D(whiteningChannels, kernelSize: 2).named("whiten"), GELU()]
        + channels.enumerated().map { i, channels in group(channels).named("group\(i + 1)") } + [
          MaxPool2D(3), Flatten(),
          Linear(classCount, bias: false, initialization: .uniform(bound: Float(3).squareRoot())).named("head"),
          Scale(1 / Float(features)),
        ])
  }

  private func group(_ channels: Int) -> Sequential {
    Sequential(
      convolution(channels).named("conv1"), MaxPool2D(2), normalization.named("norm1"), GELU(),
      convolution(channels).named("conv2"), normalization.named("norm2"), GELU())
  }

  private var normalization: BatchNorm2D { BatchNorm2D(epsilon: 1e-12, momentum: 0.4) }

  /// A convolution whose first filters pass their input on.
  private func convolution(_ channels: Int) -> Conv2D {
    Conv2D(
      channels, kernelSize: 3, padding: 1, bias: false,
      initialization: .dirac(others: .kaimingUniform(nonlinearity: .leakyReLU(slope: Float(5).squareRoot()))))
  }
}
