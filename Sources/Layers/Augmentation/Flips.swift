/// Mirrors an image left to right, with a given probability.
public struct RandomHorizontalFlip: ImageTransform {
  /// The probability that an image is mirrored.
  public var probability: Double

  /// A flip with the given probability.
  public init(_ probability: Double = 0.5) { self.probability = probability }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkProbability("RandomHorizontalFlip", probability)
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    guard random.chance(probability) else { return }
    image.mirror(columns: true, rows: false)
  }
}

/// Mirrors an image top to bottom, with a given probability.
public struct RandomVerticalFlip: ImageTransform {
  /// The probability that an image is mirrored.
  public var probability: Double

  /// A flip with the given probability.
  public init(_ probability: Double = 0.5) { self.probability = probability }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkProbability("RandomVerticalFlip", probability)
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    guard random.chance(probability) else { return }
    image.mirror(columns: false, rows: true)
  }
}

extension WorkingImage {
  /// Mirrors the image in either direction.
  mutating func mirror(columns: Bool, rows: Bool) {
    kernels.mirror(
      pixels, to: scratch, planes: channels, height: height, width: width, columns: columns, rows: rows)
    replace(height: height, width: width)
  }
}

func checkProbability(_ name: String, _ probability: Double) throws(DataError) {
  guard 0...1 ~= probability else {
    throw .invalidOption(name: "the probability of \(name)", value: "\(probability)", expected: "0 to 1")
  }
}
