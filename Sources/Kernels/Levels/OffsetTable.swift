/// A table of offsets, in elements, that level functions read; it lives as long as the plan.
///
/// Offsets have 32 bits: validation rejects larger images and weights, and no kernel accepts a problem whose padded
/// copy of a band of the input is larger (`Conv2DShape.workspaceLimit`). An offset that is out of range all the same
/// stops the process in every build, because a truncated one could point anywhere.
final class OffsetTable: @unchecked Sendable {
  let base: UnsafeMutablePointer<Int32>
  let count: Int
  /// The smallest offset; 0 for an empty table.
  let lowest: Int
  /// The largest offset; -1 for an empty table.
  let highest: Int

  init(_ offsets: [Int]) {
    count = offsets.count
    lowest = offsets.min() ?? 0
    highest = offsets.max() ?? -1
    base = .allocate(capacity: max(count, 1))
    for (i, offset) in offsets.enumerated() {
      guard let value = Int32(exactly: offset) else { fatalError("offset \(offset) of a plan is beyond 32 bits") }
      base[i] = value
    }
  }

  deinit { base.deallocate() }
}
