import AllocationCounter

/// Counts of heap allocations; nothing is counted where the C library is not glibc.
public enum Allocations {
  /// Whether allocations are counted on this system.
  public static var areCounted: Bool { allocation_counter_is_supported() != 0 }

  /// How many times the calling thread allocates memory on the heap during `body`.
  public static func onThread(during body: () throws -> Void) rethrows -> Int {
    let before = allocation_count_of_thread()
    try body()
    return allocation_count_of_thread() - before
  }

  /// How many times any thread of the process allocates memory on the heap during `body`.
  public static func inProcess(during body: () throws -> Void) rethrows -> Int {
    let before = allocation_count_of_process()
    try body()
    return allocation_count_of_process() - before
  }
}
