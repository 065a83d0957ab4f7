import Foundation

/// PyTorch's `CyclicLR` (Smith, 2015): rises from `base` to `maximum` and falls again, cycle after cycle, while the
/// momentum moves in the opposite direction. The optimiser's learning rate and momentum are not used.
///
/// With parameter groups, all groups have the schedule's learning rate, as with ``OneCycle``.
public struct Cyclic: Schedule {
  /// How the amplitude changes from cycle to cycle, or from unit to unit.
  public enum Mode: Hashable, Sendable {
    /// All cycles have the same amplitude.
    case triangular
    /// Each cycle has half the amplitude of the one before.
    case triangular2
    /// The amplitude is multiplied by `gamma` in each unit: PyTorch's `exp_range`.
    case exponentialRange(gamma: Double)
  }

  /// The lowest learning rate.
  public var base: Double
  /// The highest learning rate, in the first cycle.
  public var maximum: Double
  /// The length of the rise, in units (see ``Schedule``), at least 1.
  public var unitsUp: Int
  /// The length of the fall, in units, at least 1.
  public var unitsDown: Int
  /// How the amplitude changes.
  public var mode: Mode
  /// The momentum, lowest at the highest learning rate and highest at the lowest; nil to keep the optimiser's.
  public var momentumRange: ClosedRange<Double>?

  /// - Parameters:
  ///   - base: the lowest learning rate, PyTorch's `base_lr`.
  ///   - maximum: the highest learning rate, PyTorch's `max_lr`.
  ///   - unitsUp: PyTorch's `step_size_up`.
  ///   - unitsDown: PyTorch's `step_size_down`; nil for the same as `unitsUp`.
  ///   - mode: how the amplitude changes.
  ///   - momentumRange: PyTorch's `base_momentum` and `max_momentum`; nil to keep the optimiser's.
  public init(
    base: Double, maximum: Double, unitsUp: Int = 2000, unitsDown: Int? = nil, mode: Mode = .triangular,
    momentumRange: ClosedRange<Double>? = 0.8...0.9
  ) {
    self.base = base
    self.maximum = maximum
    self.unitsUp = unitsUp
    self.unitsDown = unitsDown ?? unitsUp
    self.mode = mode
    self.momentumRange = momentumRange
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    self.base + (maximum - self.base) * height(at: time)
  }

  public func momentum(at time: Int) -> Double? {
    momentumRange.map { $0.upperBound - ($0.upperBound - $0.lowerBound) * height(at: time) }
  }

  /// The position between the lowest value, 0, and the highest, 1.
  private func height(at time: Int) -> Double {
    let (up, down) = (max(unitsUp, 1), max(unitsDown, 1))
    let (cycle, unit) = time.quotientAndRemainder(dividingBy: up + down)
    let share = unit <= up ? Double(unit) / Double(up) : Double(up + down - unit) / Double(down)
    return switch mode {
    case .triangular: share
    case .triangular2: share * pow(2, -Double(cycle))
    case .exponentialRange(let gamma): share * pow(gamma, Double(time))
    }
  }
}
