/// What a command line asks of a command.
enum ParsedArguments<Values> {
  /// To run, with these values and operands.
  case run(Values, operands: [String])
  /// To print its help.
  case help
}

extension Array {
  /// Takes arguments apart: `--name value`, `--name=value`, flags, operands; behind `--` all are operands.
  func parse<Values>(
    _ arguments: [String], defaults: Values
  ) throws(UsageError) -> ParsedArguments<Values> where Element == CommandOption<Values> {
    var values = defaults
    var operands: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" { return .help }
      if argument == "--" {
        operands += rest
        break
      }
      guard argument.hasPrefix("-"), argument.count > 1 else {
        operands.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0]
      guard let option = first(where: { $0.names.contains(name) }) else {
        throw UsageError("unknown option '\(name)'; expected one of \(map { $0.names[0] }.joined(separator: ", "))")
      }
      var text = parts.count == 2 ? parts[1] : nil
      if option.placeholder == nil {
        guard text == nil else { throw UsageError("\(name) takes no value, but '\(text ?? "")' was given") }
      } else if text == nil {
        guard let next = rest.first, !next.hasPrefix("--") else {
          throw UsageError("\(name) needs a value: \(option.expected)")
        }
        text = rest.removeFirst()
      }
      guard option.assign(&values, text ?? "") else {
        throw UsageError("\(name) is '\(text ?? "")'; expected \(option.expected)")
      }
    }
    return .run(values, operands: operands)
  }
}
