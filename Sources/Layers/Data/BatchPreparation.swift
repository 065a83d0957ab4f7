import Kernels

/// Makes batches of a data set's images, one at a time, on whatever thread asks.
///
/// What is random about an image follows from the seed, the epoch and the image's position in the epoch; about a batch,
/// from the position of its first image. So a batch does not depend on those that were made before it.
final class BatchPreparation {
  let batchSize: Int
  let imageShape: Shape
  let targetShape: Shape?
  let batchCount: Int
  /// Those of an epoch.
  let imageCount: Int
  private let dataset: any Dataset
  private let bytes: ByteImages?
  private let chain: TransformChain?
  private let normalization: Normalization?
  private let mixing: (any BatchMixing)?
  private let weights: [Float]?
  private let seed: UInt64
  private var order: EpochOrder
  private var epoch: Int?
  private let mixingScratch: FloatStorage

  /// A whole batch of byte images, by its number of images; a single image, or a plane of one.
  private var batchPlans: [(count: Int, plan: Plan<BatchAssembly>)] = []
  private let singlePlan: Plan<BatchAssembly>?
  private var workspace: Workspace
  /// The positions of a batch's images in the byte set.
  private let bytePositions: UnsafeMutablePointer<Int32>

  init(
    _ dataset: any Dataset, batchSize: Int, transforms: [any ImageTransform], normalization: Normalization?,
    mixing: (any BatchMixing)?, imageWeights: [Float]?, seed: UInt64, shuffles: Bool, dropsLast: Bool
  ) throws(DataError) {
    let count = dataset.count
    guard batchSize > 0 else {
      throw .invalidOption(name: "the batch size", value: "\(batchSize)", expected: "at least 1")
    }
    guard 0...Int(Int32.max) ~= count else {
      throw .invalidOption(name: "the number of images", value: "\(count)", expected: "at most \(Int32.max)")
    }
    if let imageWeights, imageWeights.count != count {
      throw .invalidOption(name: "the number of image weights", value: "\(imageWeights.count)", expected: "\(count)")
    }
    self.dataset = dataset
    // No epoch has a batch of more images than there are.
    self.batchSize = min(batchSize, max(count, 1))
    self.normalization = normalization
    self.mixing = mixing
    self.seed = seed
    weights = imageWeights
    bytes = dataset.byteImages
    batchCount = dropsLast ? count / batchSize : (count + batchSize - 1) / batchSize
    imageCount = dropsLast ? batchCount * batchSize : count
    order = EpochOrder(seed: seed, shuffles: shuffles)

    chain = transforms.isEmpty ? nil : try TransformChain(transforms, inputShape: dataset.imageShape)
    imageShape = chain?.outputShape ?? dataset.imageShape
    if let normalization, !normalization.isUniform {
      guard imageShape.rank == 3, imageShape[0] == normalization.scales.count else {
        throw .invalidOption(
          name: "the channels of the normalization", value: "\(normalization.scales.count)",
          expected: "1, or those of images of shape \(imageShape)")
      }
    }
    if let mixing {
      try mixing.check(imageShape: imageShape)
      guard let shape = dataset.targetShape ?? dataset.classCount.map({ [$0] }) else {
        throw .invalidOption(name: "a mixed data set", value: "without classes", expected: "classes or targets")
      }
      targetShape = shape
    } else {
      targetShape = dataset.targetShape
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
    workspace = Workspace(byteCount: 0)
    if let set = bytes?.source {
      let byPlane = chain == nil && normalization?.isUniform == false
      let plan = try planned(1, channels: byPlane ? 1 : set.channels, plane: set.height * set.width)
      singlePlan = plan
      workspace = Workspace(byteCount: plan.workspaceByteCount)
    } else {
      singlePlan = nil
    }
  }

  deinit { bytePositions.deallocate() }

  /// Memory for a batch.
  func makeBatch() -> PreparedBatch {
    PreparedBatch(
      capacity: batchSize, imageShape: imageShape, targetShape: targetShape, hasWeights: weights != nil)
  }

  /// Makes batch `index` of an epoch. It may stop between two images when it is no longer wanted.
  func prepare(epoch: Int, index: Int, into batch: PreparedBatch, isUnwanted: () -> Bool = { false }) throws {
    if self.epoch != epoch {
      order.begin(epoch: epoch, count: dataset.count)
      self.epoch = epoch
    }
    let first = index * batchSize
    batch.index = index
    batch.count = min(batchSize, dataset.count - first)
    let key = SplitMix64.augmentationKey(seed: seed, epoch: epoch)
    for i in 0..<batch.count {
      let position = Int(order.indices[first + i])
      batch.positionMemory[i] = order.indices[first + i]
      batch.labelMemory[i] = Int32(truncatingIfNeeded: dataset.label(at: position))
      if let weights { batch.weights?[i] = weights[position] }
    }
    if chain == nil, let bytes {
      try assemble(bytes, into: batch)
    } else {
      for i in 0..<batch.count {
        if isUnwanted() { return }
        var random = SplitMix64(seed: key, stream: UInt64(first + i))
        try prepareImage(i, of: batch, using: &random)
      }
    }
    try writeTargets(of: batch)
    if let mixing, let targets = batch.targets?.baseAddress, let images = batch.images.baseAddress {
      var random = SplitMix64(seed: ~key, stream: UInt64(first))
      mixing.apply(
        to: MixedBatch(
          count: batch.count, imageShape: imageShape, images: images, targets: targets,
          targetCount: targetShape?.count ?? 0, scratch: mixingScratch.pointer),
        using: &random)
    }
  }
}

extension BatchPreparation {
  /// A batch of byte images that are only scaled.
  private func assemble(_ bytes: ByteImages, into batch: PreparedBatch) throws(DataError) {
    guard let output = batch.images.baseAddress else { return }
    for i in 0..<batch.count { bytePositions[i] = bytes.position(Int(batch.positionMemory[i])) }
    let constants = normalization ?? .none
    let set = bytes.source
    if constants.isUniform {
      let plan = try batchPlan(batch.count, set)
      let (scale, offset) = constants.constants(0, ofBytes: true)
      run(plan, set, byteOffset: 0, bytePositions, scale, offset, to: output)
      return
    }
    let plane = set.height * set.width
    for i in 0..<batch.count {
      for channel in 0..<set.channels {
        let (scale, offset) = constants.constants(channel, ofBytes: true)
        let start = Int(bytePositions[i]) * set.imageByteCount + channel * plane
        single(set, byteOffset: start, scale, offset, to: output + (i * set.channels + channel) * plane)
      }
    }
  }

  private func single(
    _ set: ImageDataset, byteOffset: Int, _ scale: Float, _ offset: Float, to output: UnsafeMutablePointer<Float>
  ) {
    guard let singlePlan else { return }
    var zero: Int32 = 0
    run(singlePlan, set, byteOffset: byteOffset, &zero, scale, offset, to: output)
  }

  private func run(
    _ plan: Plan<BatchAssembly>, _ set: ImageDataset, byteOffset: Int, _ positions: UnsafePointer<Int32>,
    _ scale: Float, _ offset: Float, to output: UnsafeMutablePointer<Float>
  ) {
    set.pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      plan.run(
        BatchAssembly.Operands(
          images: base + byteOffset, indices: positions, scale: scale, offset: offset, output: output),
        workspace: workspace)
    }
  }

  private func batchPlan(_ count: Int, _ set: ImageDataset) throws(DataError) -> Plan<BatchAssembly> {
    for planned in batchPlans where planned.count == count { return planned.plan }
    let plan = try planned(count, channels: set.channels, plane: set.height * set.width)
    if plan.workspaceByteCount > workspace.byteCount { workspace = Workspace(byteCount: plan.workspaceByteCount) }
    batchPlans.append((count, plan))
    return plan
  }

  /// One image that is transformed, or that only its set can read.
  private func prepareImage(_ i: Int, of batch: PreparedBatch, using random: inout SplitMix64) throws {
    let size = imageShape.count
    guard let output = batch.images.baseAddress.map({ $0 + i * size }) else { return }
    let position = Int(batch.positionMemory[i])
    guard let chain else {
      try dataset.readImage(at: position, into: UnsafeMutableBufferPointer(start: output, count: size))
      if normalization != nil { normalize(output, to: output) }
      return
    }
    if let bytes, let input = chain.input.baseAddress {
      let start = Int(bytes.position(position)) * bytes.source.imageByteCount
      single(bytes.source, byteOffset: start, PixelScaling.unit.scale, 0, to: input)
    } else {
      try dataset.readImage(at: position, into: chain.input)
    }
    normalize(chain.run(using: &random), to: output)
  }

  /// An image's values, copied and normalised in one go.
  private func normalize(_ image: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) {
    let size = imageShape.count
    guard let normalization else {
      output.update(from: image, count: size)
      return
    }
    let channels = normalization.scales.count
    let plane = size / channels
    for channel in 0..<channels {
      let (scale, offset) = normalization.constants(channel, ofBytes: false)
      let (source, result) = (image + channel * plane, output + channel * plane)
      for i in 0..<plane { result[i] = source[i] * scale + offset }
    }
  }

  private func writeTargets(of batch: PreparedBatch) throws {
    guard let targets = batch.targets?.baseAddress, let size = targetShape?.count else { return }
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

private func planned(_ batch: Int, channels: Int, plane: Int) throws(DataError) -> Plan<BatchAssembly> {
  do {
    return try Plan<BatchAssembly>(
      BatchAssembly.Problem(batch: batch, channels: channels, plane: plane), level: nil, threads: 1)
  } catch {
    throw .invalidOption(name: "a batch", value: "\(batch)×\(channels)×\(plane)", expected: "\(error)")
  }
}

extension SplitMix64 {
  /// The seed of the generators of an epoch's images; another stream than that of the epoch's order.
  static func augmentationKey(seed: UInt64, epoch: Int) -> UInt64 {
    var generator = SplitMix64(seed: ~seed, stream: UInt64(bitPattern: Int64(epoch)))
    return generator.next()
  }
}
