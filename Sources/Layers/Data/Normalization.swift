/// Normalises each channel to about mean 0 and standard deviation 1: (x − mean)/σ, for colours x from 0 to 1.
///
///     let normalization = try Normalization(
///       mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2470, 0.2435, 0.2616])
///     let ownStatistics = try training.channelStatistics().normalization
///
/// A ``Trainer`` applies its normalisation to images of data sets and loaders alike, stores it in checkpoints, and
/// rejects batches with another normalisation.
///
/// It is computed in Float as x · (1/σ) + (−mean/σ), product and sum each rounded; the two constants are computed in
/// Double and rounded once. A byte's colour is byte · (1/255), so bytes and their colours give the same bits.
public struct Normalization: Hashable, Sendable {
  /// The mean that is subtracted, one number for each channel or one for all.
  public let mean: [Double]
  /// The standard deviation σ that the difference is divided by, as many numbers as ``mean``.
  public let standardDeviation: [Double]

  /// - Parameters:
  ///   - mean: one number for each channel, or one for all.
  ///   - standardDeviation: as many numbers, above 0.
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for numbers that are not finite or too few.
  public init(mean: [Double], standardDeviation: [Double]) throws(DataError) {
    guard !mean.isEmpty, mean.count == standardDeviation.count, mean.allSatisfy(\.isFinite) else {
      throw .invalidOption(
        name: "the mean of a normalization", value: "\(mean)",
        expected: "a finite number for each of \(standardDeviation)")
    }
    guard standardDeviation.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw .invalidOption(
        name: "the standard deviation of a normalization", value: "\(standardDeviation)", expected: "numbers above 0")
    }
    guard zip(mean, standardDeviation).allSatisfy({ Float(1 / $1).isFinite && Float(-$0 / $1).isFinite }) else {
      throw .invalidOption(
        name: "a normalization", value: "mean \(mean), standard deviation \(standardDeviation)",
        expected: "constants that a Float can hold")
    }
    self.init(checkedMean: mean, standardDeviation: standardDeviation)
  }

  private init(checkedMean mean: [Double], standardDeviation: [Double]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Maps colours from 0 … 1 to −1 … 1: PyTorch's `Normalize(0.5, 0.5)`.
  public static let signedUnit = Normalization(checkedMean: [0.5], standardDeviation: [0.5])
  /// Leaves colours from 0 to 1 unchanged.
  public static let identity = Normalization(checkedMean: [0], standardDeviation: [1])
  /// ImageNet's channel statistics, with which torchvision's models are trained.
  public static let imageNet = Normalization(
    checkedMean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])

  /// Whether all channels have the same mean and standard deviation.
  public var isUniform: Bool { mean.count == 1 }

  /// The factor of each channel, 1/σ.
  var scales: [Float] { standardDeviation.map { Float(1 / $0) } }
  /// The summand of each channel, −mean/σ.
  var offsets: [Float] { zip(mean, standardDeviation).map { Float(-$0 / $1) } }

  /// The constants in words, for messages.
  var constants: String { "mean \(mean) and standard deviation \(standardDeviation)" }

  /// Checks that images have as many channels as the normalisation.
  func check(imageShape: Shape) throws(DataError) {
    guard isUniform || (imageShape.rank == 3 && imageShape[0] == mean.count) else {
      throw .invalidOption(
        name: "the channels of the normalization", value: "\(mean.count)",
        expected: "1, or those of images of shape \(imageShape)")
    }
  }
}

extension Normalization: Codable {
  /// In files, the standard deviation has PyTorch's name, `std`.
  private enum CodingKeys: String, CodingKey {
    case mean
    case standardDeviation = "std"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      mean: values.decode([Double].self, forKey: .mean),
      standardDeviation: values.decode([Double].self, forKey: .standardDeviation))
  }
}
