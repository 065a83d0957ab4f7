/// The parsed header of a safetensors file, not yet checked against the data.
///
/// The text is strict JSON (RFC 8259) in UTF-8 that begins with `{`: an object in which `__metadata__` is an object of
/// strings, and every other member an object with `dtype`, a string, and `shape` and `data_offsets`, arrays of whole
/// numbers from 0 to 2⁶³ − 1. As in the format's reference library, other members of a tensor are ignored, spaces may
/// follow the object, and duplicate names are errors.
///
/// Foundation's decoder is more lenient (other encodings, trailing commas, duplicate names), and takes more than linear
/// time for many names.
struct SafeTensorsHeader {
  struct Tensor {
    let name: String
    let type: String
    let shape: [Int]
    let offsets: [Int]
  }

  let metadata: [String: String]
  /// In the order of the text.
  let tensors: [Tensor]

  /// What is wrong with a header's text, and at which byte, counted from 0.
  struct Fault: Error {
    let reason: String
    let byte: Int
  }

  /// Reads the text, in time and memory proportional to its length.
  init(_ text: [UInt8]) throws(Fault) {
    guard text.first == UInt8(ascii: "{") else { throw Fault(reason: "expected { at the beginning", byte: 0) }
    var scanner = JSONScanner(text)
    var metadata: [String: String] = [:]
    var tensors: [Tensor] = []
    var names: Set<String> = []
    try scanner.object("an object") { (scanner: inout JSONScanner, name: String) throws(Fault) in
      guard names.insert(name).inserted else { throw scanner.fault("'\(name)' stands twice") }
      if name == "__metadata__" {
        metadata = try SafeTensorsHeader.strings(&scanner)
      } else {
        tensors.append(try SafeTensorsHeader.tensor(name, &scanner))
      }
    }
    try scanner.expectEnd()
    self.metadata = metadata
    self.tensors = tensors
  }

  private static func strings(_ scanner: inout JSONScanner) throws(Fault) -> [String: String] {
    var strings: [String: String] = [:]
    try scanner.object("an object of strings for __metadata__") {
      (scanner: inout JSONScanner, name: String) throws(Fault) in
      guard strings[name] == nil else { throw scanner.fault("'\(name)' stands twice") }
      strings[name] = try scanner.string("a string for '\(name)'")
    }
    return strings
  }

  private static let members: Set<String> = ["dtype", "shape", "data_offsets"]

  private static func tensor(_ name: String, _ scanner: inout JSONScanner) throws(Fault) -> Tensor {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    var names = members
    try scanner.object("an object for tensor '\(name)'") { (scanner: inout JSONScanner, member: String) throws(Fault) in
      switch member {
      case "dtype" where type == nil: type = try scanner.string("a string for the dtype of '\(name)'")
      case "shape" where shape == nil: shape = try scanner.wholeNumbers("the shape of '\(name)'")
      case "data_offsets" where offsets == nil: offsets = try scanner.wholeNumbers("the data_offsets of '\(name)'")
      default:
        guard names.insert(member).inserted else { throw scanner.fault("'\(member)' of '\(name)' stands twice") }
        try scanner.skipValue()
      }
    }
    guard let type, let shape, let offsets else {
      let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw scanner.fault("tensor '\(name)' has no \(missing)")
    }
    return Tensor(name: name, type: type, shape: shape, offsets: offsets)
  }
}

/// Reads strict JSON in UTF-8 from its beginning to its end.
private struct JSONScanner {
  typealias Fault = SafeTensorsHeader.Fault

  private let text: [UInt8]
  private(set) var position = 0

  init(_ text: [UInt8]) { self.text = text }

  private var next: UInt8? { position < text.count ? text[position] : nil }

  func fault(_ reason: String) -> Fault { Fault(reason: reason, byte: position) }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Consumes a character after white space, if it comes next; returns whether it did.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Consumes a character after white space.
  private mutating func require(_ character: Unicode.Scalar, _ what: @autoclosure () -> String) throws(Fault) {
    guard take(character) else { throw fault("expected \(what())") }
  }

  mutating func expectEnd() throws(Fault) {
    skipBlanks()
    guard position == text.count else { throw fault("expected nothing behind the object") }
  }

  /// Reads an object; `member` reads the value of each name.
  mutating func object(
    _ what: @autoclosure () -> String, member: (inout JSONScanner, _ name: String) throws(Fault) -> Void
  ) throws(Fault) {
    try require("{", what())
    if take("}") { return }
    repeat {
      let name = try string("a name")
      try require(":", ": behind a name")
      try member(&self, name)
    } while take(",")
    try require("}", ", or }")
  }

  /// Reads a string and resolves its escapes.
  mutating func string(_ what: @autoclosure () -> String) throws(Fault) -> String {
    try require("\"", what())
    let start = position
    // Fast path: most strings are plain ASCII without escapes.
    while let byte = next, 0x20..<0x80 ~= byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
    var bytes = text[start..<position]
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"): try bytes.append(contentsOf: escape())
      case ..<0x20: throw fault("expected an escape for a control character in a string")
      case ..<0x80:
        bytes.append(byte)
        position += 1
      default: bytes.append(contentsOf: try character())
      }
    }
    throw fault("expected \" at the end of a string")
  }

  /// Reads a UTF-8 character of more than one byte.
  private mutating func character() throws(Fault) -> ArraySlice<UInt8> {
    var parser = Unicode.UTF8.ForwardParser()
    var rest = text[position...].makeIterator()
    guard case .valid(let encoded) = parser.parseScalar(from: &rest) else { throw fault("expected valid UTF-8") }
    position += encoded.count
    return text[(position - encoded.count)..<position]
  }

  /// Reads an escape; returns its character in UTF-8.
  private mutating func escape() throws(Fault) -> [UInt8] {
    let start = position
    position += 1
    let escaped = next
    position += 1
    switch escaped {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [escaped ?? 0]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var value = try codeUnit()
      // A character beyond 16 bits is a pair of surrogates.
      if 0xD800..<0xDC00 ~= value, next == UInt8(ascii: "\\") {
        position += 1
        if next == UInt8(ascii: "u") {
          position += 1
          let low = try codeUnit()
          if 0xDC00..<0xE000 ~= low { value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00) }
        }
      }
      guard let scalar = Unicode.Scalar(value) else {
        throw Fault(reason: "expected a whole pair of surrogates", byte: start)
      }
      return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw Fault(reason: "expected an escape that JSON has", byte: start)
    }
  }

  /// Reads four hexadecimal digits.
  private mutating func codeUnit() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// Reads an array of whole numbers from 0 to 2⁶³ − 1.
  mutating func wholeNumbers(_ what: @autoclosure () -> String) throws(Fault) -> [Int] {
    try require("[", "an array for \(what())")
    if take("]") { return [] }
    var numbers: [Int] = []
    repeat {
      skipBlanks()
      let start = position
      let token = try number()
      guard let number = Int(String(decoding: text[token], as: UTF8.self)), number >= 0 else {
        throw Fault(
          reason: "\(what()) has \(String(decoding: text[token].prefix(40), as: UTF8.self)); expected whole numbers "
            + "from 0 to \(Int.max)", byte: start)
      }
      numbers.append(number)
    } while take(",")
    try require("]", ", or ]")
    return numbers
  }

  /// Skips a number; returns its range of bytes.
  private mutating func number() throws(Fault) -> Range<Int> {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    return start..<position
  }

  private mutating func digits() throws(Fault) {
    let start = position
    while let byte = next, 0x30...0x39 ~= byte { position += 1 }
    guard position > start else { throw fault("expected a digit") }
  }

  /// The deepest nesting of objects and arrays that is skipped, the same as in the format's reference library.
  private static let deepest = 128

  /// Skips a value of any type.
  mutating func skipValue(depth: Int = 0) throws(Fault) {
    guard depth < JSONScanner.deepest else {
      throw fault("expected at most \(JSONScanner.deepest) values in one another")
    }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"):
      try object("an object") { (scanner: inout JSONScanner, _: String) throws(Fault) in
        try scanner.skipValue(depth: depth + 1)
      }
    case UInt8(ascii: "["):
      position += 1
      if take("]") { return }
      repeat { try skipValue(depth: depth + 1) } while take(",")
      try require("]", ", or ]")
    case UInt8(ascii: "\""): _ = try string("a string")
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: _ = try number()
    }
  }

  private mutating func word(_ word: StaticString) throws(Fault) {
    for i in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[i] else { throw fault("expected \(word)") }
      position += 1
    }
  }
}
