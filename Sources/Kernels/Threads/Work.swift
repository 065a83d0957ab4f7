import KernelsISA

/// An estimate of an operation's work, which decides how many threads share it.
struct Work {
  /// Multiply-adds, or other operations in multiply-adds that take as long.
  var multiplyAdds = 0
  /// Bytes read and written.
  var bytes = 0
  /// The largest number of parts, such as the number of images, channels or planes.
  var pieces = Int.max

  /// The smallest work of a part, in multiply-adds and bytes, which count the same.
  ///
  /// A run of two parts takes 0.25 µs longer than the longer part where the processors share a cache, and up to 1 µs
  /// where they do not, as on some virtual machines at some times. Fetching data from the other processor's cache costs
  /// time, too. The threshold of 1.5 µs a part outweighs both: it is the work of a processor that does 128
  /// multiply-adds in a nanosecond and moves 128 bytes to and from its first-level cache. Slower work is divided a
  /// little later than it could be, and no work before two threads are faster.
  ///
  /// It is 0 for plans that are made within ``withWorkShared(_:)``.
  static var least: Int { isa_shares_any_work() ? 0 : 1500 * 128 }

  /// The number of parts for a number of threads: one for each thread, if each part has enough work.
  func parts(threads: Int) -> Int {
    let worth = Work.least == 0 ? threads : (multiplyAdds + bytes) / Work.least
    return max(1, min(threads, pieces, worth))
  }
}

/// How many threads, of so many, are worth sharing an amount of work among: the rule of all operations.
package func partsWorthSharing(multiplyAdds: Int, bytes: Int, threads: Int) -> Int {
  Work(multiplyAdds: multiplyAdds, bytes: bytes).parts(threads: threads)
}

/// Calls `body` for every part in 0 ..< parts, on at most as many threads, and returns when all are done. Plans for as
/// many threads have to exist. Operations within a part run on its thread alone. Nothing is allocated.
package func runInParallel(parts: Int, _ body: (Int) -> Void) {
  Parallel.run(parts: parts, body)
}

/// Runs operations on this thread alone if `isAlone`, whatever number of threads their plans are for.
@inline(__always)
package func withThisThreadAlone<Result>(_ isAlone: Bool, _ run: () throws -> Result) rethrows -> Result {
  if !isAlone { return try run() }
  let before = isa_runs_alone()
  isa_set_runs_alone(true)
  defer { isa_set_runs_alone(before) }
  return try run()
}

/// Whether plans that this thread makes divide any work among their threads, see ``withWorkShared(_:)``.
package var sharesAnyWork: Bool { isa_shares_any_work() }

/// Makes plans that divide any work among their threads, however small; for tests outside of the module.
package func withWorkShared<Result>(_ plan: () throws -> Result) rethrows -> Result {
  let before = isa_shares_any_work()
  isa_set_shares_any_work(true)
  defer { isa_set_shares_any_work(before) }
  return try plan()
}
