import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Kernels

@Suite struct ParallelTests {
  /// Pools of their own, so that no other test takes the workers: as they are used, with none, with more than there are
  /// processors, and with workers that sleep at once, and so are woken for every run.
  static let pools = [(1, 20), (0, 20), (5, 20), (3, 0)].map { workers, spin in
    let pool = WorkerPool(workerLimit: workers, spinTime: .microseconds(spin), yieldTime: .microseconds(10 * spin))
    pool.start(threads: 8)
    return pool
  }

  @Test("every part is called once, however many there are", arguments: pools.indices)
  func everyPartOnce(pool: Int) {
    for parts in [2, 3, 4, 7, 64, 1000, 10_000] {
      let calls = Counts(parts)
      Self.pools[pool].run(parts: parts) { calls[$0] += 1 }
      #expect(calls.all(1), "\(parts) parts")
    }
    for parts in [0, 1] {
      let calls = Counts(1)
      Parallel.run(parts: parts) { calls[$0] += 1 }
      #expect(calls.all(1), "\(parts) parts")
    }
  }

  @Test("the caller sees what the parts of ten thousand small runs wrote", arguments: pools.indices)
  func smallRuns(pool: Int) {
    let values = Counts(64)
    var wrong = 0
    for run in 1...10_000 {
      let parts = 2 + run % 3
      Self.pools[pool].run(parts: parts) { values[16 * $0] = run + $0 }
      for part in 0..<parts where values[16 * part] != run + part { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test("parts run at the same time, on as many threads as there are workers and the caller")
  func atTheSameTime() {
    let begun = Atomic(0)
    let missed = Atomic(0)
    // A pool that no other test takes: a run that finds its workers taken does all parts itself, one after the other.
    let pool = WorkerPool(workerLimit: 3, spinTime: .microseconds(0), yieldTime: .microseconds(0))
    pool.start(threads: 4)
    // Each part waits for the others to begin, which no other code does.
    pool.run(parts: 4) { _ in
      begun.add(1, ordering: .relaxed)
      let end = ContinuousClock.now + .seconds(60)
      while begun.load(ordering: .relaxed) < 4, ContinuousClock.now < end { sched_yield() }
      if begun.load(ordering: .relaxed) < 4 { missed.add(1, ordering: .relaxed) }
    }
    #expect(missed.load(ordering: .relaxed) == 0)
  }

  @Test("runs within parts of a run do their parts themselves", arguments: pools.indices)
  func nested(pool: Int) {
    let calls = Counts(5 * 7 * 3)
    Self.pools[pool].run(parts: 5) { outer in
      Self.pools[pool].run(parts: 7) { middle in
        Self.pools[pool].run(parts: 3) { inner in calls[(outer * 7 + middle) * 3 + inner] += 1 }
      }
    }
    #expect(calls.all(1))
  }

  @Test("several threads may run parts at once", arguments: pools.indices)
  func severalCallers(pool: Int) {
    let (callers, runs) = (6, 500)
    let wrong = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: callers) { caller in
      let values = Counts(64)
      for run in 1...runs {
        Self.pools[pool].run(parts: 4) { values[16 * $0] = caller * runs + run + $0 }
        for part in 0..<4 where values[16 * part] != caller * runs + run + part { wrong.add(1, ordering: .relaxed) }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test(
    "a run allocates nothing", .enabled(if: Allocations.areCounted, "allocations are counted with glibc only"),
    arguments: pools.indices)
  func allocations(pool: Int) {
    let ofParts = Counts(64)
    let ofCaller = Allocations.onThread {
      for _ in 0..<1000 {
        Self.pools[pool].run(parts: 4) { part in
          ofParts[16 * part] += Allocations.onThread {
            Self.pools[pool].run(parts: 2) { ofParts[16 * part + 1 + $0] = 0 }
          }
        }
      }
    }
    #expect(ofCaller == 0 && ofParts.all(0))
  }

  @Test("ranges of parts cover the items once, in order and in whole granules")
  func ranges() {
    for items in [0, 1, 5, 63, 64, 65, 1000] {
      for parts in [1, 2, 3, 7] {
        for granule in [1, 6, 64] {
          var next = 0
          for part in 0..<parts {
            let range = Parallel.range(part, of: parts, items: items, granule: granule)
            #expect(range.lowerBound == next && (range.upperBound % granule == 0 || range.upperBound == items))
            next = range.upperBound
          }
          #expect(next == items)
        }
      }
    }
  }
}

/// Integers that threads write, each its own.
private final class Counts: @unchecked Sendable {
  private let values: UnsafeMutableBufferPointer<Int>

  init(_ count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 0)
  }

  deinit { values.deallocate() }

  subscript(i: Int) -> Int {
    get { values[i] }
    set { values[i] = newValue }
  }

  func all(_ value: Int) -> Bool { values.allSatisfy { $0 == value } }
}
