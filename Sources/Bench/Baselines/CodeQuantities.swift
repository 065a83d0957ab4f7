import Foundation
import Kernels
import MachineCode

/// The machine code of the level functions.
enum CodeQuantities {
  /// The values of the section ``BaselineSection/code`` for the levels, by function.
  ///
  /// - Parameter folder: of the build whose objects are looked at.
  static func functions(
    _ levels: [InstructionSet], in folder: URL = ObjectFiles.programFolder
  ) throws -> [InstructionSet: [String: String]] {
    guard Disassembly.isSupported else { throw UsageError("machine code is looked at on x86-64 only") }
    guard let tool = Disassembly.tool else {
      throw UsageError("neither objdump nor llvm-objdump is on PATH or beside swift; the section code needs one")
    }
    let objects = ObjectFiles.objects(of: "Kernels", in: folder)
    guard !objects.isEmpty else {
      throw UsageError("\(folder.path) has no objects of Kernels; the section code needs the folder of a build")
    }
    return values(try Disassembly(objects, with: tool, countsClasses: isLevelFunction), levels)
  }

  static func values(_ disassembly: Disassembly, _ levels: [InstructionSet]) -> [InstructionSet: [String: String]] {
    var values: [InstructionSet: [String: String]] = [:]
    for function in disassembly.functions where isLevelFunction(function.name) {
      guard let level = levels.first(where: { function.name.hasSuffix("_\($0.rawValue)") }) else { continue }
      let counts = InstructionClass.allCases.compactMap { kind in
        function.classes[kind].map { "\($0) \(kind.rawValue)" }
      }
      // Spills are named where there are none, too: none is what most functions are to have.
      let spills = function.classes[.spill] == nil ? ["0 spills"] : []
      values[level, default: [:]][function.name] =
        (["\(function.byteCount) bytes"] + spills + counts).joined(separator: ", ")
    }
    return values
  }

  /// Level functions have C names; those of Swift begin with a dollar sign, and what has no symbol is described in words.
  private static func isLevelFunction(_ name: String) -> Bool {
    !name.hasPrefix("$") && !name.contains(" ")
      && InstructionSet.allCases.contains { name.hasSuffix("_\($0.rawValue)") }
  }
}
