import Foundation

/// A figure over seeds: the mean, and how far the seeds lie apart.
struct Spread: Equatable {
  /// One value a seed, in their order.
  let values: [Double]

  /// nil for no value.
  init?(_ values: [Double]) {
    if values.isEmpty { return nil }
    self.values = values
  }

  var count: Int { values.count }
  /// NaN where a value is.
  var mean: Double { values.reduce(0, +) / Double(values.count) }
  /// The least and the greatest value; values that are no numbers aside.
  var least: Double { values.filter { !$0.isNaN }.min() ?? .nan }
  var greatest: Double { values.filter { !$0.isNaN }.max() ?? .nan }

  /// Whether a value lies between the least and the greatest of several seeds.
  func contains(_ value: Double) -> Bool { count > 1 && least <= value && value <= greatest }
}

extension ComparedFigure {
  /// In words: `test accuracy`.
  var name: String {
    switch self {
    case .testAccuracy: "test accuracy"
    case .validationAccuracy: "validation accuracy"
    case .trainingAccuracy: "training accuracy"
    case .testLoss: "test loss"
    case .trainingLoss: "training loss"
    case .seconds: "training time"
    case .accuracyGap: "gap between training and test accuracy"
    }
  }

  /// Whether values are shares of 1, or differences of such.
  var isAccuracy: Bool {
    switch self {
    case .testAccuracy, .validationAccuracy, .trainingAccuracy, .accuracyGap: true
    case .testLoss, .trainingLoss, .seconds: false
    }
  }

  private var unit: String {
    switch self {
    case .testAccuracy, .validationAccuracy, .trainingAccuracy: " %"
    case .accuracyGap: " points"
    case .seconds: " s"
    case .testLoss, .trainingLoss: ""
    }
  }

  /// A value with its unit: `70.1 %`, `1.234`, `12.3 s`.
  func text(_ value: Double) -> String { bareText(value) + unit }

  /// A value without its unit.
  private func bareText(_ value: Double) -> String {
    if isAccuracy { return Figure.fixed(value * 100, 1) }
    return self == .seconds ? String(Figure.seconds(value).dropLast(2)) : Figure.loss(value)
  }

  /// The mean, and the least and greatest of the seeds: `70.1 % (69.8 to 70.5 %)`.
  func text(_ spread: Spread) -> String {
    if spread.count == 1 { return text(spread.mean) }
    return "\(text(spread.mean)) (\(bareText(spread.least)) to \(text(spread.greatest)))"
  }

  /// The same, with the number of seeds in words.
  func textWithSeeds(_ spread: Spread) -> String {
    spread.count == 1
      ? "\(text(spread.mean)) (one seed, no spread)" : "\(text(spread).dropLast()) over \(spread.count) seeds)"
  }
}

extension Figure {
  /// A loss: four significant digits, three decimals at most for those of 1 and more.
  static func loss(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return fixed(value, 0) }
    let size = abs(value)
    if size >= 1e5 || size < 1e-4 { return String(format: "%.3g", value) }
    return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 5)
  }

  /// A time of seconds to hours, in seconds, three significant digits.
  static func seconds(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, 0) + " s" }
    return fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3) + " s"
  }

  /// A rate in three significant digits, thousands apart: `12,300`.
  static func rate(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return fixed(value, 0) }
    let step = pow(10, max(floor(log10(value)) - 2, 0))
    let digits = fixed((value / step).rounded() * step, 0)
    return grouped(digits)
  }

  /// A whole number, thousands apart.
  static func count(_ value: Int) -> String { value < 0 ? "-" + grouped("\(-value)") : grouped("\(value)") }

  private static func grouped(_ digits: String) -> String {
    var text = ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
