import Foundation

/// An axis of a chart: its range, and round numbers along it.
struct Axis: Equatable {
  enum Scale { case linear, logarithmic }

  struct Tick: Equatable {
    let value: Double
    let label: String
  }

  /// What is measured, with its unit: `time (s)`.
  let title: String
  let range: ClosedRange<Double>
  let ticks: [Tick]
  let scale: Scale

  /// An axis whose ends are round numbers around the values.
  ///
  /// - Parameters:
  ///   - values: what is to lie on the axis; those that are no numbers, or infinite, are left out.
  ///   - count: about how many ticks.
  ///   - includesZero: whether the axis begins at 0, as that of bars has to.
  ///   - limit: the values that the axis does not go beyond, such as 0 to 100 for percentages.
  init(
    _ title: String, values: [Double], count: Int = 5, includesZero: Bool = false, limit: ClosedRange<Double>? = nil
  ) {
    self.title = title
    scale = .linear
    let finite = values.filter(\.isFinite)
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
    if low == high {
      // An axis of one value: some room on both sides of it.
      let room = low == 0 ? 1 : abs(low) * 0.1
      (low, high) = includesZero && low == 0 ? (0, 1) : (low - room, high + room)
    }
    let step = Axis.roundStep((high - low) / Double(max(count, 1)))
    var first = (low / step + 1e-9).rounded(.down)
    var last = (high / step - 1e-9).rounded(.up)
    if let limit {
      first = max(first, (limit.lowerBound / step).rounded(.up))
      last = min(last, (limit.upperBound / step).rounded(.down))
    }
    let decimals = Axis.decimals(of: step)
    let ends = (max(first * step, limit?.lowerBound ?? -.infinity), min(last * step, limit?.upperBound ?? .infinity))
    range = min(ends.0, low)...max(ends.1, high)
    ticks = stride(from: first, through: last, by: 1).map { position in
      // + 0 makes −0 a 0.
      let value = position * step + 0
      return Tick(value: value, label: Axis.label(value, decimals: decimals))
    }
  }

  /// A logarithmic axis around positive values, with ticks at 1, 2 and 5 times powers of ten, or at these alone.
  init(logarithmic title: String, values: [Double]) {
    self.title = title
    scale = .logarithmic
    let positive = values.filter { $0.isFinite && $0 > 0 }
    let low = positive.min() ?? 1
    // Two ticks at least: an axis of one value reaches to the next.
    let high = max(positive.max() ?? 10, low * 1.01)
    let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let factors: [Double] = decades.count > 4 ? [1] : decades.count > 3 ? [1, 3] : [1, 2, 5]
    let all = decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
    let below = all.last { $0 <= low * 1.001 } ?? low
    let above = all.first { $0 >= high * 0.999 } ?? high
    range = below...above
    var inside = all.filter { $0 >= below * 0.999 && $0 <= above * 1.001 }
    let every = (inside.count + 7) / 8
    if every > 1 { inside = inside.enumerated().filter { $0.offset % every == 0 }.map(\.element) }
    ticks = inside.map { value in
      let text = value >= 1e6 || value < 1e-4 ? String(format: "%.0e", value) : Axis.plain(value)
      return Tick(value: value, label: text)
    }
  }

  /// The epochs of a training, counted from 1: whole numbers at round steps, and the first.
  init(epochs count: Int) {
    title = "epoch"
    scale = .linear
    range = count > 1 ? 1...Double(count) : 0.5...1.5
    let step = max(1, Int(Axis.roundStep(Double(count) / 5).rounded(.up)))
    let positions = [1] + stride(from: step, through: max(count, 1), by: step).filter { $0 > 1 }
    ticks = positions.map { Tick(value: Double($0), label: "\($0)") }
  }

  /// Where a value lies between two coordinates.
  func position(_ value: Double, from start: Double, to end: Double) -> Double {
    start + (end - start) * fraction(value)
  }

  /// Where a value lies: 0 at the lower end, 1 at the upper; not beyond.
  func fraction(_ value: Double) -> Double {
    guard value.isFinite else { return value < 0 ? 0 : 1 }
    let share: Double
    switch scale {
    case .linear: share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic:
      guard value > 0 else { return 0 }
      share = log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }
    return min(max(share, 0), 1)
  }

  /// The round number that is at least a step: 1, 2, 2.5 or 5 times a power of ten.
  static func roundStep(_ step: Double) -> Double {
    guard step.isFinite, step > 0 else { return 1 }
    let power = pow(10, log10(step).rounded(.down))
    let factor = [1, 2, 2.5, 5, 10].first { $0 * power >= step * (1 - 1e-9) } ?? 10
    return factor * power
  }

  private static func decimals(of step: Double) -> Int {
    var decimals = 0
    var scaled = step
    while decimals < 9, abs(scaled - scaled.rounded()) > 1e-6 * scaled {
      scaled *= 10
      decimals += 1
    }
    return decimals
  }

  private static func label(_ value: Double, decimals: Int) -> String {
    if abs(value) >= 1e7 { return String(format: "%.3g", value) }
    let text = Figure.fixed(value, decimals)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  private static func plain(_ value: Double) -> String {
    let digits = max(0, -Int(log10(value).rounded(.down)))
    return Figure.fixed(value, digits)
  }
}
