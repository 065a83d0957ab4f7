import Layers

/// How the learning rate changes, as a text that people write: `cosine`, `step:10:0.5`, with epochs of warm-up before it.
struct ScheduleRecipe: Equatable, Codable {
  /// The words, and how many numbers may follow; times are in epochs.
  static let forms: [(name: String, counts: ClosedRange<Int>, help: String)] = [
    ("constant", 0...0, "constant"),
    ("linear", 0...3, "linear:A:B:N goes from A (1/3) to B (1) times the rate in N epochs (5)"),
    (
      "linear-decay", 0...1,
      "linear-decay:M down to M (0) times the rate over the whole training, at every update"
    ),
    ("step", 0...2, "step:N:G multiplies by G (0.1) every N epochs (10)"),
    ("multi-step", 2...16, "multi-step:G:N:N… multiplies by G after each of the epochs N"),
    ("exponential", 1...1, "exponential:G multiplies by G every epoch"),
    ("cosine", 0...1, "cosine:M half a cosine down to M (0) over the whole training"),
    ("warm-restarts", 1...3, "warm-restarts:N:F:M cosines of N epochs, each F times (1) as long, down to M (0)"),
    (
      "one-cycle", 0...2, "one-cycle:U:D up from 1/D (1/25) of the rate in the share U (0.3) of the training, then down"
    ),
    ("cyclic", 2...2, "cyclic:A:N between A and the rate, N epochs up and N down"),
    (
      "plateau", 0...2,
      "plateau:N:F multiplies by F (0.1) when the validation loss has not fallen for more than N epochs (10)"
    ),
  ]

  /// What was written.
  let text: String
  /// The epochs over which the rate first grows from a third.
  let warmUpEpochs: Int
  private let term: TermList.Term

  static let constant = ScheduleRecipe(text: "constant", warmUpEpochs: 0, term: .init(name: "constant", numbers: []))

  /// - Throws: ``UsageError`` for a text that is no schedule.
  init(_ text: String, warmUpEpochs: Int = 0, option: String = "--schedule") throws(UsageError) {
    let list = try TermList(text, option: option, known: ScheduleRecipe.forms.map { ($0.name, $0.counts) })
    guard list.terms.count == 1 else {
      throw UsageError("\(option) is '\(text)'; expected one schedule, without commas")
    }
    let term = list.terms[0]
    let times: [Double] =
      switch term.name {
      case "linear": Array(term.numbers.dropFirst(2))
      case "step", "warm-restarts", "plateau": Array(term.numbers.prefix(1))
      case "multi-step": Array(term.numbers.dropFirst())
      case "cyclic": Array(term.numbers.suffix(1))
      default: []
      }
    guard times.allSatisfy({ $0 == $0.rounded() && 1...1_000_000 ~= $0 }) else {
      throw UsageError("\(option) is '\(text)'; expected whole numbers of epochs, at least 1")
    }
    guard term.numbers.allSatisfy({ $0 >= 0 }) else {
      throw UsageError("\(option) is '\(text)'; expected numbers of at least 0")
    }
    if term.name == "warm-restarts" {
      let factor = term.number(1, default: 1)
      guard factor == factor.rounded(), 1...1000 ~= factor else {
        throw UsageError("\(option) is '\(text)'; expected a whole factor of 1 to 1000")
      }
    }
    if term.name == "one-cycle", !(0...1 ~= term.number(0, default: 0.3)) || term.number(1, default: 25) < 1 {
      throw UsageError("\(option) is '\(text)'; expected a share of 0 to 1, and a divisor of at least 1")
    }
    self.init(text: text, warmUpEpochs: warmUpEpochs, term: term)
  }

  private init(text: String, warmUpEpochs: Int, term: TermList.Term) {
    self.text = text
    self.warmUpEpochs = warmUpEpochs
    self.term = term
  }

  private enum CodingKeys: String, CodingKey { case text, warmUpEpochs }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      container.decode(String.self, forKey: .text),
      warmUpEpochs: container.decodeIfPresent(Int.self, forKey: .warmUpEpochs) ?? 0)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(text, forKey: .text)
    if warmUpEpochs > 0 { try container.encode(warmUpEpochs, forKey: .warmUpEpochs) }
  }

  /// The unit of time that the schedule counts in: one cycle, and a warm-up, change the rate at every update.
  var unit: ScheduleUnit { isLinearDecay || term.name == "one-cycle" || warmUpEpochs > 0 ? .update : .epoch }

  /// Whether the rate falls linearly from the first update to the last.
  var isLinearDecay: Bool { term.name == "linear-decay" }

  /// The schedule; nil where the rate stays as it is.
  ///
  /// - Parameters:
  ///   - learningRate: the optimiser's.
  ///   - epochs: of the whole training.
  ///   - updatesPerEpoch: how often an epoch changes the parameters.
  func makeSchedule(learningRate: Double, epochs: Int, updatesPerEpoch: Int) -> (any Schedule)? {
    func number(_ index: Int, _ value: Double) -> Double { term.number(index, default: value) }
    // An epoch in units of the schedule.
    let scale = unit == .update ? max(updatesPerEpoch, 1) : 1
    func time(_ index: Int, _ value: Double) -> Int { max(Int(number(index, value)), 1) * scale }
    let schedule: any Schedule
    switch term.name {
    case "linear":
      schedule = LinearRamp(startFactor: number(0, 1.0 / 3), endFactor: number(1, 1), duration: time(2, 5))
    case "linear-decay":
      schedule = LinearRamp(
        startFactor: 1, endFactor: number(0, 0), duration: max(epochs - warmUpEpochs, 1) * scale)
    case "step": schedule = StepDecay(period: time(0, 10), gamma: number(1, 0.1))
    case "multi-step":
      schedule = MultiStepDecay(milestones: term.numbers.dropFirst().map { Int($0) * scale }, gamma: number(0, 0.1))
    case "exponential":
      schedule =
        unit == .update ? StepDecay(period: scale, gamma: number(0, 1)) : ExponentialDecay(gamma: number(0, 1))
    case "cosine": schedule = Cosine(period: max(epochs - warmUpEpochs, 1) * scale, minimum: number(0, 0))
    case "warm-restarts":
      schedule = CosineWarmRestarts(period: time(0, 10), periodFactor: max(Int(number(1, 1)), 1), minimum: number(2, 0))
    case "one-cycle":
      schedule = OneCycle(
        maximum: learningRate, duration: max(epochs - warmUpEpochs, 1) * scale, warmUpFraction: number(0, 0.3),
        divisor: number(1, 25), momentumRange: nil)
    case "cyclic":
      schedule = Cyclic(base: number(0, 0), maximum: learningRate, unitsUp: time(1, 1), momentumRange: nil)
    case "plateau": schedule = ReduceOnPlateau(factor: number(1, 0.1), patience: Int(number(0, 10)))
    default: return warmUpEpochs > 0 ? WarmUp(duration: warmUpEpochs * scale, next: Constant()) : nil
    }
    return warmUpEpochs > 0 ? WarmUp(duration: warmUpEpochs * scale, next: schedule) : schedule
  }

  /// Whether the rate of an epoch depends on how many there are, so that a training cannot go on with more of them.
  var dependsOnEpochs: Bool { ["cosine", "one-cycle", "linear-decay"].contains(term.name) }

  /// In words.
  var description: String { warmUpEpochs > 0 ? "\(text) after \(warmUpEpochs) epochs of warm-up" : text }
}
