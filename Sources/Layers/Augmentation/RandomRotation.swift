import Foundation

/// Turns an image about its centre by a random angle; its size stays.
///
/// As torchvision's `rotate`: counter-clockwise; pixels outside the image count as 0, and with `.bilinear` the result is
/// then mixed with the fill by the share of it that lies inside the image.
public struct RandomRotation: ImageTransform {
  public enum Interpolation: Hashable, Sendable {
    case nearest
    case bilinear
  }

  /// The angles, of which one is chosen uniformly.
  public var degrees: ClosedRange<Double>
  public var interpolation: Interpolation
  public var fill: PixelFill

  public init(degrees: ClosedRange<Double>, interpolation: Interpolation = .nearest, fill: PixelFill = 0) {
    self.degrees = degrees
    self.interpolation = interpolation
    self.fill = fill
  }

  /// Angles from −degrees to degrees.
  public init(degrees: Double, interpolation: Interpolation = .nearest, fill: PixelFill = 0) {
    self.init(degrees: -abs(degrees)...abs(degrees), interpolation: interpolation, fill: fill)
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    guard degrees.lowerBound.isFinite, degrees.upperBound.isFinite else {
      throw .invalidOption(name: "the degrees of RandomRotation", value: "\(degrees)", expected: "finite numbers")
    }
    try fill.check("RandomRotation", channels: shape[0])
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    let angle = random.uniform(degrees)
    if angle == 0 { return }
    let (sine, cosine) = sineAndCosine(ofDegrees: angle)
    let (centerX, centerY) = (Double(image.width) / 2, Double(image.height) / 2)
    for y in 0..<image.height {
      let v = Double(y) + 0.5 - centerY
      for x in 0..<image.width {
        // The point of the image that comes to lie on this pixel, in units of pixels whose centres are whole numbers.
        let u = Double(x) + 0.5 - centerX
        let sourceX = cosine * u - sine * v + centerX - 0.5
        let sourceY = sine * u + cosine * v + centerY - 0.5
        switch interpolation {
        case .nearest: nearest(image, sourceX, sourceY, to: y * image.width + x)
        case .bilinear: bilinear(image, sourceX, sourceY, to: y * image.width + x)
        }
      }
    }
    image.replace(height: image.height, width: image.width)
  }

  @inline(__always)
  private func nearest(_ image: WorkingImage, _ x: Double, _ y: Double, to target: Int) {
    let (column, row) = (Int(x.rounded(.toNearestOrEven)), Int(y.rounded(.toNearestOrEven)))
    let isInside = 0..<image.width ~= column && 0..<image.height ~= row
    for channel in 0..<image.channels {
      let plane = channel * image.plane
      image.scratch[plane + target] =
        isInside ? image.pixels[plane + row * image.width + column] : fill.value(channel)
    }
  }

  @inline(__always)
  private func bilinear(_ image: WorkingImage, _ x: Double, _ y: Double, to target: Int) {
    let (column, row) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (dx, dy) = (Float(x - Double(column)), Float(y - Double(row)))
    let left = 0..<image.width ~= column
    let right = 0..<image.width ~= column + 1
    let upper = 0..<image.height ~= row
    let lower = 0..<image.height ~= row + 1
    let a: Float = upper && left ? (1 - dx) * (1 - dy) : 0
    let b: Float = upper && right ? dx * (1 - dy) : 0
    let c: Float = lower && left ? (1 - dx) * dy : 0
    let d: Float = lower && right ? dx * dy : 0
    let inside = (a + b) + (c + d)
    let source = row * image.width + column
    for channel in 0..<image.channels {
      let plane = image.pixels + channel * image.plane
      var value: Float = 0
      if a != 0 { value += a * plane[source] }
      if b != 0 { value += b * plane[source + 1] }
      if c != 0 { value += c * plane[source + image.width] }
      if d != 0 { value += d * plane[source + image.width + 1] }
      let outside = fill.value(channel)
      image.scratch[channel * image.plane + target] =
        upper && left && right && lower ? value : inside * (value - outside) + outside
    }
  }
}

/// Exact for multiples of 90°.
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
