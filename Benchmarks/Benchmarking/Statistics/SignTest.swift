/// The sign test: whether more than half of the differences are positive.
public enum SignTest {
  /// P(as many or more positive signs) when both signs are equally likely; zeros are left out.
  public static func upperTail(_ differences: [Double]) -> Double {
    Distributions.binomialUpperTail(
      differences.count { $0 > 0 }, of: differences.count { $0 != 0 }, probability: 0.5)
  }
}
