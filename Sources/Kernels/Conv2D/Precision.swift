/// The arithmetic that a convolution may use.
public enum Precision: String, Sendable, Hashable, CaseIterable {
  /// Sums of the products as the convolution is written: exact on small integers, with the rounding error of a sum.
  case direct
  /// Where it is faster, Winograd's minimal filtering for kernels of 3×3 and 5×5: a quarter of the multiply-adds, or about a
  /// third, with about three times the root mean square error of a direct sum in single precision; for 3×3 at stride 2
  /// 81 of 144, with one to three times that error.
  ///
  /// What is chosen follows from the size of an image and the channels alone, so that an image has the same result in
  /// every batch. What depends on an infinite or NaN input is what the direct sum makes of it.
  case fast
}
