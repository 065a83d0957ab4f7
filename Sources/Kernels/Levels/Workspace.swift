import ISA

/// Memory for the data and scratch memory of plans, 64-byte aligned and not initialised.
///
/// One workspace serves any number of plans one after another; give it the largest `workspaceByteCount` among them, or let
/// it grow: a plan's run makes a workspace that is too small for it larger.
///
/// Those of 256 KB and more ask the system for huge pages: a tile touches a dozen rows of a matrix at once, each on its
/// own page, or staging memory of hundreds of pages in turn, and small pages would miss the processor's translation
/// cache (a tenth to a quarter of a convolution's time where it stages 64 channels and more).
public final class Workspace: @unchecked Sendable {
  public var byteCount: Int { memory.pointee.byteCount }
  /// The memory. It moves when the workspace grows.
  public var base: UnsafeMutableRawPointer { memory.pointee.base }

  private struct Memory {
    var base: UnsafeMutableRawPointer
    var byteCount: Int
  }

  /// Behind a pointer, as every access to a class's variable checks that no other is under way: that would take as long as
  /// the smallest runs.
  private let memory: UnsafeMutablePointer<Memory>

  /// The most that a plan needs for each of its threads, but for convolutions of which one row of windows, one panel of
  /// weights or one depthwise plane is larger (docs/kernel-contracts.md).
  ///
  /// A kernel that would need more for a problem does not take it, and the operation's next best one does.
  public static let mostBytesPerThread = 4 << 20

  public init(byteCount: Int = 0) {
    memory = .allocate(capacity: 1)
    memory.initialize(to: Memory(base: Workspace.allocate(byteCount), byteCount: byteCount))
  }

  deinit {
    base.deallocate()
    memory.deallocate()
  }

  /// Makes it at least so large. Where it grows, its memory moves, and what was in it is lost.
  public func grow(toByteCount needed: Int) {
    if needed <= byteCount { return }
    base.deallocate()
    memory.pointee = Memory(base: Workspace.allocate(needed), byteCount: needed)
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let isLarge = byteCount >= hugePage / 8
    let size = isLarge ? (byteCount + hugePage - 1) / hugePage * hugePage : max(byteCount, 64)
    let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: isLarge ? hugePage : 64)
    #if os(Linux)
      // A system that grants no huge pages still grants the memory: the answer does not matter.
      if isLarge { _ = madvise(base, size, MADV_HUGEPAGE) }
    #endif
    return base
  }
}

private let hugePage = 2 << 20

extension Workspace {
  /// What a kernel may need for each thread besides ``StreamedOutput``, which takes at most an eighth of the whole.
  static let mostKernelBytes = mostBytesPerThread / 8 * 7

  /// A kernel's cost if its scratch memory is within the limit, else nil. The memory depends on the shape of one image
  /// alone, not on batch or threads, as what chooses a kernel decides bits.
  ///
  /// - Parameter byteCount: computed only where there is a cost.
  @inline(__always)
  static func cost(_ cost: Double? = 0, ifFits byteCount: @autoclosure () -> Int) -> Double? {
    cost != nil && byteCount() <= mostKernelBytes ? cost : nil
  }
}

/// Rounds a byte count up to whole cache lines, so that parts of a workspace do not share one.
func cacheLines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
