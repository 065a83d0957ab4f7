import Kernels

/// Runs a model and a loss on batches of images that are bytes, tensors, or were prepared by a loader.
///
/// It owns every buffer; a batch of a size and a kind of targets that was met before allocates nothing.
final class BatchRunner {
  let plan: ModelPlan
  private let loss: any Loss
  private let scaling: PixelScaling
  private let buffers: LossBuffers
  /// The labels of an image.
  let pixels: Int
  /// The positions in the data set of the batch's images.
  let indices: UnsafeMutablePointer<Int32>
  private var variants: [Variant] = []
  /// What the batch loaded last has; values lie in ``targets``.
  private var targetKind = TargetKind.labels
  /// Whether the batch loaded last has labels, which predictions are compared with.
  private var hasLabels = true
  /// Room for a value for each output; made when it is first needed.
  private lazy var targets = FloatStorage(repeating: 0, count: plan.batchSize * plan.model.outputShape.count)

  /// What is planned for a number of images. A class, because plans are large values to copy at every step.
  private final class Variant {
    let count: Int
    let targets: TargetKind
    let assembly: Plan<BatchAssembly>
    let loss: any PlannedLoss

    init(count: Int, targets: TargetKind, assembly: Plan<BatchAssembly>, loss: any PlannedLoss) {
      self.count = count
      self.targets = targets
      self.assembly = assembly
      self.loss = loss
    }
  }

  init(_ plan: ModelPlan, _ loss: any Loss, _ scaling: PixelScaling) throws(LayerError) {
    self.plan = plan
    self.loss = loss
    self.scaling = scaling
    targetKind = loss.acceptsLabels ? .labels : .values
    pixels = loss.acceptsPixels ? plan.model.outputShape.element.count : 1
    buffers = LossBuffers(capacity: plan.batchSize * pixels, workspaceByteCount: 0)
    indices = .allocate(capacity: plan.batchSize)
    indices.initialize(repeating: 0, count: plan.batchSize)
    if loss.acceptsLabels, plan.model.outputShape.rank != 1, loss.acceptsValues, !loss.acceptsPixels {
      targetKind = .values
    }
    try prepare(count: plan.batchSize)
  }

  deinit { indices.deallocate() }

  /// Plans batches of `count` images.
  func prepare(count: Int) throws(LayerError) {
    try plan.prepare(count: count)
    _ = try variant(count)
  }

  private func variant(_ count: Int) throws(LayerError) -> Variant {
    for variant in variants where variant.count == count && variant.targets == targetKind { return variant }
    let shape = plan.model.inputShape
    let channels = shape.rank == 3 ? shape[0] : 1
    let assembly: Plan<BatchAssembly>
    do {
      assembly = try Plan<BatchAssembly>(
        BatchAssembly.Problem(batch: count, channels: channels, plane: shape.count / channels), level: plan.level,
        threads: plan.threads)
    } catch {
      throw .kernel(layer: "BatchAssembly", error)
    }
    let loss = try loss.plan(
      LossProblem(
        batchSize: count, outputShape: plan.model.outputShape, targets: targetKind, level: plan.level,
        threads: plan.threads))
    buffers.reserve(
      workspaceByteCount: max(assembly.workspaceByteCount, loss.workspaceByteCount), lossCount: loss.lossCount)
    let variant = Variant(count: count, targets: targetKind, assembly: assembly, loss: loss)
    variants.append(variant)
    return variant
  }

  /// Checks that the model takes the data set's images.
  func check(_ dataset: ImageDataset) throws(LayerError) {
    guard dataset.count <= Int(Int32.max) else {
      throw .invalidValue(
        layer: plan.model.network.name, name: "the number of images", value: "\(dataset.count)",
        expected: "at most \(Int32.max)")
    }
    // Without a shape of the images: making one allocates.
    let expected = plan.model.inputShape
    let fits =
      expected.rank == 3
      ? expected[0] == dataset.channels && expected[1] == dataset.height && expected[2] == dataset.width
      : expected.rank == 1 && expected[0] == dataset.imageByteCount
    if !fits { try check(imageShape: dataset.imageShape) }
    guard loss.acceptsLabels, pixels == 1 else { throw wrongTargets("the classes of a data set") }
  }

  /// Checks that the model takes images of a shape, or all their values in a row.
  func check(imageShape: Shape) throws(LayerError) {
    let expected = plan.model.inputShape
    guard imageShape == expected || (expected.rank == 1 && expected[0] == imageShape.count) else {
      throw .inputShape(layer: plan.model.network.name, given: imageShape, expected: "\(expected)")
    }
  }

  private func wrongTargets(_ given: String) -> LayerError {
    .invalidValue(
      layer: loss.name, name: "targets", value: given,
      expected: loss.acceptsValues
        ? "a value for each output" : pixels > 1 ? "a class for each pixel" : "a class for each image")
  }

  /// Writes the images that ``indices`` name to the model's input, and notes their labels. Both pointers lead to the
  /// whole data set.
  func load(pixels: UnsafePointer<UInt8>, labels: UnsafePointer<UInt8>, count: Int) throws(LayerError) {
    expect(.labels)
    let variant = try variant(count)
    for i in 0..<count { try storeLabel(Int(labels[Int(indices[i])]), at: i) }
    variant.assembly.run(
      BatchAssembly.Operands(
        images: pixels, indices: UnsafePointer(indices), scale: scaling.scale, offset: scaling.offset,
        output: plan.input.baseAddress.unsafelyUnwrapped),
      workspace: buffers.workspace)
  }

  /// Writes a tensor of images to the model's input, and notes their labels; returns their number.
  func load(_ input: Tensor, labels: [Int]) throws(LayerError) -> Int {
    guard loss.acceptsLabels else { throw wrongTargets("labels") }
    expect(.labels)
    let count = labels.count / pixels
    guard labels.count.isMultiple(of: pixels) else {
      throw .invalidValue(
        layer: loss.name, name: "the number of labels", value: "\(labels.count)",
        expected: "\(pixels), the pixels, for each image")
    }
    try copy(input, count: count)
    for (i, label) in labels.enumerated() { try storeLabel(label, at: i) }
    return count
  }

  /// Writes a tensor of images to the model's input, and notes what the network should make of them; returns their
  /// number.
  func load(_ input: Tensor, targets values: Tensor) throws(LayerError) -> Int {
    guard loss.acceptsValues else { throw wrongTargets("a tensor") }
    let count = input.shape.dimensions.first ?? 0
    let expected = plan.model.outputShape.batched(count)
    guard values.shape == expected else {
      throw .invalidValue(
        layer: loss.name, name: "the targets' shape", value: "\(values.shape)", expected: "\(expected)")
    }
    expect(.values)
    try copy(input, count: count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { targets.pointer.update(from: base, count: source.count) }
    }
    return count
  }

  /// Copies a batch that a loader prepared; returns the number of its images.
  func load(_ batch: PreparedBatch) throws(LayerError) -> Int {
    guard batch.count <= plan.batchSize else {
      throw .invalidValue(
        layer: "Trainer", name: "the images of a batch", value: "\(batch.count)", expected: "at most \(plan.batchSize)")
    }
    try check(imageShape: batch.imageShape)
    guard batch.weights == nil else {
      throw .invalidValue(
        layer: "Trainer", name: "imageWeights", value: "given", expected: "none: use them in a loop of your own")
    }
    if let values = batch.targets {
      guard loss.acceptsValues else { throw wrongTargets("values that come with the images") }
      guard values.count == batch.count * plan.model.outputShape.count else {
        throw .invalidValue(
          layer: loss.name, name: "the targets' shape", value: "\(batch.targetShape ?? [])",
          expected: "\(plan.model.outputShape)")
      }
      expect(.values)
      if let base = values.baseAddress { targets.pointer.update(from: base, count: values.count) }
      // Their classes, where they have some, are what predictions are compared with.
      hasLabels = plan.model.outputShape.rank == 1
      for i in 0..<batch.count { buffers.labels[i] = batch.labels[i] }
    } else {
      guard loss.acceptsLabels, pixels == 1 else { throw wrongTargets("the classes of a data set") }
      expect(.labels)
      for i in 0..<batch.count { try storeLabel(Int(batch.labels[i]), at: i) }
    }
    plan.input.baseAddress.unsafelyUnwrapped.update(
      from: batch.images.baseAddress.unsafelyUnwrapped, count: batch.count * plan.model.inputShape.count)
    return batch.count
  }

  private func expect(_ kind: TargetKind) {
    targetKind = kind
    hasLabels = kind == .labels
  }

  private func copy(_ input: Tensor, count: Int) throws(LayerError) {
    let expected = plan.model.inputShape.batched(count)
    guard input.shape == expected, count <= plan.batchSize else {
      throw .invalidValue(
        layer: plan.model.network.name, name: "the images' shape", value: "\(input.shape)",
        expected: "\(expected) for \(count) labels or targets, and at most \(plan.batchSize) of them")
    }
    input.withUnsafeBufferPointer { source in _ = plan.input.update(from: source) }
  }

  private func storeLabel(_ label: Int, at i: Int) throws(LayerError) {
    let classes = plan.model.outputShape.dimensions.first ?? 0
    guard 0..<classes ~= label || label == loss.ignoredLabel else {
      throw .invalidValue(layer: loss.name, name: "label", value: "\(label)", expected: "0 to \(classes - 1)")
    }
    buffers.labels[i] = Int32(truncatingIfNeeded: label)
  }

  /// Forward pass and loss of the images loaded last and, where `trains`, the backward pass.
  func run(count: Int, trains: Bool) throws(LayerError) -> BatchTotal {
    let variant = try variant(count)
    try plan.forward(count: count)
    let loss = variant.loss.run(
      buffers.memory(
        output: UnsafePointer(plan.output.baseAddress.unsafelyUnwrapped),
        targets: targetKind == .values ? .values(UnsafePointer(targets.pointer)) : nil,
        gradient: trains ? plan.outputGradient.baseAddress : nil))
    if trains { try plan.backward(count: count) }
    guard hasLabels else { return buffers.total(loss, count: count, pixels: 0, ignoredLabel: nil) }
    // Labels beside targets of values are only compared with: none of them is ignored.
    return buffers.total(
      loss, count: count, pixels: pixels, ignoredLabel: targetKind == .labels ? self.loss.ignoredLabel : nil)
  }

  /// Whether a label counts for nothing.
  func isIgnored(_ label: Int32) -> Bool { targetKind == .labels && loss.ignoredLabel == Int(label) }

  /// The predictions of the images run last, and their labels.
  var predictions: (predicted: UnsafePointer<Int32>, labels: UnsafePointer<Int32>) {
    (UnsafePointer(buffers.predictions), UnsafePointer(buffers.labels))
  }
}
