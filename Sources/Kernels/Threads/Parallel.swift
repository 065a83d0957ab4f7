/// Runs the parts of an operation on several threads.
enum Parallel {
  /// Calls `body` once for every part in 0 ..< parts, on at most as many threads, and returns when all are done.
  ///
  /// The parts write to disjoint memory, and none may wait for another, because they may run one after the other on one
  /// thread. Nothing is allocated.
  @inline(__always)
  static func run(parts: Int, _ body: (Int) -> Void) {
    if parts <= 1 {
      body(0)
    } else {
      WorkerPool.shared.run(parts: parts, body)
    }
  }

  /// The range of items of one of `parts` equal parts, a multiple of `granule` items except at the end; it may be
  /// empty.
  @inline(__always)
  static func range(_ part: Int, of parts: Int, items: Int, granule: Int = 1) -> Range<Int> {
    let granules = (items &+ granule &- 1) / granule
    let first = granules &* part / parts &* granule
    let last = granules &* (part &+ 1) / parts &* granule
    let (lower, upper) = (Swift.min(first, items), Swift.min(last, items))
    planCheck("a part's items", offset: lower, count: upper &- lower, allocated: items)
    return lower..<upper
  }
}
