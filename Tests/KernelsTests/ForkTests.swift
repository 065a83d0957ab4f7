import Foundation
import TestSupport
import Testing

@testable import Kernels

#if os(Linux)
  /// A process that was forked has none of its parent's workers, and must not wait for them, whatever they did then.
  @Suite struct ForkTests {
    @Test("a child runs plans made before and after the fork, while its parent's threads run others")
    func children() async {
      // In a process of its own: no other test's thread holds a lock of Swift's runtime when it forks.
      await #expect(processExitsWith: .success) {
        let before = Product()
        #expect(before.isRight())
        let stops = StopFlag()
        let busy = Thread {
          // Runs with pauses in which workers fall asleep, so that forks meet them with and without the locks.
          let other = Product()
          while !stops.isSet {
            _ = other.isRight()
            usleep(300)
          }
        }
        busy.start()
        for number in 0..<60 {
          let child = forkProcess()
          if child == 0 {
            // A child that waits forever is killed, and counts as failed.
            alarm(30)
            let isRight = before.isRight() && Product().isRight() && before.isRight()
            _exit(isRight ? 0 : 1)
          }
          guard child > 0 else { exit(2) }
          var status: Int32 = 0
          guard waitpid(child, &status, 0) == child, status == 0 else {
            FileHandle.standardError.write(Data("child \(number) ended with status \(status)\n".utf8))
            exit(3)
          }
          usleep(100)
        }
        // The parent's pool is as it was.
        let isRight = before.isRight() && Product().isRight()
        stops.set()
        exit(isRight ? 0 : 4)
      }
    }

    @Test("a child has a pool of its own, and the parent keeps its pool")
    func pools() async {
      await #expect(processExitsWith: .success) {
        let pool = ObjectIdentifier(WorkerPool.shared)
        let child = forkProcess()
        if child == 0 {
          let own = ObjectIdentifier(WorkerPool.shared)
          _exit(own != pool && own == ObjectIdentifier(WorkerPool.shared) ? 0 : 1)
        }
        var status: Int32 = 0
        guard child > 0, waitpid(child, &status, 0) == child, status == 0 else { exit(2) }
        exit(ObjectIdentifier(WorkerPool.shared) == pool ? 0 : 3)
      }
    }
  }

  /// Swift hides fork from programs, as most of what they do then may wait forever.
  @_silgen_name("fork") private func forkProcess() -> Int32

  private final class StopFlag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
  }

  /// A product whose plan has two threads, with its memory and its result as one thread computes it.
  private final class Product {
    let plan: Plan<GEMM>
    private let memory: UnsafeMutablePointer<Float>
    private let workspace: Workspace
    private static let size = 48

    init() {
      let problem = GEMM.Problem(rows: Self.size, columns: Self.size, depth: Self.size)
      guard let plan = try? sharing({ try Plan<GEMM>(problem, threads: 2) }) else { exit(9) }
      self.plan = plan
      workspace = Workspace(byteCount: plan.workspaceByteCount)
      let count = Self.size * Self.size
      memory = .allocate(capacity: 3 * count)
      for i in 0..<count {
        memory[i] = Float(i % 5) - 2
        memory[count + i] = Float(i % 7) - 3
      }
    }

    deinit { memory.deallocate() }

    /// Runs it, and compares with sums of integers.
    func isRight() -> Bool {
      let (n, count) = (Self.size, Self.size * Self.size)
      let (a, b, c) = (memory, memory + count, memory + 2 * count)
      c.update(repeating: .nan, count: count)
      plan.run(.init(a: a, b: b, c: c), workspace: workspace)
      for i in stride(from: 0, to: n, by: 7) {
        for j in 0..<n {
          var sum: Float = 0
          for k in 0..<n { sum += a[i * n + k] * b[k * n + j] }
          if c[i * n + j] != sum { return false }
        }
      }
      return true
    }
  }
#endif
