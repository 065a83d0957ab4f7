import Foundation
import Testing

/// docs/kernel-contracts.md has every operation's operands in its table, under the names that they have in the source.
@Suite struct OperandTableTests {
  private struct Row {
    let operations: [String]
    let operands: Set<String>
  }

  private static let package: URL = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url
  }()

  /// The names in backquotes, without what says that they may be nil.
  private static func names(_ text: Substring) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element).replacing("?", with: "") }
  }

  private static func table() throws -> [Row] {
    let text = try String(contentsOf: package.appendingPathComponent("docs/kernel-contracts.md"), encoding: .utf8)
    let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("Operands\n") })
    return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
      let cells = line.split(separator: "|")
      return Row(operations: names(cells[0]), operands: Set(names(cells[1])))
    }
  }

  /// Every operation of the source, with its operands where they are declared within it.
  private static func operations() throws -> [(name: String, operands: [String])] {
    let folder = package.appendingPathComponent("Sources/Kernels")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var found: [(name: String, operands: [String])] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      var isInOperands = false
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if line.hasPrefix("public enum "), line.contains("Operation {") {
          found.append((String(line.dropFirst("public enum ".count).prefix { $0 != ":" }), []))
          isInOperands = false
        } else if line == "  public struct Operands {" {
          isInOperands = true
        } else if isInOperands, line.hasPrefix("    public var "), !found.isEmpty {
          found[found.count - 1].operands.append(
            String(line.dropFirst("    public var ".count).prefix { $0 != ":" }))
        } else if isInOperands, line.contains("public init(") {
          isInOperands = false
        }
      }
    }
    return found
  }

  @Test func everyOperationsOperandsAreDocumented() throws {
    let table = try Self.table()
    let operations = try Self.operations()
    #expect(operations.count > 60)
    #expect(Set(table.flatMap(\.operations)) == Set(operations.map(\.name)))
    #expect(table.flatMap(\.operations).count == operations.count, "an operation is there twice")
    for operation in operations {
      guard let row = table.first(where: { $0.operations.contains(operation.name) }) else { continue }
      for operand in operation.operands {
        #expect(row.operands.contains(operand), "\(operation.name) lacks \(operand)")
      }
    }
  }
}
