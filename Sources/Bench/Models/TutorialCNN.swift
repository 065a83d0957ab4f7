import Layers

/// N1, the convolutional network of PyTorch's "Training a classifier" tutorial: two convolutions with pooling, three
/// linear layers; 62,006 parameters on 3×32×32 images.
///
/// The linear layers' input follows from the image: 16×5×5 for 32×32, 16×4×4 for 28×28.
enum TutorialCNN {
  static let name = "N1"

  static let network = Sequential(
    Conv2D(6, kernelSize: 5), ReLU(), MaxPool2D(2),
    Conv2D(16, kernelSize: 5), ReLU(), MaxPool2D(2),
    Flatten(), Linear(120), ReLU(), Linear(84), ReLU(), Linear(10))
}
