/// How the program ends.
enum ExitStatus: Int32 {
  /// All was done.
  case done = 0
  /// A check failed: a regression, a verification.
  case checkFailed = 1
  /// The command line or the input was wrong.
  case wrongUsage = 2
  /// An interrupt (SIGINT) ended the run early; what was finished is printed and saved.
  case interrupted = 130
  /// The same by SIGTERM.
  case terminated = 143
}

/// What is wrong with a command line: the option or file, and what would be right, in one line.
struct UsageError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A command of the program: `bench NAME`.
protocol Command: SendableMetatype {
  /// What the options on the command line come to.
  associatedtype Options

  static var name: String { get }
  /// One line for the list of commands.
  static var summary: String { get }
  /// What the command does, for its help.
  static var discussion: String { get }
  /// What may follow without a `--name`, as help shows it; nil for nothing.
  static var operands: String? { get }
  static var options: [CommandOption<Options>] { get }
  /// The options' values where the command line does not say otherwise.
  static var defaults: Options { get }
  /// The values that a command line starts from; by default ``defaults``.
  static func defaults(for arguments: [String]) -> Options

  static func run(_ options: Options, operands: [String]) throws -> ExitStatus
}

extension Command {
  static var operands: String? { nil }
  static func defaults(for arguments: [String]) -> Options { defaults }
}
