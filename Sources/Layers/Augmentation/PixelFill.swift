/// The colour of pixels outside the image: one value for all channels, or one for each.
///
///     RandomCrop(32, padding: 4, fill: 0.5)
///     Cutout(8, fill: [0.49, 0.48, 0.45])
public struct PixelFill: Hashable, Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral
{
  /// One value, or one for each channel; colours from 0 to 1.
  public let values: [Float]

  /// A colour with one value, or one for each channel.
  public init(_ values: [Float]) { self.values = values }
  public init(floatLiteral value: Float) { values = [value] }
  public init(integerLiteral value: Int) { values = [Float(value)] }
  public init(arrayLiteral values: Float...) { self.values = values }

  /// The value of a channel.
  func value(_ channel: Int) -> Float { values.count == 1 ? values[0] : values[channel] }

  /// Checks that there is one value, or one for each channel.
  func check(_ name: String, channels: Int) throws(DataError) {
    guard values.count == 1 || values.count == channels else {
      throw .invalidOption(
        name: "the fill of \(name)", value: "\(values)", expected: "one value, or one for each of \(channels) channels")
    }
  }
}
