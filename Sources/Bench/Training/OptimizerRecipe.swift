import Layers

/// An update rule and its options; what is not given is the rule's default.
struct OptimizerRecipe: Equatable, Codable {
  enum Rule: String, CaseIterable, Codable {
    case sgd, adam, adamw, nadam, radam, rmsprop, adagrad
    /// Muon for filters of convolutions, SGD for all other parameters.
    case muon
  }

  var rule = Rule.adam
  var learningRate = 0.001
  /// Of SGD, RMSprop and Muon.
  var momentum: Double?
  /// Of SGD and Muon.
  var nesterov = false
  var weightDecay: Double?
  /// Of Adam and its relatives.
  var beta1: Double?
  var beta2: Double?
  var epsilon: Double?
  /// The limit of the gradient's norm, all parameters together.
  var clipNorm: Double?
  /// The limit of each gradient's size.
  var clipValue: Double?
  /// The steps between the synchronisations of ``Lookahead``; nil for none.
  var lookahead: Int?
  /// With Muon, how SGD updates the parameters that are no filters.
  var others: OtherParameters?

  /// SGD with Nesterov's momentum, of biases, normalisations and linear layers.
  struct OtherParameters: Equatable, Codable {
    var learningRate = 0.05
    /// Of the weights of linear layers.
    var linearLearningRate = 0.05
    var momentum = 0.85
    /// The share by which a step at the first learning rate shrinks a parameter: PyTorch's weight decay times the rate.
    var shrinkage = 0.0

    /// As `--others` has it.
    var text: String { "\(learningRate):\(linearLearningRate):\(momentum):\(shrinkage)" }
  }

  static func sgd(_ learningRate: Double, momentum: Double = 0.9) -> OptimizerRecipe {
    OptimizerRecipe(rule: .sgd, learningRate: learningRate, momentum: momentum)
  }

  static func adam(_ learningRate: Double) -> OptimizerRecipe { OptimizerRecipe(learningRate: learningRate) }

  /// - Parameter separate: prefixes of parameters that have a learning rate of their own, see ``separateGroups(_:)``.
  /// - Throws: ``UsageError`` for an option that the rule does not have.
  func makeOptimizer(separate: [String] = []) throws(UsageError) -> any Optimizer {
    try refuse(momentum != nil && ![.sgd, .rmsprop, .muon].contains(rule), "--momentum", "sgd, rmsprop or muon")
    try refuse(nesterov && rule != .sgd && rule != .muon, "--nesterov", "sgd or muon")
    try refuse(others != nil && rule != .muon, "--others", "muon")
    let isAdam = [Rule.adam, .adamw, .nadam, .radam].contains(rule)
    try refuse(beta1 != nil && !isAdam, "--beta1", "adam, adamw, nadam or radam")
    try refuse(beta2 != nil && !isAdam, "--beta2", "adam, adamw, nadam or radam")
    try refuse(
      epsilon != nil && (rule == .sgd || rule == .muon), "--epsilon", "adam, adamw, nadam, radam, rmsprop or adagrad")
    if nesterov, momentum == 0 { throw UsageError("--nesterov needs a momentum above 0") }
    let rate = Float(learningRate)
    let decay = Float(weightDecay ?? 0)
    let (beta1, beta2) = (beta1 ?? 0.9, beta2 ?? 0.999)
    let epsilon = epsilon.map { Float($0) }
    var optimizer: any Optimizer =
      switch rule {
      case .sgd:
        SGD(learningRate: rate, momentum: Float(momentum ?? 0.9), nesterov: nesterov, weightDecay: decay)
      case .adam: Adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon ?? 1e-8, weightDecay: decay)
      case .adamw:
        AdamW(
          learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon ?? 1e-8,
          weightDecay: weightDecay.map { Float($0) } ?? 0.01)
      case .nadam: NAdam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon ?? 1e-8, weightDecay: decay)
      case .radam: RAdam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon ?? 1e-8, weightDecay: decay)
      case .rmsprop:
        RMSprop(learningRate: rate, epsilon: epsilon ?? 1e-8, weightDecay: decay, momentum: Float(momentum ?? 0))
      case .adagrad: Adagrad(learningRate: rate, weightDecay: decay, epsilon: epsilon ?? 1e-10)
      case .muon: makeMuon(separate: separate)
      }
    if let clipNorm { optimizer = optimizer.clipped(.norm(Float(clipNorm))) }
    if let clipValue { optimizer = optimizer.clipped(.value(Float(clipValue))) }
    if let lookahead { optimizer = Lookahead(optimizer, interval: lookahead) }
    return optimizer
  }

  /// Muon for filters; SGD in groups for all others: biases and normalisations, the separate ones, linear layers.
  private func makeMuon(separate: [String]) -> OptimizerParts {
    let muon = Muon(
      learningRate: Float(learningRate), momentum: Float(momentum ?? 0.95), nesterov: nesterov,
      weightDecay: Float(weightDecay ?? 0), steps: 3, normalizesWeights: true)
    let others = self.others ?? OtherParameters()
    let (rate, linearRate) = (Float(others.learningRate), Float(others.linearLearningRate))
    let sgd = SGD(
      learningRate: rate, momentum: Float(others.momentum), nesterov: others.momentum > 0,
      weightDecay: Float(others.shrinkage / others.learningRate))
    let groups = separate.map { ParameterGroup<SGD>.prefix($0) { _ in } }
    let linear = ParameterGroup<SGD>(
      where: { $0.shape.rank == 2 },
      {
        $0.learningRate = linearRate
        $0.weightDecay = Float(others.shrinkage / others.linearLearningRate)
      })
    return OptimizerParts(
      others: sgd.grouped(groups + [linear]), [OptimizerParts.Part(muon, where: { $0.shape.rank > 2 })])
  }

  /// The positions of the separate parameters' rates among the optimiser's; nil where the rule gives them none.
  func separateGroups(_ separate: [String]) -> [Int]? {
    rule == .muon && lookahead == nil ? separate.indices.map { $0 + 1 } : nil
  }

  private func refuse(_ isWrong: Bool, _ option: String, _ rules: String) throws(UsageError) {
    if isWrong { throw UsageError("\(option) is for --optimizer \(rules), not \(rule.rawValue)") }
  }

  /// The rule in words: `sgd, learning rate 0.001, momentum 0.9`.
  var text: String {
    var parts = [rule.rawValue, "learning rate \(learningRate)"]
    if rule == .sgd { parts.append("momentum \(momentum ?? 0.9)") }
    if rule == .rmsprop, let momentum { parts.append("momentum \(momentum)") }
    if nesterov { parts.append("Nesterov") }
    if let weightDecay { parts.append("weight decay \(weightDecay)") }
    if let beta1 { parts.append("beta1 \(beta1)") }
    if let beta2 { parts.append("beta2 \(beta2)") }
    if let epsilon { parts.append("epsilon \(epsilon)") }
    if let clipNorm { parts.append("gradient norm at most \(clipNorm)") }
    if let clipValue { parts.append("gradients at most \(clipValue)") }
    if let lookahead { parts.append("lookahead \(lookahead)") }
    if let others {
      parts.append(
        "others by sgd, learning rates \(others.learningRate) and \(others.linearLearningRate), momentum "
          + "\(others.momentum)" + (others.shrinkage > 0 ? ", shrinkage \(others.shrinkage)" : ""))
    }
    return parts.joined(separator: ", ")
  }
}

extension ValueKind where Value == OptimizerRecipe.OtherParameters {
  /// Two to four numbers with colons between them.
  static var otherParameters: ValueKind {
    ValueKind(
      placeholder: "R:L:M:S",
      expected: "two learning rates above 0, a momentum below 1 and a share below 1, as 0.05:0.7:0.85:0",
      parse: { text in
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard 2...4 ~= numbers.count, numbers.allSatisfy({ $0 >= 0 && $0 < 1e30 }), numbers[0] > 0, numbers[1] > 0
        else {
          return nil
        }
        var others = OptimizerRecipe.OtherParameters(learningRate: numbers[0], linearLearningRate: numbers[1])
        if numbers.count > 2 { others.momentum = numbers[2] }
        if numbers.count > 3 { others.shrinkage = numbers[3] }
        return others.momentum < 1 && others.shrinkage < 1 ? others : nil
      }, format: { $0.text })
  }
}
