import Foundation

/// Fills squares of an image with a colour.
///
/// As in DeVries and Taylor ("Improved regularization of convolutional neural networks with cutout", 2017), a square is
/// centred at a random pixel, so that parts of it may be outside the image. They fill with 0 after normalisation; since
/// transforms run before it, give the mean colour as the fill.
public struct Cutout: ImageTransform {
  /// The side of a square, in pixels.
  public var size: Int
  /// The number of squares.
  public var count: Int
  /// The colour of erased pixels.
  public var fill: PixelFill

  /// Squares of the given side.
  public init(_ size: Int, count: Int = 1, fill: PixelFill = 0) {
    self.size = size
    self.count = count
    self.fill = fill
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    guard size >= 0, size < 1 << 30, count >= 0 else {
      throw .invalidOption(name: "Cutout", value: "\(count) of size \(size)", expected: "at least 0")
    }
    try fill.check("Cutout", channels: shape[0])
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    for _ in 0..<count {
      let top = random.next(below: image.height) - size / 2
      let left = random.next(below: image.width) - size / 2
      let rows = max(top, 0)..<max(min(top + size, image.height), 0)
      let columns = max(left, 0)..<max(min(left + size, image.width), 0)
      image.erase(Box(top: rows.lowerBound, left: columns.lowerBound, height: rows.count, width: columns.count), fill)
    }
  }
}

/// With a given probability, fills a rectangle of random area and aspect ratio with a colour.
///
/// As torchvision's `RandomErasing` (Zhong et al., "Random erasing data augmentation", 2017): up to ten tries to find a
/// rectangle that fits, with an area uniform in `scale` and an aspect ratio (height / width) log-uniform in `ratio`; if
/// none fits, the image is unchanged.
public struct RandomErasing: ImageTransform {
  /// The probability that a rectangle is erased.
  public var probability: Double
  /// The range of the rectangle's area as a fraction of the image's.
  public var scale: ClosedRange<Double>
  /// The range of the rectangle's aspect ratio, height / width.
  public var ratio: ClosedRange<Double>
  /// The colour of erased pixels.
  public var fill: PixelFill

  /// An erasing, by default with torchvision's options.
  public init(
    _ probability: Double = 0.5, scale: ClosedRange<Double> = 0.02...0.33, ratio: ClosedRange<Double> = 0.3...3.3,
    fill: PixelFill = 0
  ) {
    self.probability = probability
    self.scale = scale
    self.ratio = ratio
    self.fill = fill
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkProbability("RandomErasing", probability)
    guard scale.lowerBound >= 0, scale.upperBound <= 1 else {
      throw .invalidOption(name: "the scale of RandomErasing", value: "\(scale)", expected: "0 to 1")
    }
    guard ratio.lowerBound > 0, ratio.upperBound.isFinite else {
      throw .invalidOption(name: "the ratio of RandomErasing", value: "\(ratio)", expected: "above 0")
    }
    try fill.check("RandomErasing", channels: shape[0])
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    guard random.chance(probability) else { return }
    for _ in 0..<10 {
      let (height, width) = random.sides(area: Double(image.plane), scale: scale, ratio: ratio)
      if height < Double(image.height), width < Double(image.width) {
        let box = random.box(height: Int(height), width: Int(width), within: Size2D(image.height, image.width))
        image.erase(box, fill)
        return
      }
    }
  }
}

extension WorkingImage {
  fileprivate mutating func erase(_ box: Box, _ fill: PixelFill) {
    for channel in 0..<channels {
      for y in box.top..<(box.top + box.height) {
        (pixels + (channel * height + y) * width + box.left).update(repeating: fill.value(channel), count: box.width)
      }
    }
  }
}
