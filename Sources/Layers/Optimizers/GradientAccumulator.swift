import Kernels

/// Adds up the gradients of several backward passes for one step, as if their batches had been one.
///
///     for (i, batch) in batches.enumerated() {
///       …                                                    // forward and backward pass
///       let share = 1 / Float(batches.count)                 // batches of equal size, a loss that is their mean
///       if i < batches.count - 1 { accumulator.add(scale: share) } else { accumulator.finish(scale: share) }
///     }
///     optimizer.step()
public final class GradientAccumulator {
  /// How many passes were added up since the last step.
  public private(set) var passes = 0
  private let model: Model
  private let gradients: UnsafeMutablePointer<Float>
  /// Made when they are first needed.
  private lazy var sums = FloatStorage(repeating: 0, count: model.gradientBuffer.count)
  /// ``Model/freezeCount`` of what was added up.
  private var freezeCount = 0
  private let kernel: Plan<GradientAccumulation>
  private let workspace: Workspace

  /// - Throws: ``LayerError`` when the level or the number of threads is not there.
  public init(_ model: Model, threads: Int = 1, level: InstructionSet? = nil) throws(LayerError) {
    self.model = model
    let count = model.gradientBuffer.count
    gradients = model.gradients.storage.pointer
    kernel = try parameterKernel(
      GradientAccumulation.self, ElementwiseProblem(count: count), for: "GradientAccumulator", threads: threads,
      level: level)
    workspace = Workspace(byteCount: kernel.workspaceByteCount)
  }

  /// Adds the model's gradients, times a factor, to the sums.
  public func add(scale: Float = 1) {
    run(to: sums.pointer, scale)
    passes += 1
  }

  /// Adds the model's gradients, times a factor, to the sums and puts the result in their place, ready for a step. The
  /// next sums start anew.
  public func finish(scale: Float = 1) {
    if passes > 0 || scale != 1 { run(to: gradients, scale) }
    passes = 0
  }

  /// Adds the model's gradients, times a factor, to the sums, and puts the sums over `total` in their place, ready for a
  /// step: with the batches' sizes for factors and their sum for `total`, the gradient of the mean over all images.
  public func finish(scale: Float, over total: Float) {
    add(scale: scale)
    kernel.run(
      GradientAccumulation.Operands(
        accumulated: nil, gradients: UnsafePointer(sums.pointer), sum: gradients, scale: 1 / total),
      workspace: workspace)
    passes = 0
  }

  /// The sums, laid out as ``Model/gradientBuffer``; they may be written, as when training is resumed.
  public var values: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: sums.pointer, count: sums.count)
  }

  /// Goes on from sums of so many passes that were written to ``values``.
  public func restore(passes: Int) { self.passes = passes }

  /// Forgets what was added up.
  public func reset() { passes = 0 }

  private func run(to sum: UnsafeMutablePointer<Float>, _ scale: Float) {
    if model.freezeCount != freezeCount { forgetFrozen() }
    kernel.run(
      GradientAccumulation.Operands(
        accumulated: passes == 0 ? nil : UnsafePointer(sums.pointer), gradients: UnsafePointer(gradients), sum: sum,
        scale: scale),
      workspace: workspace)
  }

  /// What was added up of parameters before they were frozen is no part of an update.
  private func forgetFrozen() {
    freezeCount = model.freezeCount
    guard passes > 0 else { return }
    let frozen = Set(model.frozenNames)
    for (name, range) in model.trainedRanges where frozen.contains(name) {
      (sums.pointer + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }
}
