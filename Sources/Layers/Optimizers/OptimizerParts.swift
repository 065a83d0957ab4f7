import Kernels

/// Different optimisers for parts of a network.
///
///     let optimizer = OptimizerParts(others: SGD(learningRate: 0.05, momentum: 0.85, nesterov: true), [
///       .init(Muon(learningRate: 0.24)) { $0.shape.rank == 4 },
///     ])
///
/// A parameter belongs to the first part that selects it, or if none does, to the others' optimiser. Schedules are
/// applied to every part's rates; ``PlannedOptimizer/learningRates`` has the others' first, then each part's in order.
public struct OptimizerParts: Optimizer {
  /// Some parameters and their optimiser.
  public struct Part: Sendable {
    /// The rule of these parameters.
    public var optimizer: any Optimizer
    let isMember: @Sendable (ParameterDescription) -> Bool

    /// - Parameters:
    ///   - optimizer: the rule of these parameters.
    ///   - isMember: whether a parameter belongs to the part, by its name and shape.
    public init(_ optimizer: any Optimizer, where isMember: @escaping @Sendable (ParameterDescription) -> Bool) {
      self.optimizer = optimizer
      self.isMember = isMember
    }
  }

  /// The optimiser of the parameters in no part.
  public var others: any Optimizer
  /// The parts, of which the first that selects a parameter applies.
  public var parts: [Part]

  /// Optimisers for parts, and one for all other parameters.
  public init(others: any Optimizer, _ parts: [Part]) {
    self.others = others
    self.parts = parts
  }

  public var name: String { (parts.map(\.optimizer.name) + [others.name]).joined(separator: " and ") }

  /// The learning rate of the others' optimiser.
  public var learningRate: Float {
    get { others.learningRate }
    set { others.learningRate = newValue }
  }

  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer {
    var members = [[Int]](repeating: [], count: parts.count + 1)
    for (i, parameter) in memory.parameters.enumerated() {
      members[(parts.firstIndex { $0.isMember(parameter) } ?? -1) + 1].append(i)
    }
    var planned: [any PlannedOptimizer] = []
    for (optimizer, indices) in zip([others] + parts.map(\.optimizer), members) {
      planned.append(try optimizer.plan(memory.restricted(to: indices), threads: threads, level: level))
    }
    return PlannedParts(planned)
  }
}

/// The optimisers of parts; their state is named by the part's number, 0 being the others'.
private final class PlannedParts: PlannedOptimizer {
  private let parts: [any PlannedOptimizer]
  /// Each part's learning rate divided by that of the first; nil if that is 0.
  private let rateRatios: [Double?]

  init(_ parts: [any PlannedOptimizer]) {
    self.parts = parts
    let first = Double(parts[0].learningRate)
    rateRatios = parts.map { first == 0 ? nil : Double($0.learningRate) / first }
  }

  func step() {
    for part in parts { part.step() }
  }

  var learningRate: Float {
    get { parts[0].learningRate }
    set {
      parts[0].learningRate = newValue
      for (part, ratio) in zip(parts, rateRatios).dropFirst() {
        if let ratio { part.learningRate = Float(Double(newValue) * ratio) }
      }
    }
  }

  var learningRates: [Float] {
    get { parts.flatMap(\.learningRates) }
    set {
      for (part, rates) in zip(parts, split(newValue)) { part.learningRates = rates }
    }
  }

  /// A rate of each group of each part.
  private func split(_ rates: [Float]) -> [[Float]] {
    var rest = rates[...]
    return parts.map { part in
      let own = rest.prefix(part.learningRates.count)
      rest = rest.dropFirst(own.count)
      return Array(own)
    }
  }

  /// The first part's that has one; setting it sets every part's.
  var momentum: Float? {
    get { parts.lazy.compactMap(\.momentum).first }
    set {
      for part in parts where part.momentum != nil { part.momentum = newValue }
    }
  }

  var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    parts.enumerated().flatMap { i, part in part.stateTensors.map { ("\(i).\($0.name)", $0.values) } }
  }

  var counters: [String: Int] {
    get {
      let all = parts.enumerated().flatMap { i, part in part.counters.map { ("\(i).\($0.key)", $0.value) } }
      return Dictionary(all) { first, _ in first }
    }
    set {
      for (i, part) in parts.enumerated() { part.counters = counters(newValue, of: i) }
    }
  }

  private func counters(_ counters: [String: Int], of part: Int) -> [String: Int] {
    let own = counters.filter { $0.key.hasPrefix("\(part).") }
    return Dictionary(own.map { (String($0.key.dropFirst("\(part).".count)), $0.value) }) { first, _ in first }
  }

  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(OptimizerError) {
    let known = parts.indices.flatMap { i in self.counters(counters, of: i).keys.map { "\(i).\($0)" } }
    guard learningRates.count == self.learningRates.count, known.count == counters.count else {
      // The general check says which of them is wrong.
      return try requireState(
        learningRates: learningRates, momentum: momentum, counters: counters, named: self.counters.keys.sorted())
    }
    for (i, (part, rates)) in zip(parts, split(learningRates)).enumerated() {
      try part.check(
        learningRates: rates, momentum: part.momentum == nil ? nil : momentum, counters: self.counters(counters, of: i))
    }
  }
}
