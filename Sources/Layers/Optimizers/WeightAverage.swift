import Foundation
import Kernels

/// A running average of a model's trainable parameters, which often generalises better than the parameters themselves.
///
///     let average = try WeightAverage(model, .exponential(decay: 0.999))
///     …                                         // after each step:
///     average.update()
///     …                                         // to evaluate:
///     let result = try average.withAveragedWeights { try trainer.evaluate(on: test) }
///
/// As in PyTorch, frozen parameters are averaged, too, see ``Model/freeze(_:)-(String...)``; their average converges to
/// their values. Buffers, such as running statistics, are not averaged: an evaluation uses the model's.
public final class WeightAverage {
  /// The weight of the parameters in the new average at update t, counted from 1. It is 1 at the first update.
  public enum Rule: Hashable, Sendable {
    /// 1 − decay: PyTorch's `get_ema_multi_avg_fn`. The first update's parameters keep the weight decayᵗ⁻¹.
    case exponential(decay: Double)
    /// (1 − decay) / (1 − decayᵗ): the mean with weights decayᵗ⁻ⁱ, corrected as in Adam.
    case corrected(decay: Double)
    /// 1 − min(decay, 1 − (1 + (t − 1)/gamma)^−power): `warmup` of timm's `ModelEmaV3`. The decay starts at 0.
    case warmedUp(decay: Double, gamma: Double = 1, power: Double = 2.0 / 3)
    /// 1/t, the mean of all updates: PyTorch's `get_swa_multi_avg_fn` (Izmailov and others, 2018).
    case equal

    func share(_ t: Int) -> Double {
      if t == 1 { return 1 }
      return switch self {
      case .exponential(let decay): 1 - decay
      case .corrected(let decay): decay == 1 ? 1 / Double(t) : (1 - decay) / (1 - pow(decay, Double(t)))
      case .warmedUp(let decay, let gamma, let power):
        1 - min(decay, 1 - pow(1 + Double(t - 1) / gamma, -power))
      case .equal: 1 / Double(t)
      }
    }
  }

  /// The weight of each update.
  public let rule: Rule
  /// The number of updates.
  public var updates = 0
  /// Whether the model's parameters are currently the averages, see ``exchange()``.
  public private(set) var holdsAveragedWeights = false
  private let model: Model
  private let averages: FloatStorage
  private let kernel: Plan<WeightAverageStep>
  private let workspace: Workspace

  /// An average initialised with the current parameters.
  /// - Throws: ``OptimizerError`` for a decay outside 0 ... 1, a gamma that is not above 0, or a power that is
  ///   negative.
  public init(_ model: Model, _ rule: Rule, threads: Int = 1, level: InstructionSet? = nil) throws(OptimizerError) {
    switch rule {
    case .exponential(let decay), .corrected(let decay): try WeightAverage.check("decay", decay, 0...1)
    case .warmedUp(let decay, let gamma, let power):
      try WeightAverage.check("decay", decay, 0...1)
      try WeightAverage.check("gamma", gamma, .leastNormalMagnitude ... .greatestFiniteMagnitude)
      try WeightAverage.check("power", power, 0 ... .greatestFiniteMagnitude)
    case .equal: break
    }
    self.rule = rule
    self.model = model
    let count = model.parameterBuffer.count
    averages = FloatStorage(copying: model.values.storage.pointer, count: count)
    kernel = try parameterKernel(
      WeightAverageStep.self, WeightAverageStep.Problem(count: count), for: "WeightAverage", threads: threads,
      level: level)
    workspace = Workspace(byteCount: kernel.workspaceByteCount)
  }

  private static func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws(OptimizerError) {
    guard range.contains(value) else {
      throw .invalidValue(
        optimizer: "WeightAverage", name: name, value: "\(value)",
        expected: range.upperBound == 1 ? "0 to 1" : range.lowerBound == 0 ? "at least 0" : "above 0")
    }
  }

  /// The averages, with the layout of ``Model/parameterBuffer``; while ``holdsAveragedWeights``, the model's own
  /// parameters. They may be written, such as when training is resumed.
  public var values: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: averages.pointer, count: averages.count)
  }

  /// Updates the average with the model's parameters; allocates nothing. Does nothing while ``holdsAveragedWeights``.
  public func update() {
    if holdsAveragedWeights { return }
    updates += 1
    let share = rule.share(updates)
    let parameters = model.values.storage.pointer
    if share == 1 {
      averages.pointer.update(from: parameters, count: averages.count)
    } else {
      kernel.run(
        WeightAverageStep.Operands(averages: averages.pointer, values: parameters, fraction: share),
        workspace: workspace)
    }
  }

  /// Swaps the model's parameters and the averages. A second call restores both.
  public func exchange() {
    holdsAveragedWeights.toggle()
    let parameters = model.values.storage.pointer
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4096) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for first in stride(from: 0, to: averages.count, by: buffer.count) {
        let count = min(buffer.count, averages.count - first)
        scratch.update(from: parameters + first, count: count)
        (parameters + first).update(from: averages.pointer + first, count: count)
        (averages.pointer + first).update(from: scratch, count: count)
      }
    }
  }

  /// Calls `body` while the model's parameters are the averages.
  public func withAveragedWeights<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    if holdsAveragedWeights { return try body() }
    exchange()
    defer { exchange() }
    return try body()
  }
}
