/// Scratch memory for runs of plans, 64-byte aligned and not initialised.
///
/// One workspace serves any number of plans one after another; give it the largest `workspaceByteCount` among them.
public final class Workspace: @unchecked Sendable {
  public let byteCount: Int
  public let base: UnsafeMutableRawPointer

  public init(byteCount: Int) {
    self.byteCount = byteCount
    base = .allocate(byteCount: max(byteCount, 64), alignment: 64)
  }

  deinit { base.deallocate() }
}

/// Rounds a byte count up to whole cache lines, so that parts of a workspace do not share one.
func cacheLines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
