/// The order of a data set's images in an epoch.
///
/// It depends on the seed, the epoch's number and the number of images alone: a Fisher-Yates shuffle by ``SplitMix64``,
/// stream `epoch` of the seed.
///
///     var order = EpochOrder(seed: 1)
///     order.begin(epoch: 0, count: 50_000)
///     let first = order.indices[0]
public struct EpochOrder: Sendable {
  /// The seed of all epochs' orders.
  public let seed: UInt64
  /// Whether each epoch has a new random order; else images come in the data set's order.
  public let shuffles: Bool
  /// The image at each position of the epoch.
  public private(set) var indices: [Int32] = []

  /// An order that is empty until ``begin(epoch:count:)``.
  public init(seed: UInt64, shuffles: Bool = true) {
    self.seed = seed
    self.shuffles = shuffles
  }

  /// Sets ``indices`` to the order of an epoch. Allocates only when the count changes.
  ///
  /// - Parameters:
  ///   - epoch: the epoch's number, counted from 0.
  ///   - count: the number of images, at most `Int32.max`; numbers below 1 count as 0.
  public mutating func begin(epoch: Int, count: Int) {
    let count = min(max(count, 0), Int(Int32.max))
    if indices.count != count { indices = [Int32](repeating: 0, count: count) }
    indices.withUnsafeMutableBufferPointer { order in
      for i in order.indices { order[i] = Int32(truncatingIfNeeded: i) }
      if shuffles {
        var random = SplitMix64.order(seed: seed, epoch: epoch)
        var span = order.mutableSpan
        random.shuffle(&span)
      }
    }
  }
}
