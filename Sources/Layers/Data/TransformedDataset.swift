import Synchronization

/// A data set's images, each transformed once and for all: what is random about an image follows from the seed and its
/// position, so that an image is the same whenever it is read. A ``BatchLoader`` with transforms draws anew in each epoch.
public struct TransformedDataset: Dataset {
  public let base: any Dataset
  public let imageShape: Shape
  private let transforms: [any ImageTransform]
  private let seed: UInt64
  private let chains: TransformChains

  /// - Throws: ``DataError`` for a transform that does not work on such images.
  init(_ base: any Dataset, _ transforms: [any ImageTransform], seed: UInt64) throws(DataError) {
    self.base = base
    self.transforms = transforms
    self.seed = seed
    let chain = try TransformChain(transforms, inputShape: base.imageShape)
    imageShape = chain.outputShape
    chains = TransformChains(chain)
  }

  public var count: Int { base.count }
  public var classNames: [String] { base.classNames }
  public var classCount: Int? { base.classCount }
  public var targetShape: Shape? { targetsAreImages ? imageShape : base.targetShape }
  public var targetsAreImages: Bool { base.targetsAreImages }
  public var imageWeights: [Float]? { base.imageWeights }
  public func label(at index: Int) -> Int { base.label(at: index) }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    let chain = try chains.take() ?? TransformChain(transforms, inputShape: base.imageShape)
    defer { chains.put(chain) }
    try base.readImage(at: index, into: chain.input)
    var random = SplitMix64(seed: seed, stream: UInt64(index))
    let result = chain.run(using: &random)
    pixels.baseAddress?.update(from: result, count: imageShape.count)
  }

  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    if targetsAreImages { try readImage(at: index, into: target) } else { try base.readTarget(at: index, into: target) }
  }
}

/// The chains that no thread uses at the moment: each has memory for the image that it transforms.
private final class TransformChains: @unchecked Sendable {
  // Unchecked: a chain is not Sendable, and one that lies here is used by nobody.
  private let lock = Mutex(())
  private var chains: [TransformChain]

  init(_ chain: TransformChain) { chains = [chain] }

  func take() -> TransformChain? { lock.withLock { _ in chains.popLast() } }
  func put(_ chain: TransformChain) { lock.withLock { _ in chains.append(chain) } }
}

extension Dataset {
  /// The images transformed, each in the same way whenever it is read.
  ///
  /// - Parameters:
  ///   - transforms: what is done to each image, in this order.
  ///   - seed: what is random about an image follows from it and the image's position.
  /// - Throws: ``DataError`` for a transform that does not work on such images.
  public func transformed(by transforms: [any ImageTransform], seed: UInt64) throws(DataError) -> TransformedDataset {
    try TransformedDataset(self, transforms, seed: seed)
  }
}
