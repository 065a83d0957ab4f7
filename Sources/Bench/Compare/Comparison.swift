import Foundation

/// Two result files, measurement by measurement.
struct Comparison {
  struct Pair {
    let old: TimedResult
    let new: TimedResult
    let verdict: Verdict

    /// Old time over new time: above 1 is faster.
    var ratio: Double { old.medianSeconds / new.medianSeconds }
    /// What was measured, with the kernel, or both where it has changed.
    var label: String {
      old.algorithm == new.algorithm ? new.label : "\(old.label) → \(new.algorithm)"
    }
  }

  /// In the order of the old file.
  let pairs: [Pair]
  let onlyInOld: [TimedResult]
  let onlyInNew: [TimedResult]

  /// Matches what has the same subject: by the algorithm where a file has several of the subject, else whatever the
  /// algorithm, so that another choice of kernel is compared too.
  ///
  /// - Parameter tolerance: the share by which medians may differ.
  init(old: [TimedResult], new: [TimedResult], tolerance: Double) {
    let oldRows = Dictionary(grouping: old, by: \.subject)
    var rest = Dictionary(grouping: new, by: \.subject)
    var pairs: [Pair] = []
    var onlyInOld: [TimedResult] = []
    for row in old {
      let candidates = rest[row.subject] ?? []
      let isOnlyChoice = oldRows[row.subject]?.count == 1 && candidates.count == 1
      guard let index = isOnlyChoice ? 0 : candidates.firstIndex(where: { $0.isSameKernel(as: row) }) else {
        onlyInOld.append(row)
        continue
      }
      let match = candidates[index]
      rest[row.subject]?.remove(at: index)
      pairs.append(Pair(old: row, new: match, verdict: Verdict(old: row, new: match, tolerance: tolerance)))
    }
    self.pairs = pairs
    self.onlyInOld = onlyInOld
    onlyInNew = new.filter { rest[$0.subject]?.contains($0) == true }
  }

  /// Of the ratios; 1 for none.
  var geometricMean: Double {
    pairs.isEmpty ? 1 : exp(pairs.reduce(0) { $0 + log($1.ratio) } / Double(pairs.count))
  }

  func count(_ verdict: Verdict) -> Int { pairs.count { $0.verdict == verdict } }
}
