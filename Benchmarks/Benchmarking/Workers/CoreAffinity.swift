import Foundation

/// Which processor cores a process may use. Only Linux says and takes that; elsewhere nothing is pinned.
public enum CoreAffinity {
  /// The cores that this process may use, in ascending order.
  public static var allowed: [Int] {
    var mask = [UInt8](repeating: 0, count: maskBytes)
    guard let get = function(named: "sched_getaffinity"), get(0, maskBytes, &mask) == 0 else { return [] }
    return (0..<maskBytes * 8).filter { mask[$0 / 8] >> ($0 % 8) & 1 == 1 }
  }

  /// Keeps the calling thread, and the threads that it makes from now on, on one core.
  static func pin(to core: Int) throws {
    guard let set = function(named: "sched_setaffinity") else { return }
    var mask = [UInt8](repeating: 0, count: maskBytes)
    guard core < maskBytes * 8 else { throw BenchmarkingError("core \(core) is beyond what the system numbers") }
    mask[core / 8] |= 1 << (core % 8)
    guard set(0, maskBytes, &mask) == 0 else {
      throw BenchmarkingError("cannot run on core \(core): \(String(cString: strerror(errno)))")
    }
  }

  /// Of glibc's cpu_set_t: 1024 cores.
  private static let maskBytes = 128

  private typealias Function = @convention(c) (Int32, Int, UnsafeMutablePointer<UInt8>) -> Int32

  /// The C library's function, by name: its header declares it for _GNU_SOURCE alone, which Swift's import does not set.
  private static func function(named name: String) -> Function? {
    #if os(Linux)
      guard let program = dlopen(nil, RTLD_NOW), let symbol = dlsym(program, name) else { return nil }
      return unsafeBitCast(symbol, to: Function.self)
    #else
      return nil
    #endif
  }
}
