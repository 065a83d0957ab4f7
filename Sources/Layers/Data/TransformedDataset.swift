import Synchronization

/// A data set's images with fixed random transforms: the random numbers of an image depend on the seed and its position
/// alone, so each read gives the same image. The transforms of a ``BatchLoader``, in contrast, differ from epoch to
/// epoch.
public struct TransformedDataset: Dataset {
  /// The data set whose images are transformed.
  public let base: any Dataset
  public let imageShape: Shape
  private let transforms: [any ImageTransform]
  private let seed: UInt64
  private let chains: TransformChains

  /// - Throws: ``DataError`` for a transform that does not accept images of this shape.
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
    let result = chain.run(using: &random, imageSeed: SplitMix64.imageSeed(seed: seed, image: index))
    pixels.baseAddress?.update(from: result, count: imageShape.count)
  }

  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    if targetsAreImages { try readImage(at: index, into: target) } else { try base.readTarget(at: index, into: target) }
  }
}

/// The transform chains that no thread is using; each has buffers for one image.
private final class TransformChains: @unchecked Sendable {
  // Unchecked: a chain is not Sendable, but only one thread uses a chain between `take` and `put`.
  private let lock = Mutex(())
  private var chains: [TransformChain]

  init(_ chain: TransformChain) { chains = [chain] }

  func take() -> TransformChain? { lock.withLock { _ in chains.popLast() } }
  func put(_ chain: TransformChain) { lock.withLock { _ in chains.append(chain) } }
}

extension Dataset {
  /// The images with fixed random transforms: each read of an image gives the same result.
  ///
  /// - Parameters:
  ///   - transforms: the transforms, in the order in which they are applied.
  ///   - seed: determines, with the image's position, the random numbers of its transforms.
  /// - Throws: ``DataError`` for a transform that does not accept images of this shape.
  public func transformed(by transforms: [any ImageTransform], seed: UInt64) throws(DataError) -> TransformedDataset {
    try TransformedDataset(self, transforms, seed: seed)
  }
}
