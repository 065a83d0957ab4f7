import Foundation
import Kernels
import Testing

@testable import Bench

/// Costs and choices beside the times that were measured on the processors that were met (Benchmarks/costs).
@Suite struct RecordedCostTests {
  struct Recording: Decodable {
    let processor: String
    let machine: String
    let gigahertz: Double
    let problems: [Problem]

    struct Problem: Decodable {
      let operation: String
      let pass: String
      let shape: String
      let nanoseconds: [String: Double]
    }
  }

  /// One problem at one level: its rows, with measured nanoseconds and expected cycles.
  struct Level {
    let name: String
    var rows: [(name: String, time: Double, cost: Double)] = []

    /// How much longer the row with the least cost took than the fastest.
    var behind: Double {
      let chosen = rows.min { $0.cost < $1.cost }
      let best = rows.min { $0.time < $1.time }
      return (chosen?.time ?? 1) / (best?.time ?? 1)
    }
  }

  static let recordings = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Benchmarks/costs").standardizedFileURL
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
      .map { try JSONDecoder().decode(Recording.self, from: Data(contentsOf: $0)) }
  }

  private func levels(_ recording: Recording) throws -> [Level] {
    let machine = try #require(MachineName(rawValue: recording.machine)).machine
    var levels: [Level] = []
    for problem in recording.problems {
      let shape = try KernelShape(problem.shape, at: "record")
      let kernelCase = try #require(
        KernelCases.cases(shape).first {
          $0.kernel == problem.operation && $0.pass == problem.pass
        }, "\(problem)")
      let highest = try #require(InstructionSet.allCases.last)
      let costs = kernelCase.costs(level: highest, machine: machine)
      for isa in Set(costs.map(\.isa)).sorted() {
        var level = Level(name: "\(problem.operation) \(problem.pass) \(problem.shape) \(isa)")
        for row in costs where row.isa == isa {
          guard let time = problem.nanoseconds[row.algorithm] else { continue }
          level.rows.append((row.algorithm, time, row.cycles))
        }
        if level.rows.count > 1 { levels.append(level) }
      }
    }
    return levels
  }

  #if !arch(arm64)
    @Test("the chosen rows are about as fast as the fastest on every recorded processor")
    func choices() throws {
      let recordings = try Self.recordings.get()
      #expect(!recordings.isEmpty)
      for recording in recordings {
        let levels = try levels(recording)
        #expect(levels.count > 100)
        let near = levels.count { $0.behind <= 1.1 }
        #expect(
          Double(near) >= 0.9 * Double(levels.count),
          "\(recording.processor): \(near) of \(levels.count)")
        let mean = levels.reduce(0) { $0 + log($1.behind) } / Double(levels.count)
        #expect(exp(mean) <= 1.03, "\(recording.processor)")
        // The farthest: weight gradients of strided convolutions with as many groups as channels.
        for level in levels { #expect(level.behind <= 3, "\(recording.processor): \(level.name)") }
      }
    }

    @Test("costs put rows in the order of their measured times")
    func order() throws {
      for recording in try Self.recordings.get() {
        var (agreed, compared) = (0, 0)
        for level in try levels(recording) {
          for (index, a) in level.rows.enumerated() {
            // Times that are nearer than that are noise.
            for b in level.rows[(index + 1)...]
            where max(a.time, b.time) > 1.1 * min(a.time, b.time) {
              compared += 1
              if (a.cost < b.cost) == (a.time < b.time) { agreed += 1 }
            }
          }
        }
        #expect(compared > 1000)
        #expect(
          Double(agreed) >= 0.85 * Double(compared),
          "\(recording.processor): \(agreed) of \(compared)")
      }
    }
  #endif
}
