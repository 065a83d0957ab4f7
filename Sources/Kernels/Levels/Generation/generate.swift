// Generates the level functions and their tables from functions.txt:
//
//     swift Sources/Kernels/Levels/Generation/generate.swift [--check]
//
// With --check it writes nothing, and exits with status 1 if a file differs from what it would write.
import Foundation

/// An instruction-set level.
struct Level {
  let name: String
  /// The prefix of its `Lanes` types.
  let lanes: String
  let isARM: Bool
}

let levels = [
  Level(name: "baseline", lanes: "Baseline", isARM: false),
  Level(name: "avx2", lanes: "AVX2", isARM: false),
  Level(name: "avx512", lanes: "AVX512", isARM: false),
  Level(name: "neon", lanes: "NEON", isARM: true),
]

/// A level function: its C name, and a Swift body for each level that has one.
struct Function {
  let name: String
  let arguments: String
  var bodies: [String: String] = [:]

  /// The name in camel case: `biasForward` of `bias_forward`.
  var swiftName: String {
    let words = name.split(separator: "_")
    return words.dropFirst().reduce(String(words[0])) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
  }

  /// The `@c` function of a level, which C force-inlines.
  func entry(_ level: Level) -> String? {
    guard let body = bodies[level.name] else { return nil }
    let call = replacing(
      body,
      [
        "PairLanes": level.lanes + "PairLanes", "Lanes": level.lanes + "Lanes",
        "p": "p.assumingMemoryBound(to: \(arguments).self)",
      ])
    let function = "\(name)_\(level.name)"
    return "@c(\(function)_body) private func \(function)_body(_ p: UnsafeRawPointer) { \(call) }"
  }
}

/// A table of register tiles.
struct Table {
  let name: String
  /// The type of its elements.
  let element: String
  /// The arguments of an element's initializer, with `{column}` in place of values.
  var initializer = ""
  var functions: [(label: String, name: String, arguments: String, body: String)] = []
  var columns: [String] = []
  var rows: [[String: String]] = []
}

/// A generated Swift file.
struct File {
  /// Relative to Sources/Kernels, without the extension.
  let path: String
  var functions: [Function] = []
  var tables: [Table] = []
}

/// A line of functions.txt that does not parse.
struct Malformed: Error { let line: Int, text: String }

/// The text with whole words replaced.
func replacing(_ text: String, _ words: [String: String]) -> String {
  var result = ""
  var word = ""
  for character in text + " " {
    if character.isLetter || character.isNumber || character == "_" {
      word.append(character)
      continue
    }
    result += words[word] ?? word
    word = ""
    result.append(character)
  }
  return String(result.dropLast())
}

/// The text with `{column}` replaced.
func filling(_ text: String, _ values: [String: String]) -> String {
  values.reduce(text) { $0.replacingOccurrences(of: "{\($1.key)}", with: $1.value) }
}

func parse(_ text: String) throws -> [File] {
  var files: [File] = []
  for (index, line) in text.components(separatedBy: "\n").enumerated() {
    let malformed = Malformed(line: index + 1, text: line)
    let trimmed = line.trimmingCharacters(in: .whitespaces)
    if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
    if let path = trimmed.removing("file ") {
      files.append(File(path: path))
      continue
    }
    guard !files.isEmpty else { throw malformed }
    let file = files.count - 1
    if let head = trimmed.removing("tiles ") {
      guard let (name, element) = head.split(at: ": ") else { throw malformed }
      files[file].tables.append(Table(name: name, element: element))
    } else if line.hasPrefix("  ") {
      guard !files[file].tables.isEmpty else { throw malformed }
      let table = files[file].tables.count - 1
      if let initializer = trimmed.removing("init = ") {
        files[file].tables[table].initializer = initializer
      } else if let (label, function) = trimmed.split(at: " = ") {
        guard let (head, body) = function.split(at: " = "), let (name, arguments) = head.split(at: ": ") else {
          throw malformed
        }
        files[file].tables[table].functions.append((label, name, arguments, body))
      } else {
        let words = trimmed.split(separator: " ").map(String.init)
        let columns = files[file].tables[table].columns
        if columns.isEmpty {
          files[file].tables[table].columns = words
          continue
        }
        guard words.count == columns.count, levels.contains(where: { $0.name == words[0] }) else { throw malformed }
        files[file].tables[table].rows.append(Dictionary(uniqueKeysWithValues: zip(columns, words)))
      }
    } else {
      guard let (head, body) = trimmed.split(at: " = "), let (left, arguments) = head.split(at: ": ") else {
        throw malformed
      }
      let words = left.split(whereSeparator: { " []".contains($0) }).map(String.init)
      let chosen = words.count > 1 ? Array(words.dropFirst()) : levels.map(\.name)
      guard chosen.allSatisfy({ name in levels.contains { $0.name == name } }) else { throw malformed }
      if files[file].functions.last?.name != words[0] {
        files[file].functions.append(Function(name: words[0], arguments: arguments))
      }
      for level in chosen { files[file].functions[files[file].functions.count - 1].bodies[level] = body }
    }
  }
  return files
}

extension String {
  /// The text after a prefix; nil without the prefix.
  func removing(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }

  /// The texts before and after the first separator; nil without a separator.
  func split(at separator: String) -> (String, String)? {
    range(of: separator).map { (String(self[..<$0.lowerBound]), String(self[$0.upperBound...])) }
  }
}

extension Table {
  /// For each row of the table, the tile's functions by label.
  var tileFunctions: [(row: [String: String], functions: [String: Function])] {
    rows.map { row in
      var result: [String: Function] = [:]
      for function in functions {
        var made = Function(name: filling(function.name, row), arguments: function.arguments)
        made.bodies[row["level"] ?? ""] = filling(function.body, row)
        result[function.label] = made
      }
      return (row, result)
    }
  }
}

/// The text of a generated Swift file.
func swiftFile(_ file: File) -> String {
  func branch(_ levels: [Level]) -> String {
    var lines: [String] = []
    for function in file.functions { lines += levels.compactMap(function.entry) }
    var tables: [String] = []
    for function in file.functions {
      let entries = levels.map { "\($0.name): \(function.name)_\($0.name)" }.joined(separator: ", ")
      tables.append("  static let \(function.swiftName) = LevelFunctions<\(function.arguments)>(\(entries))")
    }
    for table in file.tables {
      let names = Set(levels.map(\.name))
      tables.append("  @inline(never) static func \(table.name)() -> [\(table.element)] {")
      tables.append("    [")
      for (row, functions) in table.tileFunctions where names.contains(row["level"] ?? "") {
        for label in table.functions.map(\.label) { lines += levels.compactMap { functions[label]?.entry($0) } }
        let values = row.merging(functions.mapValues { ".init(\($0.name)_\(row["level"] ?? ""))" }) { $1 }
        tables.append("      .init(\(filling(table.initializer, values))),")
      }
      tables += ["    ]", "  }"]
    }
    return (lines + ["", "extension Levels {"] + tables + ["}"]).joined(separator: "\n")
  }
  return """
    // swift-format-ignore-file
    // Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
    import KernelsISA

    #if arch(arm64)
    \(branch(levels.filter(\.isARM)))
    #else
    \(branch(levels.filter { !$0.isARM }))
    #endif

    """
}

/// The C header with the names of all level functions.
func header(_ files: [File]) -> String {
  var lines: [String] = []
  for file in files {
    lines.append("// \(file.path)")
    for function in file.functions { lines.append("ISA_KERNEL(\(function.name))") }
    for table in file.tables {
      for (row, functions) in table.tileFunctions {
        for label in table.functions.map(\.label) {
          if let function = functions[label] {
            lines.append("ISA_TILE_\((row["level"] ?? "").uppercased())(\(function.name))")
          }
        }
      }
    }
  }
  return """
    // Written by Sources/Kernels/Levels/Generation/generate.swift: the names of all level functions.
    #pragma once
    #include "Levels.h"

    \(lines.joined(separator: "\n"))

    """
}

let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
let kernels = here.deletingLastPathComponent().deletingLastPathComponent()
let checks = CommandLine.arguments.contains("--check")
do {
  let files = try parse(String(contentsOf: here.appendingPathComponent("functions.txt"), encoding: .utf8))
  var written = files.map { (kernels.appendingPathComponent($0.path + ".swift"), swiftFile($0)) }
  let names = kernels.deletingLastPathComponent().appendingPathComponent("KernelsISA/include/Functions.h")
  written.append((names, header(files)))
  var stale: [String] = []
  for (url, text) in written where (try? String(contentsOf: url, encoding: .utf8)) != text {
    stale.append(url.lastPathComponent)
    if !checks { try text.write(to: url, atomically: true, encoding: .utf8) }
  }
  if checks, !stale.isEmpty {
    print("not current with functions.txt: \(stale.joined(separator: ", ")); run \(#filePath)")
    exit(1)
  }
} catch let error as Malformed {
  print("functions.txt:\(error.line): malformed line: \(error.text)")
  exit(1)
}
