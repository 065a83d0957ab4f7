import Layers

/// An update rule and its options; what is not given is the rule's default.
struct OptimizerRecipe: Equatable, Codable {
  enum Rule: String, CaseIterable, Codable {
    case sgd, adam, adamw, nadam, radam, rmsprop, adagrad
  }

  var rule = Rule.adam
  var learningRate = 0.001
  /// Of SGD and RMSprop.
  var momentum: Double?
  /// Of SGD.
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

  static func sgd(_ learningRate: Double, momentum: Double = 0.9) -> OptimizerRecipe {
    OptimizerRecipe(rule: .sgd, learningRate: learningRate, momentum: momentum)
  }

  static func adam(_ learningRate: Double) -> OptimizerRecipe { OptimizerRecipe(learningRate: learningRate) }

  /// - Throws: ``UsageError`` for an option that the rule does not have.
  func makeOptimizer() throws(UsageError) -> any Optimizer {
    try refuse(momentum != nil && rule != .sgd && rule != .rmsprop, "--momentum", "sgd or rmsprop")
    try refuse(nesterov && rule != .sgd, "--nesterov", "sgd")
    let isAdam = [Rule.adam, .adamw, .nadam, .radam].contains(rule)
    try refuse(beta1 != nil && !isAdam, "--beta1", "adam, adamw, nadam or radam")
    try refuse(beta2 != nil && !isAdam, "--beta2", "adam, adamw, nadam or radam")
    try refuse(epsilon != nil && rule == .sgd, "--epsilon", "adam, adamw, nadam, radam, rmsprop or adagrad")
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
      }
    if let clipNorm { optimizer = optimizer.clipped(.norm(Float(clipNorm))) }
    if let clipValue { optimizer = optimizer.clipped(.value(Float(clipValue))) }
    if let lookahead { optimizer = Lookahead(optimizer, interval: lookahead) }
    return optimizer
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
    return parts.joined(separator: ", ")
  }
}
