import Kernels

/// Decides step by step whether steps that are planned for several threads use them, or the calling thread alone.
///
/// A short step may be slower on two threads than on one: its kernels take some microseconds each, handing out their
/// parts costs about one, and data has to come from the other processor's cache. On a virtual machine whose processors
/// other programs use at times, it may take several times as long. Both ways give the same bits, so steps are timed in
/// both, and the way with the lower median is kept for a while before they are compared again.
struct ThreadChoice {
  /// Steps that take longer on the threads always use them: handing out is a small share of such a step, and comparing
  /// would cost more than it can save.
  static let longestCompared = Duration.milliseconds(2)
  /// The steps of a comparison in each way, behind one that is not timed, whose data may be in another processor's cache.
  static let samples = 5
  /// How many steps the result of a comparison is kept, at first and at most. The number doubles with every comparison
  /// of the same result, so that comparing with a way that takes three times as long costs less than two per cent.
  static let firstKept = 64
  static let mostKept = 1024

  /// Whether the next step runs on the calling thread alone.
  private(set) var runsAlone = false

  private let isFixed: Bool
  /// How many more steps keep the result of the last comparison; 0 during a comparison.
  private var left = 0
  private var kept = Self.firstKept / 2
  private var choseAlone: Bool?
  /// The number of steps of the comparison that ran in the current way.
  private var count = 0
  /// Their times, in increasing order.
  private var times = InlineArray<5, Duration>(repeating: .zero)
  /// The median of the steps on all threads.
  private var timeOnThreads = Duration.zero

  /// - Parameter threads: the number of threads that the steps are planned for; one thread leaves no choice.
  init(threads: Int) {
    isFixed = threads <= 1 || sharesAnyWork
  }

  /// Runs a step the chosen way. `isTypical`: whether its time tells about other steps, because it has as many images.
  mutating func run<Result>(isTypical: Bool = true, _ step: () throws -> Result) rethrows -> Result {
    if isFixed { return try step() }
    let isAlone = runsAlone
    let start = ContinuousClock.now
    let result = try withThisThreadAlone(isAlone, step)
    if isTypical { record(ContinuousClock.now - start, isAlone: isAlone) }
    return result
  }

  /// Takes the time of a step, and chooses the way of the next. A step that began before the last choice does not count.
  mutating func record(_ time: Duration, isAlone: Bool) {
    if isFixed || isAlone != runsAlone { return }
    if left > 0 {
      left -= 1
      if left == 0 {
        runsAlone = false
        count = 0
      }
      return
    }
    if !runsAlone, time > Self.longestCompared { return keep(alone: false) }
    if count > 0 { insert(time) }
    count += 1
    if count <= Self.samples { return }
    let median = times[Self.samples / 2]
    if runsAlone {
      keep(alone: median < timeOnThreads)
    } else {
      timeOnThreads = median
      runsAlone = true
      count = 0
    }
  }

  private mutating func keep(alone: Bool) {
    kept = alone == choseAlone ? min(2 * kept, Self.mostKept) : Self.firstKept
    choseAlone = alone
    runsAlone = alone
    left = kept
  }

  /// Inserts a time among the `count - 1` that there are.
  private mutating func insert(_ time: Duration) {
    var i = count - 1
    while i > 0, times[i - 1] > time {
      times[i] = times[i - 1]
      i -= 1
    }
    times[i] = time
  }
}
