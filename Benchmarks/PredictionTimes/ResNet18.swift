import Layers

/// ResNet-18 for 224×224 (He and others, 2015), with torchvision's names of parameters.
var resNet18: Sequential {
  Sequential(
    convolution(64, kernelSize: 7, stride: 2).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
    MaxPool2D(3, stride: 2, padding: 1), stage(64, stride: 1).named("layer1"), stage(128, stride: 2).named("layer2"),
    stage(256, stride: 2).named("layer3"), stage(512, stride: 2).named("layer4"), GlobalAveragePool2D(), Flatten(),
    Linear(1000).named("fc"))
}

private func convolution(_ channels: Int, kernelSize: Int, stride: Int) -> Conv2D {
  Conv2D(channels, kernelSize: kernelSize, stride: stride, padding: kernelSize / 2, bias: false)
}

private func stage(_ channels: Int, stride: Int) -> Sequential {
  Sequential(block(channels, stride: stride), block(channels, stride: 1))
}

/// The first block of all stages but the first has a convolution on its way around.
private func block(_ channels: Int, stride: Int) -> Sequential {
  let body = Sequential(
    convolution(channels, kernelSize: 3, stride: stride).named("conv1"), BatchNorm2D().named("bn1"), ReLU(),
    convolution(channels, kernelSize: 3, stride: 1).named("conv2"), BatchNorm2D().named("bn2"))
  let shortcut = Sequential(convolution(channels, kernelSize: 1, stride: stride), BatchNorm2D()).named("downsample")
  return Sequential(Residual(body.named(""), shortcut: stride == 1 ? nil : shortcut).named(""), ReLU())
}
