import Foundation

/// Fills squares of an image with a colour.
///
/// As DeVries and Taylor's ("Improved regularization of convolutional neural networks with cutout", 2017): a square's
/// centre is any pixel, so that a part of the square may lie outside the image. They fill with the mean colour, which is
/// 0 after normalisation: give it as the fill, here before it.
public struct Cutout: ImageTransform {
  /// The side of a square.
  public var size: Int
  /// The number of squares.
  public var count: Int
  public var fill: PixelFill

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

/// Fills, with some probability, a rectangle of random area and shape with a colour.
///
/// As torchvision's `RandomErasing` (Zhong et al., "Random erasing data augmentation", 2017): ten tries to find one that
/// fits, of an area uniform in `scale` and an aspect ratio (height by width) log-uniform in `ratio`; else the image stays.
public struct RandomErasing: ImageTransform {
  public var probability: Double
  /// The share of the image's area.
  public var scale: ClosedRange<Double>
  public var ratio: ClosedRange<Double>
  public var fill: PixelFill

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
      let area = Double(image.plane) * random.uniform(scale)
      let aspect = exp(random.uniform(log(ratio.lowerBound)...log(ratio.upperBound)))
      let height = (area * aspect).squareRoot().rounded(.toNearestOrEven)
      let width = (area / aspect).squareRoot().rounded(.toNearestOrEven)
      if height < Double(image.height), width < Double(image.width) {
        let (height, width) = (Int(height), Int(width))
        image.erase(
          Box(
            top: random.next(below: image.height - height + 1), left: random.next(below: image.width - width + 1),
            height: height, width: width),
          fill)
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
