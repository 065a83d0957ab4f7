import Dispatch
import Foundation
import Kernels

/// The machine and its limits, measured in this process.
struct MachineReport: Encodable, Equatable {
  let cpu: String
  let isa: String
  let threads: Int
  /// Multiply-adds in registers, all threads together.
  let peakGflops: Double
  /// Copying data far larger than the caches, all threads together.
  let bandwidthGbs: Double

  /// The first lines of a command's output.
  var header: String {
    """
    processor  \(cpu), \(isa), \(threads) thread\(threads == 1 ? "" : "s")
    limits     \(Figure.fixed(peakGflops, 1)) GFLOP/s, \(Figure.fixed(bandwidthGbs, 1)) GB/s, measured just now
    """
  }

  /// Measures at a level on a number of threads, in about a quarter of a second.
  static func measure(level: InstructionSet, threads: Int) -> MachineReport {
    MachineReport(
      cpu: Machine.processorName, isa: level.rawValue, threads: threads,
      peakGflops: peakFLOPS(level: level, threads: threads) / 1e9,
      bandwidthGbs: sum(threads: min(threads, 8)) { Machine.bandwidth(level: level) } / 1e9)
  }

  /// The most floating-point operations a second of a number of threads.
  static func peakFLOPS(level: InstructionSet, threads: Int) -> Double {
    sum(threads: threads) { Machine.peakFLOPS(level: level) }
  }

  /// The sum of a rate over threads that measure it at the same time; no more of them than there are processors.
  private static func sum(threads: Int, _ rate: @Sendable () -> Double) -> Double {
    let threads = min(threads, Machine.processorCount)
    let total = Total()
    DispatchQueue.concurrentPerform(iterations: threads) { _ in total.add(rate()) }
    return total.value
  }

  private final class Total: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var value = 0.0
    func add(_ summand: Double) { lock.withLock { value += summand } }
  }
}
