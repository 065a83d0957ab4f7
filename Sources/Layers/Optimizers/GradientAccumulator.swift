import Kernels

/// Accumulates the gradients of several backward passes for one step, as if their batches were one.
///
///     for (i, batch) in batches.enumerated() {
///       …                                                    // forward and backward pass
///       let share = 1 / Float(batches.count)                 // batches of equal size, a loss that is their mean
///       if i < batches.count - 1 { accumulator.add(scale: share) } else { accumulator.finish(scale: share) }
///     }
///     optimizer.step()
public final class GradientAccumulator {
  /// The number of backward passes accumulated since the last step.
  public private(set) var passes = 0
  private let model: Model
  private let gradients: UnsafeMutablePointer<Float>
  /// The accumulated gradients, allocated at first use.
  private lazy var sums = FloatStorage(zeros: model.gradientBuffer.count)
  /// ``Model/freezeCount`` at the last accumulation.
  private var freezeCount = 0
  private let kernel: Plan<GradientAccumulation>
  private let workspace: Workspace

  /// - Throws: ``OptimizerError`` when the level is not available or the number of threads is not valid.
  public init(_ model: Model, threads: Int = 1, level: InstructionSet? = nil) throws(OptimizerError) {
    self.model = model
    let count = model.gradientBuffer.count
    gradients = model.gradients.storage.pointer
    kernel = try parameterKernel(
      GradientAccumulation.self, ElementwiseProblem(count: count), for: "GradientAccumulator", threads: threads,
      level: level)
    workspace = Workspace(byteCount: kernel.workspaceByteCount)
  }

  /// Adds the model's gradients, multiplied by `scale`, to the sums.
  public func add(scale: Float = 1) {
    run(to: sums.pointer, scale)
    passes += 1
  }

  /// Adds the model's gradients, multiplied by `scale`, to the sums, and replaces the gradients by the result, ready
  /// for a step. The next accumulation starts from zero.
  public func finish(scale: Float = 1) {
    if passes > 0 || scale != 1 { run(to: gradients, scale) }
    passes = 0
  }

  /// Adds the model's gradients, multiplied by `scale`, to the sums, and replaces the gradients by the sums divided by
  /// `total`, ready for a step. With batch sizes as scales and their sum as `total`, this is the gradient of the mean
  /// over all images.
  public func finish(scale: Float, over total: Float) {
    add(scale: scale)
    kernel.run(
      GradientAccumulation.Operands(
        accumulated: nil, gradients: UnsafePointer(sums.pointer), sum: gradients, scale: 1 / total),
      workspace: workspace)
    passes = 0
  }

  /// The sums, with the layout of ``Model/gradientBuffer``; they may be written, such as when training is resumed.
  public var values: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: sums.pointer, count: sums.count)
  }

  /// Continues from sums of `passes` backward passes that were written to ``values``.
  public func restore(passes: Int) { self.passes = passes }

  /// Discards the sums.
  public func reset() { passes = 0 }

  private func run(to sum: UnsafeMutablePointer<Float>, _ scale: Float) {
    if model.freezeCount != freezeCount { forgetFrozen() }
    kernel.run(
      GradientAccumulation.Operands(
        accumulated: passes == 0 ? nil : UnsafePointer(sums.pointer), gradients: UnsafePointer(gradients), sum: sum,
        scale: scale),
      workspace: workspace)
  }

  /// Zeroes the sums of parameters that were frozen since the last accumulation.
  private func forgetFrozen() {
    freezeCount = model.freezeCount
    guard passes > 0 else { return }
    let frozen = Set(model.frozenNames)
    for (name, range) in model.trainableRanges where frozen.contains(name) {
      (sums.pointer + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }
}
