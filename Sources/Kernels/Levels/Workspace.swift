import Foundation

/// Memory for the data and scratch memory of plans, 64-byte aligned and not initialised.
///
/// One workspace serves any number of plans one after another; give it the largest `workspaceByteCount` among them.
/// Those of 256 KB and more ask the system for huge pages: a tile touches a dozen rows of a matrix at once, each on its
/// own page, or staging memory of hundreds of pages in turn, and small pages would miss the processor's translation
/// cache (a tenth to a quarter of a convolution's time where it stages 64 channels and more).
public final class Workspace: @unchecked Sendable {
  public let byteCount: Int
  public let base: UnsafeMutableRawPointer

  public init(byteCount: Int) {
    self.byteCount = byteCount
    let isLarge = byteCount >= hugePage / 8
    let size = isLarge ? (byteCount + hugePage - 1) / hugePage * hugePage : max(byteCount, 64)
    base = .allocate(byteCount: size, alignment: isLarge ? hugePage : 64)
    #if os(Linux)
      // A system that grants no huge pages still grants the memory: the answer does not matter.
      if isLarge { _ = madvise(base, size, MADV_HUGEPAGE) }
    #endif
  }

  deinit { base.deallocate() }
}

private let hugePage = 2 << 20

/// Rounds a byte count up to whole cache lines, so that parts of a workspace do not share one.
func cacheLines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
