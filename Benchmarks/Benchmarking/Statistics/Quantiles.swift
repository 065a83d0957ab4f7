/// Quantiles of a sample.
public enum Quantiles {
  /// The value below which a share of the sample lies, between neighbours in proportion (type 7 of Hyndman and Fan 1996,
  /// NumPy's default); NaN for an empty sample.
  public static func quantile(_ values: [Double], _ share: Double) -> Double { sorted(values.sorted(), share) }

  /// The middle value, or the mean of the two in the middle; NaN for an empty sample.
  public static func median(_ values: [Double]) -> Double { quantile(values, 0.5) }

  /// ``quantile(_:_:)`` of values that are in ascending order.
  static func sorted(_ values: [Double], _ share: Double) -> Double {
    guard let last = values.indices.last else { return .nan }
    let position = min(max(share, 0), 1) * Double(last)
    let below = Int(position)
    let next = values[min(below + 1, last)]
    return values[below] + (next - values[below]) * (position - Double(below))
  }
}
