import Kernels

/// Runs a model and a loss on batches of images that are bytes, or of tensors.
///
/// It owns every buffer; a batch of a size that was met before allocates nothing.
final class BatchRunner {
  let plan: ModelPlan
  private let loss: any Loss
  private let scaling: PixelScaling
  private let buffers: LossBuffers
  /// The positions in the data set of the batch's images.
  let indices: UnsafeMutablePointer<Int32>
  private var variants: [Variant] = []

  /// What is planned for a number of images. A class, because plans are large values to copy at every step.
  private final class Variant {
    let count: Int
    let assembly: Plan<BatchAssembly>
    let loss: any PlannedLoss

    init(count: Int, assembly: Plan<BatchAssembly>, loss: any PlannedLoss) {
      self.count = count
      self.assembly = assembly
      self.loss = loss
    }
  }

  init(_ plan: ModelPlan, _ loss: any Loss, _ scaling: PixelScaling) throws(LayerError) {
    guard plan.model.outputShape.rank == 1 else {
      throw .invalidValue(
        layer: loss.name, name: "the network's output shape", value: "\(plan.model.outputShape)",
        expected: "[classes]; put a Flatten behind it")
    }
    self.plan = plan
    self.loss = loss
    self.scaling = scaling
    buffers = LossBuffers(capacity: plan.batchSize, workspaceByteCount: 0)
    indices = .allocate(capacity: plan.batchSize)
    indices.initialize(repeating: 0, count: plan.batchSize)
    try prepare(count: plan.batchSize)
  }

  deinit { indices.deallocate() }

  /// Plans batches of `count` images.
  func prepare(count: Int) throws(LayerError) {
    try plan.prepare(count: count)
    _ = try variant(count)
  }

  private func variant(_ count: Int) throws(LayerError) -> Variant {
    for variant in variants where variant.count == count { return variant }
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
        batchSize: count, classes: plan.model.outputShape.count, level: plan.level, threads: plan.threads))
    buffers.reserve(
      workspaceByteCount: max(assembly.workspaceByteCount, loss.workspaceByteCount), lossCount: loss.lossCount)
    let variant = Variant(count: count, assembly: assembly, loss: loss)
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
    let expected = plan.model.inputShape
    let fits =
      expected.rank == 3
      ? expected[0] == dataset.channels && expected[1] == dataset.height && expected[2] == dataset.width
      : expected.rank == 1 && expected[0] == dataset.imageByteCount
    guard fits else {
      throw .inputShape(
        layer: plan.model.network.name, given: [dataset.channels, dataset.height, dataset.width],
        expected: "\(expected)")
    }
  }

  /// Writes the images that ``indices`` name to the model's input, and notes their labels. Both pointers lead to the
  /// whole data set.
  func load(pixels: UnsafePointer<UInt8>, labels: UnsafePointer<UInt8>, count: Int) throws(LayerError) {
    let variant = try variant(count)
    for i in 0..<count { try note(label: Int(labels[Int(indices[i])]), at: i) }
    variant.assembly.run(
      BatchAssembly.Operands(
        images: pixels, indices: UnsafePointer(indices), scale: scaling.scale, offset: scaling.offset,
        output: plan.input.baseAddress.unsafelyUnwrapped),
      workspace: buffers.workspace)
  }

  /// Writes a tensor of images to the model's input, and notes their labels; returns their number.
  func load(_ input: Tensor, labels: [Int]) throws(LayerError) -> Int {
    let shape = plan.model.inputShape
    guard input.shape == shape.batched(labels.count), labels.count <= plan.batchSize else {
      throw .invalidValue(
        layer: plan.model.network.name, name: "the images' shape", value: "\(input.shape)",
        expected: "\(shape.batched(labels.count)) for \(labels.count) labels, and at most \(plan.batchSize) of them")
    }
    for (i, label) in labels.enumerated() { try note(label: label, at: i) }
    input.withUnsafeBufferPointer { source in _ = plan.input.update(from: source) }
    return labels.count
  }

  private func note(label: Int, at i: Int) throws(LayerError) {
    let classes = plan.model.outputShape[0]
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
        gradient: trains ? plan.outputGradient.baseAddress : nil))
    if trains { try plan.backward(count: count) }
    return buffers.total(loss, count: count)
  }
}
