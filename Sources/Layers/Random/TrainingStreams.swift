/// The streams that a model and its training draw from. All follow from one seed.
///
///     drawn                               seed                            stream
///     first values of the parameters      seed                            2⁶⁴ − 1
///     dropout of training pass i          key(seed, 2⁶⁴ − 2)              i
///     dropout of layer j of that pass     key of the pass                 j
///     order of epoch e                    seed                            e
///     transforms of the image at p of e   key(~seed, e)                   p
///     mixing of the batch from p of e     ~key(~seed, e)                  p
///     choices for image i in all epochs   key(~seed, 2⁶⁴ − 1)             i
///
/// p is a position in the epoch's order. A number drawn for one of these changes none drawn for another, so that a
/// training which adds dropout or augmentation has the same first parameters and the same order of images.
extension SplitMix64 {
  /// The generator of the first values of a model's parameters, in their order.
  static func parameterValues(seed: UInt64) -> SplitMix64 { SplitMix64(seed: seed, stream: .max) }

  /// The seed of the random numbers of a forward pass for training.
  static func passKey(seed: UInt64, pass: UInt64) -> UInt64 {
    key(seed: key(seed: seed, stream: .max - 1), stream: pass)
  }

  /// The seed of the random numbers of layer `i` within a layer, or within a pass, whose seed is `key`.
  static func layerKey(_ i: Int, of key: UInt64) -> UInt64 {
    self.key(seed: key, stream: UInt64(truncatingIfNeeded: i))
  }

  /// The seed of the choices for an image of a data set that hold in every epoch.
  static func imageSeed(seed: UInt64, image: Int) -> UInt64 {
    key(seed: key(seed: ~seed, stream: .max), stream: UInt64(truncatingIfNeeded: image))
  }

  /// The generator of the order of an epoch's images.
  static func order(seed: UInt64, epoch: Int) -> SplitMix64 {
    SplitMix64(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
  }
}

/// The streams of an epoch's transforms and mixing.
struct AugmentationStreams {
  private let key: UInt64

  init(seed: UInt64, epoch: Int) {
    // Not `seed` itself: its streams are the epochs' orders.
    key = SplitMix64.key(seed: ~seed, stream: UInt64(truncatingIfNeeded: epoch))
  }

  /// The generator of the transforms of the image at a position of the epoch's order.
  func image(at position: Int) -> SplitMix64 { SplitMix64(seed: key, stream: UInt64(position)) }

  /// The generator of the mixing of the batch whose first image is at a position of the epoch's order.
  func mixing(ofBatchFrom position: Int) -> SplitMix64 { SplitMix64(seed: ~key, stream: UInt64(position)) }
}
