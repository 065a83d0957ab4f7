import Dispatch

/// Runs parts of an operation on several threads.
enum Parallel {
  /// Calls `body` once for every part in 0 ..< parts, on as many threads, and returns when all are done.
  static func run(parts: Int, _ body: (Int) -> Void) {
    if parts <= 1 {
      body(0)
    } else {
      withoutActuallyEscaping(body) { body in
        let shared = Shared(call: body)
        DispatchQueue.concurrentPerform(iterations: parts) { shared.call($0) }
      }
    }
  }

  /// A body that several threads call; the parts of an operation write to disjoint memory.
  private struct Shared: @unchecked Sendable {
    let call: (Int) -> Void
  }

  /// The range of items that one of `parts` equal parts covers, in units of `granule` items; it may be empty.
  @inline(__always)
  static func range(_ part: Int, of parts: Int, items: Int, granule: Int = 1) -> Range<Int> {
    let granules = (items &+ granule &- 1) / granule
    let first = granules &* part / parts &* granule
    let last = granules &* (part &+ 1) / parts &* granule
    return Swift.min(first, items)..<Swift.min(last, items)
  }
}
