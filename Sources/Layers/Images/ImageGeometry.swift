/// The filter of a resize. Results equal those of PIL's `Image.resize` to within 1 of 255.
public enum ResizeFilter: Hashable, Sendable {
  /// The mean of the input pixels whose centres an output pixel covers: PIL's `BOX`. For whole factors, the exact area
  /// average.
  case area
  /// A triangle filter; when shrinking, it is widened by the scale, so that every input pixel contributes: PIL's
  /// `BILINEAR`, and torchvision's with `antialias=True`. ``Resize`` uses the same filter.
  case bilinear
}

extension Image {
  /// The image resized. Each channel, also alpha, is resized independently.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for sizes below 1, or too large to address.
  public func resized(height: Int, width: Int, filter: ResizeFilter = .bilinear) throws(DataError) -> Image {
    if (height, width) == (self.height, self.width) { return self }
    let size = Size2D(height, width)
    let shape = try checkSize("a resized image", size, channels: channels)
    // The intermediate result of the separable filter has the old height and the new width.
    let capacity = max(samples.count, shape.count, Shape([channels, self.height, width]).count)
    guard capacity <= ShapeError.largestCount, FloatStorage.fits(2 * capacity) else {
      throw .invalidOption(
        name: "the size of a resized image", value: "\(size)", expected: "what memory there is for")
    }
    let (first, second) = (FloatStorage(uninitialized: capacity), FloatStorage(uninitialized: capacity))
    defer { withExtendedLifetime((first, second)) {} }
    writePlanes(to: first.pointer, scale: 1)
    var image = try WorkingImage(
      shape: [channels, self.height, self.width], pixels: first.pointer, scratch: second.pointer,
      kernels: WorkingImage.bestKernels())
    image.resize(
      Box(top: 0, left: 0, height: self.height, width: self.width), to: size,
      kernel: filter == .area ? .box : .triangle(antialias: true))
    return Image(roundingPlanes: image.pixels, channels: channels, height: height, width: width)
  }

  /// The image resized in proportion so that its shorter side has the given length, in pixels: the longer side is
  /// ⌊longer · shorterSide / shorter⌋, as for torchvision's `Resize` with one number.
  ///
  /// - Throws: as ``resized(height:width:filter:)``.
  public func resized(shorterSide: Int, filter: ResizeFilter = .bilinear) throws(DataError) -> Image {
    let (shorter, longer) = (min(height, width), max(height, width))
    let (scaled, overflow) = longer.multipliedReportingOverflow(by: shorterSide)
    guard shorterSide > 0, !overflow else {
      throw .invalidOption(name: "the shorter side of a resized image", value: "\(shorterSide)", expected: "at least 1")
    }
    let other = scaled / shorter
    return height <= width
      ? try resized(height: shorterSide, width: other, filter: filter)
      : try resized(height: other, width: shorterSide, filter: filter)
  }

  /// A part of the image.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for a part that is empty or extends beyond the image.
  public func cropped(top: Int, left: Int, height: Int, width: Int) throws(DataError) -> Image {
    guard height > 0, width > 0, 0...(self.height - min(height, self.height)) ~= top, height <= self.height,
      0...(self.width - min(width, self.width)) ~= left, width <= self.width
    else {
      throw .invalidOption(
        name: "a part of an image", value: "\(height)×\(width) at (\(top), \(left))",
        expected: "one within its \(self.height)×\(self.width)")
    }
    if (height, width) == (self.height, self.width) { return self }
    var part: [UInt8] = []
    part.reserveCapacity(height * width * channels)
    for y in top..<(top + height) {
      let start = (y * self.width + left) * channels
      part += samples[start..<(start + width * channels)]
    }
    return Image(trusted: part, height: height, width: width, channels: channels)
  }

  /// The central part; half a pixel of offset is rounded to even, as in torchvision's `CenterCrop`.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for a part that is larger than the image.
  public func centerCropped(to size: any Size2DConvertible) throws(DataError) -> Image {
    let size = size.size2D
    func start(_ whole: Int, _ part: Int) -> Int {
      let rest = whole - part
      return rest <= 0 ? 0 : (rest + (rest / 2) % 2) / 2
    }
    return try cropped(
      top: start(height, size.height), left: start(width, size.width), height: size.height, width: size.width)
  }

  /// The image converted to another number of channels.
  ///
  /// Colour is reduced to grey by ITU-R BT.601, 0.299·R + 0.587·G + 0.114·B, rounded as by PIL's `convert("L")`; grey
  /// is expanded to three equal channels; alpha is dropped without blending, or added as 255.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for other numbers than 1, 3 and 4.
  public func converted(channels wanted: Int) throws(DataError) -> Image {
    guard [1, 3, 4].contains(wanted) else {
      throw .invalidOption(name: "the channels of an image", value: "\(wanted)", expected: "1, 3 or 4")
    }
    if wanted == channels { return self }
    let channels = channels
    let result = samples.withUnsafeBufferPointer { samples in
      [UInt8](unsafeUninitializedCapacity: pixelCount * wanted) { result, initialized in
        for i in 0..<pixelCount {
          let source = i * channels
          let target = i * wanted
          if wanted == 1 {
            result[target] = grey(samples[source], samples[source + 1], samples[source + 2])
            continue
          }
          for channel in 0..<3 { result[target + channel] = samples[source + (channels == 1 ? 0 : channel)] }
          if wanted == 4 { result[target + 3] = 255 }
        }
        initialized = pixelCount * wanted
      }
    }
    return Image(trusted: result, height: height, width: width, channels: wanted)
  }
}

/// BT.601 in 16-bit fixed point, as in PIL.
@inline(__always)
private func grey(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
  let sum: UInt32 = UInt32(red) * 19_595 + UInt32(green) * 38_470 + UInt32(blue) * 7471
  return UInt8((sum + 0x8000) >> 16)
}
