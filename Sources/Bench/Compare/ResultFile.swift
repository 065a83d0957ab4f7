import Foundation

/// A file that `--json` of a command wrote, of one of the schemas that can be compared.
struct ResultFile {
  let schema: String
  let machine: MachineReport
  let results: [TimedResult]
  /// What a history keeps: of kernels the rows that plans choose, where they are verified.
  let entries: [HistoryEntry]

  /// What can be a time, in seconds: the ratio of any two of them, and a mean of ratios, is a number that JSON can hold.
  static let times = 1e-12...1e12
  static let expectedTime = "a time above 0, from \(times.lowerBound) to \(times.upperBound) seconds"

  /// - Throws: ``UsageError`` that names the file and what is wrong with it.
  init(path: String) throws(UsageError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw UsageError("\(path): cannot be read; expected a file that --json wrote")
    }
    try self.init(data: data, path: path)
  }

  /// - Parameter path: what messages call the file.
  init(data: Data, path: String) throws(UsageError) {
    do {
      let header = try JSONDecoder().decode(Header.self, from: data)
      schema = header.schema
      switch schema {
      case "bench.kernels/1":
        let report = try JSONDecoder().decode(KernelsRecords.self, from: data)
        machine = report.machine
        results = try report.results()
        entries = report.entries
      case "bench.conv/1", "bench.mlp/1":
        let report = try JSONDecoder().decode(ConvRecords.self, from: data)
        machine = report.machine
        results = try report.results()
        entries = report.entries
      default:
        throw Malformed("schema is '\(schema)'; expected bench.kernels/1, bench.conv/1 or bench.mlp/1")
      }
      guard !results.isEmpty else { throw Malformed("it has no rows") }
      try ResultFile.requireDistinct(results)
    } catch {
      throw UsageError("\(path): \(ResultFile.reason(error))")
    }
  }

  /// What is wrong with a file's content.
  struct Malformed: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  private struct Header: Decodable {
    let schema: String
  }

  /// The schema that a file names; nil where it names none.
  static func schema(of data: Data) -> String? { try? JSONDecoder().decode(Header.self, from: data).schema }

  private static func requireDistinct(_ results: [TimedResult]) throws(Malformed) {
    var seen: Set<String> = []
    for row in results where !seen.insert(row.label).inserted {
      throw Malformed("two rows are of the same, \(row.label)")
    }
  }

  /// What a decoder's failure means, in a line.
  static func reason(_ error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce(into: "") { text, key in
        if let index = key.intValue {
          text += "[\(index)]"
        } else {
          text += (text.isEmpty ? "" : ".") + key.stringValue
        }
      }
    }
    switch error {
    case let error as Malformed: return error.reason
    case DecodingError.keyNotFound(let key, let context):
      return "\(place(context.codingPath + [key])) is missing"
    case DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context):
      let place = place(context.codingPath)
      return "\(place.isEmpty ? "it" : place) is not of the type \(type)"
    default: return "it is not JSON"
    }
  }
}

extension MachineReport: Decodable {
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Keys.self)
    self.init(
      cpu: try values.decode(String.self, forKey: .cpu), isa: try values.decode(String.self, forKey: .isa),
      threads: try values.decode(Int.self, forKey: .threads),
      peakGflops: try values.decode(Double.self, forKey: .peakGflops),
      bandwidthGbs: try values.decode(Double.self, forKey: .bandwidthGbs))
  }

  private enum Keys: String, CodingKey {
    case cpu, isa, threads
    case peakGflops = "peak_gflops"
    case bandwidthGbs = "bandwidth_gbs"
  }
}

/// What a comparison reads of a `bench.kernels/1` file. Files of other programs may leave out what is optional.
private struct KernelsRecords: Decodable {
  let machine: MachineReport
  let rows: [Row]

  struct Row: Decodable {
    let kernel: String
    let pass: String
    let shape: String
    let algorithm: String
    let path: String?
    let isa: String
    let threads: Int
    let median: Double
    let min: Double
    let lowerQuartile: Double?
    let upperQuartile: Double?
    let samples: Int?
    let verified: Bool
    let warm: Bool?
    let chosen: Bool?
    let limitFraction: Double?

    enum CodingKeys: String, CodingKey {
      case kernel, pass, shape, algorithm, path, isa, threads, samples, verified, warm, chosen
      case limitFraction = "limit_fraction"
      case median = "median_seconds"
      case min = "min_seconds"
      case lowerQuartile = "lower_quartile_seconds"
      case upperQuartile = "upper_quartile_seconds"
    }
  }

  /// Where there are no quartiles, the repetitions are taken to lie as far above the median as below.
  func results() throws(ResultFile.Malformed) -> [TimedResult] {
    var results: [TimedResult] = []
    for (index, row) in rows.enumerated() {
      for (name, value) in [("median_seconds", row.median), ("min_seconds", row.min)]
      where !ResultFile.times.contains(value) {
        throw ResultFile.Malformed("rows[\(index)].\(name) is \(value); expected \(ResultFile.expectedTime)")
      }
      results.append(
        TimedResult(
          subject: [
            row.kernel, row.pass, row.shape, row.isa, "\(row.threads) thread\(row.threads == 1 ? "" : "s")",
            row.warm == true ? "warm" : "",
          ],
          algorithm: row.algorithm, medianSeconds: row.median, lowerSeconds: row.lowerQuartile ?? row.min,
          upperSeconds: row.upperQuartile ?? 2 * row.median - row.min, samples: row.samples, isVerified: row.verified,
          presentAlgorithm: RenamedRows.presentName(kernel: row.kernel, name: row.algorithm, path: row.path ?? "")))
    }
    return results
  }

  /// Named by operation, pass and shape; data in the caches and data in the memory are problems of their own.
  var entries: [HistoryEntry] {
    rows.compactMap { row in
      guard row.chosen == true, row.verified, let share = row.limitFraction, HistoryEntry.figures.contains(share) else {
        return nil
      }
      return HistoryEntry(
        name: "\(row.kernel) \(row.pass) \(row.shape)" + (row.warm == true ? " warm" : ""), algorithm: row.algorithm,
        limitFraction: share)
    }
  }
}

/// What a comparison reads of a `bench.conv/1` or `bench.mlp/1` file.
private struct ConvRecords: Decodable {
  let machine: MachineReport
  let model: String
  let data: String
  let trainImages: Int
  let optimizer: String
  let rows: [Row]

  struct Row: Decodable {
    let batchSize: Int
    let epochSeconds: [Double]
    let imagesPerSecond: Double?
    let peakFraction: Double?

    enum CodingKeys: String, CodingKey {
      case batchSize = "batch_size"
      case epochSeconds = "epoch_seconds"
      case imagesPerSecond = "images_per_second"
      case peakFraction = "peak_fraction"
    }
  }

  enum CodingKeys: String, CodingKey {
    case machine, model, data, optimizer, rows
    case trainImages = "train_images"
  }

  func results() throws(ResultFile.Malformed) -> [TimedResult] {
    var results: [TimedResult] = []
    for (index, row) in rows.enumerated() {
      guard !row.epochSeconds.isEmpty, row.epochSeconds.allSatisfy(ResultFile.times.contains) else {
        throw ResultFile.Malformed("rows[\(index)].epoch_seconds is to hold numbers, each \(ResultFile.expectedTime)")
      }
      let quartiles = row.epochSeconds.quartiles
      let threads = machine.threads
      results.append(
        TimedResult(
          subject: [
            model, data, "\(trainImages) images", optimizer, "batch \(row.batchSize)", machine.isa,
            "\(threads) thread\(threads == 1 ? "" : "s")",
          ],
          algorithm: "", medianSeconds: row.epochSeconds.median, lowerSeconds: quartiles.lower,
          upperSeconds: quartiles.upper, samples: row.epochSeconds.count, isVerified: true))
    }
    return results
  }

  /// Named by network, data and batch size.
  var entries: [HistoryEntry] {
    rows.compactMap { row in
      guard let share = row.peakFraction, HistoryEntry.figures.contains(share) else { return nil }
      return HistoryEntry(
        name: "\(model) \(data) \(trainImages) images \(optimizer) batch \(row.batchSize)", peakFraction: share,
        imagesPerSecond: row.imagesPerSecond)
    }
  }
}
