/// Adds independent noise to every value of an image, normally distributed with mean 0.
public struct GaussianNoise: ImageTransform {
  /// The standard deviation, for colours from 0 to 1.
  public var std: Float
  /// Whether colours are brought back to 0 … 1.
  public var clamps: Bool

  public init(std: Float, clamps: Bool = true) {
    self.std = std
    self.clamps = clamps
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    guard std >= 0, std.isFinite else {
      throw .invalidOption(name: "the std of GaussianNoise", value: "\(std)", expected: "at least 0")
    }
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    var generator = random
    for i in 0..<image.count { image.pixels[i] += std * generator.normal() }
    random = generator
    if clamps {
      for i in 0..<image.count { image.pixels[i] = clamped(image.pixels[i]) }
    }
  }
}

/// A colour from 0 to 1; NaN stays.
@inline(__always)
func clamped(_ value: Float) -> Float {
  value < 0 ? 0 : value > 1 ? 1 : value
}
