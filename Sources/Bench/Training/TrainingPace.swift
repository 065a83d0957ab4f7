import Layers

/// How fast a training goes and how long it will take, for the line that shows its progress.
struct TrainingPace {
  private let epochs: Int
  /// A moment, and the images of all epochs that were done then.
  private typealias Mark = (time: ContinuousClock.Instant, images: Int)
  private var start: Mark?
  private var epochStart: Mark?
  private var epoch = -1

  init(epochs: Int) { self.epochs = epochs }

  /// The line for a moment; the first one of a training, and of an epoch, is what later ones are compared with.
  mutating func text(_ progress: TrainingProgress, at now: ContinuousClock.Instant = .now) -> String {
    let done = progress.epochsCompleted * progress.images + progress.imagesDone
    let start = self.start ?? (now, done)
    self.start = start
    if progress.epochsCompleted != epoch { epochStart = (now, done) }
    epoch = progress.epochsCompleted
    var text =
      "epoch \(epoch + 1)/\(epochs)  \(progress.imagesDone)/\(progress.images) images  "
      + "loss \(Figure.fixed(progress.loss, 4))"
    if let epochStart, done > epochStart.images, now > epochStart.time {
      let rate = Double(done - epochStart.images) / ((now - epochStart.time) / .seconds(1))
      text += "  \(Figure.fixed(rate, 0)) images/s"
    }
    // Of the whole run, so that validation counts.
    if done > start.images, now > start.time {
      let seconds = (now - start.time) / .seconds(1)
      let left = Double(epochs * progress.images - done) * seconds / Double(done - start.images)
      text += "  \(TrainingPace.clock(left)) left"
    }
    return text
  }

  /// A time as `3:07`, or `1:02:03` from an hour on.
  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = Int(seconds.rounded())
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":" + two(total % 60)
  }
}
