import Foundation
import Layers
import Testing

struct SafeTensorsTests {
  /// A file with this header, and so many bytes behind it.
  private static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> Data {
    var bytes = Data()
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(Data(header.utf8))
    bytes.append(Data(count: data))
    return bytes
  }

  private static func tensor(
    _ name: String = "a", dtype: String = "F32", shape: String = "[2]", offsets: String = "[0,8]"
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  private static let malformed: [(what: String, file: Data, message: String)] = [
    ("an empty file", Data(), "0 bytes"),
    ("half a length", Data(count: 5), "5 bytes"),
    ("a header longer than the file", file("{}", length: 3), "to have 3 bytes, the file has 2"),
    ("a length of 2^63", file("{}", length: 1 << 63), "9223372036854775808"),
    ("a length of 2^64 - 1", file("{}", length: .max), "18446744073709551615"),
    ("no JSON", file("{nonsense}"), "not the JSON object"),
    ("an array", file("[]"), "not the JSON object"),
    ("cut JSON", file("{\(tensor())", data: 8), "not the JSON object"),
    ("a tensor that is a number", file("{\"a\":1}"), "a: "),
    ("no shape", file("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", data: 8), "'shape' is missing"),
    (
      "a fraction for a size", file("{\(tensor(shape: "[2.5]"))}", data: 8),
      "tensor 'a' has 8 bytes; expected as many as shape [2.5]"
    ),
    ("metadata that is no object", file("{\"__metadata__\":[]}"), "__metadata__"),
    ("an unknown type", file("{\(tensor(dtype: "F31"))}", data: 8), "tensor 'a' is of type 'F31'"),
    ("offsets behind the end", file("{\(tensor(shape: "[4]", offsets: "[0,16]"))}", data: 8), "tensor 'a' lies at"),
    ("negative offsets", file("{\(tensor(offsets: "[-8,0]"))}", data: 8), "tensor 'a' lies at"),
    ("offsets that go back", file("{\(tensor(offsets: "[8,0]"))}", data: 8), "tensor 'a' lies at"),
    ("one offset", file("{\(tensor(offsets: "[0]"))}", data: 8), "tensor 'a' lies at"),
    ("offsets of 2^63", file("{\(tensor(offsets: "[0,9223372036854775808]"))}", data: 8), "tensor 'a' lies at [0, 9.2"),
    (
      "overlapping tensors", file("{\(tensor()),\(tensor("b", offsets: "[4,12]"))}", data: 12),
      "tensor 'b' begins at 4"
    ),
    ("two tensors in one place", file("{\(tensor()),\(tensor("b"))}", data: 8), "tensor 'b' begins at 0"),
    ("too few bytes", file("{\(tensor(shape: "[3]"))}", data: 8), "tensor 'a' has 8 bytes"),
    ("too many bytes", file("{\(tensor(shape: "[1]"))}", data: 8), "tensor 'a' has 8 bytes"),
    ("a negative size", file("{\(tensor(shape: "[-1,-2]"))}", data: 8), "tensor 'a' has 8 bytes"),
    (
      "a product beyond all numbers", file("{\(tensor(shape: "[4294967296,4294967296,2]"))}", data: 8),
      "tensor 'a' has 8 bytes"
    ),
    (
      "a product that wraps to the right number",
      file("{\(tensor(shape: "[9223372036854775807,2,1]", offsets: "[0,8]"))}", data: 8), "tensor 'a' has 8 bytes"
    ),
    ("the same name twice", file("{\(tensor()),\(tensor())}", data: 8), "'a' twice"),
    ("the same name, written differently", file("{\(tensor()),\(tensor("\\u0061"))}", data: 8), "'a' twice"),
    ("a hole", file("{\(tensor()),\(tensor("b", offsets: "[12,20]"))}", data: 20), "bytes 8 to 11"),
    ("trailing bytes", file("{\(tensor())}", data: 9), "bytes 8 to 8"),
  ]

  @Test(arguments: malformed.indices) func malformedFilesAreNamed(index: Int) {
    let (what, data, message) = Self.malformed[index]
    do throws(CheckpointError) {
      let read = try SafeTensors(data, file: "weights.safetensors")
      Issue.record("\(what) was read: \(read)")
    } catch {
      #expect(error.description.hasPrefix("weights.safetensors: "), "\(what): \(error)")
      #expect(error.description.contains(message), "\(what): \(error)")
      #expect(!error.description.contains("\n"), "\(what): \(error)")
    }
  }

  @Test func everyPrefixOfAFileIsRefused() throws {
    let whole = try SafeTensors(
      entries: [.init(name: "a", try Tensor(shape: [2, 2], [1, 2, 3, 4])), .init(name: "b", integers: [5])],
      metadata: ["step": "3"]
    ).encoded()
    for count in 0..<whole.count {
      #expect(throws: CheckpointError.self) { try SafeTensors(whole.prefix(count), file: "prefix") }
    }
    #expect(try SafeTensors(whole, file: "whole").entries.count == 2)
  }

  @Test func whatIsWrittenIsRead() throws {
    let tensors = SafeTensors(
      entries: [
        .init(name: "weight", try Tensor(shape: [2, 3], [1, -0.0, .infinity, 0x1p-149, -2.5, 3])),
        .init(name: "scalar", try Tensor(shape: [], [7])),
        .init(name: "nothing", try Tensor(shape: [0, 4])),
        .init(name: "a \"name\"\n/ü", integers: [1, -2, .max]),
      ], metadata: ["epoch": "3", "a \"key\"": "\\ \u{1}"])
    let read = try SafeTensors(tensors.encoded(), file: "memory")
    #expect(read.metadata == tensors.metadata)
    #expect(Set(read.entries.map(\.name)) == Set(tensors.entries.map(\.name)))
    for entry in tensors.entries { #expect(read[entry.name] == entry) }
    #expect(read["a \"name\"\n/ü"]?.integers == [1, -2, .max])
    #expect(read["scalar"]?.floats == [7] && read["scalar"]?.integers == nil)
    #expect(throws: CheckpointError.self) {
      try SafeTensors(entries: [.init(name: "a", integers: [1]), .init(name: "a", integers: [1])]).encoded()
    }
  }

  @Test func otherFloatingPointTypesBecomeFloats() throws {
    func entry(_ type: SafeTensors.ElementType, _ words: [UInt16]) -> SafeTensors.Entry {
      .init(name: "x", type: type, shape: [words.count], bytes: words.withUnsafeBufferPointer { Data(buffer: $0) })
    }
    let halves = try #require(entry(.float16, [0x3C00, 0xC000, 0x0001, 0x8000, 0x7BFF, 0x7C00, 0xFC00, 0x7E00]).floats)
    #expect(halves.dropLast() == [1, -2, 0x1p-24, -0.0, 65504, .infinity, -.infinity])
    #expect(halves[3].sign == .minus && halves[7].isNaN)
    #expect(entry(.bfloat16, [0x3F80, 0xC040]).floats == [1, -3])
    let doubles = [1.5, -1e300]
    #expect(
      SafeTensors.Entry(
        name: "x", type: .float64, shape: [2], bytes: doubles.withUnsafeBufferPointer { Data(buffer: $0) }
      ).floats == [1.5, -.infinity])
  }

  @Test func aModelLoadsWhatItSaved() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("safetensors-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("n1.safetensors")
    let saved = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    try saved.save(to: file)
    try saved.save(to: file)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["n1.safetensors"])
    let loaded = try Model(n1, inputShape: [3, 32, 32], seed: 2)
    try loaded.load(from: file)
    for parameter in saved.parameters {
      #expect(try loaded.parameter(parameter.name) == saved.parameter(parameter.name))
    }
    #expect(throws: CheckpointError.self) { try saved.save(to: folder.appendingPathComponent("no/such/file")) }
    #expect(throws: CheckpointError.self) { try loaded.load(from: folder) }
    #expect(throws: CheckpointError.self) { try loaded.load(from: folder.appendingPathComponent("none")) }
  }

  @Test func nothingIsHalfLoaded() throws {
    let model = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    let good = try Model(n1, inputShape: [3, 32, 32], seed: 2).state()
    let before = model.parameterBuffer.map(\.bitPattern)
    var state = good
    state.entries.removeLast()
    #expect(throws: CheckpointError.missing(file: "f", names: ["11.bias"])) { try model.load(state, file: "f") }
    state = good
    state.entries[state.entries.count - 1] = .init(name: "11.bias", try Tensor(shape: [11]))
    #expect(
      throws: CheckpointError.tensor(file: "f", name: "11.bias", reason: "has shape [11]; expected [10]")
    ) { try model.load(state, file: "f") }
    state = good
    state.entries[state.entries.count - 1] = .init(name: "11.bias", integers: [Int64](repeating: 1, count: 10))
    #expect(throws: CheckpointError.self) { try model.load(state, file: "f") }
    state = good
    state.entries.append(.init(name: "12.weight", integers: [1]))
    #expect(throws: CheckpointError.unexpected(file: "f", names: ["12.weight"])) { try model.load(state, file: "f") }
    #expect(model.parameterBuffer.map(\.bitPattern) == before)
    try model.load(state, file: "f", strict: false)
    #expect(model.parameterBuffer.map(\.bitPattern) != before)
  }
}
