/// The lines that a worker and the program that drives it exchange on the worker's standard input and output.
///
///     worker                       driver
///     benchmark-worker 1           list
///     cases 2
///     sum/1000
///     sum/1000000                  pin 1
///     ok                           time sum/1000 64
///     ok 65536 65012               time sub/1000 64        nanoseconds that passed, nanoseconds of the processor
///     error no case 'sub/1000'                             the end of the input ends the worker
enum WorkerProtocol {
  static let greeting = "benchmark-worker 1"

  enum Request: Equatable {
    case list
    case pin(core: Int)
    case time(name: String, iterations: Int)

    var line: String {
      switch self {
      case .list: "list"
      case .pin(let core): "pin \(core)"
      case .time(let name, let iterations): "time \(name) \(iterations)"
      }
    }

    /// Nil where the line is no request. A name may hold spaces: the count is what follows the last one.
    init?(line: String) {
      if line == "list" {
        self = .list
        return
      }
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2 else { return nil }
      if words[0] == "pin", let core = Int(words[1]), core >= 0 {
        self = .pin(core: core)
        return
      }
      guard words[0] == "time", let space = words[1].lastIndex(of: " "),
        let iterations = Int(words[1][words[1].index(after: space)...]), iterations > 0
      else { return nil }
      self = .time(name: String(words[1][..<space]), iterations: iterations)
    }
  }

  /// Whether a name can be sent: one line that is not empty and has no blank at either end.
  static func isValid(name: String) -> Bool {
    !name.isEmpty && !name.contains(where: \.isNewline) && name.first != " " && name.last != " "
  }
}
