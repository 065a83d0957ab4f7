/// A piece of work to be timed, by name.
public struct BenchmarkCase {
  /// Runs the work a number of times.
  public typealias Body = (_ iterations: Int) throws -> Void

  public let name: String
  public let work: Work?
  public let limits: Limits
  let setUp: () throws -> Body

  /// What an iteration does, for rates and the share of a limit.
  public struct Work: Equatable, Sendable {
    /// Floating-point operations of an iteration, or what else `limits` counts as operations.
    public var operations: Double
    /// Bytes that an iteration has to read and write.
    public var bytes: Double

    public init(operations: Double = 0, bytes: Double = 0) {
      self.operations = operations
      self.bytes = bytes
    }
  }

  /// What the machine can do at most, measured in the same process, in the same minute and on the same core as the work.
  public struct Limits {
    /// Measures operations a second.
    public var operationsPerSecond: (() -> Double)?
    /// Measures bytes a second.
    public var bytesPerSecond: (() -> Double)?

    public init(operationsPerSecond: (() -> Double)? = nil, bytesPerSecond: (() -> Double)? = nil) {
      self.operationsPerSecond = operationsPerSecond
      self.bytesPerSecond = bytesPerSecond
    }

    public static var none: Limits { Limits() }
    /// Bytes a second of copying 64 MiB.
    public static var copying: Limits { Limits(bytesPerSecond: { MemoryBandwidth.copying() }) }
  }

  /// A case whose closure runs the work `iterations` times:
  ///
  ///     BenchmarkCase("sum/1000") { iterations in
  ///       for _ in 0..<iterations { blackHole(sum(opaque(values))) }
  ///     }
  public init(_ name: String, work: Work? = nil, limits: Limits = .none, run: @escaping Body) {
    self.init(name, work: work, limits: limits, setUp: { run })
  }

  /// A case that makes its data when it is first timed, outside of the time: `setUp` returns the closure that runs the
  /// work.
  public init(_ name: String, work: Work? = nil, limits: Limits = .none, setUp: @escaping () throws -> Body) {
    self.name = name
    self.work = work
    self.limits = limits
    self.setUp = setUp
  }
}
