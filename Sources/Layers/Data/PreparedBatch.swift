/// A batch ready for a training step. Its memory belongs to the ``BatchLoader`` that made it, and is valid until the
/// loader's next `next`, `start` or `stop`; copy what you need longer, such as by ``imageTensor``. Use it from the
/// loader's thread.
public final class PreparedBatch {
  /// The batch's index in its epoch, counted from 0.
  public internal(set) var index = 0
  /// The number of images.
  public internal(set) var count = 0
  /// The shape of an image.
  public let imageShape: Shape
  /// The shape of an image's target: class probabilities where batches are mixed, else the data set's target; nil where
  /// the label is the target.
  public let targetShape: Shape?
  /// Whether the targets are images, normalised as the images are.
  public let targetsAreImages: Bool
  /// The normalisation applied to the images; nil where they are colours from 0 to 1.
  public let normalization: Normalization?
  private let imageStorage: FloatStorage
  private let targetStorage: FloatStorage?
  private let weightStorage: FloatStorage?
  let labelMemory: UnsafeMutablePointer<Int32>
  let positionMemory: UnsafeMutablePointer<Int32>

  init(
    capacity: Int, imageShape: Shape, targetShape: Shape?, targetsAreImages: Bool, normalization: Normalization?,
    hasWeights: Bool
  ) {
    self.imageShape = imageShape
    self.targetShape = targetShape
    self.targetsAreImages = targetsAreImages
    self.normalization = normalization
    imageStorage = FloatStorage(zeros: capacity * imageShape.count)
    targetStorage = targetShape.map { FloatStorage(zeros: capacity * $0.count) }
    weightStorage = hasWeights ? FloatStorage(uninitialized: capacity) : nil
    labelMemory = .allocate(capacity: capacity)
    positionMemory = .allocate(capacity: capacity)
  }

  deinit {
    labelMemory.deallocate()
    positionMemory.deallocate()
  }

  /// The images, `[count] + imageShape`.
  public var images: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: imageStorage.pointer, count: count * imageShape.count)
  }

  /// A copy of the images, `[count] + imageShape`.
  public var imageTensor: Tensor {
    Tensor(shape: imageShape.batched(count), storage: FloatStorage(copying: imageStorage.pointer, count: images.count))
  }

  /// The class of each image; in a mixed batch, its class before mixing.
  public var labels: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: labelMemory, count: count) }

  /// The position in the data set of each image.
  public var positions: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: positionMemory, count: count) }

  /// The targets, `[count] + targetShape`; nil where labels are the targets.
  public var targets: UnsafeMutableBufferPointer<Float>? {
    guard let targetStorage, let targetShape else { return nil }
    return UnsafeMutableBufferPointer(start: targetStorage.pointer, count: count * targetShape.count)
  }

  /// The weight of each image's loss; nil where all are 1.
  public var weights: UnsafeMutableBufferPointer<Float>? {
    weightStorage.map { UnsafeMutableBufferPointer(start: $0.pointer, count: count) }
  }
}
