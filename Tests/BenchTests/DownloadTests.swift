import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Bench
@testable import Layers

/// The process's variables; the proxies that they may name are not for 127.0.0.1.
let localEnvironment = ProcessInfo.processInfo.environment.merging(["no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"]) {
  $1
}

/// Whether the system can download at all.
let hasDownloadTools: Bool = {
  do {
    _ = try DownloadTools(environment: localEnvironment)
    return true
  } catch {
    return false
  }
}()

/// Bytes to download, their sum and a folder for them.
private struct Case {
  let bytes: [UInt8]
  let file: DataArchive.File
  let folder: TemporaryFolder

  init() throws {
    var random = SplitMix64(seed: 7)
    bytes = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    folder = try TemporaryFolder()
    file = DataArchive.File(name: "data.bin", content: try Case.content(bytes))
  }

  static func content(_ bytes: [UInt8]) throws -> DataArchive.Content {
    let folder = try TemporaryFolder()
    let tool = try #require(MD5Tool(environment: localEnvironment))
    return .init(byteCount: bytes.count, md5: try tool.sum(of: folder.write(bytes, to: "bytes")))
  }

  /// The bytes with one of them changed.
  var damaged: [UInt8] {
    var bytes = bytes
    bytes[12_345] ^= 1
    return bytes
  }

  func download(
    from addresses: [String], stallSeconds: Int = 30, attempts: Int = 4,
    isInterrupted: @escaping () -> Bool = { false },
    progress: @escaping (Int) -> Void = { _ in }
  ) throws -> Download {
    Download(
      file: file, addresses: addresses.map { $0 + file.name }, folder: folder.url,
      tools: try DownloadTools(environment: localEnvironment),
      limits: .init(connectSeconds: 5, stallSeconds: stallSeconds, attempts: attempts), isInterrupted: isInterrupted,
      progress: progress)
  }

  func writePartial(_ bytes: some Sequence<UInt8>) throws { try folder.write(Array(bytes), to: "data.bin.part") }

  var partial: [UInt8]? { content(of: "data.bin.part") }
  var result: [UInt8]? { content(of: "data.bin") }

  private func content(of name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: folder.url.appendingPathComponent(name).path).map { [UInt8]($0) }
  }

  /// That the file is there, whole, and nothing beside it.
  func expectDone(_ outcome: Download.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(outcome == .done, sourceLocation: sourceLocation)
    #expect(result == bytes, sourceLocation: sourceLocation)
    #expect(partial == nil, sourceLocation: sourceLocation)
  }

  /// What is wrong with a download that fails.
  func failure(_ download: Download, sourceLocation: SourceLocation = #_sourceLocation) -> String {
    do throws(UsageError) {
      _ = try download.run()
      Issue.record("the download did not fail", sourceLocation: sourceLocation)
      return ""
    } catch {
      #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
      #expect(result == nil, "nothing takes the file's name", sourceLocation: sourceLocation)
      return error.description
    }
  }
}

@Suite(.enabled(if: hasDownloadTools, "no curl, tar or md5sum"))
struct DownloadTests {
  @Test func givesAFileItsNameWhenItIsWhole() throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests == [.init(path: "/data.bin", rangeStart: nil)])
  }

  @Test func resumesAPartialFile() throws {
    let given = try Case()
    try given.writePartial(given.bytes.prefix(40_000))
    let server = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.map(\.rangeStart) == [40_000])
  }

  @Test(arguments: [true, false])
  func resumesWhereAServerEndsEarly(_ announced: Bool) throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.bytes] _, number in
      number == 0 ? .truncated(bytes, after: 30_000, announced: announced) : .content(bytes)
    }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.map(\.rangeStart) == [nil, 30_000])
  }

  @Test func resumesAtTheNextAddress() throws {
    let given = try Case()
    let first = try LocalServer { [bytes = given.bytes] _, number in
      number == 0 ? .truncated(bytes, after: 30_000, announced: true) : .failure(status: 503)
    }
    let second = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [first.address, second.address]).run())
    #expect(first.requests.map(\.rangeStart) == [nil, 30_000])
    #expect(second.requests.map(\.rangeStart) == [30_000])
  }

  @Test func keepsWhatHasComeWhenNoAddressHasTheRest() throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.bytes] _, _ in .truncated(bytes, after: 10_000, announced: true) }
    let message = given.failure(try given.download(from: [server.address], attempts: 3))
    #expect(message.contains("ended after 30000 of 100000 bytes; 30000 bytes are kept in "), "\(message)")
    #expect(given.partial == Array(given.bytes.prefix(30_000)))
    #expect(server.requests.map(\.rangeStart) == [nil, 10_000, 20_000])
  }

  @Test func deletesADamagedFileAndTriesTheNextAddress() throws {
    let given = try Case()
    let first = try LocalServer { [bytes = given.damaged] _, _ in .content(bytes) }
    let second = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [first.address, second.address]).run())
    #expect(second.requests.map(\.rangeStart) == [nil], "nothing of the damaged file is used")
  }

  @Test func namesTheSumOfADamagedFile() throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.damaged] _, _ in .content(bytes) }
    let message = given.failure(try given.download(from: [server.address]))
    let sum = try Case.content(given.damaged).md5
    #expect(
      message == "data.bin was not downloaded: \(server.address)data.bin: sent a file with MD5 \(sum); expected "
        + "\(given.file.content.md5): deleted")
    #expect(given.partial == nil)
  }

  @Test func beginsAgainWhereThePartialFileWasDamaged() throws {
    let given = try Case()
    try given.writePartial(given.damaged.prefix(40_000))
    let server = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.map(\.rangeStart) == [40_000, nil])
  }

  @Test func beginsAgainWhereAServerIgnoresRanges() throws {
    let given = try Case()
    try given.writePartial(given.bytes.prefix(40_000))
    let server = try LocalServer { [bytes = given.bytes] _, _ in .ignoringRange(bytes) }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.map(\.rangeStart) == [40_000, nil])
  }

  @Test func goesOnAfterAStall() throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.bytes] _, number in
      number == 0 ? .stalled(bytes, after: 300) : .content(bytes)
    }
    given.expectDone(try given.download(from: [server.address], stallSeconds: 1).run())
    #expect(server.requests.map(\.rangeStart) == [nil, 300])
  }

  @Test func givesUpAnAddressThatSendsNothing() throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.bytes] _, _ in .stalled(bytes, after: 0) }
    let message = given.failure(try given.download(from: [server.address], stallSeconds: 1))
    #expect(message.contains("Operation too slow"), "\(message)")
    #expect(server.requests.count == 1)
    #expect(given.partial == nil)
  }

  @Test func followsRedirections() throws {
    let given = try Case()
    let target = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    let server = try LocalServer { [address = target.address] _, _ in .redirect(to: address + "elsewhere") }
    try given.writePartial(given.bytes.prefix(5))
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(target.requests == [.init(path: "/elsewhere", rangeStart: 5)])
  }

  @Test(arguments: ["/data.bin", "file:///etc/hostname"])
  func doesNotFollowRedirectionsForEverNorOutOfTheWeb(_ target: String) throws {
    let given = try Case()
    let server = try LocalServer { _, _ in .redirect(to: target) }
    let message = given.failure(try given.download(from: [server.address]))
    #expect(message.contains("redirect") || message.contains("Protocol"), "\(message)")
    #expect(given.partial == nil)
  }

  @Test func triesTheNextAddressWhereOneRefuses() throws {
    let given = try Case()
    let refusal = try LocalServer.Refusal()
    let missing = try LocalServer { _, _ in .failure(status: 404) }
    let closed = try LocalServer { _, _ in .closed }
    let server = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(
      try given.download(from: [refusal.address, missing.address, closed.address, server.address]).run())
  }

  @Test func saysWhatEachAddressDid() throws {
    let given = try Case()
    let refusal = try LocalServer.Refusal()
    let missing = try LocalServer { _, _ in .failure(status: 404) }
    let message = given.failure(try given.download(from: [refusal.address, missing.address]))
    #expect(message.hasPrefix("data.bin was not downloaded: \(refusal.address)data.bin: "), "\(message)")
    #expect(message.contains("; \(missing.address)data.bin: The requested URL returned error: 404"), "\(message)")
    #expect(given.partial == nil)
  }

  @Test func stopsAServerThatSendsWithoutEnd() throws {
    let given = try Case()
    let server = try LocalServer { _, _ in .endless }
    let message = given.failure(try given.download(from: [server.address]))
    #expect(message.contains("sent more than the file's 100000 bytes: deleted"), "\(message)")
    #expect(given.partial == nil)
  }

  @Test func takesAPartialFileThatIsWhole() throws {
    let given = try Case()
    try given.writePartial(given.bytes)
    let server = try LocalServer { _, _ in .failure(status: 404) }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.isEmpty)
  }

  @Test(arguments: [0, 1])
  func beginsAgainWhereAPartialFileCannotBeTheBeginning(_ more: Int) throws {
    let given = try Case()
    try given.writePartial(given.damaged + [UInt8](repeating: 0, count: more))
    let server = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.map(\.rangeStart) == [nil])
  }

  @Test func aServersShorterFileEndsNothing() throws {
    let given = try Case()
    try given.writePartial(given.bytes.prefix(40_000))
    let first = try LocalServer { [bytes = given.bytes] _, _ in .content(Array(bytes.prefix(40_000))) }
    let second = try LocalServer { [bytes = given.bytes] _, _ in .content(bytes) }
    given.expectDone(try given.download(from: [first.address, second.address]).run())
    #expect(second.requests.map(\.rangeStart) == [40_000])
  }

  @Test func keepsWhatHasComeWhenInterrupted() throws {
    let given = try Case()
    let server = try LocalServer { [bytes = given.bytes] _, number in
      number == 0 ? .stalled(bytes, after: 30_000) : .content(bytes)
    }
    let come = Mutex(0)
    let download = try given.download(
      from: [server.address], isInterrupted: { come.withLock { $0 == 30_000 } },
      progress: { count in come.withLock { $0 = count } })
    #expect(try download.run() == .interrupted)
    #expect(given.partial == Array(given.bytes.prefix(30_000)))
    #expect(given.result == nil)
    given.expectDone(try given.download(from: [server.address]).run())
    #expect(server.requests.map(\.rangeStart) == [nil, 30_000])
  }

  @Test func namesAFolderInTheFilesPlace() throws {
    let given = try Case()
    try given.folder.write([], to: "data.bin.part/file")
    let message = given.failure(try given.download(from: []))
    #expect(message.hasSuffix("data.bin.part is a folder; expected a file"), "\(message)")
  }

  @Test func namesAProgramThatIsMissing() throws {
    let folder = try TemporaryFolder()
    func message() -> String {
      do throws(UsageError) {
        _ = try DownloadTools(environment: ["PATH": folder.url.path])
        return ""
      } catch {
        return error.description
      }
    }
    func install(_ name: String) throws {
      let file = try folder.write(Array("#!/bin/sh\n".utf8), to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    #expect(message().contains("curl"))
    try install("curl")
    #expect(message().contains("tar"))
    try install("tar")
    #expect(message().contains("md5sum, md5, openssl"))
  }
}
