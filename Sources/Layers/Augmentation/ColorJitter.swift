/// Changes brightness, contrast, saturation and hue by random amounts, one after another in random order.
///
/// With torchvision's formulas for colours from 0 to 1. b, c and s are factors, uniform in their ranges:
///
///     brightness   b·x
///     contrast     c·x + (1 − c)·m, m the mean of the image in grey
///     saturation   s·x + (1 − s)·g, g the pixel in grey
///     hue          turned in HSV by a share of the circle
///
/// each brought back to 0 … 1; grey is 0.2989·R + 0.587·G + 0.114·B. Images of one channel keep saturation and hue.
public struct ColorJitter: ImageTransform {
  /// Factors from which one is chosen; nil to leave it.
  public var brightness, contrast, saturation: ClosedRange<Float>?
  /// Shares of the circle, −0.5 to 0.5, from which one is chosen; nil to leave it.
  public var hue: ClosedRange<Float>?

  public init(
    brightness: ClosedRange<Float>? = nil, contrast: ClosedRange<Float>? = nil, saturation: ClosedRange<Float>? = nil,
    hue: ClosedRange<Float>? = nil
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// Factors from max(0, 1 − x) to 1 + x, and hues from −x to x; nothing is done for an x of 0.
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
    // Everything is drawn, so that one option does not change what another one does.
    let b = brightness.map { random.uniform($0) } ?? skip(1, &random)
    let c = contrast.map { random.uniform($0) } ?? skip(1, &random)
    let s = saturation.map { random.uniform($0) } ?? skip(1, &random)
    let h = hue.map { random.uniform($0) } ?? skip(0, &random)
    var order: InlineArray<4, Int> = [0, 1, 2, 3]
    for last in [3, 2, 1] { order.swapAt(last, random.next(below: last + 1)) }
    for i in 0..<4 {
      switch order[i] {
      case 0: if brightness != nil { image.adjustBrightness(b) }
      case 1: if contrast != nil { image.adjustContrast(c) }
      case 2: if saturation != nil { image.adjustSaturation(s) }
      default: if hue != nil { image.adjustHue(h) }
      }
    }
  }

  private func skip(_ value: Float, _ random: inout SplitMix64) -> Float {
    _ = random.next()
    return value
  }
}

extension WorkingImage {
  mutating func adjustBrightness(_ factor: Float) {
    for i in 0..<count { pixels[i] = clamped(factor * pixels[i]) }
  }

  mutating func adjustContrast(_ factor: Float) {
    var sum = 0.0
    for i in 0..<plane { sum += Double(grey(i)) }
    let rest = (1 - factor) * Float(sum / Double(plane))
    for i in 0..<count { pixels[i] = clamped(factor * pixels[i] + rest) }
  }

  mutating func adjustSaturation(_ factor: Float) {
    guard channels == 3 else { return }
    for i in 0..<plane {
      let rest = (1 - factor) * grey(i)
      for channel in 0..<3 {
        pixels[channel * plane + i] = clamped(factor * pixels[channel * plane + i] + rest)
      }
    }
  }

  /// - Parameter shift: the share of the circle by which hues are turned.
  mutating func adjustHue(_ shift: Float) {
    guard channels == 3 else { return }
    let (red, green, blue) = (pixels, pixels + plane, pixels + 2 * plane)
    for i in 0..<plane {
      let (r, g, b) = (red[i], green[i], blue[i])
      let larger = g > b ? g : b
      let smaller = g < b ? g : b
      let value = r > larger ? r : larger
      let range = value - (r < smaller ? r : smaller)
      let inverse: Float = range == 0 ? 0 : 1 / range
      // The hue in sixths of the circle, from red over green to blue.
      let ofGreen = 2 + (b - r) * inverse
      let ofBlue = 4 + (r - g) * inverse
      let hue = (value == r ? (g - b) * inverse : value == g ? ofGreen : ofBlue) + 6 * shift
      red[i] = value - range * dimming(hue + 5)
      green[i] = value - range * dimming(hue + 3)
      blue[i] = value - range * dimming(hue + 1)
    }
  }

  /// How light a pixel is.
  private func grey(_ i: Int) -> Float {
    channels == 3 ? 0.2989 * pixels[i] + 0.587 * pixels[plane + i] + 0.114 * pixels[2 * plane + i] : pixels[i]
  }
}

/// How far a colour channel lies below the largest one, as a share of the range between the channels, by its place on
/// the circle in sixths from −3 to 14: 0, up to 1 in the second, 1 for two, down to 0 in the fifth.
@inline(__always)
private func dimming(_ place: Float) -> Float {
  let raised = place < 0 ? place + 6 : place
  let lowered = raised >= 6 ? raised - 6 : raised
  let wrapped = lowered >= 6 ? lowered - 6 : lowered
  let tent = wrapped < 4 - wrapped ? wrapped : 4 - wrapped
  return tent < 0 ? 0 : tent > 1 ? 1 : tent
}
