/// The result file of `bench compare`, schema `bench.compare/1`.
struct CompareReport: Encodable {
  private(set) var schema = "bench.compare/1"
  let old: String
  let new: String
  let geometricMean: Double
  let rows: [Row]
  let onlyInOld: [String]
  let onlyInNew: [String]

  struct Row: Encodable {
    let subject: String
    let oldSeconds: Double
    let newSeconds: Double
    /// Old over new: above 1 is faster.
    let ratio: Double
    let verdict: Verdict
  }

  init(old: String, new: String, _ comparison: Comparison) {
    self.old = old
    self.new = new
    geometricMean = comparison.geometricMean
    rows = comparison.pairs.map {
      Row(
        subject: $0.label, oldSeconds: $0.old.medianSeconds, newSeconds: $0.new.medianSeconds, ratio: $0.ratio,
        verdict: $0.verdict)
    }
    onlyInOld = comparison.onlyInOld.map(\.label)
    onlyInNew = comparison.onlyInNew.map(\.label)
  }
}
