/// The order in which an epoch goes through a data set.
///
/// It follows from the seed, the epoch's number and the number of images alone: Fisher and Yates's shuffle with the
/// generator ``SplitMix64`` of stream `epoch`.
///
///     var order = EpochOrder(seed: 1)
///     order.begin(epoch: 0, count: 50_000)
///     let first = order.indices[0]
public struct EpochOrder: Sendable {
  public let seed: UInt64
  /// Whether each epoch has an order of its own; else all go through the set from its first image to its last.
  public let shuffles: Bool
  /// The image at each position of the epoch.
  public private(set) var indices: [Int32] = []

  public init(seed: UInt64, shuffles: Bool = true) {
    self.seed = seed
    self.shuffles = shuffles
  }

  /// Makes ``indices`` the order of an epoch. Allocates only when the count is another than before.
  ///
  /// - Parameters:
  ///   - epoch: the epoch's number, which the order follows from.
  ///   - count: the number of images, at most `Int32.max`; none for a number below 1.
  public mutating func begin(epoch: Int, count: Int) {
    let count = min(max(count, 0), Int(Int32.max))
    if indices.count != count { indices = [Int32](repeating: 0, count: count) }
    indices.withUnsafeMutableBufferPointer { order in
      for i in order.indices { order[i] = Int32(truncatingIfNeeded: i) }
      if shuffles {
        var generator = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(epoch)))
        generator.shuffle(order)
      }
    }
  }
}
