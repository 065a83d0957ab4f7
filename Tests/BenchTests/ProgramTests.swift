import Foundation
import Testing

@testable import Bench

/// The names that a message about an unknown command lists.
private let commandNames = Program.commands.map { $0.name }.joined(separator: ", ")

@Suite struct ProgramTests {
  @Test func listsItsCommands() throws {
    let bare = try BenchProcess()
    #expect(bare.status == 0)
    #expect(bare.errors.isEmpty)
    for command in Program.commands { #expect(bare.output.contains("  \(command.name)")) }
    for arguments in [["help"], ["--help"]] {
      let help = try BenchProcess(arguments[0])
      #expect(help.status == 0)
      #expect(help.output == bare.output)
    }
  }

  @Test(arguments: [
    ("conv", ["--threads N", "--isa LEVEL", "--json FILE", "--against REVISION|EXECUTABLE"]),
    ("mlp", ["--batch-sizes N,…", "--target-accuracy X", "n4-tanh-3"]),
    ("train", ["--schedule TEXT", "--checkpoint FILE", "--metrics FILE.jsonl", "one-cycle:U:D", "resized-crop:A:B"]),
    ("kernels", ["--shape SHAPE,…", "--shapes PATH,…", "--threads N", "--isa LEVEL", "--json FILE"]),
    ("compare", ["OLD.json NEW.json", "--tolerance X", "--json FILE"]),
    ("data", ["[list|verify|download|show] [NAME …]", "--data-dir DIR", "--from URL,…", "--json FILE"]),
  ])
  func explainsACommand(_ name: String, _ options: [String]) throws {
    let help = try BenchProcess(name, "--help")
    #expect(help.status == 0)
    #expect(help.output.hasPrefix("usage: bench \(name) "))
    for option in options { #expect(help.output.contains(option)) }
    #expect(try BenchProcess("help", name).output == help.output)
  }

  @Test(arguments: [
    (["mlpp"], "bench: unknown command 'mlpp'; expected one of \(commandNames), help\n"),
    (["help", "mlpp"], "bench: unknown command 'mlpp'; expected one of \(commandNames), help\n"),
    (["conv", "extra"], "bench conv: unexpected argument 'extra'; expected options only, see 'bench conv --help'\n"),
    (["conv", "--epochs", "0"], "bench conv: --epochs is '0'; expected an integer from 1 to 100000\n"),
    (
      ["conv", "--learning-rate", "1e300"],
      "bench conv: --learning-rate is '1e300'; expected a number above 0.0 and below 1e+30\n"
    ),
    (["conv", "--momentum", "0.9"], "bench conv: --momentum is for --optimizer sgd, rmsprop or muon, not adam\n"),
    (
      ["conv", "--data", "mnist", "--data-dir", "/nowhere"],
      "bench conv: no files of mnist in /nowhere (--data-dir, no such folder); 'bench data download mnist --data-dir "
        + "/nowhere' fetches them\n"
    ),
    (
      ["conv", "--json", "/nowhere/a.json"],
      "bench conv: --json is '/nowhere/a.json', which cannot be written; expected a file in a folder that exists\n"
    ),
    (
      ["kernels", "gem"],
      "bench kernels: unknown operation 'gem'; expected one of "
        + KernelCases.operationNames.joined(separator: ", ") + "\n"
    ),
    (
      ["kernels", "--shape", "m4n"],
      "bench kernels: --shape: shape 'm4n': expected pairs of name and number, such as mb4ic3ih32oc6kh5; 'n' is none\n"
    ),
    (
      ["kernels", "--shapes", "/nowhere"],
      "bench kernels: /nowhere: no such file or folder; expected shapes, one a line\n"
    ),
    (
      ["kernels", "relu", "--shape", "m4n4k4"],
      "bench kernels: no shape fits relu with the passes forward, backward, backward-data, backward-weights\n"
    ),
    (
      ["kernels", "--quick", "--shape", "m400n400k400"],
      "bench kernels: no problem is small enough for --quick: 1 MFLOP and 0.4 MB\n"
    ),
  ])
  func refusesWrongUsageInOneLine(_ arguments: [String], _ message: String) throws {
    let process = try BenchProcess(arguments)
    #expect(process.status == 2)
    #expect(process.errors == message)
    #expect(process.output.isEmpty)
  }

  #if os(Linux)
    /// /dev/full takes nothing, as a full disk.
    @Test(arguments: [
      (["help"], "bench"), (["conv", "--train-images", "8", "--test-images", "8", "--epochs", "1"], "bench conv"),
    ])
    func reportsThatItsOutputCannotBeWritten(_ arguments: [String], _ command: String) throws {
      let process = try BenchProcess(arguments, output: FileHandle(forWritingAtPath: "/dev/full"))
      #expect(process.status == 2)
      #expect(process.errors == "\(command): standard output cannot be written: No space left on device\n")
    }
  #endif

  @Test func refusesAnUnknownLevelInTheEnvironment() throws {
    let process = try BenchProcess("conv", environment: ["KERNELS_ISA": "sse9"])
    #expect(process.status == 2)
    #expect(process.errors.hasPrefix("bench conv: KERNELS_ISA is 'sse9'; expected one of "))
  }
}
