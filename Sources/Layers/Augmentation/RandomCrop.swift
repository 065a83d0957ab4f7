/// Crops an image to a fixed size at a random position, after padding it on all sides.
public struct RandomCrop: ImageTransform {
  /// How the padding is filled.
  public enum Padding: Hashable, Sendable {
    /// A constant colour.
    case constant(PixelFill)
    /// The image reflected at its edge pixels, which are not repeated: c b | a b c | b a.
    case reflect
    /// The nearest edge pixel.
    case edge
  }

  /// The height and width of the result, in pixels.
  public var size: Size2D
  /// The pixels added on each side: rows above and below, columns left and right.
  public var padding: Size2D
  /// How the padding is filled.
  public var mode: Padding

  /// Pads with a colour, by default black.
  public init(_ size: any Size2DConvertible, padding: any Size2DConvertible = 0, fill: PixelFill = 0) {
    self.init(size, padding: padding, mode: .constant(fill))
  }

  /// A crop whose padding is filled as given.
  public init(_ size: any Size2DConvertible, padding: any Size2DConvertible = 0, mode: Padding) {
    self.size = size.size2D
    self.padding = padding.size2D
    self.mode = mode
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    let padded = Size2D(shape[1] + 2 * padding.height, shape[2] + 2 * padding.width)
    guard padding.height >= 0, padding.width >= 0, padding.height < 1 << 30, padding.width < 1 << 30 else {
      throw .invalidOption(name: "the padding of RandomCrop", value: "\(padding)", expected: "at least 0")
    }
    guard 1...padded.height ~= size.height, 1...padded.width ~= size.width else {
      throw .invalidOption(
        name: "the size of RandomCrop", value: "\(size)", expected: "at least 1 and at most \(padded), the padded image"
      )
    }
    switch mode {
    case .constant(let fill):
      try fill.check("RandomCrop", channels: shape[0])
    case .reflect:
      guard padding.height < shape[1], padding.width < shape[2] else {
        throw .invalidOption(
          name: "the reflected padding of RandomCrop", value: "\(padding)",
          expected: "less than the image's \(Size2D(shape[1], shape[2]))")
      }
    case .edge: break
    }
    return [shape[0], size.height, size.width]
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    let top = random.next(below: image.height + 2 * padding.height - size.height + 1) - padding.height
    let left = random.next(below: image.width + 2 * padding.width - size.width + 1) - padding.width
    crop(&image, top: top, left: left)
  }

  /// Crops the image at a position of it, which is outside of it for negative numbers.
  func crop(_ image: inout WorkingImage, top: Int, left: Int) {
    if (top, left) == (0, 0), (size.height, size.width) == (image.height, image.width) { return }
    // The columns of the result that are inside the image.
    let firstColumn = min(max(0, -left), size.width)
    let columns = firstColumn..<max(firstColumn, min(size.width, image.width - left))
    for channel in 0..<image.channels {
      for y in 0..<size.height {
        let row = image.scratch + (channel * size.height + y) * size.width
        guard let sourceRow = position(top + y, in: image.height) else {
          row.update(repeating: fill(channel), count: size.width)
          continue
        }
        let source = image.pixels + (channel * image.height + sourceRow) * image.width
        if !columns.isEmpty {
          (row + columns.lowerBound).update(from: source + left + columns.lowerBound, count: columns.count)
        }
        for x in 0..<columns.lowerBound { row[x] = value(source, left + x, image.width, channel) }
        for x in columns.upperBound..<size.width { row[x] = value(source, left + x, image.width, channel) }
      }
    }
    image.replace(height: size.height, width: size.width)
  }

  private func value(_ row: UnsafeMutablePointer<Float>, _ x: Int, _ width: Int, _ channel: Int) -> Float {
    position(x, in: width).map { row[$0] } ?? fill(channel)
  }

  private func fill(_ channel: Int) -> Float {
    if case .constant(let fill) = mode { fill.value(channel) } else { 0 }
  }

  /// The index, in an axis of `count` pixels, of the pixel that fills a position; nil for the constant colour.
  private func position(_ x: Int, in count: Int) -> Int? {
    if 0..<count ~= x { return x }
    switch mode {
    case .constant: return nil
    case .reflect: return x < 0 ? -x : 2 * (count - 1) - x
    case .edge: return x < 0 ? 0 : count - 1
    }
  }
}
