/// A batch as a step takes it. Its memory belongs to the ``BatchLoader`` that made it, and is valid until the loader is
/// asked for the next batch, started or stopped: what is to be kept is copied, ``imageTensor``. It is used by the thread
/// that uses the loader.
public final class PreparedBatch {
  /// The batch's number in its epoch.
  public internal(set) var index = 0
  /// The number of images.
  public internal(set) var count = 0
  public let imageShape: Shape
  /// The shape of an image's target: the classes' probabilities where batches are mixed, else what the data set gives;
  /// nil where the label says all.
  public let targetShape: Shape?
  /// Whether the targets are images, normalised as the images are.
  public let targetsAreImages: Bool
  /// What the images were normalised by; nil where they are colours from 0 to 1, as the data set and the transforms gave
  /// them.
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
    imageStorage = FloatStorage(uninitialized: capacity * imageShape.count)
    targetStorage = targetShape.map { FloatStorage(uninitialized: capacity * $0.count) }
    weightStorage = hasWeights ? FloatStorage(uninitialized: capacity) : nil
    labelMemory = .allocate(capacity: capacity)
    positionMemory = .allocate(capacity: capacity)
  }

  deinit {
    labelMemory.deallocate()
    positionMemory.deallocate()
  }

  /// `[count]` and then ``imageShape``
  public var images: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: imageStorage.pointer, count: count * imageShape.count)
  }

  /// A copy of the images, `[count]` and then ``imageShape``.
  public var imageTensor: Tensor {
    Tensor(shape: imageShape.batched(count), storage: FloatStorage(copying: imageStorage.pointer, count: images.count))
  }

  /// The class of each image; of mixed batches that of the image before it was mixed.
  public var labels: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: labelMemory, count: count) }

  /// The position in the data set of each image.
  public var positions: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: positionMemory, count: count) }

  /// `[count]` and then ``targetShape``
  public var targets: UnsafeMutableBufferPointer<Float>? {
    guard let targetStorage, let targetShape else { return nil }
    return UnsafeMutableBufferPointer(start: targetStorage.pointer, count: count * targetShape.count)
  }

  /// The weight of each image in the loss; nil where there are none.
  public var weights: UnsafeMutableBufferPointer<Float>? {
    weightStorage.map { UnsafeMutableBufferPointer(start: $0.pointer, count: count) }
  }
}
