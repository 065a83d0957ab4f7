import Kernels

/// Adds independent noise to every value of an image, normally distributed with mean 0.
///
/// One number is drawn from the generator as the key of the image's noise, which is computed from hashes by the
/// Box-Muller method, with the same bits at every instruction-set level. No value is more than 5.8 standard deviations
/// from 0.
public struct GaussianNoise: ImageTransform {
  /// The standard deviation, for colours from 0 to 1.
  public var standardDeviation: Float
  /// Whether colours are clamped to 0 … 1.
  public var clamps: Bool

  /// Noise with the given standard deviation.
  public init(standardDeviation: Float, clamps: Bool = true) {
    self.standardDeviation = standardDeviation
    self.clamps = clamps
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    guard standardDeviation >= 0, standardDeviation.isFinite else {
      throw .invalidOption(
        name: "the standard deviation of GaussianNoise", value: "\(standardDeviation)", expected: "at least 0")
    }
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    image.kernels.addNoise(
      image.pixels, count: image.count, standardDeviation: standardDeviation, clamps: clamps, key: random.next())
  }
}

/// The value clamped to 0 … 1; NaN is unchanged.
@inline(__always)
func clamped(_ value: Float) -> Float {
  value < 0 ? 0 : value > 1 ? 1 : value
}
