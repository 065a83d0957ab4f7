import KernelsISA

/// The system's clock that only goes forward.
///
/// The standard library's `ContinuousClock` is part of Swift's concurrency, which brings Dispatch: 0.6 MB of a program that
/// is linked statically.
enum MonotonicClock {
  /// The time since a moment that stays the same while the system runs.
  static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
