import Foundation

/// An old and a new process that stay resident and take slices in turns.
final class ProgramPair {
  private let old: any Worker
  private let new: any Worker
  private let clock: ComparisonOptions.Clock

  /// Starts both, in an order and with layouts that are drawn.
  init(
    old: ComparedProgram, new: ComparedProgram, clock: ComparisonOptions.Clock,
    using generator: inout SeededGenerator
  ) throws {
    let layouts = [ProcessLayout.random(using: &generator), .random(using: &generator)]
    if Bool.random(using: &generator) {
      self.old = try old.start(layouts[0])
      self.new = try new.start(layouts[1])
    } else {
      self.new = try new.start(layouts[1])
      self.old = try old.start(layouts[0])
    }
    self.clock = clock
  }

  func close() {
    old.close()
    new.close()
  }

  func caseNames() throws -> (old: [String], new: [String]) { (try old.caseNames(), try new.caseNames()) }

  /// The iterations of a slice: what both programs need `seconds` for on average. Runs both until they are warm.
  ///
  /// Each time is the least of three: after a single one that was interrupted, all slices of a case would be as much
  /// shorter.
  func calibrate(_ name: String, seconds: Double) throws -> Int {
    var iterations = 1
    while true {
      var mean = Double.infinity
      for _ in 0..<3 where mean >= seconds / 4 {
        let times = try [old, new].map { try $0.time(name, iterations: iterations).wallNanoseconds * 1e-9 }
        mean = min(mean, (times[0] + times[1]) / 2)
      }
      let wanted = Double(iterations) * seconds / mean
      if mean >= seconds / 4 || wanted < 1 { return max(Int(wanted.rounded()), 1) }
      // Short times say little of long ones: a hundredfold at most at once.
      iterations = max(Int(min(wanted, 100 * Double(iterations))), iterations + 1)
    }
  }

  /// Runs a case in both without counting it: the first run of a process makes its data and fills its caches.
  func warm(_ name: String, iterations: Int) throws {
    _ = try old.time(name, iterations: max(iterations / 4, 1))
    _ = try new.time(name, iterations: max(iterations / 4, 1))
  }

  struct Quadruple {
    /// ln(new / old): above 0 is slower.
    let logRatio: Double
    /// Nanoseconds of the slices by the clock that counts.
    let old: [Double]
    let new: [Double]
  }

  /// Four slices in the order old, new, new, old or its reverse: what drifts evenly cancels.
  func quadruple(_ name: String, iterations: Int, startingWithOld: Bool) throws -> Quadruple {
    func slice(_ worker: any Worker) throws -> Double {
      let time = try worker.time(name, iterations: iterations)
      return clock == .wall ? time.wallNanoseconds : time.processorNanoseconds
    }
    let (outer, inner) = startingWithOld ? (old, new) : (new, old)
    let first = try slice(outer)
    let middle = [try slice(inner), try slice(inner)]
    let outside = [first, try slice(outer)]
    let ratio = 0.5 * (log(middle[0]) + log(middle[1]) - log(outside[0]) - log(outside[1]))
    return startingWithOld
      ? Quadruple(logRatio: ratio, old: outside, new: middle) : Quadruple(logRatio: -ratio, old: middle, new: outside)
  }
}
