import Foundation

/// Memory between two pages that may not be touched, used again and again: data is placed at one of its ends, so that a
/// byte beyond the data on that side stops the process.
final class GuardedMemory {
  private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  private var mapping: UnsafeMutableRawPointer?
  private var capacity = 0

  /// Room for `byteCount` bytes at one end; its contents are what they were.
  func place(_ byteCount: Int, _ placement: Placement, alignment: Int) -> UnsafeMutableRawPointer {
    if mapping == nil || capacity < byteCount { map(byteCount) }
    guard let mapping else { preconditionFailure("no memory is mapped") }
    let base = mapping + Self.page
    switch placement {
    case .begin: return base
    case .end: return base + (capacity - byteCount) / alignment * alignment
    }
  }

  private func map(_ byteCount: Int) {
    unmap()
    // Pages that are never touched cost nothing.
    capacity = max(((byteCount * 2) / Self.page + 1) * Self.page, 1 << 20)
    let all = capacity + 2 * Self.page
    guard let pages = mmap(nil, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), pages != MAP_FAILED,
      mprotect(pages, Self.page, PROT_NONE) == 0, mprotect(pages + Self.page + capacity, Self.page, PROT_NONE) == 0
    else { fatalError("no guarded memory of \(all) bytes: \(String(cString: strerror(errno)))") }
    mapping = pages
  }

  private func unmap() {
    if let mapping { munmap(mapping, capacity + 2 * Self.page) }
    mapping = nil
  }

  deinit { unmap() }
}
