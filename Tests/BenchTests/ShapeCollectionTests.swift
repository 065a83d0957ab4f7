import Foundation
import Kernels
import Testing

@testable import Bench

/// The files of Benchmarks/shapes, and what the library makes of them.
@Suite struct ShapeCollectionTests {
  private static let files = Result { try ShapeFile.load(ShapeFile.folder()) }

  private static func cases() throws -> [any KernelCase] {
    var seen: Set<KernelShape> = []
    return try files.get().flatMap(\.shapes).filter { seen.insert($0).inserted }.flatMap(KernelCases.cases)
  }

  @Test func hasAFileForEachPurpose() throws {
    #expect(
      try Self.files.get().map(\.name) == [
        "bottleneck", "depthwise", "elementwise", "fully-connected", "mobile", "normalization", "pooling", "resnet",
        "square", "tails", "targets", "tutorial", "winograd",
      ])
  }

  @Test func holdsShapesInTheirShortestForm() throws {
    let folder = try ShapeFile.folder()
    for file in try Self.files.get() {
      let text = try String(contentsOfFile: "\(folder)/\(file.name).txt", encoding: .utf8)
      let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(lines.map(String.init) == file.shapes.map(\.description), "\(file.name)")
      #expect(Set(file.shapes).count == file.shapes.count, "\(file.name) has a shape twice")
    }
  }

  @Test func holdsTheConvolutionsThatTheLibraryIsMeasuredBy() throws {
    let shapes = [
      "ic3ih32oc6kh5", "ic6ih14oc16kh5", "ic64ih32oc64kh3ph1", "ic64ih16oc128kh3ph1", "ic256ih16oc64kh1",
      "ic64ih32oc128kh3sh2ph1", "ic3ih224oc64kh7sh2ph3", "ic128ih32oc128kh3ph1g128",
    ]
    let expected = shapes.flatMap { shape in
      [1, 4, 32, 256].filter { $0 <= 32 || !shape.contains("ih224") }.map { "mb\($0)\(shape)" }
    }
    #expect(try Self.files.get().first { $0.name == "targets" }?.shapes.map(\.description) == expected)
  }

  /// Every operation that `Sources/Kernels` declares has a shape that it is measured on.
  @Test func coversEveryOperation() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Kernels").standardizedFileURL
    let paths = try #require(FileManager.default.subpaths(atPath: sources.path)).filter { $0.hasSuffix(".swift") }
    let declaration = /public (?:enum|struct) (\w+): KernelOperation/
    let declared = try paths.flatMap { path in
      try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8).matches(of: declaration)
        .map { String($0.1) }
    }
    #expect(declared.count > 20)
    #expect(Set(declared).subtracting(try Self.cases().map(\.operation)).sorted() == [])
  }

  @Test(arguments: InstructionSet.available)
  func noShapeFallsToTheReference(_ level: InstructionSet) throws {
    for problem in try Self.cases() {
      for threads in [1, 2] {
        let plan = try problem.plan(level: level, threads: threads)
        #expect(!plan.isReference, "\(problem.kernel) \(problem.pass) \(problem.shape) at \(level), \(threads) threads")
      }
    }
  }

  /// Whatever the batch; but for convolutions that transform their weights, which need memory for these.
  @Test(arguments: InstructionSet.available)
  func noShapeNeedsMoreThanFourMegabytesAThread(_ level: InstructionSet) throws {
    for problem in try Self.cases() where !problem.shape.description.contains("fast1") {
      for threads in [1, 2] {
        let plan = try problem.plan(level: level, threads: threads)
        #expect(
          plan.workspaceByteCount <= threads * 4_000_000,
          "\(problem.kernel) \(problem.pass) \(problem.shape) at \(level), \(threads) threads: \(plan.row)")
      }
    }
  }
}
