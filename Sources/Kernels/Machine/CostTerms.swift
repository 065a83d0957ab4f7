/// A kernel's cost as a sum: how often it does what takes most of its time, each times the cycles that one takes.
///
/// The counts follow from the problem and the machine. The cycles are fitted to measured times of all kernels that have
/// the same model (`Benchmarks/costs/fit`), so that `bench kernels` writes the counts beside the times.
package struct CostTerms: Sendable {
  package let model: CostModel
  var counts: SIMD8<Double>

  init(_ model: CostModel, _ counts: SIMD8<Double>) {
    self.model = model
    self.counts = counts
  }

  /// The cost.
  package var cycles: Double {
    let products = counts * model.cycles
    return (0..<CostModel.mostTerms).reduce(0) { $0 + products[$1] }
  }

  /// The counts by the terms' names.
  package var named: [String: Double] {
    Dictionary(uniqueKeysWithValues: model.terms.enumerated().map { ($1, counts[$0]) })
  }
}

/// What the kernels of one algorithm are expected to spend their time on.
package struct CostModel: Sendable {
  package let name: String
  /// What is counted, at most ``mostTerms``.
  package let terms: [String]
  /// Cycles that one of each takes.
  let cycles: SIMD8<Double>

  static let mostTerms = 8

  init(_ name: String, _ terms: KeyValuePairs<String, Double>) {
    self.name = name
    self.terms = terms.map(\.key)
    var cycles = SIMD8<Double>.zero
    for (index, term) in terms.enumerated() { cycles[index] = term.value }
    self.cycles = cycles
  }
}
