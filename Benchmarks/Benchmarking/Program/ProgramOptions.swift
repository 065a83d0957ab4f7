/// What the command line of a benchmark program asks for.
struct ProgramOptions {
  enum Command: String { case run, list, worker, help }

  var command = Command.run
  /// The executable to compare with.
  var against: String?
  var core: Int?
  var isMarkdown = false
  var jsonPath: String?
  var comparison = ComparisonOptions()
  /// Seconds of a case that is run alone.
  var caseSeconds = 0.5

  static let help = """
    Times the cases of this program, or compares them with those of another build of it.

      run [OPTION …]                each case: median time, rates, share of the measured limit (the default)
      run --against EXECUTABLE      interleaved with another build: what is slower, faster, the same
      list                          the names of the cases
      worker                        serves another build's comparison on standard input and output

    Options
      --against EXECUTABLE          the old program; this one is the new one
      --cases TEXT,…                cases whose name contains one of the texts
      --budget SECONDS              of a comparison (60)
      --smallest-change PERCENT     changes below do not matter (1)
      --clock wall|processor        the time that counts: passed, or spent on processors (wall)
      --core N                      the core that both programs are pinned to (the last one allowed)
      --seconds SECONDS             of a case that is run alone (0.5)
      --seed N                      of what is drawn (1)
      --markdown                    the report of a comparison for a pull request
      --json FILE                   the results as JSON

    Exit status: 0 nothing is slower; 1 a case is slower or lost; 2 wrong usage, or a program that failed.

    """

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    if let first = rest.first, !first.hasPrefix("-") {
      guard let command = Command(rawValue: first) else {
        throw BenchmarkingError("unknown command '\(first)'; expected run, list, worker or help")
      }
      self.command = command
      rest.removeFirst()
    }
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts.first ?? ""
      func value() throws -> String {
        if parts.count == 2 { return parts[1] }
        guard let next = rest.popFirst() else { throw BenchmarkingError("\(name) needs a value") }
        return next
      }
      func number(_ expected: String, _ isValid: (Double) -> Bool) throws -> Double {
        let text = try value()
        guard let number = Double(text), number.isFinite, isValid(number) else {
          throw BenchmarkingError("\(name) is '\(text)'; expected \(expected)")
        }
        return number
      }
      switch name {
      case "--help", "-h": command = .help
      case "--against": against = try value()
      case "--cases":
        let texts = try value().split(separator: ",").map(String.init)
        guard !texts.isEmpty else { throw BenchmarkingError("--cases needs parts of names, separated by commas") }
        comparison.cases += texts
      case "--budget": comparison.budgetSeconds = try number("seconds above 0") { $0 > 0 }
      case "--smallest-change":
        comparison.smallestChange = try number("a percentage above 0 and below 100") { $0 > 0 && $0 < 100 } / 100
      case "--clock":
        let text = try value()
        guard let clock = ComparisonOptions.Clock(rawValue: text) else {
          throw BenchmarkingError("--clock is '\(text)'; expected wall or processor")
        }
        comparison.clock = clock
      case "--core": core = Int(try number("a core's number") { $0 >= 0 && $0 < 1024 && $0 == $0.rounded() })
      case "--seconds": caseSeconds = try number("seconds above 0") { $0 > 0 }
      case "--seed":
        let text = try value()
        guard let seed = UInt64(text) else { throw BenchmarkingError("--seed is '\(text)'; expected a whole number") }
        comparison.seed = seed
      case "--markdown":
        guard parts.count == 1 else { throw BenchmarkingError("--markdown takes no value") }
        isMarkdown = true
      case "--json": jsonPath = try value()
      default: throw BenchmarkingError("unknown option or operand '\(argument)'; see help")
      }
    }
    if isMarkdown, against == nil { throw BenchmarkingError("--markdown is for comparisons: add --against EXECUTABLE") }
    if against != nil, command == .list || command == .worker {
      throw BenchmarkingError("--against is an option of run")
    }
  }
}
