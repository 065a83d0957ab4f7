import KernelsISA

#if canImport(Darwin)
  import Darwin
#endif

/// What the system says about its first processor; nil or empty where it says nothing.
struct SystemDescription: Sendable {
  /// `GenuineIntel`, `AuthenticAMD`.
  var vendor = ""
  /// The marketing name. Two generations of a maker may have the same, `AMD EPYC`.
  var modelName = ""
  var family: Int?
  var model: Int?
  /// Bytes of the first processor's caches: the first level's for data.
  var firstLevelBytes: Int?
  var firstLevelWays: Int?
  var secondLevelBytes: Int?
  /// Of the third level, what is one processor's share.
  var thirdLevelBytes: Int?
  var lineBytes: Int?

  static let current = read()

  /// Name, family and model, as far as they are known.
  var name: String {
    let name = modelName.isEmpty ? "unknown processor" : modelName
    guard let family, let model else { return name }
    return "\(name) (family \(family), model \(model))"
  }

  /// - Parameter root: the folder that stands for `/` on Linux.
  static func read(root: String = "") -> SystemDescription {
    var description = SystemDescription()
    #if os(Linux)
      description.readProcessor(systemText(root + "/proc/cpuinfo") ?? "")
      description.readCaches(root + "/sys/devices/system/cpu/cpu0/cache")
    #elseif canImport(Darwin)
      description.modelName = systemValue("machdep.cpu.brand_string") ?? ""
      description.vendor = systemValue("machdep.cpu.vendor") ?? ""
      description.family = systemNumber("machdep.cpu.family")
      description.model = systemNumber("machdep.cpu.model")
      // Processors with cores of two kinds: the fast ones.
      description.firstLevelBytes = systemNumber("hw.perflevel0.l1dcachesize") ?? systemNumber("hw.l1dcachesize")
      description.secondLevelBytes = systemNumber("hw.perflevel0.l2cachesize") ?? systemNumber("hw.l2cachesize")
      description.thirdLevelBytes = systemNumber("hw.l3cachesize")
      description.lineBytes = systemNumber("hw.cachelinesize")
    #endif
    return description
  }

  /// The first processor's part of `/proc/cpuinfo`: lines of name, tab, colon and value, up to an empty line.
  private mutating func readProcessor(_ text: String) {
    // Bytes, and no line behind the first processor's: there may be hundreds, each with a line of a thousand characters.
    var rest = text.utf8[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != UInt8(ascii: "\n") }
      rest = rest[line.endIndex...].dropFirst()
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      var value: String { Substring(line[line.index(after: colon)...]).trimmed }
      switch Substring(line[..<colon]).trimmed {
      case "vendor_id": vendor = value
      case "model name": modelName = value
      case "cpu family": family = Int(value)
      case "model": model = Int(value)
      default: break
      }
    }
  }

  /// A folder for each cache, `index0` and on, with a file for each property.
  private mutating func readCaches(_ folder: String) {
    for index in 0..<8 {
      func value(_ name: String) -> String? { systemText("\(folder)/index\(index)/\(name)").map { $0[...].trimmed } }
      guard let level = value("level"), let type = value("type"), type != "Instruction" else { continue }
      let bytes = value("size").flatMap(Self.bytes)
      switch level {
      case "1":
        firstLevelBytes = bytes
        firstLevelWays = value("ways_of_associativity").flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
        lineBytes = value("coherency_line_size").flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
      case "2": secondLevelBytes = bytes
      case "3": thirdLevelBytes = bytes.map { $0 / max(value("shared_cpu_list").map(Self.count) ?? 1, 1) }
      default: break
      }
    }
  }

  /// `48K` or `32M` in bytes; nil for what is no size above 0.
  private static func bytes(_ text: String) -> Int? {
    let shift = text.hasSuffix("K") ? 10 : text.hasSuffix("M") ? 20 : 0
    guard let number = Int(shift == 0 ? text[...] : text.dropLast()), (1..<1 << 32).contains(number) else { return nil }
    return number << shift
  }

  /// The processors of a list such as `0-3,8`.
  private static func count(_ list: String) -> Int {
    list.split(separator: ",").reduce(0) { sum, part in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first >= 0, last >= first, last < 1 << 20 else { return sum }
      return sum + last - first + 1
    }
  }

  #if canImport(Darwin)
    private static func systemValue(_ name: String) -> String? {
      var size = 0
      guard sysctlbyname(name, nil, &size, nil, 0) == 0, size > 0 else { return nil }
      var bytes = [UInt8](repeating: 0, count: size)
      guard sysctlbyname(name, &bytes, &size, nil, 0) == 0 else { return nil }
      return String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func systemNumber(_ name: String) -> Int? {
      var value: Int64 = 0
      var size = MemoryLayout<Int64>.size
      guard sysctlbyname(name, &value, &size, nil, 0) == 0, value > 0 else { return nil }
      return Int(value)
    }
  #endif
}

extension Substring {
  /// Without white space at both ends.
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension Machine {
  /// The processor's name as the system gives it, with family and model where there are such: `AMD EPYC (family 26,
  /// model 2)`.
  public static let processorName = SystemDescription.current.name

  /// What is known of the processor by its family and model, with the caches that the system tells of. Of a processor that
  /// is not known, the units are those of the least that has its instructions.
  init(_ system: SystemDescription) {
    self = Machine.known(system) ?? .unknown
    name = system.name
    if let bytes = system.firstLevelBytes {
      firstLevelBytes = bytes
      // Where the ways are not told, as many as make sets of 4 KB.
      firstLevelWays = system.firstLevelWays ?? max(bytes >> 12, 1)
    }
    secondLevelBytes = system.secondLevelBytes ?? secondLevelBytes
    thirdLevelBytes = system.thirdLevelBytes ?? thirdLevelBytes
    lineBytes = system.lineBytes ?? lineBytes
  }

  /// The name of the generation of this processor, such as `Zen 5`; nil where it is not known.
  package static let generation = known(.current)?.name

  /// The values of the processor's generation, as its maker numbers them.
  private static func known(_ system: SystemDescription) -> Machine? {
    switch (system.vendor, system.family, system.model) {
    case ("AuthenticAMD", 0x17, let model?): model < 0x30 ? .zen2.narrow : .zen2
    case ("AuthenticAMD", 0x19, let model?): (0x10..<0x20).contains(model) || model >= 0x60 ? .zen4 : .zen2
    // Strix Point and Krackan Point have units of 256 bits.
    case ("AuthenticAMD", 0x1A, let model?): [0x24, 0x60, 0x68].contains(model) ? .zen4 : .zen5
    case ("GenuineIntel", 6, let model?):
      switch model {
      // Ice Lake, Emerald and Granite Rapids of the servers; Skylake and Cascade Lake, whose sizes the system tells.
      case 0x6A, 0x6C, 0x55: .iceLake
      case 0x8F, 0xCF, 0xAD, 0xAE: .sapphireRapids
      // All clients since Haswell multiply and add 16 lanes a cycle, those with AVX-512 too.
      default: .haswell
      }
    default: nil
    }
  }

  /// Units of half the width, as Zen and Zen+ have them.
  private var narrow: Machine {
    var machine = self
    machine.loadBytesPerCycle /= 2
    machine.multiplyAddLanesPerCycle /= 2
    return machine
  }
}
