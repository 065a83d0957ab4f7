/// A fully connected autoencoder: linear layers that narrow to a code, and linear layers that reconstruct the image,
/// each followed by a ``ReLU``, also the last. Input and output are images.
///
/// Parameters are named `encoder.0.weight`, `encoder.2.weight`, … and `decoder.0.weight`, ….
public struct Autoencoder: CompositeLayer {
  /// The shape of an image.
  public var imageShape: Shape
  /// The numbers of outputs of the encoder's layers; the last is the code's size. The decoder mirrors them.
  public var widths: [Int]

  /// An autoencoder, by default for 28×28 grey images.
  public init(imageShape: Shape = [1, 28, 28], widths: [Int] = [512, 256, 64]) {
    self.imageShape = imageShape
    self.widths = widths
  }

  public var body: any Layer {
    let back = widths.dropLast().reversed() + [imageShape.count]
    return Sequential(
      Flatten(), Autoencoder.layers(widths).named("encoder"), Autoencoder.layers(Array(back)).named("decoder"),
      Unflatten(imageShape))
  }

  fileprivate static func layers(_ widths: [Int]) -> Sequential {
    Sequential(widths.flatMap { width -> [any Layer] in [Linear(width), ReLU()] })
  }
}

/// The encoder of an ``Autoencoder``, followed by a linear classifier. The encoder's parameters have the same names as
/// in the autoencoder, `encoder.0.weight` and so on; the others are `head.weight` and `head.bias`.
public struct EncoderClassifier: CompositeLayer {
  /// The numbers of outputs of the encoder's layers.
  public var widths: [Int]
  /// The number of classes.
  public var classCount: Int

  /// A classifier on the code.
  public init(widths: [Int] = [512, 256, 64], classCount: Int = 5) {
    self.widths = widths
    self.classCount = classCount
  }

  public var body: any Layer {
    Sequential(Flatten(), Autoencoder.layers(widths).named("encoder"), Linear(classCount).named("head"))
  }
}
