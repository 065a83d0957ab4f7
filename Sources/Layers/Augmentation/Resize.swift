import Foundation

/// Brings an image to a size, by bilinear interpolation.
public struct Resize: ImageTransform {
  public var size: Size2D
  /// Whether a pixel of a smaller image is the mean of all those that it covers, weighted by a triangle, instead of
  /// something between four of them.
  public var antialias: Bool

  public init(_ size: any Size2DConvertible, antialias: Bool = true) {
    self.size = size.size2D
    self.antialias = antialias
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkSize("Resize", size, channels: shape[0])
  }

  public func scratchCount(for shape: Shape) -> Int { Shape([shape[0], shape[1], size.width]).count }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    image.resize(Box(top: 0, left: 0, height: image.height, width: image.width), to: size, antialias: antialias)
  }
}

/// Cuts a part of random area and aspect ratio out of an image and brings it to a size, by bilinear interpolation.
///
/// As torchvision's: ten tries to find a part whose area is a share of the image's, uniform in `scale`, and whose aspect
/// ratio (width by height) is log-uniform in `ratio`; if none fits, the largest central part with an allowed ratio.
public struct RandomResizedCrop: ImageTransform {
  public var size: Size2D
  public var scale: ClosedRange<Double>
  public var ratio: ClosedRange<Double>
  /// See ``Resize/antialias``.
  public var antialias: Bool

  public init(
    _ size: any Size2DConvertible, scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 3 / 4...4 / 3,
    antialias: Bool = true
  ) {
    self.size = size.size2D
    self.scale = scale
    self.ratio = ratio
    self.antialias = antialias
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    guard scale.lowerBound > 0, scale.upperBound <= 1 else {
      throw .invalidOption(name: "the scale of RandomResizedCrop", value: "\(scale)", expected: "above 0, at most 1")
    }
    guard ratio.lowerBound > 0, ratio.upperBound.isFinite else {
      throw .invalidOption(name: "the ratio of RandomResizedCrop", value: "\(ratio)", expected: "above 0")
    }
    return try checkSize("RandomResizedCrop", size, channels: shape[0])
  }

  public func scratchCount(for shape: Shape) -> Int { Shape([shape[0], shape[1], size.width]).count }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    let box = part(height: image.height, width: image.width, using: &random)
    image.resize(box, to: size, antialias: antialias)
  }

  /// The part that is cut out.
  func part(height: Int, width: Int, using random: inout SplitMix64) -> Box {
    let area = Double(height) * Double(width)
    for _ in 0..<10 {
      let target = area * random.uniform(scale)
      let aspect = exp(random.uniform(log(ratio.lowerBound)...log(ratio.upperBound)))
      let w = (target * aspect).squareRoot().rounded(.toNearestOrEven)
      let h = (target / aspect).squareRoot().rounded(.toNearestOrEven)
      if 1...Double(width) ~= w, 1...Double(height) ~= h {
        let (w, h) = (Int(w), Int(h))
        return Box(
          top: random.next(below: height - h + 1), left: random.next(below: width - w + 1), height: h, width: w)
      }
    }
    var (w, h) = (width, height)
    let whole = Double(width) / Double(height)
    if whole < ratio.lowerBound {
      h = min(max(Int((Double(w) / ratio.lowerBound).rounded(.toNearestOrEven)), 1), height)
    } else if whole > ratio.upperBound {
      w = min(max(Int((Double(h) * ratio.upperBound).rounded(.toNearestOrEven)), 1), width)
    }
    return Box(top: (height - h) / 2, left: (width - w) / 2, height: h, width: w)
  }
}

/// A part of an image.
struct Box: Equatable {
  var top, left, height, width: Int
}

func checkSize(_ name: String, _ size: Size2D, channels: Int) throws(DataError) -> Shape {
  let shape: Shape = [channels, size.height, size.width]
  guard size.height > 0, size.width > 0, shape.count <= ShapeError.largestCount else {
    throw .invalidOption(name: "the size of \(name)", value: "\(size)", expected: "at least 1")
  }
  return shape
}

extension WorkingImage {
  /// Makes a part of the image, brought to a size, the image. First the columns, then the rows.
  ///
  /// A result's pixel is the mean of the part's pixels weighted by a triangle around its centre, which reaches one pixel
  /// to both sides, or with `antialias` as many as one of the result's is wide. The scratch memory holds
  /// channels · box.height · size.width floats, and as many as the result.
  mutating func resize(_ box: Box, to size: Size2D, antialias: Bool) {
    if box == Box(top: 0, left: 0, height: height, width: width), (size.height, size.width) == (height, width) {
      return
    }
    let columns = TriangleFilter(from: box.width, to: size.width, antialias: antialias)
    let rows = TriangleFilter(from: box.height, to: size.height, antialias: antialias)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(columns.capacity, rows.capacity)) { weights in
      for x in 0..<size.width {
        let taps = columns.taps(x, weights)
        for row in 0..<(channels * box.height) {
          let (channel, y) = (row / box.height, row % box.height)
          let values = pixels + (channel * height + box.top + y) * width + box.left + taps.lowerBound
          var sum: Float = 0
          for i in 0..<taps.count { sum += weights[i] * values[i] }
          scratch[row * size.width + x] = sum
        }
      }
      replace(height: box.height, width: size.width)
      for y in 0..<size.height {
        let taps = rows.taps(y, weights)
        for channel in 0..<channels {
          let result = scratch + (channel * size.height + y) * size.width
          let values = pixels + (channel * box.height + taps.lowerBound) * size.width
          for x in 0..<size.width { result[x] = weights[0] * values[x] }
          for i in 1..<taps.count {
            for x in 0..<size.width { result[x] += weights[i] * values[i * size.width + x] }
          }
        }
      }
      replace(height: size.height, width: size.width)
    }
  }
}

/// Which pixels of an axis make a pixel of the resized axis, and their weights, which add up to 1.
///
/// Pixel i of the result has its centre at (i + ½)·from/to, where a source pixel j has it at j + ½. It is what PyTorch's
/// `interpolate` with mode `bilinear`, `align_corners=False` and the same `antialias` does.
private struct TriangleFilter {
  private let count: Int
  private let step: Double
  /// How far the triangle reaches.
  private let reach: Double

  init(from count: Int, to size: Int, antialias: Bool) {
    self.count = count
    step = Double(count) / Double(size)
    reach = antialias ? max(step, 1) : 1
  }

  /// The most pixels that make one.
  var capacity: Int { min(count, 2 * Int(reach.rounded(.up)) + 1) }

  /// The source pixels of pixel `i`, whose weights it writes.
  func taps(_ i: Int, _ weights: UnsafeMutableBufferPointer<Float>) -> Range<Int> {
    let center = (Double(i) + 0.5) * step
    let first = max(Int(center - reach + 0.5), 0)
    let end = max(min(Int(center + reach + 0.5), count), first + 1)
    var sum = 0.0
    for j in first..<end { sum += weight(j, center) }
    for j in first..<end { weights[j - first] = Float(weight(j, center) / sum) }
    return first..<end
  }

  private func weight(_ j: Int, _ center: Double) -> Double {
    max(1 - abs(Double(j) + 0.5 - center) / reach, 0)
  }
}
