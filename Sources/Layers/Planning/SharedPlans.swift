import Kernels
import Synchronization

/// The kernels that one plan of a network has planned. Layers with equal problems, as the blocks of a residual network have
/// them, share a plan: it is made once, and its tables are in memory once.
final class SharedPlans: Sendable {
  /// Unchecked: problems are values that can be sent, which `AnyHashable` does not say.
  private struct Key: Hashable, @unchecked Sendable {
    let operation: ObjectIdentifier
    let problem: AnyHashable
    let level: InstructionSet?
    let threads: Int
  }

  private let plans = Mutex<[Key: any Sendable]>([:])

  /// The plan of an equal problem, or a new one. Problems that cannot be compared are planned each time.
  func plan<Op: KernelOperation>(
    _ problem: Op.Problem, level: InstructionSet?, threads: Int
  ) throws(KernelError) -> Plan<Op> {
    guard let value = problem as? any Hashable else { return try Plan<Op>(problem, level: level, threads: threads) }
    let key = Key(
      operation: ObjectIdentifier(Op.self), problem: AnyHashable(value), level: level, threads: threads)
    if let plan = plans.withLock({ $0[key] }) as? Plan<Op> { return plan }
    let plan = try Plan<Op>(problem, level: level, threads: threads)
    plans.withLock { $0[key] = plan }
    return plan
  }
}
