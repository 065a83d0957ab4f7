/// Mirrors an image left to right in every other epoch: whether it is mirrored in the first epoch is random, and each
/// later epoch shows it the other way round than the one before. Two epochs so show both views of every image, where a
/// ``RandomHorizontalFlip`` shows half of the images the same way twice (Jordan, 2024).
///
/// The random choice depends on ``WorkingImage/imageSeed`` alone; it draws nothing from the epoch's generator.
public struct AlternatingFlip: ImageTransform {
  /// The transform; it has no options.
  public init() {}

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    var choice = SplitMix64(seed: image.imageSeed)
    let isMirroredFirst = choice.chance(0.5)
    if isMirroredFirst == image.epoch.isMultiple(of: 2) { image.mirror(columns: true, rows: false) }
  }
}
