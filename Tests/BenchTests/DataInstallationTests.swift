import Foundation
import TestSupport
import Testing

@testable import Bench

/// A set of two files, and a server that has them.
private struct FilesCase {
  let contents: [String: [UInt8]] = ["a.bin": Array(1...200), "b.gz": Array(100...250)]
  let plain: [UInt8] = Array(5...25)
  let archive: DataArchive
  let server: LocalServer
  let root: TemporaryFolder

  init() throws {
    server = try LocalServer { [contents] request, _ in
      contents[String(request.path.dropFirst())].map { .content($0) } ?? .failure(status: 404)
    }
    root = try TemporaryFolder()
    archive = DataArchive(
      name: "tiny", folderNames: ["tiny-files", "raw"],
      files: [
        .init(name: "a.bin", content: try content(contents["a.bin"] ?? [])),
        .init(name: "b.gz", content: try content(contents["b.gz"] ?? []), plain: try content(plain)),
      ], package: nil, addresses: [server.address])
  }

  var locator: DataLocator { DataLocator(directory: root.url.path) }
  var names: [String] { files(in: locator.destination(of: archive)) }

  func installation(from: [String] = []) -> DataInstallation {
    DataInstallation(
      archive: archive, folder: locator.destination(of: archive), firstAddresses: from, environment: localEnvironment)
  }
}

private func content(_ bytes: [UInt8]) throws -> DataArchive.Content {
  let folder = try TemporaryFolder()
  let tool = try #require(MD5Tool(environment: localEnvironment))
  return .init(byteCount: bytes.count, md5: try tool.sum(of: folder.write(bytes, to: "bytes")))
}

/// All names in a folder; none where there is no folder.
private func files(in folder: URL) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
}

private func failure(_ installation: DataInstallation, sourceLocation: SourceLocation = #_sourceLocation) -> String {
  do throws(UsageError) {
    _ = try installation.run()
    Issue.record("the installation did not fail", sourceLocation: sourceLocation)
    return ""
  } catch {
    return error.description
  }
}

@Suite(.enabled(if: hasDownloadTools, "no curl, tar or md5sum"))
struct DataInstallationTests {
  @Test func fetchesASetIntoAFolderOfItsName() throws {
    let given = try FilesCase()
    #expect(try given.installation().run() == .done)
    #expect(given.locator.destination(of: given.archive).lastPathComponent == "tiny-files")
    #expect(given.names == ["a.bin", "b.gz"])
    let checks = try given.archive.check(
      in: try #require(given.locator.folder(of: given.archive)), md5: MD5Tool(environment: localEnvironment))
    #expect(checks.map(\.verdict) == [.verified, .verified])
  }

  @Test func fetchesNothingThatIsThereAndVerified() throws {
    let given = try FilesCase()
    #expect(try given.installation().run() == .done)
    let file = given.locator.destination(of: given.archive).appendingPathComponent("a.bin")
    try FileManager.default.removeItem(at: file)
    #expect(try given.installation().run() == .done)
    #expect(given.server.requests.map(\.path) == ["/a.bin", "/b.gz", "/a.bin"])
    #expect(try given.installation().run() == .done)
    #expect(given.server.requests.count == 3)
  }

  @Test func thePlainFormOfAFileCountsAsTheFile() throws {
    let given = try FilesCase()
    try given.root.write(given.plain, to: "tiny-files/b")
    #expect(try given.installation().run() == .done)
    #expect(given.names == ["a.bin", "b"])
  }

  @Test(arguments: ["a.bin", "b"])
  func neverReplacesAFileThatDiffers(_ name: String) throws {
    let given = try FilesCase()
    let own = try given.root.write([1, 2, 3], to: "tiny-files/\(name)")
    let message = failure(given.installation())
    #expect(message.hasPrefix("\(own.path): 3 bytes; expected "), "\(message)")
    #expect(message.contains("not replaced"))
    #expect(try Array(Data(contentsOf: own)) == [1, 2, 3])
    #expect(given.server.requests.isEmpty)
  }

  @Test func triesTheAddressesGivenBeforeTheOfficialOnes() throws {
    let given = try FilesCase()
    let other = try LocalServer { [contents = given.contents] request, _ in
      request.path == "/mirror/b.gz" ? .content(contents["b.gz"] ?? []) : .failure(status: 404)
    }
    #expect(try given.installation(from: [other.address + "mirror/"]).run() == .done)
    #expect(other.requests.map(\.path) == ["/mirror/a.bin", "/mirror/b.gz"])
    #expect(given.server.requests.map(\.path) == ["/a.bin"])
  }

  @Test func oneDownloadWritesAFolderAtATime() throws {
    let given = try FilesCase()
    let folder = given.locator.destination(of: given.archive)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let descriptor = open(folder.path, O_RDONLY)
    #expect(flock(descriptor, LOCK_EX) == 0)
    #expect(failure(given.installation()) == "another download writes to \(folder.path); expected one at a time")
    close(descriptor)
    #expect(try given.installation().run() == .done)
  }

  @Test func namesAFolderThatCannotBeMade() throws {
    let given = try FilesCase()
    try given.root.write([], to: "tiny-files")
    #expect(failure(given.installation()).contains("tiny-files"))
  }
}

/// A set in one tar archive, and a server that has it.
private struct PackageCase {
  let archive: DataArchive
  let server: LocalServer
  let root: TemporaryFolder
  let package: [UInt8]

  /// - Parameter packed: what the archive holds under the name of the set's file.
  init(packed: [UInt8] = Array(1...200), serverHas: Bool = true) throws {
    root = try TemporaryFolder()
    let source = try TemporaryFolder()
    try source.write(packed, to: "tiny-bin/batch.bin")
    try source.write(Array("read me".utf8), to: "tiny-bin/readme.html")
    let tar = try #require(SystemTool("tar", environment: localEnvironment))
    let file = source.url.appendingPathComponent("tiny.tar.gz")
    let result = try tar.run(["-c", "-z", "-f", file.path, "-C", source.url.path, "tiny-bin"])
    try #require(result.status == 0, "\(result.errors)")
    package = [UInt8](try Data(contentsOf: file))
    server = try LocalServer { [package] _, _ in serverHas ? .content(package) : .failure(status: 404) }
    archive = DataArchive(
      name: "tiny", folderNames: ["tiny-bin"],
      files: [.init(name: "batch.bin", content: try content(Array(1...200)))],
      package: .init(name: "tiny.tar.gz", content: try content(package)), addresses: [server.address])
  }

  var folder: URL { root.url.appendingPathComponent("tiny-bin", isDirectory: true) }

  func installation(isInterrupted: @escaping () -> Bool = { false }) -> DataInstallation {
    DataInstallation(
      archive: archive, folder: folder, environment: localEnvironment, isInterrupted: isInterrupted)
  }
}

@Suite(.enabled(if: hasDownloadTools, "no curl, tar or md5sum"))
struct PackageInstallationTests {
  @Test func unpacksAnArchiveAndDeletesIt() throws {
    let given = try PackageCase()
    #expect(try given.installation().run() == .done)
    #expect(files(in: given.folder) == ["batch.bin", "readme.html"])
    #expect(try Array(Data(contentsOf: given.folder.appendingPathComponent("batch.bin"))) == Array(1...200))
    #expect(try given.installation().run() == .done)
    #expect(given.server.requests.count == 1)
  }

  @Test func takesAnArchiveThatIsThere() throws {
    let given = try PackageCase(serverHas: false)
    try given.root.write(given.package, to: "tiny-bin/tiny.tar.gz")
    // What a process that was killed has left.
    try given.root.write([1], to: "tiny-bin/.unpacking/tiny-bin/other.bin")
    #expect(try given.installation().run() == .done)
    #expect(files(in: given.folder) == ["batch.bin", "readme.html"])
    #expect(given.server.requests.isEmpty)
  }

  @Test func refusesAnArchiveThatHoldsOtherFiles() throws {
    let given = try PackageCase(packed: Array(2...201))
    let message = failure(given.installation())
    #expect(message.contains("batch.bin: MD5 "), "\(message)")
    #expect(files(in: given.folder) == ["tiny.tar.gz"])
  }

  @Test func doesNotReplaceAnotherArchive() throws {
    let given = try PackageCase()
    try given.root.write([1, 2], to: "tiny-bin/tiny.tar.gz")
    #expect(failure(given.installation()).contains("tiny.tar.gz: 2 bytes; expected \(given.package.count)"))
    #expect(given.server.requests.isEmpty)
  }

  @Test func anInterruptLeavesTheArchive() throws {
    let given = try PackageCase()
    try given.root.write(given.package, to: "tiny-bin/tiny.tar.gz")
    #expect(try given.installation(isInterrupted: { true }).run() == .interrupted)
    #expect(files(in: given.folder) == ["tiny.tar.gz"])
    #expect(try given.installation().run() == .done)
    #expect(given.server.requests.isEmpty)
  }
}
