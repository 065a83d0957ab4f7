import DifferentialTest
import Foundation
import Kernels

do {
  let options = try FuzzOptions(Array(CommandLine.arguments.dropFirst()))
  if options.wantsHelp {
    print(FuzzOptions.help)
    exit(0)
  }
  exit(try FuzzRun(options).run() ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("kernel-fuzz: \(error)\n".utf8))
  exit(2)
}
