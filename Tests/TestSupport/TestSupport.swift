import Kernels
import Layers

/// A generator of reproducible test data.
public struct TestRandom: RandomNumberGenerator {
  private var generator: SplitMix64
  public init(seed: UInt64) { generator = SplitMix64(seed: seed) }
  public mutating func next() -> UInt64 { generator.next() }

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
