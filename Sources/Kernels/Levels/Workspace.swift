import KernelsISA

/// Memory for the scratch space and the data of plans, 64-byte aligned and not initialised.
///
/// One workspace serves any number of plans one after another. Give it the largest `workspaceByteCount` among them, or
/// let it grow: a plan's run enlarges a workspace that is too small.
///
/// Workspaces of 256 KB and more use huge pages of 2 MB where the system grants them (``PageMemory``).
public final class Workspace: @unchecked Sendable {
  public var byteCount: Int { memory.pointee.byteCount }
  /// The memory. It moves when the workspace grows.
  public var base: UnsafeMutableRawPointer { memory.pointee.pages.base }

  private struct Memory {
    var pages: PageMemory
    var byteCount: Int

    init(byteCount: Int) {
      pages = PageMemory(byteCount: byteCount)
      self.byteCount = byteCount
    }
  }

  /// Behind a pointer, because each access to a class's variable checks for exclusivity, which takes as long as the
  /// smallest runs.
  private let memory: UnsafeMutablePointer<Memory>

  /// The largest workspace of a plan, in bytes for each of its threads, except for convolutions of which one row of
  /// windows, one panel of weights or one depthwise plane is larger (docs/kernel-contracts.md).
  ///
  /// A kernel that would need more does not accept the problem, and the plan chooses another.
  public static let mostBytesPerThread = 4 << 20

  public init(byteCount: Int = 0) {
    memory = .allocate(capacity: 1)
    memory.initialize(to: Memory(byteCount: byteCount))
  }

  deinit {
    memory.pointee.pages.deallocate()
    memory.deallocate()
  }

  /// Enlarges the workspace to at least `needed` bytes. Where it grows, its memory moves and its contents are lost.
  public func grow(toByteCount needed: Int) {
    if needed <= byteCount { return }
    memory.pointee.pages.deallocate()
    memory.pointee = Memory(byteCount: needed)
  }
}

extension Workspace {
  /// The largest workspace of a kernel, in bytes for each thread, without that of ``StreamedOutput``, which takes at
  /// most an eighth of ``mostBytesPerThread``.
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

/// Rounds a byte count up to whole cache lines of 64 bytes, so that threads' parts of a workspace do not share one.
func cacheLines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
