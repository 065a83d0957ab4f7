import Foundation
import Layers
import Testing

struct SafeTensorsTests {
  /// A file with this header, and so many bytes behind it.
  private static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> Data {
    file(bytes: Array(header.utf8), data: data, length: length)
  }

  private static func file(bytes header: [UInt8], data: Int = 0, length: UInt64? = nil) -> Data {
    var bytes = Data()
    withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: header)
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
    ("a tensor that is a number", file("{\"a\":1}"), "expected an object for tensor 'a', at byte 5"),
    ("no shape", file("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", data: 8), "tensor 'a' has no shape"),
    (
      "a fraction for a size", file("{\(tensor(shape: "[2.5]"))}", data: 8),
      "the shape of 'a' has 2.5; expected whole numbers from 0"
    ),
    ("an exponent", file("{\(tensor(shape: "[2e0]"))}", data: 8), "the shape of 'a' has 2e0"),
    ("a number that begins with 0", file("{\(tensor(shape: "[02]"))}", data: 8), "expected , or ]"),
    ("a number with a sign", file("{\(tensor(shape: "[+2]"))}", data: 8), "expected a digit"),
    ("a blank in front", file(" {\(tensor())}", data: 8), "expected { at the beginning"),
    ("a byte order mark", file("\u{FEFF}{\(tensor())}", data: 8), "expected { at the beginning"),
    ("text behind the object", file("{\(tensor())}x", data: 8), "expected nothing behind the object"),
    ("a comma behind the last tensor", file("{\(tensor()),}", data: 8), "expected a name"),
    ("a comma behind the last size", file("{\(tensor(shape: "[2,]"))}", data: 8), "expected a digit"),
    ("a comma behind the last text", file("{\"__metadata__\":{\"a\":\"b\",}}"), "expected a name"),
    ("a name without quotes", file("{a:1}"), "expected a name"),
    ("a line's end in a name", file("{\(tensor("a\n"))}", data: 8), "expected an escape for a control character"),
    ("an escape that JSON has not", file("{\(tensor("\\x"))}", data: 8), "expected an escape that JSON has"),
    ("half a pair of surrogates", file("{\(tensor("\\ud83d"))}", data: 8), "expected a whole pair of surrogates"),
    ("the wrong half", file("{\(tensor("\\ud83d\\ud83d"))}", data: 8), "expected a whole pair of surrogates"),
    ("three digits of an escape", file("{\(tensor("\\u00e"))}", data: 8), "expected four hexadecimal digits"),
    (
      "a byte that is no UTF-8", file(bytes: Array("{\"a".utf8) + [0xFF] + Array("\":1}".utf8)),
      "expected valid UTF-8, at byte 3"
    ),
    (
      "half a character", file(bytes: Array("{\"a".utf8) + [0xC3] + Array("\":1}".utf8)),
      "expected valid UTF-8, at byte 3"
    ),
    (
      "a character in too many bytes", file(bytes: Array("{\"".utf8) + [0xC0, 0xA2] + Array("\":1}".utf8)),
      "valid UTF-8"
    ),
    ("a name without an end", file("{\"a"), "expected \" at the end of a string"),
    ("an escape without an end", file("{\"a\\"), "expected an escape that JSON has"),
    ("a word that JSON has not", file("{\"a\":{\"x\":nothing}}"), "expected null"),
    (
      "values in one another without end", file("{\"a\":{\"x\":" + String(repeating: "[", count: 100_000)),
      "expected at most 128 values in one another"
    ),
    ("metadata that is no object", file("{\"__metadata__\":[]}"), "__metadata__"),
    ("metadata that is no text", file("{\"__metadata__\":{\"a\":1}}"), "expected a string for 'a'"),
    ("metadata twice", file("{\"__metadata__\":{},\"__metadata__\":{}}"), "'__metadata__' stands twice"),
    ("the same metadata twice", file("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}"), "'a' stands twice"),
    ("two types", file("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"), "'dtype' of 'a' stands twice"),
    ("an unknown type", file("{\(tensor(dtype: "F31"))}", data: 8), "tensor 'a' is of type 'F31'"),
    ("offsets behind the end", file("{\(tensor(shape: "[4]", offsets: "[0,16]"))}", data: 8), "tensor 'a' lies at"),
    ("negative offsets", file("{\(tensor(offsets: "[-8,0]"))}", data: 8), "the data_offsets of 'a' has -8"),
    ("offsets that go back", file("{\(tensor(offsets: "[8,0]"))}", data: 8), "tensor 'a' lies at"),
    ("one offset", file("{\(tensor(offsets: "[0]"))}", data: 8), "tensor 'a' lies at"),
    (
      "offsets of 2^63", file("{\(tensor(offsets: "[0,9223372036854775808]"))}", data: 8),
      "the data_offsets of 'a' has 9223372036854775808"
    ),
    (
      "an offset that is no Double", file("{\(tensor(offsets: "[0,9007199254740993]"))}", data: 8),
      "tensor 'a' lies at [0, 9007199254740993]"
    ),
    (
      "overlapping tensors", file("{\(tensor()),\(tensor("b", offsets: "[4,12]"))}", data: 12),
      "tensor 'b' begins at 4"
    ),
    ("two tensors in one place", file("{\(tensor()),\(tensor("b"))}", data: 8), "tensor 'b' begins at 0"),
    ("too few bytes", file("{\(tensor(shape: "[3]"))}", data: 8), "tensor 'a' has 8 bytes"),
    ("too many bytes", file("{\(tensor(shape: "[1]"))}", data: 8), "tensor 'a' has 8 bytes"),
    ("a negative size", file("{\(tensor(shape: "[-1,-2]"))}", data: 8), "the shape of 'a' has -1"),
    (
      "a product beyond all numbers", file("{\(tensor(shape: "[4294967296,4294967296,2]"))}", data: 8),
      "tensor 'a' has 8 bytes"
    ),
    (
      "a product that wraps to the right number",
      file("{\(tensor(shape: "[9223372036854775807,2,1]", offsets: "[0,8]"))}", data: 8), "tensor 'a' has 8 bytes"
    ),
    ("the same name twice", file("{\(tensor()),\(tensor())}", data: 8), "'a' stands twice"),
    ("the same name, written differently", file("{\(tensor()),\(tensor("\\u0061"))}", data: 8), "'a' stands twice"),
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

  /// Foundation's decoder recognises all of these by their first bytes. Characters with a byte of 0x22, a quotation mark,
  /// lead a scanner of bytes out of the text.
  @Test(arguments: [
    String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32, .utf32LittleEndian, .utf32BigEndian,
  ]) func onlyUTF8IsRead(encoding: String.Encoding) throws {
    for name in ["a", "\u{122}", "\u{2200}\\u0022"] {
      let header = try #require("{\(Self.tensor(name))}".data(using: encoding))
      #expect(throws: CheckpointError.self) { try SafeTensors(Self.file(bytes: [UInt8](header), data: 8), file: "f") }
    }
    #expect(
      try SafeTensors(Self.file("{\(Self.tensor("\u{122}"))}", data: 8), file: "f").entries.map(\.name) == ["\u{122}"])
  }

  /// What the format's own library reads, too.
  @Test func whatTheFormatPermitsIsRead() throws {
    let header = """
      {"__metadata__" : {"text": "\\ud83d\\ude00\\u00e9 é \\"\\\\\\/\\b\\f\\n\\r\\t", "": ""},
       "b": {"more": [{"x": [-1.5e+3, 0, true, false, null, "t", {}, []]}], "shape": [ ], "dtype": "F32", "data_offsets": [8, 12]},
      \t"\\u0061/é": {"dtype":"F32","shape":[2, 1],"data_offsets":[0 ,8]} }\u{20}\u{20}\n
      """
    let read = try SafeTensors(Self.file(header, data: 12), file: "f")
    #expect(read.metadata == ["text": "😀é é \"\\/\u{8}\u{C}\n\r\t", "": ""])
    #expect(read.entries.map(\.name) == ["a/é", "b"])
    #expect(read.entries.map(\.shape) == [[2, 1], []])
    #expect(try SafeTensors(Self.file("{}"), file: "f").entries.isEmpty)
  }

  @Test func aHeaderOfManyTensorsIsRead() throws {
    let count = 100_000
    let fields = (0..<count).map {
      Self.tensor("layer.\($0).weight", shape: "[1]", offsets: "[\(4 * $0),\(4 * $0 + 4)]")
    }
    let file = Self.file("{\(fields.joined(separator: ","))}", data: 4 * count)
    let read = try SafeTensors(file, file: "f")
    #expect(read.entries.count == count)
    #expect(read.entries.last?.name == "layer.\(count - 1).weight")
  }

  @Test func aMessageIsOneLineWhateverANameHolds() {
    let error = CheckpointError.tensor(file: "f", name: "a\n\u{1B}[2J", reason: "is wrong")
    #expect(error.description == "f: tensor 'a\\n\\u{1B}[2J' is wrong")
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
    try model.load(state, file: "f", matching: .allowingUnexpected)
    #expect(model.parameterBuffer.map(\.bitPattern) != before)
  }

  @Test func aNegativeCountIsRefused() throws {
    let model = try Model(Sequential(BatchNorm2D()), inputShape: [3, 4, 4], seed: 1)
    var state = model.state()
    let i = try #require(state.entries.firstIndex { $0.name == "0.num_batches_tracked" })
    state.entries[i] = .init(name: "0.num_batches_tracked", shape: [], integers: [-1])
    let error = #expect(throws: CheckpointError.self) { try model.load(state, file: "f") }
    #expect(error?.description.contains("expected at least 0") == true)
  }
}
