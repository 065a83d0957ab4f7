import Foundation
import MachineCode
import Testing

/// Level functions hold what they compute, and only they hold instructions beyond the architecture's own.
@Suite(
  .enabled(if: Disassembly.isSupported, "listings are read on x86-64 only"),
  .enabled(if: Disassembly.tool != nil, "neither objdump nor llvm-objdump is in PATH or beside swift"))
struct DisassemblyTests {
  static let levels = ["baseline", "avx2", "avx512"]

  /// What a level function may call. The compiler makes loops that copy or clear into calls of the first three.
  static let permittedCalls: Set<String> = ["memcpy", "memset", "memmove"]

  /// What certain kernels may call besides, by the start of the called function's symbol.
  static let permittedCallsOfKernels: [String: String] = [
    // InlineArray.init(repeating:), once before the loop that is timed.
    "machine_peak": "$ss11InlineArrayV9repeating"
  ]

  /// Kernels that may do without the level's vector registers: they only move data, or read a vector as two halves to
  /// add them up.
  static func isNarrow(_ kernel: String) -> Bool {
    narrowKernels.contains(kernel) || kernel.wholeMatch(of: /conv_gradient_pixels_\w+_reduce/) != nil
  }

  static let narrowKernels: Set<String> = ["gemm_pack", "conv_pack", "image_resample_columns"]

  /// The levels for which each of the header's macros declares a kernel.
  static let levelsOfMacro = [
    "ISA_KERNEL(": levels, "ISA_TILE_AVX512(": ["avx512"], "ISA_TILE_AVX2(": ["avx2"],
    "ISA_TILE_BASELINE(": ["baseline"],
  ]

  /// The kernels that the header declares, with the level.
  static let kernels: Result<[(kernel: String, level: String)], any Error> = Result {
    let header = package.appendingPathComponent("Sources/KernelsISA/include/Functions.h")
    return try String(contentsOf: header, encoding: .utf8).split(separator: "\n")
      .flatMap { line in
        levelsOfMacro.flatMap { macro, levels -> [(kernel: String, level: String)] in
          guard line.hasPrefix(macro), let name = line.dropFirst(macro.count).split(separator: ")").first else {
            return []
          }
          return levels.map { (String(name), $0) }
        }
      }
  }

  /// The folder of the package.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The objects of Kernels in the build that this test belongs to.
  static let objects: [URL] = {
    #if DEBUG
      let configuration = "debug"
    #else
      let configuration = "release"
    #endif
    let folders = [
      ObjectFiles.programFolder, URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
      package.appendingPathComponent(".build/\(configuration)"),
    ]
    return folders.lazy.map { ObjectFiles.objects(of: "Kernels", in: $0) }.first { !$0.isEmpty } ?? []
  }()

  static let disassembly: Result<Disassembly, any Error> = Result {
    guard let tool = Disassembly.tool else { return try Disassembly([], with: URL(fileURLWithPath: "/bin/true")) }
    return try Disassembly(objects, with: tool)
  }

  /// The level functions of the objects by name, and all other functions.
  static func sorted() throws -> (levels: [String: Disassembly.Function], others: [Disassembly.Function]) {
    let names = Set(try kernels.get().map { "\($0.kernel)_\($0.level)" })
    var found: [String: Disassembly.Function] = [:]
    var others: [Disassembly.Function] = []
    for function in try disassembly.get().functions {
      if names.contains(function.name) {
        found[function.name] = function
      } else {
        others.append(function)
      }
    }
    return (found, others)
  }

  @Test("the build's objects of Kernels are found: without them the other tests would have nothing to look at")
  func objectsAreFound() {
    #expect(!Self.objects.isEmpty)
  }

  @Test("kernels that are excepted from a rule exist")
  func exceptionsExist() throws {
    let kernels = Set(try Self.kernels.get().map(\.kernel))
    #expect(kernels.isSuperset(of: Self.narrowKernels))
    #expect(kernels.isSuperset(of: Self.permittedCallsOfKernels.keys))
    #expect(kernels.contains { $0.wholeMatch(of: /conv_gradient_pixels_\w+_reduce/) != nil })
  }

  @Test("every declared level function is in the objects")
  func allThere() throws {
    let found = try Self.sorted().levels
    let kernels = try Self.kernels.get()
    #expect(kernels.count > 2)
    for (kernel, level) in kernels {
      let function = found["\(kernel)_\(level)"]
      #expect((function?.instructions ?? 0) > 1, "\(kernel)_\(level) is not in the objects of Kernels")
    }
  }

  @Test("a level function calls nothing out of line")
  func noCalls() throws {
    for (name, function) in try Self.sorted().levels.sorted(by: { $0.key < $1.key }) {
      for call in function.calls {
        let kernel = name.prefix(upTo: name.lastIndex(of: "_") ?? name.endIndex)
        if let permitted = Self.permittedCallsOfKernels[String(kernel)], call.target.hasPrefix(permitted) { continue }
        let target = call.target.replacing("@plt", with: "").replacing("@PLT", with: "")
        #expect(Self.permittedCalls.contains(target), "\(name) (\(function.file)): \(call.line) calls \(call.target)")
      }
    }
  }

  @Test("a level function uses its level's registers and no higher level's")
  func registers() throws {
    let found = try Self.sorted().levels
    for kernel in Set(try Self.kernels.get().map(\.kernel)) {
      if let function = found["\(kernel)_baseline"] {
        let line = function.firstAVX
        #expect(line == nil, "\(function.name) (\(function.file)) holds \(line ?? "")")
      }
      if let function = found["\(kernel)_avx2"] {
        let line = function.firstAVX512
        #expect(line == nil, "\(function.name) (\(function.file)) holds \(line ?? "")")
        let isWide = function.firstYMM != nil || Self.isNarrow(kernel)
        #expect(isWide, "\(function.name) (\(function.file)) uses no ymm register")
      }
      if let function = found["\(kernel)_avx512"] {
        #expect(
          function.usesZMM || Self.isNarrow(kernel),
          "\(function.name) (\(function.file)) uses no zmm register")
      }
    }
  }

  @Test("outside the level functions there is no instruction that a processor may lack")
  func nothingOutside() throws {
    let others = try Self.sorted().others
    #expect(others.count > 100)
    for function in others {
      let line = function.firstAVX
      #expect(line == nil, "\(function.name) (\(function.file)) holds \(line ?? "")")
    }
  }
}
