/// Linear layers that narrow to a code, and others that make the image of it again, with a ``ReLU`` behind each, the last
/// one too. Images come in and go out.
///
/// Parameters are named `encoder.0.weight`, `encoder.2.weight`, … and `decoder.0.weight`, ….
public struct Autoencoder: CompositeLayer {
  public var imageShape: Shape
  /// The outputs of the encoder's layers; the last is the code. The decoder goes back the same way.
  public var widths: [Int]

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

/// The encoder of an ``Autoencoder`` and a linear layer behind its code. The encoder's parameters have the names that they
/// have in the autoencoder, `encoder.0.weight` and so on; the others are `head.weight` and `head.bias`.
public struct EncoderClassifier: CompositeLayer {
  /// The outputs of the encoder's layers.
  public var widths: [Int]
  public var classCount: Int

  public init(widths: [Int] = [512, 256, 64], classCount: Int = 5) {
    self.widths = widths
    self.classCount = classCount
  }

  public var body: any Layer {
    Sequential(Flatten(), Autoencoder.layers(widths).named("encoder"), Linear(classCount).named("head"))
  }
}
