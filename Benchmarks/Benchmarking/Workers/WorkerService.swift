import Foundation

/// Serves the worker's end of the protocol on standard input and output, for any program that can time its cases.
public struct WorkerService {
  let names: [String]
  let time: (String, Int) throws -> SliceTime

  /// - Parameters:
  ///   - names: of the cases; each a line.
  ///   - time: runs a case a number of times and returns what it took; set-up is to be outside of that. An error ends
  ///     the comparison with its text.
  public init(names: [String], time: @escaping (_ name: String, _ iterations: Int) throws -> SliceTime) {
    self.names = names
    self.time = time
  }

  /// Measures what a closure takes, as the answers to `time` are meant to be measured.
  public static func measure(_ body: () throws -> Void) rethrows -> SliceTime {
    let start = SliceTime.now()
    try body()
    return SliceTime.now() - start
  }

  /// Answers requests until the input ends.
  ///
  /// What the cases print goes to standard error, since standard output belongs to the protocol.
  public func serve() {
    WorkerService.offsetMemory()
    let output = dup(STDOUT_FILENO)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    defer { close(output) }
    func send(_ text: String) {
      let bytes = Array((text + "\n").utf8)
      var sent = 0
      while sent < bytes.count {
        let count = bytes.withUnsafeBytes { write(output, $0.baseAddress! + sent, bytes.count - sent) }
        // The driver has gone: the next read ends the service.
        if count <= 0 { return }
        sent += count
      }
    }
    send(WorkerProtocol.greeting)
    while let line = readLine() { send(answer(to: line)) }
  }

  /// The answer to a request, without the end of its last line.
  func answer(to line: String) -> String {
    do {
      switch WorkerProtocol.Request(line: line) {
      case nil: return "error '\(line)' is no request"
      case .list: return (["cases \(names.count)"] + names).joined(separator: "\n")
      case .pin(let core):
        try CoreAffinity.pin(to: core)
        return "ok"
      case .time(let name, let iterations):
        guard names.contains(name) else { return "error no case '\(name)'" }
        let time = try time(name, iterations)
        return "ok \(Int(time.wallNanoseconds.rounded())) \(Int(time.processorNanoseconds.rounded()))"
      }
    } catch {
      return "error \("\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))"
    }
  }

  static let memoryOffsetVariable = "BENCHMARKING_MEMORY_OFFSET"
  static let environmentVariable = "BENCHMARKING_ENVIRONMENT"

  /// Takes the bytes of ``ProcessLayout/memoryOffset`` off the heap, for good: in small pieces, since large ones would be
  /// mapped elsewhere and move nothing.
  private static func offsetMemory() {
    guard let text = getenv(memoryOffsetVariable), var rest = Int(String(cString: text)) else { return }
    while rest > 0 {
      blackHole(malloc(min(rest, 4096)))
      rest -= 4096
    }
  }
}
