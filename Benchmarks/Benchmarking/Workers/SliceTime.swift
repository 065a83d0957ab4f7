import Foundation

/// How long a slice of iterations took.
public struct SliceTime: Equatable, Sendable {
  /// Time that passed.
  public var wallNanoseconds: Double
  /// Time that all threads of the process spent on a processor.
  public var processorNanoseconds: Double

  public init(wallNanoseconds: Double, processorNanoseconds: Double) {
    self.wallNanoseconds = wallNanoseconds
    self.processorNanoseconds = processorNanoseconds
  }

  /// The clocks now, for a slice that ``WorkerService/measure(_:)`` cannot enclose: the difference of two is a time.
  public static func now() -> SliceTime {
    SliceTime(wallNanoseconds: read(CLOCK_MONOTONIC), processorNanoseconds: read(CLOCK_PROCESS_CPUTIME_ID))
  }

  public static func - (end: SliceTime, start: SliceTime) -> SliceTime {
    SliceTime(
      wallNanoseconds: end.wallNanoseconds - start.wallNanoseconds,
      processorNanoseconds: end.processorNanoseconds - start.processorNanoseconds)
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
