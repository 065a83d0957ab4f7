import Layers

/// ResNet-18 (He and others, 2015) for images of 32×32: a 3×3 convolution at the beginning in place of 7×7 with pooling.
///
/// The parameters are named as in torchvision's model: `layer1.0.conv1.weight`, `layer2.0.downsample.1.bias`, `fc.weight`.
enum ResNet18 {
  static let name = "ResNet-18"

  static let network = Sequential(
    convolution(64).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
    stage(64, stride: 1).named("layer1"), stage(128).named("layer2"), stage(256).named("layer3"),
    stage(512).named("layer4"), GlobalAveragePool2D(), Flatten(), Linear(10).named("fc"))

  private static func convolution(_ channels: Int, stride: Int = 1) -> Conv2D {
    Conv2D(channels, kernelSize: 3, stride: stride, padding: 1, bias: false)
  }

  /// Two blocks; the first halves the image and has more channels than what comes in, but for the first stage.
  private static func stage(_ channels: Int, stride: Int = 2) -> Sequential {
    let shortcut = Sequential(
      Conv2D(channels, kernelSize: 1, stride: stride, bias: false), BatchNorm2D())
    return Sequential(
      block(channels, stride: stride, shortcut: stride == 1 ? nil : shortcut.named("downsample")), block(channels))
  }

  private static func block(_ channels: Int, stride: Int = 1, shortcut: (any Layer)? = nil) -> Sequential {
    let body = Sequential(
      convolution(channels, stride: stride).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
      convolution(channels).named("conv2"), BatchNorm2D().named("bn2"))
    return Sequential(Residual(body.named(""), shortcut: shortcut).named(""), ReLU())
  }
}
