import Foundation

/// Reads the listings of GNU's and LLVM's objdump, in AT&T syntax:
///
///     0000000000004f70 l     F .text	000000000000047e name
///
///     0000000000004f70 <name>:
///         4f70:	mov    0x20(%rdi),%r10
///         50fe:	call   5103 <name+0x193>
///     			50ff: R_X86_64_PLT32	target-0x4
struct ListingParser {
  typealias Line = Slice<UnsafeRawBufferPointer>

  private let countsClasses: (String) -> Bool
  private(set) var functions: [Disassembly.Function] = []
  private var function: Disassembly.Function?
  private var file = ""
  /// Whether the function's instructions are counted by class.
  private var countsFunction = false
  /// The bytes of each function of the file. A function ends there: what follows may be one that has no symbol.
  private var sizes: [String: Int] = [:]
  private var end = Int.max
  /// A call or jump that is not yet judged: a relocation on the next line tells its target.
  private var transfer: (line: String, target: String)?
  private var readsJumpTable = false

  init(countsClasses: @escaping (String) -> Bool) { self.countsClasses = countsClasses }

  mutating func parse(_ text: UnsafeRawBufferPointer) {
    var start = 0
    while start < text.count {
      let rest = text.baseAddress! + start
      let length = memchr(rest, 10, text.count - start).map { UnsafeRawPointer($0) - rest } ?? text.count - start
      parseLine(text[start..<start + length])
      start += length + 1
    }
  }

  mutating func finishFunction() {
    settleTransfer()
    if let function { functions.append(function) }
    function = nil
    readsJumpTable = false
  }

  private mutating func parseLine(_ line: Line) {
    guard let first = line.first, let last = line.last else { return }
    if last == UInt8(ascii: ":"), isHexadecimal(first) {
      finishFunction()
      let words = string(line).split(separator: " ", maxSplits: 1)
      if words.count == 2, let start = Int(words[0], radix: 16) {
        let name = String(words[1].dropFirst().dropLast(2))
        function = Disassembly.Function(name: name, file: file, byteCount: sizes[name] ?? 0)
        end = sizes[name].map { start + $0 } ?? Int.max
        countsFunction = countsClasses(name)
      }
    } else if function == nil, isHexadecimal(first), line.contains(" F ") {
      let words = string(line).split(whereSeparator: \.isWhitespace)
      if words.count >= 3, let size = Int(words[words.count - 2], radix: 16) {
        sizes[String(words[words.count - 1])] = size
      }
    } else if line.contains("file format") {
      finishFunction()
      let path = string(line).split(separator: ":").first.map(String.init) ?? ""
      sizes = [:]
      file = URL(fileURLWithPath: path).lastPathComponent
    } else if function != nil {
      if line.contains("R_X86_64_") {
        if transfer != nil, let target = string(line).split(whereSeparator: \.isWhitespace).last {
          transfer?.target = String(target.prefix { $0 != "+" }.split(separator: "-").first ?? target)
          settleTransfer()
        }
      } else {
        parseInstruction(line)
      }
    }
  }

  private mutating func parseInstruction(_ line: Line) {
    settleTransfer()
    guard let tab = line.firstIndex(of: UInt8(ascii: "\t")), tab + 1 < line.endIndex else { return }
    let text = line[(tab + 1)...]
    let address = line.prefix { $0 != UInt8(ascii: ":") }.drop { $0 == UInt8(ascii: " ") }
    if let name = function?.name, let address = Int(string(address), radix: 16), address >= end {
      finishFunction()
      function = Disassembly.Function(name: "a function without a symbol behind \(name)", file: file)
      end = Int.max
      countsFunction = false
    }
    function?.instructions += 1
    if countsFunction {
      let kind = InstructionClass(string(text))
      function?.classes[kind, default: 0] += 1
    }
    switch text[text.startIndex] {
    case UInt8(ascii: "c"), UInt8(ascii: "j"): parseTransfer(string(text))
    case UInt8(ascii: "v"), UInt8(ascii: "k"): parseVector(text)
    case UInt8(ascii: "m"): if text.contains("movslq (") || text.contains("movslq\t(") { readsJumpTable = true }
    default: break
    }
  }

  private mutating func parseVector(_ text: Line) {
    guard var function else { return }
    let zmm = text.contains("%zmm")
    if zmm { function.usesZMM = true }
    if function.firstAVX == nil { function.firstAVX = string(text) }
    if function.firstYMM == nil, text.contains("%ymm") { function.firstYMM = string(text) }
    if function.firstAVX512 == nil, zmm || text.contains("%k") { function.firstAVX512 = string(text) }
    self.function = function
  }

  private mutating func parseTransfer(_ line: String) {
    let isCall = line.hasPrefix("call")
    guard isCall || line.hasPrefix("j") else { return }
    let words = line.split(whereSeparator: \.isWhitespace)
    if words.count > 1, words[1].hasPrefix("*") {
      // A jump through a register after a load from a table of offsets is a switch.
      if isCall || !readsJumpTable { transfer = (line, String(words[1])) }
      return
    }
    guard let open = line.lastIndex(of: "<"), let close = line.lastIndex(of: ">") else {
      transfer = (line, "an unknown target")
      return
    }
    let target = line[line.index(after: open)..<close]
    transfer = (line, String(target.prefix { $0 != "+" }))
    // Inside the function, unless a relocation says otherwise; a call of the function itself is a call.
    if !isCall || target.contains("+") { transfer?.target = String(target) }
  }

  private mutating func settleTransfer() {
    guard let transfer, let name = function?.name else { return }
    self.transfer = nil
    let isInside = transfer.target.hasPrefix(name + "+") || (transfer.target == name && transfer.line.hasPrefix("j"))
    if !isInside { function?.calls.append(transfer) }
  }

  private func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private func string(_ line: Line) -> String { String(decoding: line, as: UTF8.self) }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Whether the bytes hold the text.
  fileprivate func contains(_ text: StaticString) -> Bool {
    let bytes = UnsafeRawBufferPointer(rebasing: self)
    var start = 0
    while start + text.utf8CodeUnitCount <= bytes.count {
      let rest = bytes.count - start - text.utf8CodeUnitCount + 1
      guard let match = memchr(bytes.baseAddress! + start, Int32(text.utf8Start.pointee), rest) else { return false }
      if memcmp(match, text.utf8Start, text.utf8CodeUnitCount) == 0 { return true }
      start = UnsafeRawPointer(match) - bytes.baseAddress! + 1
    }
    return false
  }
}
