import Foundation

@testable import Bench

/// What the benchmark program reads.
enum BenchTargets {
  /// A result file, compared with itself and with what was read before.
  static func results(_ input: UnsafeRawBufferPointer) throws {
    do throws(UsageError) {
      let file = try ResultFile(data: Data(input), path: "input")
      let old = previous ?? file
      previous = file
      for other in [file, old] {
        let comparison = Comparison(old: other.results, new: file.results, tolerance: 0.03)
        require(
          comparison.pairs.count + comparison.onlyInNew.count == file.results.count,
          "\(comparison.pairs.count) pairs and \(comparison.onlyInNew.count) new rows of \(file.results.count)")
        for pair in comparison.pairs { _ = (Figure.duration(pair.new.medianSeconds), Figure.fixed(pair.ratio, 3)) }
        report(comparison)
      }
    } catch {
      _ = error.description
    }
  }

  private static func report(_ comparison: Comparison) {
    do {
      _ = try JSONFile.encode(CompareReport(old: "old", new: "new", comparison))
    } catch {
      fatalError("a report that cannot be written: \(error)")
    }
  }

  nonisolated(unsafe) private static var previous: ResultFile?

  /// A file of shapes; what a shape is printed as is the same shape.
  static func shapes(_ input: UnsafeRawBufferPointer) throws {
    guard let text = String(data: Data(input), encoding: .utf8) else { return }
    do throws(ShapeError) {
      for shape in try ShapeFile(name: "input", text: text, path: "input").shapes {
        require(try KernelShape(shape.description, at: "printed") == shape, "\(shape) is read as another shape")
      }
    } catch {
      _ = error.description
    }
  }
}
