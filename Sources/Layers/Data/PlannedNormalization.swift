import Kernels

/// A normalisation planned for images of one shape, either gathered from a byte data set or given as floats.
///
/// It owns the constants. A run allocates nothing once its number of images was planned.
final class PlannedNormalization {
  let normalization: Normalization
  /// Whether floats are copied unchanged.
  let isIdentity: Bool
  private let channels: Int
  private let plane: Int
  private let level: InstructionSet?
  private let threads: Int
  private let scales: FloatStorage
  private let offsets: FloatStorage
  private var bytePlans: [Plan<BatchAssembly>] = []
  private var floatPlans: [Plan<ChannelScaling>] = []
  private var workspace = Workspace(byteCount: 0)

  /// - Throws: ``DataError`` where the number of channels differs from the normalisation's.
  init(
    _ normalization: Normalization, imageShape: Shape, level: InstructionSet? = nil, threads: Int = 1
  ) throws(DataError) {
    try normalization.check(imageShape: imageShape)
    self.normalization = normalization
    self.level = level
    self.threads = threads
    isIdentity = normalization == .identity
    // With one mean for all channels, an image counts as a single channel.
    channels = normalization.mean.count
    plane = imageShape.count / channels
    scales = FloatStorage(normalization.scales)
    offsets = FloatStorage(normalization.offsets)
  }

  private var imageCount: Int { channels * plane }

  /// Gathers images of a byte data set and normalises them.
  ///
  /// - Parameters:
  ///   - pixels: all pixels of the data set.
  ///   - positions: the position of each of the `count` images.
  ///   - output: receives `count` images.
  func gather(
    _ pixels: UnsafePointer<UInt8>, _ positions: UnsafePointer<Int32>, count: Int,
    to output: UnsafeMutablePointer<Float>
  ) throws(KernelError) {
    let plan = try bytePlan(count)
    plan.run(
      BatchAssembly.Operands(
        images: pixels, indices: positions, scales: scales.pointer, offsets: offsets.pointer, output: output),
      workspace: workspace)
  }

  /// Normalises `count` images; `images` and `output` may be the same memory.
  func normalize(
    _ images: UnsafePointer<Float>, count: Int, to output: UnsafeMutablePointer<Float>
  ) throws(KernelError) {
    if isIdentity {
      if images != UnsafePointer(output) { output.update(from: images, count: count * imageCount) }
      return
    }
    let plan = try floatPlan(count)
    plan.run(
      ChannelScaling.Operands(input: images, scales: scales.pointer, offsets: offsets.pointer, output: output),
      workspace: workspace)
  }

  /// Plans runs of `count` images.
  func prepare(count: Int) throws(KernelError) {
    _ = try bytePlan(count)
    _ = try floatPlan(count)
  }

  private func bytePlan(_ count: Int) throws(KernelError) -> Plan<BatchAssembly> {
    for plan in bytePlans where plan.problem.batch == count { return plan }
    let plan = try Plan<BatchAssembly>(
      .init(batch: count, channels: channels, plane: plane), level: level, threads: threads)
    bytePlans.append(plan)
    grow(plan.workspaceByteCount)
    return plan
  }

  private func floatPlan(_ count: Int) throws(KernelError) -> Plan<ChannelScaling> {
    for plan in floatPlans where plan.problem.batch == count { return plan }
    let plan = try Plan<ChannelScaling>(
      .init(batch: count, channels: channels, plane: plane), level: level, threads: threads)
    floatPlans.append(plan)
    grow(plan.workspaceByteCount)
    return plan
  }

  private func grow(_ byteCount: Int) {
    if byteCount > workspace.byteCount { workspace = Workspace(byteCount: byteCount) }
  }
}
