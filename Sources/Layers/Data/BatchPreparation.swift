import Kernels

/// Makes the batches of a data set, one at a time, on the calling thread.
///
/// The random numbers of an image's transforms depend on the seed, the epoch and the image's position in the epoch;
/// those of a batch's mixing on the position of its first image. So a batch does not depend on earlier ones.
final class BatchPreparation {
  let batchSize: Int
  let imageShape: Shape
  let targetShape: Shape?
  let batchCount: Int
  /// The number of images in an epoch.
  let imageCount: Int
  private let dataset: any Dataset
  private let bytes: ByteImages?
  private let chain: TransformChain?
  /// The transforms of the input alone, where the image before them is the target.
  private let inputChain: TransformChain?
  /// Normalises images, bytes or floats; nil where batches are not normalised.
  private let normalization: PlannedNormalization?
  /// Converts bytes to colours from 0 to 1.
  private let colours: PlannedNormalization
  private let mixing: (any BatchMixing)?
  private let weights: [Float]?
  private let seed: UInt64
  private var order: EpochOrder
  private var epoch: Int?
  private let mixingScratch: FloatStorage

  /// The positions of the batch's images in ``ByteImages/source``.
  private let bytePositions: UnsafeMutablePointer<Int32>

  init(
    _ dataset: any Dataset, batchSize: Int, transforms: [any ImageTransform], inputTransforms: [any ImageTransform],
    normalization: Normalization?, mixing: (any BatchMixing)?, imageWeights: [Float]?, seed: UInt64, shuffles: Bool,
    dropsLast: Bool
  ) throws(DataError) {
    let count = dataset.count
    guard batchSize > 0 else {
      throw .invalidOption(name: "the batch size", value: "\(batchSize)", expected: "at least 1")
    }
    guard 0...Int(Int32.max) ~= count else {
      throw .invalidOption(name: "the number of images", value: "\(count)", expected: "at most \(Int32.max)")
    }
    let imageWeights = imageWeights ?? dataset.imageWeights
    if let imageWeights { try checkImageWeights(imageWeights, count: count) }
    self.dataset = dataset
    // A batch has at most as many images as the data set.
    self.batchSize = min(batchSize, max(count, 1))
    self.mixing = mixing
    self.seed = seed
    weights = imageWeights
    bytes = dataset.byteImages
    batchCount = dropsLast ? count / batchSize : (count + batchSize - 1) / batchSize
    imageCount = dropsLast ? batchCount * batchSize : count
    order = EpochOrder(seed: seed, shuffles: shuffles)

    // Where the target does not follow from the image, both lists of transforms apply to the image.
    let isReconstructed = dataset.targetsAreImages
    let shared = isReconstructed ? transforms : transforms + inputTransforms
    chain = shared.isEmpty ? nil : try TransformChain(shared, inputShape: dataset.imageShape)
    let transformedShape = chain?.outputShape ?? dataset.imageShape
    inputChain =
      isReconstructed && !inputTransforms.isEmpty
      ? try TransformChain(inputTransforms, inputShape: transformedShape) : nil
    let imageShape = inputChain?.outputShape ?? transformedShape
    self.imageShape = imageShape
    guard !isReconstructed || imageShape == transformedShape else {
      throw .invalidOption(
        name: "the shape of images behind the input transforms", value: "\(imageShape)",
        expected: "\(transformedShape), that of the targets")
    }
    self.normalization = try normalization.map { (given) throws(DataError) in
      try PlannedNormalization(given, imageShape: imageShape)
    }
    colours = try PlannedNormalization(.identity, imageShape: dataset.imageShape)
    if let mixing {
      guard !isReconstructed else {
        throw .invalidOption(name: "the mixing", value: "given", expected: "none where the targets are images")
      }
      try mixing.check(imageShape: imageShape)
      guard let shape = dataset.targetShape ?? dataset.classCount.map({ [$0] }) else {
        throw .invalidOption(name: "a mixed data set", value: "without classes", expected: "classes or targets")
      }
      targetShape = shape
    } else {
      targetShape = isReconstructed ? transformedShape : dataset.targetShape
    }
    let largest = max(imageShape.count, targetShape?.count ?? 0)
    let (floats, overflow) = largest.multipliedReportingOverflow(by: self.batchSize)
    guard !overflow, floats <= ShapeError.largestCount, FloatStorage.fits(floats) else {
      throw .invalidOption(
        name: "a batch of \(self.batchSize) images of shape \(imageShape)", value: "too large",
        expected: "what memory there is for")
    }
    mixingScratch = FloatStorage(uninitialized: mixing == nil ? 0 : largest)
    bytePositions = .allocate(capacity: self.batchSize)
  }

  deinit { bytePositions.deallocate() }

  /// Memory for a batch.
  func makeBatch() -> PreparedBatch {
    PreparedBatch(
      capacity: batchSize, imageShape: imageShape, targetShape: targetShape, targetsAreImages: dataset.targetsAreImages,
      normalization: normalization?.normalization, hasWeights: weights != nil)
  }

  /// Makes batch `index` of an epoch; stops between two images when `isUnwanted` returns true.
  func prepare(epoch: Int, index: Int, into batch: PreparedBatch, isUnwanted: () -> Bool = { false }) throws {
    if self.epoch != epoch {
      order.begin(epoch: epoch, count: dataset.count)
      self.epoch = epoch
    }
    let first = index * batchSize
    batch.index = index
    batch.count = min(batchSize, dataset.count - first)
    let streams = AugmentationStreams(seed: seed, epoch: epoch)
    for i in 0..<batch.count {
      let position = Int(order.indices[first + i])
      batch.positionMemory[i] = order.indices[first + i]
      batch.labelMemory[i] = Int32(truncatingIfNeeded: dataset.label(at: position))
      if let weights { batch.weights?[i] = weights[position] }
    }
    if chain == nil, inputChain == nil, let bytes {
      try assemble(bytes, into: batch)
    } else {
      for i in 0..<batch.count {
        if isUnwanted() { return }
        var random = streams.image(at: first + i)
        try prepareImage(i, of: batch, epoch: epoch, using: &random)
      }
    }
    try writeTargets(of: batch)
    if let mixing, let targets = batch.targets?.baseAddress, let images = batch.images.baseAddress {
      var random = streams.mixing(ofBatchFrom: first)
      mixing.apply(
        to: MixedBatch(
          count: batch.count, imageShape: imageShape, images: images, targets: targets,
          targetCount: targetShape?.count ?? 0, scratch: mixingScratch.pointer),
        using: &random)
    }
  }
}

extension BatchPreparation {
  /// A batch of byte images without transforms.
  private func assemble(_ bytes: ByteImages, into batch: PreparedBatch) throws {
    guard let output = batch.images.baseAddress else { return }
    for i in 0..<batch.count { bytePositions[i] = bytes.position(Int(batch.positionMemory[i])) }
    try gather(normalization ?? colours, bytes.source, bytePositions, count: batch.count, to: output)
    if dataset.targetsAreImages { batch.targets?.baseAddress?.update(from: output, count: batch.images.count) }
  }

  private func gather(
    _ planned: PlannedNormalization, _ set: ImageDataset, _ positions: UnsafePointer<Int32>, count: Int,
    to output: UnsafeMutablePointer<Float>
  ) throws {
    try set.pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      try planned.gather(base, positions, count: count, to: output)
    }
  }

  /// One image that is transformed, or that is read by its data set's `readImage`.
  private func prepareImage(_ i: Int, of batch: PreparedBatch, epoch: Int, using random: inout SplitMix64) throws {
    let size = imageShape.count
    guard let output = batch.images.baseAddress.map({ $0 + i * size }) else { return }
    let position = Int(batch.positionMemory[i])
    let imageSeed = SplitMix64.imageSeed(seed: seed, image: position)
    var image = output
    if let chain, let input = chain.input.baseAddress {
      try read(position, to: input)
      image = chain.run(using: &random, epoch: epoch, imageSeed: imageSeed)
    } else if let input = inputChain?.input.baseAddress {
      try read(position, to: input)
      image = input
    } else {
      try dataset.readImage(at: position, into: UnsafeMutableBufferPointer(start: output, count: size))
    }
    if dataset.targetsAreImages, let targets = batch.targets?.baseAddress, let count = targetShape?.count {
      try normalize(image, count: count, to: targets + i * count)
    }
    if let inputChain, let input = inputChain.input.baseAddress {
      if image != input { input.update(from: image, count: inputChain.input.count) }
      image = inputChain.run(using: &random, epoch: epoch, imageSeed: imageSeed)
    }
    try normalize(image, count: size, to: output)
  }

  /// Writes an image as colours from 0 to 1.
  private func read(_ position: Int, to input: UnsafeMutablePointer<Float>) throws {
    if let bytes {
      var place = bytes.position(position)
      try gather(colours, bytes.source, &place, count: 1, to: input)
    } else {
      try dataset.readImage(
        at: position, into: UnsafeMutableBufferPointer(start: input, count: dataset.imageShape.count))
    }
  }

  /// Copies an image's values, normalised where batches are.
  private func normalize(_ image: UnsafePointer<Float>, count: Int, to output: UnsafeMutablePointer<Float>) throws {
    if let normalization {
      try normalization.normalize(image, count: 1, to: output)
    } else if image != UnsafePointer(output) {
      output.update(from: image, count: count)
    }
  }

  private func writeTargets(of batch: PreparedBatch) throws {
    guard let targets = batch.targets?.baseAddress, let size = targetShape?.count, !dataset.targetsAreImages else {
      return
    }
    if dataset.targetShape != nil {
      for i in 0..<batch.count {
        try dataset.readTarget(
          at: Int(batch.positionMemory[i]), into: UnsafeMutableBufferPointer(start: targets + i * size, count: size))
      }
      return
    }
    targets.update(repeating: 0, count: batch.count * size)
    for i in 0..<batch.count {
      let label = Int(batch.labelMemory[i])
      guard 0..<size ~= label else {
        throw DataError.labelOutOfRange(
          file: "\(type(of: dataset))", index: Int(batch.positionMemory[i]), label: label, classCount: size)
      }
      targets[i * size + label] = 1
    }
  }
}
