/// Neighbouring channels that a normalisation over the batch computes together.
///
/// Planes of at least a vector are summed one by one. Smaller planes are summed by columns: a column is a pixel of a channel
/// in all images, and a vector holds neighbouring columns of one image.
struct ChannelBlock {
  /// Images.
  let batch: Int
  /// Elements from an image to the next.
  let image: Int
  /// Pixels of a channel.
  let plane: Int
  /// The first element of the block in the first image.
  let start: Int
  /// Channels of the block.
  let count: Int

  @inline(always)
  init(batch: Int, channels: Int, plane: Int, first: Int, count: Int) {
    self.batch = batch
    self.plane = plane
    self.count = count
    image = channels &* plane
    start = first &* plane
  }

  /// Elements of the block in an image.
  @inline(always) var width: Int { count &* plane }

  /// Elements of a block in an image at most, unless one plane is larger.
  static let largestWidth = 1024

  /// The number of channels of a block. What is read twice of a block takes at most 512 KB, to be in the second-level cache the
  /// second time, but at least 1 KB in each image. The results do not depend on it.
  ///
  /// - Parameter arrays: the number of arrays that are read twice.
  static func channels(_ problem: BatchNormProblem, arrays: Int) -> Int {
    let cached = (512 << 10) / (4 * arrays * max(problem.batch, 1))
    let width = min(max(cached, 256), largestWidth)
    return max(width / max(problem.plane, 1), 1)
  }
}

/// Scratch memory of a thread.
struct NormalizationScratch {
  /// Arrays of ``ChannelBlock/largestWidth`` floats.
  static let floatArrays = 5
  /// Arrays of ``ChannelBlock/largestWidth`` doubles.
  static let doubleArrays = 2
  static let byteCount = ChannelBlock.largestWidth * (floatArrays * 4 + doubleArrays * 8)

  private let base: UnsafeMutableRawPointer

  @inline(always) init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// An array for a value of each column of a block, or a vector of each channel.
  @inline(always) func floats(_ index: Int) -> UnsafeMutablePointer<Float> {
    (base + index &* ChannelBlock.largestWidth &* 4).assumingMemoryBound(to: Float.self)
  }

  /// An array for a value of each channel of a block.
  @inline(always) func doubles(_ index: Int) -> UnsafeMutablePointer<Double> {
    (base + ChannelBlock.largestWidth &* (NormalizationScratch.floatArrays &* 4 &+ index &* 8))
      .assumingMemoryBound(to: Double.self)
  }
}
