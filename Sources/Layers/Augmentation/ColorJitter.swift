import Kernels

/// Changes brightness, contrast, saturation and hue by random amounts, in random order.
///
/// The formulas are torchvision's for colours from 0 to 1. The factors b, c and s are uniform in their ranges:
///
///     brightness   b·x
///     contrast     c·x + (1 − c)·m, m the mean of the image in grey
///     saturation   s·x + (1 − s)·g, g the pixel in grey
///     hue          turned in HSV by a share of the circle
///
/// Each result is clamped to 0 … 1; grey is 0.2989·R + 0.587·G + 0.114·B. On images of one channel, saturation and hue
/// have no effect.
public struct ColorJitter: ImageTransform {
  /// The range of the factor; nil for no change.
  public var brightness, contrast, saturation: ClosedRange<Float>?
  /// The range of the hue's rotation as a fraction of the circle, within −0.5 … 0.5; nil for no change.
  public var hue: ClosedRange<Float>?

  /// Changes with factors from the given ranges.
  public init(
    brightness: ClosedRange<Float>? = nil, contrast: ClosedRange<Float>? = nil, saturation: ClosedRange<Float>? = nil,
    hue: ClosedRange<Float>? = nil
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// Factors from max(0, 1 − x) to 1 + x, and hue rotations from −x to x, for each argument x; 0 for no change.
  public init(brightness: Float = 0, contrast: Float = 0, saturation: Float = 0, hue: Float = 0) {
    func around(_ center: Float, _ x: Float, least: Float) -> ClosedRange<Float>? {
      x == 0 || x.isNaN ? nil : max(center - abs(x), least)...(center + abs(x))
    }
    self.init(
      brightness: around(1, brightness, least: 0), contrast: around(1, contrast, least: 0),
      saturation: around(1, saturation, least: 0), hue: around(0, hue, least: -.infinity))
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    for (name, range) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)] {
      if let range, !(range.lowerBound >= 0 && range.upperBound.isFinite) {
        throw .invalidOption(name: "the \(name) of ColorJitter", value: "\(range)", expected: "at least 0")
      }
    }
    if let hue, !(hue.lowerBound >= -0.5 && hue.upperBound <= 0.5) {
      throw .invalidOption(name: "the hue of ColorJitter", value: "\(hue)", expected: "−0.5 to 0.5")
    }
    guard shape[0] == 3 || shape[0] == 1 else {
      throw .invalidOption(name: "the channels for ColorJitter", value: "\(shape[0])", expected: "1 or 3")
    }
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    // All numbers are always drawn, so that one option does not change the others' random numbers.
    let b = brightness.map { random.uniform($0) } ?? skip(1, &random)
    let c = contrast.map { random.uniform($0) } ?? skip(1, &random)
    let s = saturation.map { random.uniform($0) } ?? skip(1, &random)
    let h = hue.map { random.uniform($0) } ?? skip(0, &random)
    var order: InlineArray<4, Int> = [0, 1, 2, 3]
    var orderSpan = order.mutableSpan
    random.shuffle(&orderSpan)
    let (kernels, pixels, channels, plane) = (image.kernels, image.pixels, image.channels, image.plane)
    for i in 0..<4 {
      switch order[i] {
      case 0: if brightness != nil { kernels.adjustBrightness(pixels, channels: channels, plane: plane, b) }
      case 1: if contrast != nil { kernels.adjustContrast(pixels, channels: channels, plane: plane, c) }
      case 2: if saturation != nil, channels == 3 { kernels.adjustSaturation(pixels, plane: plane, s) }
      default: if hue != nil, channels == 3 { kernels.adjustHue(pixels, plane: plane, h) }
      }
    }
  }

  private func skip(_ value: Float, _ random: inout SplitMix64) -> Float {
    _ = random.next()
    return value
  }
}
