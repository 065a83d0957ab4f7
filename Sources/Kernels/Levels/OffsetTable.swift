/// Offsets that level functions read while they run; they live as long as the plan.
///
/// They have 32 bits: validation refuses larger images and weights, and no kernel takes a problem whose staged band is
/// larger (`Conv2DShape.workspaceLimit`). An offset that is out of range all the same stops the process, in every build:
/// cut off, it would point anywhere.
final class OffsetTable: @unchecked Sendable {
  let base: UnsafeMutablePointer<Int32>
  let count: Int
  /// The least and the largest offset; 0 and -1 of none.
  let lowest: Int
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
