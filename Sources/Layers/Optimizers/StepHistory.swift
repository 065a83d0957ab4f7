/// The step number and running product of a parameter. They are the same for all parameters, except those that were
/// frozen for some steps.
struct StepHistory: Hashable {
  /// The number of steps made.
  var steps = 0
  /// The running product after these steps, see ``KernelOptimizer/advanced(_:toStep:)``.
  var product: Float = 1
}

/// Histories as counters for checkpoints: `step` for all parameters, `step.NAME` for one that has missed steps, and the
/// bits of the running product likewise under the product's name.
struct StepCounters {
  /// The names of the parameters that have values.
  let names: [String]
  /// The running product's name; nil for none.
  let productName: String?

  func counters(stepCount: Int, _ histories: [StepHistory]) -> [String: Int] {
    var counters = ["step": stepCount]
    for (name, history) in zip(names, histories) where history.steps != stepCount {
      counters["step.\(name)"] = history.steps
    }
    guard let productName else { return counters }
    let common = histories.first?.product ?? 1
    counters[productName] = bits(common)
    for (name, history) in zip(names, histories) where history.product.bitPattern != common.bitPattern {
      counters["\(productName).\(name)"] = bits(history.product)
    }
    return counters
  }

  func histories(_ counters: [String: Int]) -> (stepCount: Int, histories: [StepHistory]) {
    let stepCount = max(counters["step"] ?? 0, 0)
    let common = productName.flatMap { counters[$0] }
    let histories = names.map { name in
      let product = productName.flatMap { counters["\($0).\(name)"] } ?? common
      return StepHistory(
        steps: max(counters["step.\(name)"] ?? stepCount, 0), product: product.flatMap(StepCounters.product) ?? 1)
    }
    return (stepCount, histories)
  }

  /// Checks the optional counters and the product, and returns the others.
  /// - Throws: ``OptimizerError`` for more steps of one parameter than of all, and for bits that are not a number from
  ///   0 to 1.
  func check(_ counters: [String: Int]) throws(OptimizerError) -> [String: Int] {
    var rest = counters
    func require(_ isValid: Bool, _ name: String, _ value: Int, _ expected: String) throws(OptimizerError) {
      guard isValid else {
        throw .invalidValue(
          optimizer: "the optimiser", name: "the counter '\(name)'", value: "\(value)", expected: expected)
      }
    }
    for name in names {
      guard let steps = rest.removeValue(forKey: "step.\(name)") else { continue }
      let all = counters["step"] ?? 0
      try require(0...max(all, 0) ~= steps, "step.\(name)", steps, "0 to \(all)")
    }
    guard let productName else { return rest }
    for name in [productName] + names.map({ "\(productName).\($0)" }) {
      guard let product = rest.removeValue(forKey: name) else {
        try require(name != productName, name, 0, "the bits of a number of 0 to 1")
        continue
      }
      try require(StepCounters.product(product) != nil, name, product, "the bits of a number of 0 to 1")
    }
    return rest
  }

  private func bits(_ product: Float) -> Int { Int(product.bitPattern) }

  private static func product(_ bits: Int) -> Float? {
    UInt32(exactly: bits).map(Float.init(bitPattern:)).flatMap { 0...1 ~= $0 ? $0 : nil }
  }
}
