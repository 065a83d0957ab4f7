import DifferentialTest
import Kernels

/// The command line.
struct FuzzOptions {
  static let help = """
    Usage: Tests/fuzz kernels [--seconds N] [--seed S] [--operation NAME]... [--level LEVEL] [--data KIND] [--rows]
           Tests/fuzz kernels --fixed | --problem LINE

    Runs random problems by every row of the kernels' tables, with 1, 2 and 3 threads, at guard pages, and compares them
    with the reference. Ends with status 1 where something is wrong; each failure is a line for --problem.

      --seconds N       how long to run (10)
      --seed S          the first problem (1)
      --operation NAME  only this operation; may be given several times
      --level LEVEL     only the rows of this instruction-set level
      --data KIND       only integers, reals or special (NaN, infinities and denormals among integers)
      --rows            print how often each row ran
      --fixed           run the list of problems that were once wrong
      --problem LINE    run this problem only
    """

  var seconds = 10.0
  var seed: UInt64 = 1
  var operations: Set<String> = []
  var levels = InstructionSet.available
  var kinds = DataKind.allCases
  var problems: [ProblemLine] = []
  var printsRows = false
  var wantsHelp = false

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func value(_ option: String) throws -> String {
      guard let value = rest.popFirst() else { throw FuzzUsageError("\(option) needs a value") }
      return value
    }
    while let option = rest.popFirst() {
      switch option {
      case "--help", "-h": wantsHelp = true
      case "--rows": printsRows = true
      case "--seconds":
        let text = try value(option)
        guard let number = Double(text), number > 0 else { throw FuzzUsageError("--seconds is '\(text)'") }
        seconds = number
      case "--seed":
        let text = try value(option)
        guard let number = UInt64(text) else { throw FuzzUsageError("--seed is '\(text)'; expected a whole number") }
        seed = number
      case "--operation":
        let text = try value(option)
        guard DifferentialSession.operations.contains(text) else {
          throw FuzzUsageError(
            "--operation is '\(text)'; expected one of \(DifferentialSession.operations.joined(separator: ", "))")
        }
        operations.insert(text)
      case "--level":
        let text = try value(option)
        guard let level = InstructionSet.available.first(where: { $0.rawValue == text }) else {
          let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
          throw FuzzUsageError("--level is '\(text)'; this processor has \(names)")
        }
        levels = [level]
      case "--data":
        let text = try value(option)
        guard let kind = DataKind(rawValue: text) else {
          let names = DataKind.allCases.map(\.rawValue).joined(separator: ", ")
          throw FuzzUsageError("--data is '\(text)'; expected one of \(names)")
        }
        kinds = [kind]
      case "--fixed": problems += try ProblemLine.fixed
      case "--problem": problems.append(try ProblemLine(try value(option)))
      default: throw FuzzUsageError("'\(option)' is no option; see --help")
      }
    }
  }
}

/// What is wrong with the command line.
struct FuzzUsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
