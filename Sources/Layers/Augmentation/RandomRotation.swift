import Foundation
import Kernels

/// Rotates an image about its centre by a random angle; its size is unchanged.
///
/// As torchvision's `rotate`: counter-clockwise; with `.bilinear`, pixels outside the image are interpolated as 0, and
/// the result is blended with the fill in proportion to the weight of pixels inside. Positions are fixed-point numbers
/// with k fractional bits; k is at least 23 for images of up to 63 × 63, and one less for each doubling of their sides.
public struct RandomRotation: ImageTransform {
  /// How pixels between input pixels are computed.
  public enum Interpolation: Hashable, Sendable {
    case nearest
    case bilinear
  }

  /// The range of the angle in degrees, which is uniformly distributed.
  public var degrees: ClosedRange<Double>
  /// How pixels between input pixels are computed.
  public var interpolation: Interpolation
  /// The colour of pixels outside the image.
  public var fill: PixelFill

  /// A rotation by an angle of a range.
  public init(degrees: ClosedRange<Double>, interpolation: Interpolation = .nearest, fill: PixelFill = 0) {
    self.degrees = degrees
    self.interpolation = interpolation
    self.fill = fill
  }

  /// A rotation by an angle from −degrees to degrees.
  public init(degrees: Double, interpolation: Interpolation = .nearest, fill: PixelFill = 0) {
    self.init(degrees: -abs(degrees)...abs(degrees), interpolation: interpolation, fill: fill)
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    guard degrees.lowerBound.isFinite, degrees.upperBound.isFinite else {
      throw .invalidOption(name: "the degrees of RandomRotation", value: "\(degrees)", expected: "finite numbers")
    }
    try fill.check("RandomRotation", channels: shape[0])
    guard shape[1] + shape[2] <= ImageRotation.largestSides, (shape[1] + 2) * (shape[2] + 2) <= Int(Int32.max) else {
      throw .invalidOption(
        name: "the image for RandomRotation", value: "\(shape)",
        expected: "sides of at most \(ImageRotation.largestSides) together, and 2³¹ pixels")
    }
    return shape
  }

  public func scratchCount(for shape: Shape) -> Int {
    shape.count + rotation(of: shape[0], shape[1], shape[2]).scratchCount
  }

  private func rotation(of channels: Int, _ height: Int, _ width: Int) -> ImageRotation {
    ImageRotation(channels: channels, height: height, width: width, isBilinear: interpolation == .bilinear)
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    let angle = random.uniform(degrees)
    if angle == 0 { return }
    let (sine, cosine) = sineAndCosine(ofDegrees: angle)
    let channels = image.channels
    withUnsafeTemporaryAllocation(of: Float.self, capacity: channels) { colors in
      for channel in 0..<channels { colors[channel] = fill.value(channel) }
      guard let colors = colors.baseAddress else { return }
      rotation(of: channels, image.height, image.width).run(
        image.pixels, to: image.scratch, cosine: cosine, sine: sine, fill: colors, scratch: image.scratch + image.count,
        kernels: image.kernels)
    }
    image.replace(height: image.height, width: image.width)
  }
}

/// The sine and cosine of an angle; exact for multiples of 90°.
private func sineAndCosine(ofDegrees angle: Double) -> (Double, Double) {
  let turn = angle.remainder(dividingBy: 360)
  switch turn {
  case 0: return (0, 1)
  case 90: return (1, 0)
  case -90: return (-1, 0)
  case 180, -180: return (0, -1)
  default: return (sin(turn * .pi / 180), cos(turn * .pi / 180))
  }
}
