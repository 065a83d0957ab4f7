import Foundation

/// The program: a list of commands, and the choice among them.
enum Program {
  static let commands: [any Command.Type] = [
    ConvCommand.self, MLPCommand.self, TrainCommand.self, PredictCommand.self, StudyCommand.self, DataCommand.self,
    PlanCommand.self, KernelsCommand.self, CompareCommand.self, BaselineCommand.self, HistoryCommand.self,
  ]

  /// Runs what the arguments, without the program's name, ask for.
  static func run(_ arguments: [String]) -> ExitStatus {
    guard let name = arguments.first else { return printHelp(overview) }
    let rest = Array(arguments.dropFirst())
    switch name {
    case "help", "--help", "-h":
      guard let topic = rest.first else { return printHelp(overview) }
      guard let command = commands.first(where: { $0.name == topic }) else { return unknown(topic) }
      return printHelp(help(of: command))
    default:
      guard let command = commands.first(where: { $0.name == name }) else { return unknown(name) }
      return run(command, rest)
    }
  }

  private static func run<C: Command>(_ command: C.Type, _ arguments: [String]) -> ExitStatus {
    do {
      switch try C.options.parse(arguments, defaults: C.defaults(for: arguments)) {
      case .help:
        return printHelp(help(of: command))
      case .run(let options, let operands):
        if C.operands == nil, let operand = operands.first {
          throw UsageError("unexpected argument '\(operand)'; expected options only, see 'bench \(C.name) --help'")
        }
        return try C.run(options, operands: operands)
      }
    } catch {
      // Data, kernels and layers report input that they cannot take by errors with a message for the user.
      Console.printError("bench \(C.name): \(error)")
      return .wrongUsage
    }
  }

  private static func printHelp(_ text: String) -> ExitStatus {
    do {
      try Console.print(text)
      return .done
    } catch {
      Console.printError("bench: \(error)")
      return .wrongUsage
    }
  }

  private static func unknown(_ name: String) -> ExitStatus {
    let names = commands.map { $0.name }.joined(separator: ", ")
    Console.printError("bench: unknown command '\(name)'; expected one of \(names), help")
    return .wrongUsage
  }

  /// What `bench` and `bench help` print.
  static var overview: String {
    let width = commands.map { $0.name.count }.max() ?? 0
    let list = commands.map { "  \($0.name.padded(to: width))  \($0.summary)" }
    return """
      usage: bench COMMAND [OPTION …]

      commands:
      \(list.joined(separator: "\n"))
        \("help".padded(to: width))  this text, or 'bench help COMMAND' for a command's

      'bench COMMAND --help' lists a command's options.
      exit status: 0 done, 1 a check failed, 2 wrong usage or bad input, 130 interrupted (SIGINT),
        143 terminated (SIGTERM)
      """
  }

  /// What `bench COMMAND --help` prints.
  static func help<C: Command>(of command: C.Type) -> String {
    let entries = C.options.map { option in
      (
        left: option.names[0] + (option.placeholder.map { " \($0)" } ?? ""),
        right: option.help
          + (option.currentText(C.defaults).map { " (default \($0))" } ?? "")
          + (option.names.count > 1 ? "; also \(option.names.dropFirst().joined(separator: ", "))" : "")
      )
    }
    let width = min(entries.map { $0.left.count }.max() ?? 0, 30)
    let list = entries.map { entry in
      entry.left.count <= width
        ? "  \(entry.left.padded(to: width))  \(entry.right)"
        : "  \(entry.left)\n  \(String(repeating: " ", count: width))  \(entry.right)"
    }
    return """
      usage: bench \(C.name)\(C.operands.map { " \($0)" } ?? "") [OPTION …]

      \(C.discussion)

      options:
      \(list.joined(separator: "\n"))
      """
  }
}
