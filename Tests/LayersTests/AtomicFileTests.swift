import Foundation
import Layers
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private static func names(in folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
  }

  /// Every thread writes contents of its own length; what is read meanwhile is always one of them.
  @Test func threadsThatWriteOnePathLeaveAWholeFileAlways() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("file").path
    try AtomicFile.write(Data([0]), to: path)
    let failures = Failures()
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for round in 0..<20 {
        let byte = UInt8(thread * 20 + round)
        do {
          try AtomicFile.write(Data(repeating: byte, count: 1 + Int(byte) * 1000), to: path)
          let read = try Data(contentsOf: URL(fileURLWithPath: path))
          guard let first = read.first, read.count == 1 + Int(first) * 1000, read.allSatisfy({ $0 == first }) else {
            failures.add("\(read.count) bytes that nobody wrote")
            continue
          }
        } catch {
          failures.add("\(error)")
        }
      }
    }
    #expect(failures.all.isEmpty)
    #expect(try Self.names(in: folder) == ["file"])
  }

  @Test func threadsThatSaveOneModelLeaveAModelsFile() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("model.safetensors")
    let states = try (0..<4).map { seed in
      try Model(Sequential(Flatten(), Linear(64)), inputShape: [1, 8, 8], seed: UInt64(seed)).state()
    }
    let failures = Failures()
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for _ in 0..<10 {
        do {
          try states[thread].write(to: file)
          let read = try SafeTensors(contentsOf: file)
          if !states.contains(where: { $0.entries == read.entries }) { failures.add("a file that nobody wrote") }
        } catch {
          failures.add("\(error)")
        }
      }
    }
    #expect(failures.all.isEmpty)
    #expect(try Self.names(in: folder) == ["model.safetensors"])
  }

  @Test func aLinkStaysAndWhatItNamesIsReplaced() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], to: "deeper/file")
    let link = folder.url.appendingPathComponent("link")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
    try AtomicFile.write(Data([2, 3]), to: link.path)
    #expect(try Data(contentsOf: file) == Data([2, 3]))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
    #expect(try Self.names(in: folder) == ["deeper", "link"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path) == ["file"])
  }

  @Test func aFileKeepsItsPermissions() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], to: "file")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
    try AtomicFile.write(Data([2]), to: file.path)
    let permissions = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
    #expect(permissions?.intValue == 0o640)
  }

  @Test func whatCannotBeWrittenIsNamed() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write(Data([1]), to: folder.url.path) }
    #expect(error?.description == "\(folder.url.path): it is a folder")
    let nowhere = folder.url.appendingPathComponent("no/such/file").path
    #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write(Data([1]), to: nowhere) }
    #expect(try Self.names(in: folder).isEmpty)
  }

  #if os(Linux)
    @Test func aDeviceIsWrittenToAsItIs() throws {
      try AtomicFile.write(Data([1]), to: "/dev/null")
      #expect(AtomicFile.Target(path: "/dev/null") == .stream(path: "/dev/null"))
      let error = #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write(Data([1]), to: "/dev/full") }
      #expect(error?.reason == "No space left on device")
    }
  #endif

  /// What a process that was killed left is removed; what one that runs is writing stays.
  @Test func onlyAbandonedFilesAreRemoved() throws {
    let folder = try TemporaryFolder()
    // The largest number of a process is 2²² on Linux.
    try folder.write([1], to: ".file.99999999.abc.partial")
    let others = [
      ".file.\(getpid()).abc.partial", ".file.abc.partial", ".other.99999999.abc.partial", ".file..partial",
    ]
    for name in others { try folder.write([1], to: name) }
    try AtomicFile.write(Data([2]), to: folder.url.appendingPathComponent("file").path)
    #expect(try Self.names(in: folder) == (others + ["file"]).sorted())
  }

  /// What went wrong on other threads.
  private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var messages: [String] = []
    var all: [String] { lock.withLock { messages } }
    func add(_ message: String) { lock.withLock { messages.append(message) } }
  }
}
