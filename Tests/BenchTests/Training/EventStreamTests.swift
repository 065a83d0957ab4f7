import Foundation
import Testing

@testable import Bench

@Suite struct EventStreamTests {
  /// From RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.
  @Test func computesTheChecksumOfCastagnoli() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum([]) == 0)
  }

  /// What TensorBoard's own writer makes of the same events (tensorboard 2.21.0): version, the start of a session at step 8, a loss of 1.5
  /// and an accuracy of 0.25 at step 300.
  @Test func writesWhatTensorBoardReads() throws {
    var bytes = Data()
    let stream = EventStream(wallTime: { 1_700_000_000.5 }, write: { bytes += $0 })
    try stream.begin()
    #expect(bytes.count == EventStream.beginningByteCount)
    try stream.goOn(fromStep: 8)
    try stream.add([("loss/train", 1.5), ("accuracy/train", 0.25)], step: 300)
    let hex = bytes.map { String(format: "%02x", $0) }.joined()
    #expect(hex == EventStreamTests.expected)
  }

  static let expected =
    "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b3531100f000000000000006d53"
    + "2b090900002040fc54d94110083a020801b9c5b1b13800000000000000a3797d570900002040fc54d94110ac022a2a0a110a"
    + "0a6c6f73732f747261696e150000c03f0a150a0e61636375726163792f747261696e150000803e9308b116"

  @Test func anEventFileIsNewAndSortsBehindThoseBefore() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("events-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try EventFolder.check(folder, mustBeNew: true)
    let names = try (0..<3).map { _ in
      let file = try EventFolder.makeFile(in: folder)
      return URL(fileURLWithPath: file.path).lastPathComponent
    }
    #expect(names == names.sorted() && Set(names).count == 3)
    #expect(EventFolder.eventFiles(folder) == names)
    try EventFolder.check(folder, mustBeNew: false)
    // Files without events are left by a run that was killed before it saved anything.
    try EventFolder.check(folder, mustBeNew: true)
    let file = try EventFolder.makeFile(in: folder)
    let stream = EventFolder.stream(to: file, folder: folder)
    try stream.begin()
    try EventFolder.check(folder, mustBeNew: true)
    try stream.add([("loss/train", 1)], step: 1)
    try EventFolder.check(folder, mustBeNew: false)
    #expect(throws: UsageError.self) { try EventFolder.check(folder, mustBeNew: true) }
  }
}
