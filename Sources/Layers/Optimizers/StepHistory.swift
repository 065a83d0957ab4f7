/// What a step depends on besides the options and what is remembered for each parameter. It is the same for all parameters,
/// but for those that were frozen for some steps.
struct StepHistory: Hashable {
  /// The steps that were made.
  var steps = 0
  /// ``KernelOptimizer/advanced(_:toStep:)`` of all these steps.
  var product: Float = 1
}

/// Histories as counters, which a checkpoint keeps: `step` of all parameters, `step.NAME` of one that has missed some, and
/// the product's bits under a name of its own likewise.
struct StepCounters {
  /// Of parameters that have values.
  let names: [String]
  /// The product's name; nil where there is none.
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

  /// Checks what can be left out, and returns the other counters.
  /// - Throws: ``LayerError`` for more steps than there were, and for bits that are no product.
  func check(_ counters: [String: Int]) throws(LayerError) -> [String: Int] {
    var rest = counters
    func require(_ isValid: Bool, _ name: String, _ value: Int, _ expected: String) throws(LayerError) {
      guard isValid else {
        throw .invalidValue(
          layer: "the optimiser", name: "the counter '\(name)'", value: "\(value)", expected: expected)
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
