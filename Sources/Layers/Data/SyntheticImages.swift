/// Images generated from a seed, so that training runs on a machine without data: ten classes of shapes.
///
/// An image shows one shape of random position, size, tilt and colour, with equal probability lighter or darker than
/// the background, on a linear gradient, with noise. Because position, colour and sign of the contrast are random, all
/// classes have the same mean image, and a linear classifier is hardly better than chance; a convolutional network
/// learns them in a few epochs.
///
/// The same seed gives the same bytes on every platform: the generator is ``SplitMix64`` with one stream for each
/// image, and the arithmetic is +, −, × and ÷ on Float, rounded by IEEE 754, without functions of the C library. Image
/// i of a split does not depend on the number of images made.
public enum SyntheticImages {
  /// The names of the classes, in the order of their labels.
  public static let classNames = [
    "disk", "ring", "square", "frame", "triangle", "plus", "cross", "rows", "columns", "checkers",
  ]
  /// Height and width of an image, in pixels: images are 3 × 32 × 32.
  public static let side = 32

  /// Makes the first `count` images of a split; image i has label i mod 10.
  ///
  /// - Parameters:
  ///   - count: the number of images; numbers below 1 count as 0.
  ///   - seed: different seeds give different images of the same kind.
  ///   - split: the test images differ from the training images.
  /// - Complexity: about 12 µs an image.
  public static func make(count: Int, seed: UInt64, split: DatasetSplit) -> ImageDataset {
    let count = max(count, 0)
    let plane = side * side
    let pixels = [UInt8](unsafeUninitializedCapacity: count * 3 * plane) { buffer, initialized in
      for image in 0..<count {
        var random = SplitMix64(seed: seed, stream: UInt64(image) << 1 | (split == .train ? 0 : 1))
        let scene = Scene(label: image % 10, random: &random)
        scene.draw(into: buffer, at: image * 3 * plane, random: &random)
      }
      initialized = count * 3 * plane
    }
    return ImageDataset(
      trusted: pixels, labels: (0..<count).map { UInt8($0 % 10) }, channels: 3, height: side, width: side,
      classNames: classNames, name: "synthetic")
  }
}

/// The random properties of one image.
private struct Scene {
  let label: Int
  /// The transformation from pixel coordinates to the shape's, in which it spans −1 … 1: a centre, and a rotation with
  /// scaling.
  let centerX, centerY, across, along: Float
  let background, foreground: SIMD3<Float>
  let slopeX, slopeY: Float
  let noise: Float

  init(label: Int, random: inout SplitMix64) {
    self.label = label
    let radius = random.uniform(9, 13)
    let margin = radius * 0.8
    centerX = random.uniform(margin, Float(SyntheticImages.side) - margin)
    centerY = random.uniform(margin, Float(SyntheticImages.side) - margin)
    // (1 − t²)/(1 + t²) and 2t/(1 + t²) are a cosine and a sine: about ±16° for t in ±0.14.
    let t = random.uniform(-0.14, 0.14)
    across = (1 - t * t) / (1 + t * t) / radius
    along = 2 * t / (1 + t * t) / radius
    let base = random.uniform(80, 176)
    background = SIMD3(
      base + random.uniform(-40, 40), base + random.uniform(-40, 40), base + random.uniform(-40, 40))
    let contrast = random.uniform(60, 127) * (random.next() >> 63 == 0 ? 1 : -1)
    foreground =
      background
      + SIMD3(
        contrast * random.uniform(0.4, 1), contrast * random.uniform(0.4, 1), contrast * random.uniform(0.4, 1))
    slopeX = random.uniform(-1.5, 1.5)
    slopeY = random.uniform(-1.5, 1.5)
    noise = random.uniform(10, 120)
  }

  /// Whether a point in the shape's coordinates is inside the shape.
  private func covers(_ u: Float, _ v: Float) -> Bool {
    let (a, b) = (abs(u), abs(v))
    let (small, large) = a < b ? (a, b) : (b, a)
    let square = u * u + v * v
    switch label {
    case 0: return square < 0.9
    case 1: return square < 1 && square > 0.36
    case 2: return large < 0.85
    case 3: return large < 0.92 && large > 0.52
    case 4: return v < 0.8 && a < (v + 1) * 0.5
    case 5: return small < 0.28 && large < 1
    case 6: return large - small < 0.36 && large < 0.85
    case 7: return large < 0.95 && Int((v + 2) * 2.6) & 1 == 0
    case 8: return large < 0.95 && Int((u + 2) * 2.6) & 1 == 0
    default: return large < 0.95 && (Int((u + 2) * 2.1) + Int((v + 2) * 2.1)) & 1 == 0
    }
  }

  /// Writes the three planes of the image.
  func draw(into pixels: UnsafeMutableBufferPointer<UInt8>, at offset: Int, random: inout SplitMix64) {
    let side = SyntheticImages.side
    for y in 0..<side {
      for x in 0..<side {
        let dx = Float(x) + 0.5 - centerX
        let dy = Float(y) + 0.5 - centerY
        let inside = covers(dx * across + dy * along, dy * across - dx * along)
        let light = slopeX * Float(x - side / 2) + slopeY * Float(y - side / 2)
        let color = inside ? foreground : background
        // Triangular noise: for each of three channels, the sum of two of the number's bytes.
        let bits = random.next()
        for channel in 0..<3 {
          let pair = Int(truncatingIfNeeded: bits >> UInt64(16 * channel))
          let sum: Int = (pair & 255) + (pair >> 8 & 255) - 255
          let grain: Float = Float(sum) * noise * (1 / 255)
          let value: Float = color[channel] + light + grain
          let index: Int = offset + (channel * side + y) * side + x
          pixels[index] = UInt8(max(0, min(255, value)))
        }
      }
    }
  }
}
