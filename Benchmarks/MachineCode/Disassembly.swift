import Foundation

/// What the machine code of object files contains, function by function, as GNU's or LLVM's objdump lists it.
public struct Disassembly: Sendable {
  public struct Function: Sendable {
    public internal(set) var name: String
    public internal(set) var file: String
    /// As the symbol table says; 0 where it does not.
    public internal(set) var byteCount = 0
    public internal(set) var instructions = 0
    /// Of the functions that were asked for: how many instructions of each class it has.
    public internal(set) var classes: [InstructionClass: Int] = [:]
    /// Calls, and jumps that leave the function: the line and the name of what is called.
    public internal(set) var calls: [(line: String, target: String)] = []
    /// The first instruction that only a processor with AVX has; nil where there is none.
    public internal(set) var firstAVX: String?
    /// The first instruction that names a 256-bit register.
    public internal(set) var firstYMM: String?
    /// The first instruction that names a 512-bit register, or a mask register.
    public internal(set) var firstAVX512: String?
    public internal(set) var usesZMM = false
  }

  public let functions: [Function]

  /// Whether the listings of this architecture can be read.
  public static var isSupported: Bool {
    #if arch(x86_64)
      true
    #else
      false
    #endif
  }

  /// The tool that disassembles: from `PATH`, else from the folder of the Swift toolchain; nil where there is none.
  public static let tool: URL? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    func find(_ name: String, in folders: [String]) -> URL? {
      folders.map { URL(fileURLWithPath: $0).appendingPathComponent(name) }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
    if let tool = find("objdump", in: folders) ?? find("llvm-objdump", in: folders) { return tool }
    guard let swift = find("swift", in: folders) else { return nil }
    return find("llvm-objdump", in: [swift.resolvingSymlinksInPath().deletingLastPathComponent().path])
  }()

  /// Disassembles files with one call of the tool.
  ///
  /// - Parameter countsClasses: whether the instructions of a function, by its name, are counted by class.
  public init(_ files: [URL], with tool: URL, countsClasses: @escaping (String) -> Bool = { _ in false }) throws {
    let process = Process()
    process.executableURL = tool
    process.arguments = ["-t", "-d", "-r", "--no-show-raw-insn"] + files.map(\.path)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let listing = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw DisassemblyError(description: "\(tool.path) cannot list \(files.first?.path ?? "nothing")")
    }
    self.init(listing: listing, countsClasses: countsClasses)
  }

  /// Reads a listing.
  public init(listing: Data, countsClasses: @escaping (String) -> Bool = { _ in false }) {
    var parser = ListingParser(countsClasses: countsClasses)
    listing.withUnsafeBytes { parser.parse($0) }
    parser.finishFunction()
    functions = parser.functions
  }
}

public struct DisassemblyError: Error, CustomStringConvertible {
  public let description: String
}
