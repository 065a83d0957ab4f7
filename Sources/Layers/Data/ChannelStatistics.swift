/// The mean and the standard deviation of each channel over all pixels of a data set, of colours from 0 to 1.
public struct ChannelStatistics: Hashable, Sendable {
  public let mean: [Double]
  /// The root of the mean squared deviation: divided by the number of pixels, not by one less.
  public let std: [Double]

  /// Subtracts these means and divides by these deviations.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` when a channel is the same everywhere.
  public var normalization: Normalization {
    get throws(DataError) { try Normalization(mean: mean, std: std) }
  }
}

extension Dataset {
  /// The set's mean and standard deviation by channel, as `numpy`'s `mean` and `std` give them.
  ///
  /// Of bytes, sums and sums of squares are exact integers, rounded only in the last step. Of other images, each plane's
  /// mean and squared deviations are summed in Double and put together by Chan, Golub and LeVeque's formula.
  ///
  /// - Throws: ``DataError/invalidDataset(name:reason:)`` for a set without pixels, and what reading throws.
  /// - Complexity: reads every image once; of bytes, 50,000 images of 3 × 32 × 32 take about 0.02 s.
  public func channelStatistics() throws -> ChannelStatistics {
    guard count > 0, imageShape.count > 0 else {
      throw DataError.invalidDataset(name: "statistics", reason: "\(count) images of shape \(imageShape) have no pixel")
    }
    if let byteImages { return statistics(of: byteImages, count: count) }
    return try statisticsOfFloats()
  }

  private func statisticsOfFloats() throws -> ChannelStatistics {
    let channels = imageShape.rank == 3 ? imageShape[0] : 1
    let plane = imageShape.count / channels
    let image = FloatStorage(uninitialized: imageShape.count)
    var means = [Double](repeating: 0, count: channels)
    var deviations = [Double](repeating: 0, count: channels)
    for index in 0..<count {
      try readImage(at: index, into: UnsafeMutableBufferPointer(start: image.pointer, count: image.count))
      for channel in 0..<channels {
        let values = UnsafeBufferPointer(start: image.pointer + channel * plane, count: plane)
        let mean = values.reduce(0) { $0 + Double($1) } / Double(plane)
        let deviation = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        // Joins `index` planes with one more: the means weighted, and what lies between them.
        let distance = mean - means[channel]
        let share = 1 / Double(index + 1)
        means[channel] += distance * share
        deviations[channel] += deviation + distance * distance * Double(plane) * Double(index) * share
      }
    }
    let pixels = Double(count) * Double(plane)
    return ChannelStatistics(mean: means, std: deviations.map { ($0 / pixels).squareRoot() })
  }
}

private func statistics(of images: ByteImages, count: Int) -> ChannelStatistics {
  let set = images.source
  let plane = set.height * set.width
  var sums = [UInt64](repeating: 0, count: set.channels)
  var squares = [UInt64](repeating: 0, count: set.channels)
  set.pixels.withUnsafeBufferPointer { pixels in
    for index in 0..<count {
      let image = Int(images.position(index)) * set.imageByteCount
      for channel in 0..<set.channels {
        let start = image + channel * plane
        let (sum, square) = sumAndSquares(UnsafeBufferPointer(rebasing: pixels[start..<(start + plane)]))
        sums[channel] += sum
        squares[channel] += square
      }
    }
  }
  let pixels = UInt64(count * plane)
  let mean = sums.map { Double($0) / (255 * Double(pixels)) }
  let std = zip(sums, squares).map { sum, square in
    // n·Σx² − (Σx)², exact in 128 bits, then one rounding, one root and one division.
    let (first, second) = (pixels.multipliedFullWidth(by: square), sum.multipliedFullWidth(by: sum))
    let (low, borrow) = first.low.subtractingReportingOverflow(second.low)
    let high = first.high - second.high - (borrow ? 1 : 0)
    return (Double(high) * 0x1p64 + Double(low)).squareRoot() / (255 * Double(pixels))
  }
  return ChannelStatistics(mean: mean, std: std)
}

/// The sum of bytes and of their squares. 2¹⁶ squares fit 32 bits, in which the compiler sums several at a time.
private func sumAndSquares(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64) {
  var sum: UInt64 = 0
  var square: UInt64 = 0
  var start = 0
  while start < bytes.count {
    let end = min(start + 65_536, bytes.count)
    var (partialSum, partialSquare): (UInt32, UInt32) = (0, 0)
    for i in start..<end {
      let byte = UInt32(bytes[i])
      partialSum &+= byte
      partialSquare &+= byte &* byte
    }
    sum += UInt64(partialSum)
    square += UInt64(partialSquare)
    start = end
  }
  return (sum, square)
}
