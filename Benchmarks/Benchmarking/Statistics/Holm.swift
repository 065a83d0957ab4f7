/// Holm's correction: the chance that any of several tests errs stays below the level.
public enum Holm {
  /// P-values that may each be compared with the level of the family. Holm, Scand. J. Statist. 6, 1979.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var largest = 0.0
    for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
      largest = max(largest, min(pValues[index] * Double(pValues.count - rank), 1))
      adjusted[index] = largest
    }
    return adjusted
  }
}
