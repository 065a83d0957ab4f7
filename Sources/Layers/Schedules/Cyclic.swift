import Foundation

/// PyTorch's `CyclicLR` (Smith, 2015): up from `base` to `maximum` and down again, cycle after cycle, and the momentum the
/// other way. The optimiser's own learning rate and momentum are not used.
///
/// With groups of parameters, all have the rates of the schedule, as with ``OneCycle``.
public struct Cyclic: Schedule {
  /// How the height of a cycle follows from its number, or of a unit from the units before it.
  public enum Mode: Hashable, Sendable {
    /// All cycles are as high.
    case triangular
    /// Each cycle is half as high as the one before.
    case triangular2
    /// The height is multiplied by `gamma` in each unit: PyTorch's `exp_range`.
    case exponentialRange(gamma: Double)
  }

  /// The least learning rate.
  public var base: Double
  /// The largest learning rate, of the first cycle.
  public var maximum: Double
  /// The units of the way up, at least 1.
  public var unitsUp: Int
  /// The units of the way down, at least 1.
  public var unitsDown: Int
  public var mode: Mode
  /// The least momentum, at the largest learning rate, and the largest; nil to leave the optimiser's own alone.
  public var momenta: ClosedRange<Double>?

  /// - Parameters:
  ///   - base: the least learning rate, PyTorch's `base_lr`.
  ///   - maximum: the largest learning rate, PyTorch's `max_lr`.
  ///   - unitsUp: PyTorch's `step_size_up`.
  ///   - unitsDown: PyTorch's `step_size_down`; nil for as many as up.
  ///   - mode: how the height of the cycles changes.
  ///   - momenta: PyTorch's `base_momentum` and `max_momentum`; nil to leave the optimiser's own alone.
  public init(
    base: Double, maximum: Double, unitsUp: Int = 2000, unitsDown: Int? = nil, mode: Mode = .triangular,
    momenta: ClosedRange<Double>? = 0.8...0.9
  ) {
    self.base = base
    self.maximum = maximum
    self.unitsUp = unitsUp
    self.unitsDown = unitsDown ?? unitsUp
    self.mode = mode
    self.momenta = momenta
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    self.base + (maximum - self.base) * height(at: time)
  }

  public func momentum(at time: Int) -> Double? {
    momenta.map { $0.upperBound - ($0.upperBound - $0.lowerBound) * height(at: time) }
  }

  /// The share of the way from the least value to the largest.
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
