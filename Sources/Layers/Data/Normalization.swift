/// Brings the values of each channel to about mean 0 and standard deviation 1: (x − mean) / std, for colours from 0 to 1.
///
///     let normalization = try Normalization(mean: [0.4914, 0.4822, 0.4465], std: [0.2470, 0.2435, 0.2616])
///     let ownStatistics = try training.channelStatistics().normalization
///
/// It is computed as one product and one sum: x · (1/std) + (−mean/std), or from a byte, byte · (1/(255·std)) +
/// (−mean/std); the constants are rounded once, from Double.
public struct Normalization: Hashable, Sendable {
  /// What is subtracted, one number for each channel or one for all.
  public let mean: [Double]
  /// What is then divided by.
  public let std: [Double]

  /// For colours from 0 to 1.
  let scales: [Float]
  /// For bytes.
  let byteScales: [Float]
  let offsets: [Float]

  /// - Parameters:
  ///   - mean: one number for each channel, or one for all.
  ///   - std: as many numbers, above 0.
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for numbers that are not finite or too few.
  public init(mean: [Double], std: [Double]) throws(DataError) {
    guard !mean.isEmpty, mean.count == std.count, mean.allSatisfy(\.isFinite) else {
      throw .invalidOption(
        name: "the mean of a normalization", value: "\(mean)", expected: "a finite number for each of \(std)")
    }
    guard std.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw .invalidOption(name: "the std of a normalization", value: "\(std)", expected: "numbers above 0")
    }
    self.init(checkedMean: mean, std: std)
  }

  /// What a scaling of bytes does, for all channels alike.
  public init(_ scaling: PixelScaling) {
    let scale = Double(scaling.scale) * 255
    mean = [-Double(scaling.offset) / scale]
    std = [1 / scale]
    scales = [Float(scale)]
    byteScales = [scaling.scale]
    offsets = [scaling.offset]
  }

  private init(checkedMean mean: [Double], std: [Double]) {
    self.mean = mean
    self.std = std
    scales = std.map { Float(1 / $0) }
    byteScales = std.map { Float(1 / (255 * $0)) }
    offsets = zip(mean, std).map { Float(-$0 / $1) }
  }

  /// Colours from 0 to 1 become −1 … 1.
  public static let signedUnit = Normalization(PixelScaling.signedUnit)
  /// Colours from 0 to 1 stay as they are.
  static let none = Normalization(PixelScaling.unit)

  /// Whether all channels are treated alike.
  var isUniform: Bool { scales.count == 1 }

  /// The constants of a channel.
  func constants(_ channel: Int, ofBytes: Bool) -> (scale: Float, offset: Float) {
    let i = isUniform ? 0 : channel
    return (ofBytes ? byteScales[i] : scales[i], offsets[i])
  }
}
