import Kernels

/// Adds independent noise to every value of an image, normally distributed with mean 0.
///
/// One number is drawn from the generator; it is the key of the image's noise, which Box and Muller's method makes of
/// hashes, the same bits at every level of the processor. No value is farther than 5.8 deviations from 0.
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
    image.kernels.addNoise(image.pixels, count: image.count, standardDeviation: std, clamps: clamps, key: random.next())
  }
}

/// A colour from 0 to 1; NaN stays.
@inline(__always)
func clamped(_ value: Float) -> Float {
  value < 0 ? 0 : value > 1 ? 1 : value
}
