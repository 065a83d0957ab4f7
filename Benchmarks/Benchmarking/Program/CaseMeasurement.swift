import Foundation

/// A case measured alone, not compared.
public struct CaseMeasurement: Codable, Sendable {
  public let name: String
  /// Of an iteration.
  public let medianSeconds: Double
  /// The interval of 95 % of the median, by bootstrap over slices: of this process; another one may lie outside.
  public let lowerSeconds: Double
  public let upperSeconds: Double
  public let slices: Int
  public let iterations: Int
  public private(set) var operationsPerSecond: Double?
  public private(set) var bytesPerSecond: Double?
  /// The least time that the machine needs by the measured limits, over the median.
  public private(set) var limitShare: Double?

  /// What a program measures of its cases, schema `benchmarking.run/1`.
  struct Report: Codable {
    private(set) var schema = "benchmarking.run/1"
    let program: String
    let clock: ComparisonOptions.Clock
    let cases: [CaseMeasurement]

    var text: String {
      var table = TextTable(
        titles: ["case", "median", "95 % interval", "Gop/s", "GB/s", "of limit", "slices", "iterations"], words: [0])
      func rate(_ value: Double?) -> String { value.map { Figure.fixed($0 * 1e-9, 2) } ?? "-" }
      for one in cases {
        table.rows.append([
          one.name, Figure.duration(one.medianSeconds),
          "\(Figure.duration(one.lowerSeconds)) … \(Figure.duration(one.upperSeconds))", rate(one.operationsPerSecond),
          rate(one.bytesPerSecond), one.limitShare.map(Figure.percent) ?? "-", String(one.slices),
          String(one.iterations),
        ])
      }
      return table.text
    }
  }

  /// - Parameters:
  ///   - seconds: the time for the slices of this case.
  ///   - limits: operations and bytes a second, where they are known.
  init(
    _ one: BenchmarkCase, in table: CaseTable, seconds: Double, options: ComparisonOptions,
    limits: (operations: Double?, bytes: Double?)
  ) throws {
    func slice(_ iterations: Int) throws -> (wall: Double, counted: Double) {
      let time = try table.time(one.name, iterations: iterations)
      let counted = options.clock == .wall ? time.wallNanoseconds : time.processorNanoseconds
      return (max(time.wallNanoseconds, 1) * 1e-9, counted * 1e-9)
    }
    var iterations = 1
    while true {
      let time = try slice(iterations).wall
      let wanted = Double(iterations) * options.sliceSeconds / time
      if time >= options.sliceSeconds / 4 || wanted < 1 {
        iterations = max(Int(wanted.rounded()), 1)
        break
      }
      iterations = max(Int(min(wanted, 100 * Double(iterations))), iterations + 1)
    }
    var samples: [Double] = []
    var spent = 0.0
    while spent < seconds || samples.count < 5 {
      let time = try slice(iterations)
      spent += time.wall
      samples.append(time.counted / Double(iterations))
    }
    var generator = SeededGenerator(seed: options.seed)
    let interval = Bootstrap.medianInterval(
      ofGroups: [samples.map { [$0] }], level: 0.95, resamples: options.resamples, using: &generator)
    name = one.name
    let median = Quantiles.median(samples)
    medianSeconds = median
    lowerSeconds = interval.lowerBound
    upperSeconds = interval.upperBound
    slices = samples.count
    self.iterations = iterations
    guard let work = one.work else { return }
    if work.operations > 0 { operationsPerSecond = work.operations / median }
    if work.bytes > 0 { bytesPerSecond = work.bytes / median }
    let least = [
      limits.operations.map { work.operations / $0 }, limits.bytes.map { work.bytes / $0 },
    ].compactMap { $0 }.max()
    if let least, least > 0 { limitShare = least / median }
  }
}
