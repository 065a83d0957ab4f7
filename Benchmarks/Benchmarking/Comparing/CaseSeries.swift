import Foundation

/// What has been measured of a case, and how far the tests are with it.
struct CaseSeries {
  let name: String
  /// Of a slice.
  var iterations = 1
  /// Log ratios of the first part: pairs of processes, blocks within a pair, quadruples within a block.
  var screening: [[[Double]]] = []
  /// The median log ratio of each fresh pair of processes.
  var confirmation: [Double] = []
  var confirmationQuadruples = 0
  /// Seconds an iteration, an entry a slice.
  var oldSeconds: [Double] = []
  var newSeconds: [Double] = []

  /// The least p-values of all looks so far, corrected for looking often.
  var slower = 1.0
  var faster = 1.0
  var same = 1.0
  /// Of being slower in the fresh pairs.
  var confirmed = 1.0
  var state = State.open

  enum State: Equatable {
    case open, suspect
    case decided(Verdict)
  }

  init(name: String) { self.name = name }

  var quadruples: [Double] { screening.flatMap { $0.flatMap { $0 } } }

  /// Of each pair of processes.
  var pairMedians: [Double] { screening.map { Quantiles.median($0.flatMap { $0 }) } }

  /// Looks at the first part after another pair of processes. The weights k(k + 1) of the k-th look keep the error of
  /// all looks together below that of one, however many there will be: Σ 1 / (k(k + 1)) = 1.
  mutating func look(smallestChange: Double) {
    let values = quadruples
    let weight = lookWeight
    slower = min(slower, weight * SignedRankTest.upperTail(values))
    // No fresh pairs follow a speed-up, so that those of this part have to show it themselves.
    let pairs = StudentTest(pairMedians).lowerTail()
    faster = min(faster, weight * max(SignedRankTest.upperTail(values.map { -$0 }), pairs))
    let below = SignedRankTest.upperTail(values.map { smallestChange - $0 })
    let above = SignedRankTest.upperTail(values.map { $0 + smallestChange })
    same = min(same, weight * max(below, above))
  }

  var lookWeight: Double { Double(screening.count * (screening.count + 1)) }

  mutating func add(_ quadruple: ProgramPair.Quadruple) {
    oldSeconds += quadruple.old.map { $0 * 1e-9 / Double(iterations) }
    newSeconds += quadruple.new.map { $0 * 1e-9 / Double(iterations) }
  }
}
