import KernelsISA

/// What an operation does, as far as it matters for sharing it among threads.
struct Work {
  /// Multiply-adds, or what takes as long.
  var multiplyAdds = 0
  /// Bytes read and written.
  var bytes = 0
  /// How many things there are to share out, such as images, channels or planes.
  var pieces = Int.max

  /// The least work of a part, where a byte counts as a multiply-add.
  ///
  /// A run of two parts takes 0.25 µs longer than its longer part where the processors share a cache, and up to 1 µs
  /// where they do not, as on some virtual machines at some times. From twice a part's work that is won back, and what
  /// it costs to take data from the other's cache with it. So this is 1.5 µs of a processor that does 128 multiply-adds
  /// in a nanosecond and moves 128 bytes to and from its first-level cache; slower work is shared a little later than it
  /// could be, and none before two threads are faster.
  ///
  /// It is 0 for the plans that ``withWorkShared(_:)`` makes.
  static var least: Int { isa_shares_any_work() ? 0 : 1500 * 128 }

  /// The number of parts for a number of threads: as many, if all have enough to do.
  func parts(threads: Int) -> Int {
    let worth = Work.least == 0 ? threads : (multiplyAdds + bytes) / Work.least
    return max(1, min(threads, pieces, worth))
  }
}

/// Makes plans whose threads share whatever there is, for tests from outside of the module.
package func withWorkShared<Result>(_ plan: () throws -> Result) rethrows -> Result {
  let before = isa_shares_any_work()
  isa_set_shares_any_work(true)
  defer { isa_set_shares_any_work(before) }
  return try plan()
}
