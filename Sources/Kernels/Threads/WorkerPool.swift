import KernelsISA
import Synchronization

/// Threads that run the parts of operations, for the life of the process; see ``shared`` for forked processes.
///
/// One run at a time uses the workers. A run that finds them busy, because another thread uses them or because it is
/// itself nested in a part, runs its parts alone: waiting would not be faster, and a nested run would wait forever.
///
/// Workers and the caller claim parts one by one. A worker that is late, or that the system gives no processor, finds
/// its part done: the caller waits only for parts that have begun.
///
/// Workers that wait for a run, and a caller that waits for its end, spin for a while, so that a run costs little more
/// than the transfer of cache lines between processors. Then they sleep and leave the processors to other programs.
final class WorkerPool: Sendable {
  /// The largest number of workers: with the caller, one thread for each processor.
  private let workerLimit: Int
  /// How long a thread spins before it yields or sleeps: about as long as it takes to put a thread to sleep and wake
  /// it.
  private let spinTime: Duration
  /// How long a worker then spins while it yields the processor to other threads. The pauses between the kernels of a
  /// training step are shorter.
  private let yieldTime: Duration

  /// The number of workers that have been started.
  private let workers = Mutex(0)
  private let offer = CacheLinePadded(Offer())
  private let progress = CacheLinePadded(Progress())
  /// The workers sleep on this condition.
  private let workersSleep = Condition()
  /// The number of workers that sleep.
  private let sleepers = CacheLinePadded(Atomic(0))
  /// The caller sleeps on this condition.
  private let callerSleeps = Condition()

  /// A run, as its workers see it, in one cache line. (Pointers are not Sendable by themselves.)
  private struct Offer: ~Copyable, @unchecked Sendable {
    /// The upper half numbers the runs. The lower half is the number of unclaimed parts, which is also the index of the
    /// next part.
    let ticket = Atomic<UInt64>(0)
    /// The function of the closure to call. It belongs to the ticket's run as long as that has unclaimed parts, because
    /// a run does not end before all its parts are done.
    let function = Atomic<UnsafeRawPointer?>(nil)
    /// The context of the closure.
    let context = Atomic<UnsafeRawPointer?>(nil)
    /// Whether a run uses the workers.
    let isBusy = Atomic(false)
  }

  /// What the workers tell the caller.
  private struct Progress: ~Copyable, Sendable {
    /// The number of parts that workers have finished, in all runs.
    let finished = Atomic(0)
    /// Whether the caller sleeps or is about to.
    let callerSleeps = Atomic(false)
  }

  init(workerLimit: Int, spinTime: Duration, yieldTime: Duration) {
    self.workerLimit = workerLimit
    self.spinTime = spinTime
    self.yieldTime = yieldTime
  }

  /// Starts workers until `threads` threads, the caller included, can run parts, at most one for each processor. Plans
  /// call it, so that no run has to start a thread.
  func start(threads: Int) {
    workers.withLock { count in
      while count < min(threads - 1, workerLimit) {
        let pool = Unmanaged.passRetained(self)
        let body: @convention(c) (UnsafeMutableRawPointer) -> Void = {
          Unmanaged<WorkerPool>.fromOpaque($0).takeRetainedValue().work()
        }
        // If the system refuses a thread, the caller runs the parts.
        guard isa_start_thread("Kernels", body, pool.toOpaque()) == 0 else { return pool.release() }
        count += 1
      }
    }
  }

  /// Calls `body` for every part in 0 ..< parts. The caller runs part 0, and the parts that no worker claims.
  func run(parts: Int, _ body: (Int) -> Void) {
    withBorrowedClosure(
      body,
      { pool, body, parts in
        Unmanaged<WorkerPool>.fromOpaque(pool)._withUnsafeGuaranteedRef { $0.run(body, parts) }
      },
      Unmanaged.passUnretained(self).toOpaque(), parts)
  }

  private func run(_ body: BorrowedClosure, _ parts: Int) {
    let shared = parts - 1
    if workerLimit == 0 || shared > UInt32.max || isa_runs_alone()
      || offer.value.isBusy.exchange(true, ordering: .acquiring)
    {
      for part in 0..<parts { isa_call_closure(body, part) }
      return
    }
    let before = progress.value.finished.load(ordering: .relaxed)
    offer.value.function.store(body.function, ordering: .relaxed)
    offer.value.context.store(body.context, ordering: .relaxed)
    let number = offer.value.ticket.load(ordering: .relaxed) >> 32 &+ 1
    // Sequentially consistent, as in `awaitParts`: either this thread sees that a worker falls asleep, or the worker
    // sees the parts.
    offer.value.ticket.store(number << 32 | UInt64(shared), ordering: .sequentiallyConsistent)
    if sleepers.value.load(ordering: .sequentiallyConsistent) > 0 { wakeWorkers(shared) }
    isa_call_closure(body, 0)
    var finished = before + shared
    while progress.value.finished.load(ordering: .acquiring) != finished, let (part, _) = claim() {
      isa_call_closure(body, part)
      finished -= 1
    }
    awaitWorkers(finished)
    offer.value.isBusy.store(false, ordering: .releasing)
  }

  /// Claims a part; nil if none is left.
  private func claim() -> (part: Int, body: BorrowedClosure)? {
    while true {
      let ticket = offer.value.ticket.load(ordering: .acquiring)
      let part = UInt32(truncatingIfNeeded: ticket)
      if part == 0 { return nil }
      let body = BorrowedClosure(
        function: offer.value.function.load(ordering: .relaxed), context: offer.value.context.load(ordering: .relaxed))
      // The closure's captured values arrive while the claim fetches the ticket's cache line.
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

  /// Spins until a condition holds, at most for `time`.
  ///
  /// - Returns: whether the condition holds.
  @inline(__always)
  private func spin(for time: Duration, yields: Bool = false, until condition: () -> Bool) -> Bool {
    let end = MonotonicClock.now + time
    repeat {
      for _ in 0..<64 {
        if condition() { return true }
        isa_pause()
      }
      if yields { sched_yield() }
    } while MonotonicClock.now < end
    return false
  }
}

// The process's pool.
extension WorkerPool {
  /// The pool of this process.
  ///
  /// A forked process has none of its parent's threads, but the locks that they held, and the mark of a run that used
  /// the workers, stay set in it. So the child abandons its parent's pool and makes a new one. That has no workers
  /// until the child makes a plan: plans of the parent are run by the calling thread alone.
  static var shared: WorkerPool {
    if let pool = pool(at: current.load(ordering: .acquiring)) { return pool }
    _ = forgetsInChildren
    let pool = WorkerPool(
      workerLimit: Machine.processorCount - 1, spinTime: .microseconds(20), yieldTime: .microseconds(200))
    let reference = Unmanaged.passRetained(pool)
    let (isFirst, other) = current.compareExchange(
      expected: 0, desired: UInt(bitPattern: reference.toOpaque()), ordering: .acquiringAndReleasing)
    guard !isFirst, let first = self.pool(at: other) else { return pool }
    // Another thread made the pool first.
    reference.release()
    return first
  }

  /// The address of the pool, which lives as long as the process; 0 before the first use, and in a forked process.
  private static let current = Atomic<UInt>(0)

  @inline(__always)
  private static func pool(at address: UInt) -> WorkerPool? {
    UnsafeRawPointer(bitPattern: address).map { Unmanaged.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether `fork` resets `current` in the child before it returns there.
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
    if spin(for: spinTime, until: { progress.value.finished.load(ordering: .acquiring) == finished }) { return }
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
        isa_call_closure(body, part)
        progress.value.finished.add(1, ordering: .sequentiallyConsistent)
        if progress.value.callerSleeps.load(ordering: .sequentiallyConsistent) {
          callerSleeps.lock()
          callerSleeps.signal()
          callerSleeps.unlock()
        }
      }
      if spin(for: spinTime, until: { hasParts }) { continue }
      if !spin(for: yieldTime, yields: true, until: { hasParts }) { awaitParts() }
    }
  }

  /// Sleeps until a run wakes this worker. If all parts are claimed by then, the worker waits for the next run.
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

/// Pads a value to its own cache lines, so that writes to its neighbours cause no false sharing.
private struct CacheLinePadded<Value: ~Copyable>: ~Copyable {
  let value: Value
  private let padding = InlineArray<16, UInt64>(repeating: 0)

  init(_ value: consuming Value) { self.value = value }
}
extension CacheLinePadded: Sendable where Value: Sendable & ~Copyable {}

/// Calls `run` with a closure that does not escape; see Threads.h.
@_silgen_name("isa_borrow_closure")
private func withBorrowedClosure(
  _ body: (Int) -> Void,
  _ run: @convention(c) (_ pool: UnsafeRawPointer, BorrowedClosure, _ parts: Int) -> Void,
  _ pool: UnsafeRawPointer, _ parts: Int)
