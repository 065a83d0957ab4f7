import Foundation

/// A program of the system that does what the project is not about: it is found on `PATH` and run as a process.
struct SystemTool {
  /// How a run ended.
  struct Result {
    /// Nil where the process was stopped, or ended by a signal.
    let status: Int32?
    let output: String
    let errors: String

    /// The last line that the program wrote on standard error.
    var lastError: String {
      errors.split(whereSeparator: \.isNewline).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
  }

  let executable: URL
  let environment: [String: String]

  /// A program that is known by its path.
  init(executable path: String, environment: [String: String]) {
    executable = URL(fileURLWithPath: path)
    self.environment = environment
  }

  /// - Returns: nil where no folder of `PATH` has the program.
  init?(_ name: String, environment: [String: String]) {
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    guard let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { return nil }
    executable = URL(fileURLWithPath: path)
    self.environment = environment
  }

  /// Runs the program to its end, or until it is to be stopped.
  ///
  /// - Parameters:
  ///   - input: what it reads from; nothing if nil.
  ///   - stopWhen: asked every few milliseconds while the program runs; true ends it.
  /// - Throws: ``UsageError`` when it cannot be started.
  func run(_ arguments: [String], input: FileHandle? = nil, stopWhen: () -> Bool = { false }) throws(UsageError)
    -> Result
  {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = executable
    process.arguments = arguments
    process.environment = environment
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do {
      try process.run()
    } catch {
      throw UsageError("\(executable.path) cannot be started: \(error.localizedDescription)")
    }
    // Both are read while the program runs: it would wait for ever on a full pipe.
    let (said, complaint) = (Collected(), Collected())
    let drained = DispatchGroup()
    for (pipe, text) in [(output, said), (errors, complaint)] {
      DispatchQueue.global().async(group: drained) { text.data = pipe.fileHandleForReading.availableToEnd() }
    }
    var isStopped = false
    var pause = 0.001
    while process.isRunning {
      if stopWhen() {
        isStopped = true
        // A process that Dispatch's threads start may have inherited a mask that blocks all signals which can be blocked.
        kill(process.processIdentifier, SIGKILL)
        break
      }
      Thread.sleep(forTimeInterval: pause)
      pause = min(pause * 1.5, 0.05)
    }
    process.waitUntilExit()
    drained.wait()
    return Result(
      status: !isStopped && process.terminationReason == .exit ? process.terminationStatus : nil,
      output: String(decoding: said.data, as: UTF8.self), errors: String(decoding: complaint.data, as: UTF8.self))
  }

  /// What a program said; written by one thread, read by another after it is done.
  private final class Collected: @unchecked Sendable {
    var data = Data()
  }
}

extension FileHandle {
  /// All that comes until the other end is closed.
  fileprivate func availableToEnd() -> Data {
    var data = Data()
    while case let piece = availableData, !piece.isEmpty { data += piece }
    return data
  }
}

/// MD5 sums by a program of the system: data sets publish them, and nothing here depends on their strength.
struct MD5Tool {
  private let tool: SystemTool
  private let arguments: [String]

  /// The programs that can do it: of GNU, BusyBox, macOS and BSD, and everybody's.
  private static let candidates = [("md5sum", [String]()), ("md5", []), ("openssl", ["md5", "-r"])]

  /// What to say where ``init(environment:)`` gives nil.
  static let missing = "none of \(candidates.map(\.0).joined(separator: ", ")) is on PATH"

  /// - Returns: nil where the system has none.
  init?(environment: [String: String]) {
    for (name, arguments) in MD5Tool.candidates {
      guard let tool = SystemTool(name, environment: environment) else { continue }
      self.tool = tool
      self.arguments = arguments
      return
    }
    return nil
  }

  /// The sum of a file's content, in 32 lowercase hexadecimal digits.
  func sum(of file: URL) throws(UsageError) -> String {
    let input: FileHandle
    do {
      input = try FileHandle(forReadingFrom: file)
    } catch {
      throw UsageError("\(file.path) cannot be read: \(systemReason(error))")
    }
    defer { try? input.close() }
    // From standard input, so that no program's way of writing names matters; the sum is what comes first.
    let result = try tool.run(arguments, input: input)
    let sum = result.output.prefix(32).lowercased()
    guard result.status == 0, sum.count == 32, sum.allSatisfy(\.isHexDigit) else {
      throw UsageError("\(file.path) cannot be read: \(tool.executable.path): \(result.lastError)")
    }
    return sum
  }
}

/// What the system says of a failure of Foundation's, in one line.
func systemReason(_ error: any Error) -> String {
  if let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError,
    underlying.domain == NSPOSIXErrorDomain
  {
    return String(cString: strerror(Int32(underlying.code)))
  }
  if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
  return error.localizedDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
}
