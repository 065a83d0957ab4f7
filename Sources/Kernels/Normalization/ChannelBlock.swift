/// Channels that a normalisation over the batch computes side by side.
///
/// Planes of at least a vector are summed one by one. Smaller ones lie next to each other in an image, and are summed as
/// columns: a vector holds the same places of the images' rows, and each place has its own sum.
struct ChannelBlock {
  /// Of the batch.
  let batch: Int
  /// Elements from an image to the next.
  let image: Int
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

  /// Elements of a block in an image at most, or one plane where that is larger.
  static let largestWidth = 1024

  /// How many channels are computed side by side: so few that what is read of them twice stays in the second-level cache
  /// for the second time, but enough for runs of a kilobyte. The results do not depend on it.
  ///
  /// - Parameter arrays: how many arrays are read twice.
  static func channels(_ problem: BatchNormProblem, arrays: Int) -> Int {
    let cached = (512 << 10) / (4 * arrays * max(problem.batch, 1))
    let width = min(max(cached, 256), largestWidth)
    return max(width / max(problem.plane, 1), 1)
  }
}

/// Scratch memory of a thread.
struct NormalizationScratch {
  /// Vectors of floats and vectors of doubles.
  static let floatVectors = 5
  static let doubleVectors = 2
  static let byteCount = ChannelBlock.largestWidth * (floatVectors * 4 + doubleVectors * 8)

  private let base: UnsafeMutableRawPointer

  @inline(always) init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// Room for a value of each column of a block, or for a vector of each channel.
  @inline(always) func floats(_ index: Int) -> UnsafeMutablePointer<Float> {
    (base + index &* ChannelBlock.largestWidth &* 4).assumingMemoryBound(to: Float.self)
  }

  /// Room for a vector in the memory of columns that are not as many as a vector has lanes.
  @inline(always) func spare(_ index: Int) -> UnsafeMutablePointer<Float> {
    floats(index) + ChannelBlock.largestWidth / 2
  }

  /// Room for a value of each channel of a block.
  @inline(always) func doubles(_ index: Int) -> UnsafeMutablePointer<Double> {
    (base + ChannelBlock.largestWidth &* (NormalizationScratch.floatVectors &* 4 &+ index &* 8))
      .assumingMemoryBound(to: Double.self)
  }
}
