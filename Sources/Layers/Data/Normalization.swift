/// Brings the values of each channel to about mean 0 and standard deviation 1: (x − mean) / std, for colours from 0 to 1.
///
///     let normalization = try Normalization(mean: [0.4914, 0.4822, 0.4465], std: [0.2470, 0.2435, 0.2616])
///     let ownStatistics = try training.channelStatistics().normalization
///
/// It belongs to what trains and evaluates: a ``Trainer`` applies its own to data sets and loaders alike, stores it in its
/// checkpoints, and refuses batches that were normalised otherwise.
///
/// It is computed as one product and one sum, each rounded: x · (1/std) + (−mean/std); the constants are rounded once, from
/// Double. A byte's colour is byte · (1/255), so bytes and their colours give the same bits.
public struct Normalization: Hashable, Sendable {
  /// What is subtracted, one number for each channel or one for all.
  public let mean: [Double]
  /// What is then divided by.
  public let std: [Double]

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
    guard zip(mean, std).allSatisfy({ Float(1 / $1).isFinite && Float(-$0 / $1).isFinite }) else {
      throw .invalidOption(
        name: "a normalization", value: "mean \(mean), std \(std)", expected: "constants that a Float can hold")
    }
    self.init(checkedMean: mean, std: std)
  }

  private init(checkedMean mean: [Double], std: [Double]) {
    self.mean = mean
    self.std = std
  }

  /// Colours from 0 to 1 become −1 … 1: PyTorch's `Normalize(0.5, 0.5)`.
  public static let signedUnit = Normalization(checkedMean: [0.5], std: [0.5])
  /// Values stay as they are: colours 0 to 1.
  public static let identity = Normalization(checkedMean: [0], std: [1])
  /// The channels' statistics of ImageNet, by which torchvision's models are trained.
  public static let imageNet = Normalization(checkedMean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])

  /// Whether all channels are treated alike.
  public var isUniform: Bool { mean.count == 1 }

  /// What each channel is multiplied by.
  var scales: [Float] { std.map { Float(1 / $0) } }
  /// What is then added to each channel.
  var offsets: [Float] { zip(mean, std).map { Float(-$0 / $1) } }

  /// Checks that images have as many channels.
  func check(imageShape: Shape) throws(DataError) {
    guard isUniform || (imageShape.rank == 3 && imageShape[0] == mean.count) else {
      throw .invalidOption(
        name: "the channels of the normalization", value: "\(mean.count)",
        expected: "1, or those of images of shape \(imageShape)")
    }
  }
}

extension Normalization: Codable {
  private enum CodingKeys: CodingKey { case mean, std }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      mean: values.decode([Double].self, forKey: .mean), std: values.decode([Double].self, forKey: .std))
  }
}
