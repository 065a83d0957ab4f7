import Foundation

/// A worker in a process of its own, which stays resident between slices.
public final class WorkerProcess: Worker {
  /// A worker that takes longer than this for one answer hangs: seconds.
  private static let patience = 300.0

  private let path: String
  private let process: pid_t
  private let input: Int32
  private let output: Int32
  private var buffer: [UInt8] = []
  private var isClosed = false

  /// Starts the program and reads its greeting.
  public init(
    executable path: String, arguments: [String], environment: [String: String] = [:],
    layout: ProcessLayout = ProcessLayout(), core: Int? = nil
  ) throws {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw BenchmarkingError("'\(path)' is no program that can be run")
    }
    // A worker that has died is to be an error of the next request, not the end of this process.
    signal(SIGPIPE, SIG_IGN)
    self.path = path
    let toWorker = try WorkerProcess.pipe()
    let fromWorker = try WorkerProcess.pipe()
    (input, output) = (toWorker.write, fromWorker.read)
    var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    variables[WorkerService.memoryOffsetVariable] = String(layout.memoryOffset)
    variables[WorkerService.environmentVariable] = String(repeating: "x", count: layout.environmentBytes)
    do {
      // The worker's ends are to be open in the worker alone: else its end would not be seen here.
      defer {
        Foundation.close(toWorker.read)
        Foundation.close(fromWorker.write)
      }
      process = try WorkerProcess.spawn(
        path, arguments, environment: variables.map { "\($0)=\($1)" }.sorted(), input: toWorker.read,
        output: fromWorker.write)
    } catch {
      Foundation.close(input)
      Foundation.close(output)
      throw error
    }
    do {
      let greeting = try line()
      guard greeting == WorkerProtocol.greeting else {
        throw BenchmarkingError(
          "'\(path)' is no benchmark that can be compared: it answers '\(greeting)' in place of "
            + "'\(WorkerProtocol.greeting)'")
      }
      if let core { _ = try answer(to: .pin(core: core)) }
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  public func caseNames() throws -> [String] {
    let words = try answer(to: .list)
    guard words.count == 2, words[0] == "cases", let count = Int(words[1]) else { throw confusion(words) }
    return try (0..<count).map { _ in try line() }
  }

  public func time(_ name: String, iterations: Int) throws -> SliceTime {
    let words = try answer(to: .time(name: name, iterations: iterations))
    guard words.count == 3, let wall = Double(words[1]), let processor = Double(words[2]) else {
      throw confusion(words)
    }
    return SliceTime(wallNanoseconds: max(wall, 1), processorNanoseconds: max(processor, 1))
  }

  public func close() {
    guard !isClosed else { return }
    isClosed = true
    Foundation.close(input)
    Foundation.close(output)
    // It ends with its input; one that is still running after a second is ended.
    var status: Int32 = 0
    for _ in 0..<1000 {
      if waitpid(process, &status, WNOHANG) != 0 { return }
      usleep(1000)
    }
    kill(process, SIGKILL)
    waitpid(process, &status, 0)
  }

  /// The words of the answer's first line; an answer that reports an error is thrown.
  private func answer(to request: WorkerProtocol.Request) throws -> [Substring] {
    let bytes = Array((request.line + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { write(input, $0.baseAddress! + sent, bytes.count - sent) }
      // What the worker said before it ended is still to be read.
      guard count > 0 else { break }
      sent += count
    }
    let text = try line()
    if text.hasPrefix("error ") { throw BenchmarkingError("'\(path)': \(text.dropFirst(6))") }
    return text.split(separator: " ")
  }

  private func confusion(_ words: [Substring]) -> BenchmarkingError {
    BenchmarkingError("'\(path)' answers '\(words.joined(separator: " "))', which no worker does")
  }

  private func line() throws -> String {
    let newline = UInt8(ascii: "\n")
    while true {
      if let end = buffer.firstIndex(of: newline) {
        defer { buffer.removeSubrange(...end) }
        return String(decoding: buffer[..<end], as: UTF8.self)
      }
      var request = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, Int32(WorkerProcess.patience * 1000))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else {
        throw BenchmarkingError("'\(path)' has not answered for \(Int(WorkerProcess.patience)) s")
      }
      var piece = [UInt8](repeating: 0, count: 4096)
      let count = read(output, &piece, piece.count)
      guard count > 0 else {
        throw BenchmarkingError(
          "'\(path)' ended in place of answering"
            + (buffer.isEmpty ? "" : ": '\(String(decoding: buffer.prefix(200), as: UTF8.self))'"))
      }
      buffer += piece[..<count]
    }
  }

  /// A pipe whose ends are closed in programs that are started.
  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else {
      throw BenchmarkingError("no pipe to a worker: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ path: String, _ arguments: [String], environment: [String], input: Int32, output: Int32
  ) throws -> pid_t {
    #if os(Linux)
      var actions = posix_spawn_file_actions_t()
    #else
      var actions: posix_spawn_file_actions_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
    var environmentPointers = environment.map { strdup($0) } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var process = pid_t()
    let status = posix_spawn(&process, path, &actions, nil, &argumentPointers, &environmentPointers)
    guard status == 0 else {
      throw BenchmarkingError("'\(path)' cannot be started: \(String(cString: strerror(status)))")
    }
    return process
  }
}
