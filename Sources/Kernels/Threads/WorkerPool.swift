import KernelsISA
import Synchronization

/// Threads that do parts of operations, for the life of the process; see ``shared`` for what a forked process has.
///
/// One run at a time has the workers. A run that finds them taken, because another thread has them or because it is
/// itself within a part, does its parts alone: to wait would not be faster, and a nested run would wait forever.
///
/// Parts are claimed one by one, by the workers and by the caller. So a worker that comes late, or that the system gives
/// no processor, finds its part done: the caller waits for no part but those that have begun.
///
/// Workers that look for a run, and a caller that waits for its end, look at memory for a while, so that a run costs
/// little more than the ways of cache lines between processors. Then they sleep, so that what else runs on the machine
/// has the processors.
final class WorkerPool: Sendable {
  /// The most workers: with the caller, a thread for each processor.
  private let workerLimit: Int
  /// How long a thread only looks: about what it costs to put a thread to sleep and to wake it.
  private let spinTime: Duration
  /// How long a worker then looks while it leaves the processor to any other thread that is to run on it: the pauses
  /// between the kernels of a training step are shorter.
  private let yieldTime: Duration

  /// How many workers have been started.
  private let workers = Mutex(0)
  private let offer = OwnLine(Offer())
  private let progress = OwnLine(Progress())
  /// Where workers sleep, and the number of them.
  private let workersSleep = Condition()
  private let sleepers = OwnLine(Atomic(0))
  /// Where the caller sleeps.
  private let callerSleeps = Condition()

  /// What a run hands out, in one cache line. (Pointers are not Sendable by themselves.)
  private struct Offer: ~Copyable, @unchecked Sendable {
    /// The number of the run in the upper half; in the lower half how many parts nobody has claimed, which is also the
    /// number of the next part.
    let ticket = Atomic<UInt64>(0)
    /// What to call. The run does not end before all its parts are done, so this belongs to the ticket's run for as long
    /// as that has parts.
    let function = Atomic<UnsafeRawPointer?>(nil)
    let context = Atomic<UnsafeRawPointer?>(nil)
    /// Whether a run has the workers.
    let isTaken = Atomic(false)
  }

  /// What the workers tell the caller.
  private struct Progress: ~Copyable, Sendable {
    /// Parts that workers have done in all runs.
    let finished = Atomic(0)
    let callerSleeps = Atomic(false)
  }

  init(workerLimit: Int, spinTime: Duration, yieldTime: Duration) {
    self.workerLimit = workerLimit
    self.spinTime = spinTime
    self.yieldTime = yieldTime
  }

  /// Sees to it that so many threads, the caller's included, can run parts, as far as there are processors. They are
  /// started when a plan is made, so that no run has to.
  func start(threads: Int) {
    workers.withLock { count in
      while count < min(threads - 1, workerLimit) {
        let pool = Unmanaged.passRetained(self)
        let body: @convention(c) (UnsafeMutableRawPointer) -> Void = {
          Unmanaged<WorkerPool>.fromOpaque($0).takeRetainedValue().work()
        }
        // Where the system has no more threads, the caller does the parts.
        guard isa_start_thread("Kernels", body, pool.toOpaque()) == 0 else { return pool.release() }
        count += 1
      }
    }
  }

  /// Calls `body` for every part in 0 ..< parts; the caller's is part 0, and whatever the workers leave.
  func run(parts: Int, _ body: (Int) -> Void) {
    lend(
      body,
      { pool, body, parts in
        Unmanaged<WorkerPool>.fromOpaque(pool)._withUnsafeGuaranteedRef { $0.run(body, parts) }
      },
      Unmanaged.passUnretained(self).toOpaque(), parts)
  }

  private func run(_ body: LentClosure, _ parts: Int) {
    let shared = parts - 1
    if workerLimit == 0 || shared > UInt32.max || offer.value.isTaken.exchange(true, ordering: .acquiring) {
      for part in 0..<parts { isa_call(body, part) }
      return
    }
    let before = progress.value.finished.load(ordering: .relaxed)
    offer.value.function.store(body.function, ordering: .relaxed)
    offer.value.context.store(body.context, ordering: .relaxed)
    let number = offer.value.ticket.load(ordering: .relaxed) >> 32 &+ 1
    // Either this sees a worker that goes to sleep, or that worker sees the parts.
    offer.value.ticket.store(number << 32 | UInt64(shared), ordering: .sequentiallyConsistent)
    if sleepers.value.load(ordering: .sequentiallyConsistent) > 0 { wakeWorkers(shared) }
    isa_call(body, 0)
    var finished = before + shared
    while progress.value.finished.load(ordering: .acquiring) != finished, let (part, _) = claim() {
      isa_call(body, part)
      finished -= 1
    }
    awaitWorkers(finished)
    offer.value.isTaken.store(false, ordering: .releasing)
  }

  /// Takes a part that nobody has; nil if there is none.
  private func claim() -> (part: Int, body: LentClosure)? {
    while true {
      let ticket = offer.value.ticket.load(ordering: .acquiring)
      let part = UInt32(truncatingIfNeeded: ticket)
      if part == 0 { return nil }
      let body = LentClosure(
        function: offer.value.function.load(ordering: .relaxed), context: offer.value.context.load(ordering: .relaxed))
      // While the ticket's cache line comes for the claim, so does what the closure has captured.
      if let context = body.context { prefetch(context) }
      let isClaimed = offer.value.ticket.weakCompareExchange(
        expected: ticket, desired: ticket - 1, ordering: .acquiring
      ).exchanged
      if isClaimed { return (Int(part), body) }
    }
  }

  private var hasParts: Bool {
    UInt32(truncatingIfNeeded: offer.value.ticket.load(ordering: .relaxed)) != 0
  }

  /// Looks until a condition holds, but no longer than `time`: false if it does not.
  @inline(__always)
  private func look(for time: Duration, yielding: Bool = false, until condition: () -> Bool) -> Bool {
    let end = MonotonicClock.now + time
    repeat {
      for _ in 0..<64 {
        if condition() { return true }
        isa_pause()
      }
      if yielding { sched_yield() }
    } while MonotonicClock.now < end
    return false
  }
}

// The process's pool.
extension WorkerPool {
  /// The pool of this process.
  ///
  /// A process that was forked has none of its parent's threads, and where these held a lock, or had the workers, it stays
  /// so in the child. So the child leaves its parent's pool alone, and has a new one. That has no workers until the child
  /// makes a plan: plans from before are run by the calling thread alone.
  static var shared: WorkerPool {
    if let pool = pool(at: current.load(ordering: .acquiring)) { return pool }
    _ = forgetsInChildren
    let pool = WorkerPool(
      workerLimit: Machine.processorCount - 1, spinTime: .microseconds(20), yieldTime: .microseconds(200))
    let reference = Unmanaged.passRetained(pool)
    let (isFirst, other) = current.compareExchange(
      expected: 0, desired: UInt(bitPattern: reference.toOpaque()), ordering: .acquiringAndReleasing)
    guard !isFirst, let first = self.pool(at: other) else { return pool }
    // Another thread was faster.
    reference.release()
    return first
  }

  /// The address of the pool, which stays for the life of the process; 0 before the first use, and again after the
  /// process was forked.
  private static let current = Atomic<UInt>(0)

  @inline(__always)
  private static func pool(at address: UInt) -> WorkerPool? {
    UnsafeRawPointer(bitPattern: address).map { Unmanaged.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether the system forgets the pool in a child, before `fork` returns there.
  private static let forgetsInChildren =
    pthread_atfork(nil, nil, { WorkerPool.current.store(0, ordering: .relaxed) }) == 0
}

// The caller's side.
extension WorkerPool {
  private func wakeWorkers(_ count: Int) {
    workersSleep.lock()
    for _ in 0..<min(count, sleepers.value.load(ordering: .relaxed)) { workersSleep.signal() }
    workersSleep.unlock()
  }

  private func awaitWorkers(_ finished: Int) {
    if look(for: spinTime, until: { progress.value.finished.load(ordering: .acquiring) == finished }) { return }
    callerSleeps.lock()
    progress.value.callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while progress.value.finished.load(ordering: .sequentiallyConsistent) != finished { callerSleeps.wait() }
    progress.value.callerSleeps.store(false, ordering: .relaxed)
    callerSleeps.unlock()
  }
}

// The workers' side.
extension WorkerPool {
  private func work() {
    while true {
      while let (part, body) = claim() {
        isa_call(body, part)
        progress.value.finished.add(1, ordering: .sequentiallyConsistent)
        if progress.value.callerSleeps.load(ordering: .sequentiallyConsistent) {
          callerSleeps.lock()
          callerSleeps.signal()
          callerSleeps.unlock()
        }
      }
      if look(for: spinTime, until: { hasParts }) { continue }
      if !look(for: yieldTime, yielding: true, until: { hasParts }) { awaitParts() }
    }
  }

  /// Sleeps until a run wakes this worker. It may come too late for a part, and then looks for the next run's.
  private func awaitParts() {
    workersSleep.lock()
    sleepers.value.add(1, ordering: .sequentiallyConsistent)
    if UInt32(truncatingIfNeeded: offer.value.ticket.load(ordering: .sequentiallyConsistent)) == 0 {
      workersSleep.wait()
    }
    sleepers.value.subtract(1, ordering: .relaxed)
    workersSleep.unlock()
  }
}

/// A value with a distance to what is written beside it, so that those who look at one are not disturbed by the other.
private struct OwnLine<Value: ~Copyable>: ~Copyable {
  let value: Value
  private let distance = InlineArray<16, UInt64>(repeating: 0)

  init(_ value: consuming Value) { self.value = value }
}
extension OwnLine: Sendable where Value: Sendable & ~Copyable {}

/// Calls `run` with a closure that does not escape: see Threads.h.
@_silgen_name("isa_lend")
private func lend(
  _ body: (Int) -> Void,
  _ run: @convention(c) (_ pool: UnsafeRawPointer, LentClosure, _ parts: Int) -> Void,
  _ pool: UnsafeRawPointer, _ parts: Int)
