import Kernels

/// A small generator of reproducible test data (SplitMix64).
public struct TestRandom: RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Small integers as Float: their sums of products are exact in any order, so results compare exactly.
  public mutating func integers(_ count: Int, in range: ClosedRange<Int> = -4...4) -> [Float] {
    (0..<count).map { _ in Float(Int.random(in: range, using: &self)) }
  }

  /// Values from a continuous range.
  public mutating func reals(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// Whether two arrays hold the same values, NaN equal to NaN; nil if so, else the first difference in words.
public func firstDifference(_ a: [Float], _ b: [Float]) -> String? {
  if a.count != b.count { return "counts \(a.count) and \(b.count)" }
  for (i, (x, y)) in zip(a, b).enumerated() where x != y && !(x.isNaN && y.isNaN) {
    return "at \(i): \(x) instead of \(y)"
  }
  return nil
}

/// Scratch memory for a plan's run, filled with NaN.
public func poisonedWorkspace(_ byteCount: Int) -> Workspace {
  let workspace = Workspace(byteCount: byteCount)
  workspace.base.initializeMemory(as: Float.self, repeating: .nan, count: byteCount / 4)
  return workspace
}
