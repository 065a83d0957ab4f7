import Foundation

/// Elements in memory that ends where a page that may not be touched begins, with another such page before its start:
/// reading or writing one element too many kills the test.
///
/// The data ends exactly at the upper guard page, so it is aligned to its element only, as a caller's data may be.
public final class GuardedBuffer<Element: BitwiseCopyable> {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Element>
  private let mapping: UnsafeMutableRawPointer
  private let byteCount: Int

  public init(_ values: [Element]) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = values.count * MemoryLayout<Element>.stride
    let inner = max((bytes + page - 1) / page, 1) * page
    byteCount = inner + 2 * page
    mapping = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    precondition(mapping != MAP_FAILED, "mmap failed")
    precondition(mprotect(mapping, page, PROT_NONE) == 0)
    precondition(mprotect(mapping + page + inner, page, PROT_NONE) == 0)
    count = values.count
    pointer = (mapping + page + inner - bytes).assumingMemoryBound(to: Element.self)
    pointer.initialize(from: values, count: values.count)
  }

  public convenience init(repeating value: Element, count: Int) {
    self.init([Element](repeating: value, count: count))
  }

  deinit { munmap(mapping, byteCount) }

  public var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

extension GuardedBuffer where Element == Float {
  /// An output that must be written whole: every element is NaN until it is.
  public static func poisoned(count: Int) -> GuardedBuffer { GuardedBuffer(repeating: .nan, count: count) }
}
