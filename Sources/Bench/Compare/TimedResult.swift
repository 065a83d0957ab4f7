/// A figure of a result file: a time, how far its repetitions scatter, and what it is of.
struct TimedResult: Equatable {
  /// What was measured, apart from how: operation, pass, shape, level, threads and the like.
  let subject: [String]
  /// The kernel that did it; empty where there is no choice.
  let algorithm: String
  let medianSeconds: Double
  /// The middle half of the repetitions lies between these.
  let lowerSeconds: Double
  let upperSeconds: Double
  /// The number of repetitions; nil where the file does not say.
  let samples: Int?
  let isVerified: Bool
  /// The kernel's present name, where `algorithm` is a former one.
  var presentAlgorithm: String?

  /// Whether the kernels are the same, by their present names.
  func isSameKernel(as other: TimedResult) -> Bool {
    presentAlgorithm ?? algorithm == other.presentAlgorithm ?? other.algorithm
  }

  var label: String { (subject + [algorithm]).filter { !$0.isEmpty }.joined(separator: " ") }
}

/// What a measurement says beside an older one of the same.
enum Verdict: String, Encodable {
  case same
  case faster
  case slower
  /// The new result is wrong, however fast it came.
  case wrong = "WRONG"
  /// There are too few repetitions to know their noise.
  case unjudged = "not judged"

  /// Fewer repetitions than this say nothing about their noise.
  static let leastSamples = 3

  /// A change counts where the middle halves of both results' repetitions lie apart, and their medians differ by
  /// more than a share of the old one.
  init(old: TimedResult, new: TimedResult, tolerance: Double) {
    guard new.isVerified else {
      self = .wrong
      return
    }
    guard [old, new].allSatisfy({ $0.samples ?? Verdict.leastSamples >= Verdict.leastSamples }) else {
      self = .unjudged
      return
    }
    let change = new.medianSeconds / old.medianSeconds
    if new.lowerSeconds > old.upperSeconds, change > 1 + tolerance {
      self = .slower
    } else if new.upperSeconds < old.lowerSeconds, change < 1 / (1 + tolerance) {
      self = .faster
    } else {
      self = .same
    }
  }

  var isRegression: Bool { self == .slower || self == .wrong }
}
