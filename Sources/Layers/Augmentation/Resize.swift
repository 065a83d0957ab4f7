import Foundation
import Kernels

/// Resizes an image by bilinear interpolation.
public struct Resize: ImageTransform {
  /// The height and width of the result, in pixels.
  public var size: Size2D
  /// Whether, when shrinking, the triangle filter is widened so that every input pixel contributes; else each output
  /// pixel is interpolated between four input pixels.
  public var antialias: Bool

  /// A resize to `size`, one number for both axes or a ``Size2D``, in pixels.
  public init(_ size: any Size2DConvertible, antialias: Bool = true) {
    self.size = size.size2D
    self.antialias = antialias
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkSize("Resize", size, channels: shape[0])
  }

  public func scratchCount(for shape: Shape) -> Int { Shape([shape[0], shape[1], size.width]).count }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    image.resize(
      Box(top: 0, left: 0, height: image.height, width: image.width), to: size, kernel: .triangle(antialias: antialias))
  }
}

/// Crops a part of random area and aspect ratio from an image, and resizes it by bilinear interpolation.
///
/// As torchvision's: up to ten tries to find a part whose area, as a fraction of the image's, is uniform in `scale`,
/// and whose aspect ratio (width / height) is log-uniform in `ratio`; if none fits, the largest central part with a
/// ratio in range.
public struct RandomResizedCrop: ImageTransform {
  /// The height and width of the result, in pixels.
  public var size: Size2D
  /// The range of the part's area as a fraction of the image's.
  public var scale: ClosedRange<Double>
  /// The range of the part's aspect ratio, width / height.
  public var ratio: ClosedRange<Double>
  /// See ``Resize/antialias``.
  public var antialias: Bool

  /// A crop resized to `size`, one number for both axes or a ``Size2D``, in pixels.
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
    image.resize(box, to: size, kernel: .triangle(antialias: antialias))
  }

  /// The part that is cropped.
  func part(height: Int, width: Int, using random: inout SplitMix64) -> Box {
    let area = Double(height) * Double(width)
    for _ in 0..<10 {
      let (w, h) = random.sides(area: area, scale: scale, ratio: ratio)
      if 1...Double(width) ~= w, 1...Double(height) ~= h {
        return random.box(height: Int(h), width: Int(w), within: Size2D(height, width))
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

func checkSize(_ name: String, _ size: Size2D, channels: Int) throws(DataError) -> Shape {
  let shape: Shape = [channels, size.height, size.width]
  guard size.height > 0, size.width > 0, shape.count <= ShapeError.largestCount else {
    throw .invalidOption(name: "the size of \(name)", value: "\(size)", expected: "at least 1")
  }
  return shape
}

extension WorkingImage {
  /// Replaces the image by a resized part of it: filters along the rows first, then along the columns.
  ///
  /// The scratch memory must hold channels · box.height · size.width floats, and the result.
  mutating func resize(_ box: Box, to size: Size2D, kernel: ResampleKernel) {
    if box == Box(top: 0, left: 0, height: height, width: width), (size.height, size.width) == (height, width) {
      return
    }
    let columns = ResampleFilter(from: box.width, to: size.width, kernel)
    let rows = ResampleFilter(from: box.height, to: size.height, kernel)
    columns.withAxis { axis in
      kernels.resampleColumns(
        pixels + box.top * width + box.left, planeStride: plane, rowStride: width, to: scratch, planes: channels,
        rows: box.height, axis)
    }
    replace(height: box.height, width: size.width)
    rows.withAxis { axis in
      kernels.resampleRows(
        pixels, planeStride: plane, to: scratch, planes: channels, width: size.width, axis)
    }
    replace(height: size.height, width: size.width)
  }
}

/// The weighting of input pixels around an output pixel.
enum ResampleKernel {
  /// Equal weights for input pixels whose centres are within the output pixel, or the nearest input pixel where it
  /// covers none.
  case box
  /// A triangle with a half-width of one input pixel, or with `antialias`, of one output pixel if that is larger.
  case triangle(antialias: Bool)
}

/// The input pixels of each output pixel along one axis, and their weights, which add up to 1.
///
/// Output pixel i has its centre at (i + ½)·from/to, and input pixel j at j + ½, as in PyTorch's `interpolate` with
/// mode `bilinear`, `align_corners=False` and the same `antialias`, and in PIL's `resize`.
private struct ResampleFilter {
  private let count: Int
  private let size: Int
  private let step: Double
  /// The half-width of the weights, in input pixels.
  private let reach: Double
  private let perReach: Double
  private let isBox: Bool

  init(from count: Int, to size: Int, _ kernel: ResampleKernel) {
    self.count = count
    self.size = size
    step = Double(count) / Double(size)
    switch kernel {
    case .box: (isBox, reach) = (true, max(step, 1) / 2)
    case .triangle(let antialias): (isBox, reach) = (false, antialias ? max(step, 1) : 1)
    }
    perReach = 1 / reach
  }

  /// Calls `body` with the first input pixel and the weights of every output pixel.
  func withAxis(_ body: (ResampledAxis) -> Void) {
    let taps = min(count, 2 * Int(reach.rounded(.up)) + 1)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: size) { starts in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: size * taps) { weights in
        var most = 1
        for i in 0..<size { most = max(most, write(i, taps, starts, weights)) }
        guard let starts = starts.baseAddress, let weights = weights.baseAddress else { return }
        body(ResampledAxis(starts: starts, weights: weights, taps: most, outputs: size))
      }
    }
  }

  /// Writes the first input pixel and the weights of output pixel `i`. Where fewer than `taps` input pixels remain, the
  /// first one is moved back, with zero weights.
  ///
  /// - Returns: the number of taps from the first to the last nonzero weight.
  private func write(
    _ i: Int, _ taps: Int, _ starts: UnsafeMutableBufferPointer<Int32>,
    _ weights: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    let center = (Double(i) + 0.5) * step
    let first = min(max(Int(center - reach + 0.5), 0), count - 1)
    let end = max(min(Int(center + reach + 0.5), count), first + 1)
    let start = min(first, count - taps)
    for tap in 0..<taps { weights[tap * size + i] = 0 }
    var sum = 0.0
    for j in first..<end {
      let weight = weight(j, center)
      sum += weight
      weights[(j - start) * size + i] = Float(weight)
    }
    let scale = Float(sum == 0 ? 0 : 1 / sum)
    for j in first..<end { weights[(j - start) * size + i] *= scale }
    starts[i] = Int32(start)
    return end - start
  }

  private func weight(_ j: Int, _ center: Double) -> Double {
    let distance = (Double(j) + 0.5 - center) * perReach
    if isBox { return distance > -1 && distance <= 1 ? 1 : 0 }
    return max(1 - abs(distance), 0)
  }
}
