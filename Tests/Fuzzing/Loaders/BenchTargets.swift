import Foundation

@testable import Bench

/// What the benchmark program reads.
enum BenchTargets {
  /// A result file, compared with itself, with the times of other rows, and with rows that are not in it.
  static func results(_ input: UnsafeRawBufferPointer) throws {
    do throws(UsageError) {
      let new = try ResultFile(data: Data(input), path: "input").results
      let exchanged = zip(new, new.reversed()).map { row, other in
        TimedResult(
          subject: row.subject, algorithm: row.algorithm, medianSeconds: other.medianSeconds,
          lowerSeconds: other.lowerSeconds, upperSeconds: other.upperSeconds, samples: other.samples,
          isVerified: other.isVerified)
      }
      for old in [new, exchanged, Array(exchanged.dropFirst())] {
        let comparison = Comparison(old: old, new: new, tolerance: 0.03)
        require(
          comparison.pairs.count + comparison.onlyInNew.count == new.count,
          "\(comparison.pairs.count) pairs and \(comparison.onlyInNew.count) new rows of \(new.count)")
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
