import KernelsISA

/// The machine's limits, measured in this process.
extension Machine {
  /// The most floating-point operations a second that one thread can do at a level, by independent multiply-add chains;
  /// a multiply-add counts as two. It is 0 at a level that this processor lacks.
  public static func peakFLOPS(level: InstructionSet, seconds: Double = 0.05) -> Double {
    guard InstructionSet.available.contains(level) else { return 0 }
    let iterations = 20_000
    let sink = Workspace(byteCount: 64)
    var arguments = PeakArguments(
      iterations: iterations, sink: sink.base.assumingMemoryBound(to: Float.self))
    let best = fastest(within: seconds) { Levels.machinePeak[level](&arguments) }
    return Double(2 * peakChains * level.lanes * iterations) / best
  }

  /// Bytes a second that one thread moves while it copies data far larger than the caches, reads and writes counted. It
  /// is 0 at a level that this processor lacks.
  ///
  /// The copy is stored past the caches. Plain stores would first read what they overwrite, and a third of the bytes that
  /// the memory moves would not be counted.
  public static func bandwidth(level: InstructionSet, seconds: Double = 0.1) -> Double {
    guard InstructionSet.available.contains(level) else { return 0 }
    let count = 16 << 20
    let source = Workspace(byteCount: count * 4)
    let destination = Workspace(byteCount: count * 4)
    let from = source.base.assumingMemoryBound(to: Float.self)
    from.initialize(repeating: 1, count: count)
    let to = destination.base.assumingMemoryBound(to: Float.self)
    to.initialize(repeating: 0, count: count)
    var arguments = CopyArguments(
      source: from, destination: to, count: count, prefetchFirst: nil, prefetchSecond: nil, prefetchLines: 0)
    let best = fastest(within: seconds) { Levels.streamCopy[level](&arguments) }
    return Double(count * 8) / best
  }

  private static func fastest(within seconds: Double, _ body: () -> Void) -> Double {
    let start = MonotonicClock.now
    var best = Double.infinity
    var runs = 0
    repeat {
      let before = MonotonicClock.now
      body()
      best = min(best, (MonotonicClock.now - before) / .seconds(1))
      runs += 1
    } while runs < 5 || (MonotonicClock.now - start) / .seconds(1) < seconds
    return best
  }
}
