import KernelsISA

/// Augmentations of single images, `[channels, height, width]` with colours from 0 to 1, before they become part of a
/// batch.
///
/// These are no ``KernelOperation``s: an image is so little work that a plan for its angle or weights would take longer
/// than the change itself. The caller guarantees the sizes and the memory behind the pointers; debug builds check what
/// they can. Products are rounded before they are added, so all levels give the same bits.
package struct ImageKernels: Sendable {
  package let level: InstructionSet

  /// - Parameter level: the level to use; nil for the highest that the processor supports and `KERNELS_ISA` permits.
  package init(level: InstructionSet? = nil) throws(KernelError) {
    if let level {
      guard InstructionSet.available.contains(level) else { throw .unavailableInstructionSet(level) }
      self.level = level
    } else {
      self.level = try .best()
    }
  }

  /// The kernels of the best level.
  package static let shared = Result { () throws(KernelError) in try ImageKernels() }

  /// Reverses the order of the columns, of the rows, or of both.
  package func mirror(
    _ source: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>, planes: Int, height: Int, width: Int,
    columns: Bool, rows: Bool
  ) {
    var arguments = ImageMirrorArguments(
      source: source, destination: destination, planes: planes, height: height, width: width,
      reversesColumns: columns, reversesRows: rows)
    Levels.imageMirror[level](&arguments)
  }
}

// MARK: Rotation

/// A counter-clockwise rotation of images about their centre.
package struct ImageRotation {
  package let channels, height, width: Int
  package let isBilinear: Bool

  /// The largest sum of height and width, for which positions of 32 bits still have 7 fraction bits.
  package static let largestSides = 1 << 22

  package init(channels: Int, height: Int, width: Int, isBilinear: Bool) {
    self.channels = channels
    self.height = height
    self.width = width
    self.isBilinear = isBilinear
  }

  /// The size of the scratch memory, in floats.
  package var scratchCount: Int {
    isBilinear ? 10 * rotationBlock + channels * (height + 2) * (width + 2) : 2 * bandCount
  }

  /// The outputs of a band, padded by a vector of 16.
  private var bandCount: Int { max(rotationBand, width) + 16 }

  /// The fraction bits of a position of 32 bits. No position is farther outside of the image than height + width.
  private var fractionBits: Int32 {
    var bits: Int32 = 30
    while (height + width + 2) << Int(bits) > 1 << 30 { bits -= 1 }
    return bits
  }

  /// - Parameters:
  ///   - cosine: that of the angle.
  ///   - sine: that of the angle.
  ///   - fill: a value for each channel.
  ///   - scratch: ``scratchCount`` floats.
  package func run(
    _ source: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>, cosine: Double, sine: Double,
    fill: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, kernels: ImageKernels
  ) {
    planCheck(height + width <= ImageRotation.largestSides && abs(cosine) <= 1 && abs(sine) <= 1, "a rotation")
    // In pixels; the centres of pixels are whole numbers.
    let (centerX, centerY) = (Double(width) / 2 - 0.5, Double(height) / 2 - 0.5)
    func fixed(_ value: Double) -> Int64 { Int64((value * 0x1p32).rounded()) }
    var arguments = ImageRotationArguments(
      source: source, destination: destination, fill: fill, channels: channels, height: height, width: width,
      startX: fixed(centerX - cosine * centerX + sine * centerY),
      startY: fixed(centerY - sine * centerX - cosine * centerY), columnX: fixed(cosine), columnY: fixed(sine),
      rowX: fixed(-sine), rowY: fixed(cosine), fractionBits: fractionBits,
      scratch: UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int32.self), bandCount: bandCount,
      padded: scratch + (isBilinear ? 10 * rotationBlock : 0))
    (isBilinear ? Levels.imageRotateBilinear : Levels.imageRotateNearest)[kernels.level](&arguments)
  }
}

// MARK: In place

extension ImageKernels {
  /// Replaces each pixel by a weighted mean of those around it, along the rows first, with reflected borders.
  ///
  /// - Parameters:
  ///   - columnWeights: the weights along a row; their number is odd, and half of it less than the width.
  ///   - rowWeights: the weights along a column; their number is odd, and half of it less than the height.
  ///   - scratch: height · width floats.
  package func blur(
    _ image: UnsafeMutablePointer<Float>, planes: Int, height: Int, width: Int,
    columnWeights: UnsafeBufferPointer<Float>, rowWeights: UnsafeBufferPointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    planCheck(
      columnWeights.count % 2 == 1 && rowWeights.count % 2 == 1 && columnWeights.count / 2 < width
        && rowWeights.count / 2 < height, "the weights of a blur")
    guard let columns = columnWeights.baseAddress, let rows = rowWeights.baseAddress else { return }
    var arguments = ImageBlurArguments(
      image: image, scratch: scratch, planes: planes, height: height, width: width, columnWeights: columns,
      columnTaps: columnWeights.count, rowWeights: rows, rowTaps: rowWeights.count)
    Levels.imageBlur[level](&arguments)
  }

  /// Multiplies every value by the factor and clamps to 0 … 1.
  package func adjustBrightness(_ image: UnsafeMutablePointer<Float>, channels: Int, plane: Int, _ factor: Float) {
    adjust(image, channels: channels, plane: plane, factor, Levels.imageBrightness)
  }

  /// Multiplies every value's difference from the mean luma of the image by the factor and clamps to 0 … 1.
  ///
  /// - Parameter channels: 1, or 3 for red, green and blue.
  package func adjustContrast(_ image: UnsafeMutablePointer<Float>, channels: Int, plane: Int, _ factor: Float) {
    adjust(image, channels: channels, plane: plane, factor, Levels.imageContrast)
  }

  /// Multiplies every value's difference from the luma of its pixel by the factor and clamps to 0 … 1, for red, green
  /// and blue.
  package func adjustSaturation(_ image: UnsafeMutablePointer<Float>, plane: Int, _ factor: Float) {
    adjust(image, channels: 3, plane: plane, factor, Levels.imageSaturation)
  }

  /// Shifts the hues by a fraction of the circle, −0.5 to 0.5, for red, green and blue.
  package func adjustHue(_ image: UnsafeMutablePointer<Float>, plane: Int, _ fraction: Float) {
    adjust(image, channels: 3, plane: plane, fraction, Levels.imageHue)
  }

  private func adjust(
    _ image: UnsafeMutablePointer<Float>, channels: Int, plane: Int, _ factor: Float,
    _ function: LevelFunctions<ImageColorArguments>
  ) {
    var arguments = ImageColorArguments(image: image, channels: channels, plane: plane, factor: factor)
    function[level](&arguments)
  }

  /// Adds independent normal numbers of mean 0. Each depends only on the key, the count and the value's index.
  package func addNoise(
    _ image: UnsafeMutablePointer<Float>, count: Int, standardDeviation: Float, clamps: Bool, key: UInt64
  ) {
    let keys = DropoutDraw(key: key, block: 0)
    var arguments = ImageNoiseArguments(
      image: image, count: count, standardDeviation: standardDeviation, clamps: clamps, firstKey: keys.firstKey,
      secondKey: keys.secondKey)
    Levels.imageNoise[level](&arguments)
  }
}

// MARK: Resizing

/// The source pixels of each pixel of a resized axis, and their weights.
package struct ResampledAxis {
  /// For each output, the index of its first source pixel.
  package let starts: UnsafePointer<Int32>
  /// `[taps, outputs]`: the weights of an output's source pixels, from the first on.
  package let weights: UnsafePointer<Float>
  package let taps: Int
  package let outputs: Int

  package init(starts: UnsafePointer<Int32>, weights: UnsafePointer<Float>, taps: Int, outputs: Int) {
    self.starts = starts
    self.weights = weights
    self.taps = taps
    self.outputs = outputs
  }
}

extension ImageKernels {
  /// Resizes along the rows: `rows` rows of each plane.
  ///
  /// - Parameters:
  ///   - source: the first pixel of the region to resize.
  ///   - destination: `[planes, rows, axis.outputs]`
  package func resampleColumns(
    _ source: UnsafePointer<Float>, planeStride: Int, rowStride: Int, to destination: UnsafeMutablePointer<Float>,
    planes: Int, rows: Int, _ axis: ResampledAxis
  ) {
    var arguments = ImageResampleArguments(
      source: source, destination: destination, planes: planes, planeStride: planeStride, rowStride: rowStride,
      rows: rows, width: axis.outputs, starts: axis.starts, weights: axis.weights, taps: axis.taps)
    Levels.imageResampleColumns[level](&arguments)
  }

  /// Resizes along the columns: `width` columns of each plane.
  ///
  /// - Parameters:
  ///   - source: `[planes, rows, width]` with planes `planeStride` apart and contiguous rows.
  ///   - destination: `[planes, axis.outputs, width]`
  package func resampleRows(
    _ source: UnsafePointer<Float>, planeStride: Int, to destination: UnsafeMutablePointer<Float>, planes: Int,
    width: Int, _ axis: ResampledAxis
  ) {
    var arguments = ImageResampleArguments(
      source: source, destination: destination, planes: planes, planeStride: planeStride, rowStride: width,
      rows: axis.outputs, width: width, starts: axis.starts, weights: axis.weights, taps: axis.taps)
    Levels.imageResampleRows[level](&arguments)
  }
}
