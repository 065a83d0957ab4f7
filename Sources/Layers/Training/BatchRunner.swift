import Kernels

/// Runs a model and a loss on batches: images of a data set, tensors, or batches of a loader.
///
/// It owns every buffer; a run allocates nothing after the first batch with its size and kind of targets. Images of
/// data sets and loaders are normalised; tensors are the model's input as they are.
final class BatchRunner {
  let plan: ModelPlan
  private let loss: any Loss
  private let normalization: Normalization
  /// The normalisation planned for the last image shape.
  private var normalizer: (shape: Shape, planned: PlannedNormalization)?
  private let buffers: LossBuffers
  /// The number of labels of an image: 1, or its pixels for a loss of pixels.
  let pixels: Int
  /// The indices of the batch's images in the data set.
  let indices: UnsafeMutablePointer<Int32>
  /// Their positions in ``ByteImages/source``.
  private let bytePositions: UnsafeMutablePointer<Int32>
  /// The weight of each image, if ``isWeighted``.
  private let weights: FloatStorage
  private var isWeighted = false
  private var variants: [Variant] = []
  private var threadChoice: ThreadChoice
  /// The kind of the loaded batch's targets; values are in ``targets``.
  private var targetKind = TargetKind.labels
  /// Whether the loaded batch has labels to compare predictions with.
  private var hasLabels = true
  /// The target values, one for each output; allocated at first use.
  private lazy var targets = FloatStorage(zeros: plan.batchSize * plan.model.outputShape.count)

  /// The plans for one number of images. A class, because plans are large values, which would be copied at every step.
  private final class Variant {
    let count: Int
    let targets: TargetKind
    let loss: any PlannedLoss
    /// Multiplies each image's gradient by its weight.
    let weighting: Plan<ChannelScaling>

    init(count: Int, targets: TargetKind, loss: any PlannedLoss, weighting: Plan<ChannelScaling>) {
      self.count = count
      self.targets = targets
      self.loss = loss
      self.weighting = weighting
    }
  }

  init(_ plan: ModelPlan, _ loss: any Loss, _ normalization: Normalization) throws {
    self.plan = plan
    self.loss = loss
    self.normalization = normalization
    threadChoice = ThreadChoice(threads: plan.threads)
    targetKind = loss.acceptsLabels ? .labels : .values
    pixels = loss.acceptsPixels ? plan.model.outputShape.element.count : 1
    buffers = LossBuffers(capacity: plan.batchSize * pixels, workspaceByteCount: 0)
    indices = .allocate(capacity: plan.batchSize)
    indices.initialize(repeating: 0, count: plan.batchSize)
    bytePositions = .allocate(capacity: plan.batchSize)
    bytePositions.initialize(repeating: 0, count: plan.batchSize)
    weights = FloatStorage(repeating: 1, count: plan.batchSize)
    if loss.acceptsLabels, plan.model.outputShape.rank != 1, loss.acceptsValues, !loss.acceptsPixels {
      targetKind = .values
    }
    try prepare(count: plan.batchSize)
  }

  deinit {
    indices.deallocate()
    bytePositions.deallocate()
  }

  /// Plans batches of `count` images in advance.
  func prepare(count: Int) throws {
    try plan.prepare(count: count)
    _ = try variant(count)
  }

  private func variant(_ count: Int) throws -> Variant {
    for variant in variants where variant.count == count && variant.targets == targetKind { return variant }
    let loss = try loss.plan(
      LossProblem(
        batchSize: count, outputShape: plan.model.outputShape, targets: targetKind, level: plan.level,
        threads: plan.threads))
    let weighting: Plan<ChannelScaling>
    do {
      weighting = try Plan<ChannelScaling>(
        ChannelsProblem(batch: 1, channels: count, plane: plan.model.outputShape.count), level: plan.level,
        threads: plan.threads)
    } catch {
      throw LossError.kernel(loss: self.loss.name, error)
    }
    buffers.reserve(
      workspaceByteCount: max(loss.workspaceByteCount, weighting.workspaceByteCount), lossCount: loss.lossCount)
    let variant = Variant(count: count, targets: targetKind, loss: loss, weighting: weighting)
    variants.append(variant)
    return variant
  }

  /// Checks that the model accepts the data set's images, and the loss its labels or targets.
  func check(_ dataset: some Dataset) throws {
    guard 0...Int(Int32.max) ~= dataset.count else {
      throw TrainingError.invalidArgument(
        name: "the number of images", value: "\(dataset.count)", expected: "at most \(Int32.max)")
    }
    try prepare(imageShape: dataset.imageShape)
    if let shape = dataset.targetShape {
      guard loss.acceptsValues else { throw wrongTargets("values that come with the images") }
      guard shape.count == plan.model.outputShape.count else {
        throw LossError.invalidValue(
          loss: loss.name, name: "the targets' shape", value: "\(shape)", expected: "\(plan.model.outputShape)")
      }
    } else {
      guard loss.acceptsLabels, pixels == 1 else { throw wrongTargets("the classes of a data set") }
    }
    if let weights = dataset.imageWeights { try checkImageWeights(count: weights.count, images: dataset.count) }
  }

  /// Plans the normalisation of images, and checks that the model accepts their shape.
  @discardableResult
  func prepare(imageShape: Shape) throws -> PlannedNormalization {
    if let normalizer, normalizer.shape == imageShape { return normalizer.planned }
    try check(imageShape: imageShape)
    let planned = try PlannedNormalization(
      normalization, imageShape: imageShape, level: plan.level, threads: plan.threads)
    normalizer = (imageShape, planned)
    return planned
  }

  /// Checks that the model's input shape is that of the images, or one dimension with as many values.
  func check(imageShape: Shape) throws {
    let expected = plan.model.inputShape
    guard imageShape == expected || (expected.rank == 1 && expected[0] == imageShape.count) else {
      throw LayerError.inputShape(layer: plan.model.network.kind, given: imageShape, expected: "\(expected)")
    }
  }

  private func wrongTargets(_ given: String) -> LossError {
    .invalidValue(
      loss: loss.name, name: "targets", value: given,
      expected: loss.acceptsValues
        ? "a value for each output" : pixels > 1 ? "a class for each pixel" : "a class for each image")
  }

  /// Writes the data set's images at ``indices`` to the model's input, normalised, and stores their labels or targets.
  /// `check(_:)` must have accepted the data set.
  func load(_ dataset: some Dataset, count: Int) throws {
    let planned = try prepare(imageShape: dataset.imageShape)
    let input = plan.input.baseAddress.unsafelyUnwrapped
    if let bytes = dataset.byteImages {
      for i in 0..<count { bytePositions[i] = bytes.position(Int(indices[i])) }
      try bytes.source.pixels.withUnsafeBufferPointer { pixels in
        guard let pixels = pixels.baseAddress else { return }
        try planned.gather(pixels, bytePositions, count: count, to: input)
      }
    } else {
      let size = plan.model.inputShape.count
      for i in 0..<count {
        try dataset.readImage(
          at: Int(indices[i]), into: UnsafeMutableBufferPointer(start: input + i * size, count: size))
      }
      try planned.normalize(input, count: count, to: input)
    }
    try loadTargets(of: dataset, count: count)
    isWeighted = false
    if let weights = dataset.imageWeights {
      isWeighted = true
      for i in 0..<count {
        let weight = weights[Int(indices[i])]
        try checkImageWeight(weight)
        self.weights.pointer[i] = weight
      }
    }
  }

  private func loadTargets(of dataset: some Dataset, count: Int) throws {
    guard let shape = dataset.targetShape else {
      expect(.labels)
      for i in 0..<count { try storeLabel(dataset.label(at: Int(indices[i])), at: i) }
      return
    }
    expect(.values)
    let size = shape.count
    if dataset.targetsAreImages {
      targets.pointer.update(from: plan.input.baseAddress.unsafelyUnwrapped, count: count * size)
    } else {
      for i in 0..<count {
        try dataset.readTarget(
          at: Int(indices[i]), into: UnsafeMutableBufferPointer(start: targets.pointer + i * size, count: size))
      }
    }
    // Predictions are compared with the images' classes, if they have any.
    hasLabels = plan.model.outputShape.rank == 1 && dataset.classCount != nil
    for i in 0..<count {
      buffers.labels[i] = hasLabels ? Int32(truncatingIfNeeded: dataset.label(at: Int(indices[i]))) : 0
    }
  }

  /// Writes a tensor of images to the model's input, and stores their labels; returns the number of images.
  func load(_ input: Tensor, labels: [Int]) throws -> Int {
    guard loss.acceptsLabels else { throw wrongTargets("labels") }
    expect(.labels)
    let count = labels.count / pixels
    guard labels.count.isMultiple(of: pixels) else {
      throw LossError.invalidValue(
        loss: loss.name, name: "the number of labels", value: "\(labels.count)",
        expected: "\(pixels), the pixels, for each image")
    }
    try copy(input, count: count)
    for (i, label) in labels.enumerated() { try storeLabel(label, at: i) }
    return count
  }

  /// Writes a tensor of images to the model's input, and stores their targets; returns the number of images.
  func load(_ input: Tensor, targets values: Tensor) throws -> Int {
    guard loss.acceptsValues else { throw wrongTargets("a tensor") }
    let count = input.shape.dimensions.first ?? 0
    let expected = plan.model.outputShape.batched(count)
    guard values.shape == expected else {
      throw LossError.invalidValue(
        loss: loss.name, name: "the targets' shape", value: "\(values.shape)", expected: "\(expected)")
    }
    expect(.values)
    try copy(input, count: count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { targets.pointer.update(from: base, count: source.count) }
    }
    return count
  }

  /// Writes a loader's batch to the model's input, normalised; returns the number of images.
  func load(_ batch: PreparedBatch) throws -> Int {
    guard batch.count <= plan.batchSize else {
      throw TrainingError.invalidArgument(
        name: "the images of a batch", value: "\(batch.count)", expected: "at most \(plan.batchSize)")
    }
    let planned = try prepare(imageShape: batch.imageShape)
    if let given = batch.normalization, given != normalization {
      throw TrainingError.normalization(given: given, expected: normalization)
    }
    let isNormalized = batch.normalization != nil
    if let values = batch.targets, let base = values.baseAddress {
      guard loss.acceptsValues else { throw wrongTargets("values that come with the images") }
      guard values.count == batch.count * plan.model.outputShape.count else {
        throw LossError.invalidValue(
          loss: loss.name, name: "the targets' shape", value: "\(batch.targetShape ?? [])",
          expected: "\(plan.model.outputShape)")
      }
      expect(.values)
      if batch.targetsAreImages, !isNormalized {
        try planned.normalize(base, count: batch.count, to: targets.pointer)
      } else {
        targets.pointer.update(from: base, count: values.count)
      }
      // Predictions are compared with the images' classes, if they have any.
      hasLabels = plan.model.outputShape.rank == 1 && !batch.targetsAreImages
      for i in 0..<batch.count { buffers.labels[i] = batch.labels[i] }
    } else {
      guard loss.acceptsLabels, pixels == 1 else { throw wrongTargets("the classes of a data set") }
      expect(.labels)
      for i in 0..<batch.count { try storeLabel(Int(batch.labels[i]), at: i) }
    }
    let (images, input) = (batch.images.baseAddress.unsafelyUnwrapped, plan.input.baseAddress.unsafelyUnwrapped)
    if isNormalized {
      input.update(from: images, count: batch.images.count)
    } else {
      try planned.normalize(images, count: batch.count, to: input)
    }
    if let weights = batch.weights {
      isWeighted = true
      _ = UnsafeMutableBufferPointer(start: self.weights.pointer, count: batch.count).update(from: weights)
    }
    return batch.count
  }

  private func expect(_ kind: TargetKind) {
    isWeighted = false
    targetKind = kind
    hasLabels = kind == .labels
  }

  private func copy(_ input: Tensor, count: Int) throws {
    let expected = plan.model.inputShape.batched(count)
    guard input.shape == expected, count <= plan.batchSize else {
      throw LayerError.invalidValue(
        layer: plan.model.network.kind, name: "the images' shape", value: "\(input.shape)",
        expected: "\(expected) for \(count) labels or targets, and at most \(plan.batchSize) of them")
    }
    input.withUnsafeBufferPointer { source in _ = plan.input.update(from: source) }
  }

  private func storeLabel(_ label: Int, at i: Int) throws {
    let classes = plan.model.outputShape.dimensions.first ?? 0
    guard 0..<classes ~= label || label == loss.ignoredLabel else {
      throw LossError.invalidValue(loss: loss.name, name: "label", value: "\(label)", expected: "0 to \(classes - 1)")
    }
    buffers.labels[i] = Int32(truncatingIfNeeded: label)
  }

  /// Runs a step of `count` images on the plan's threads, or on this thread alone while that is faster.
  func choosingThreads<Result>(count: Int, _ step: () throws -> Result) rethrows -> Result {
    try threadChoice.run(isTypical: count == plan.batchSize, step)
  }

  /// The forward pass and loss of the loaded batch and, if `trains`, the backward pass.
  func run(count: Int, trains: Bool) throws -> BatchTotal {
    let variant = try variant(count)
    try plan.forward(count: count)
    var loss = variant.loss.run(
      buffers.memory(
        output: UnsafePointer(plan.output.baseAddress.unsafelyUnwrapped),
        targets: targetKind == .values ? .values(UnsafePointer(targets.pointer)) : nil,
        gradient: trains ? plan.outputGradient.baseAddress : nil))
    if isWeighted {
      loss.sum = buffers.weightedSum(weights.pointer, count: count, lossCount: variant.loss.lossCount)
      if trains, let gradient = plan.outputGradient.baseAddress {
        variant.weighting.run(
          ChannelScaling.Operands(input: gradient, scales: weights.pointer, output: gradient),
          workspace: buffers.workspace)
        let size = plan.model.outputShape.count
        // Writes zeros, because 0 times infinity or NaN is NaN.
        for i in 0..<count where weights.pointer[i] == 0 { (gradient + i * size).update(repeating: 0, count: size) }
      }
    }
    if trains { try plan.backward(count: count) }
    let isSum = self.loss.reduction == .sum
    guard hasLabels else { return buffers.total(loss, count: count, pixels: 0, ignoredLabel: nil, isSum: isSum) }
    // Labels beside target values serve only for the accuracy: none of them is ignored.
    return buffers.total(
      loss, count: count, pixels: pixels, ignoredLabel: targetKind == .labels ? self.loss.ignoredLabel : nil,
      isSum: isSum)
  }

  /// Whether a label is excluded from loss and accuracy.
  func isIgnored(_ label: Int32) -> Bool { targetKind == .labels && loss.ignoredLabel == Int(label) }

  /// The predictions and labels of the last run.
  var predictions: (predicted: UnsafePointer<Int32>, labels: UnsafePointer<Int32>) {
    (UnsafePointer(buffers.predictions), UnsafePointer(buffers.labels))
  }
}
