import Foundation
import Testing

@testable import Bench

private func result(
  _ shape: String = "m1n1k1", _ algorithm: String = "packed", median: Double, spread: Double = 0.01,
  samples: Int? = 9, verified: Bool = true
) -> TimedResult {
  TimedResult(
    subject: ["gemm", shape], algorithm: algorithm, medianSeconds: median, lowerSeconds: median * (1 - spread),
    upperSeconds: median * (1 + spread), samples: samples, isVerified: verified)
}

@Suite struct VerdictTests {
  private func verdict(_ old: TimedResult, _ new: TimedResult) -> Verdict {
    Verdict(old: old, new: new, tolerance: 0.03)
  }

  @Test func callsWhatIsBeyondNoiseSlowerOrFaster() {
    #expect(verdict(result(median: 1), result(median: 1.1)) == .slower)
    #expect(verdict(result(median: 1.1), result(median: 1)) == .faster)
    #expect(verdict(result(median: 1), result(median: 1)) == .same)
  }

  @Test func callsWhatIsWithinNoiseTheSame() {
    // The quartiles of both overlap.
    #expect(verdict(result(median: 1, spread: 0.06), result(median: 1.1, spread: 0.06)) == .same)
    #expect(verdict(result(median: 1.1, spread: 0.06), result(median: 1, spread: 0.06)) == .same)
    // Quiet, but nearer than the tolerance.
    #expect(verdict(result(median: 1, spread: 0.001), result(median: 1.02, spread: 0.001)) == .same)
    #expect(verdict(result(median: 1.02, spread: 0.001), result(median: 1, spread: 0.001)) == .same)
  }

  @Test func callsAWrongResultWrong() {
    #expect(verdict(result(median: 1), result(median: 0.5, verified: false)) == .wrong)
    #expect(Verdict.wrong.isRegression && Verdict.slower.isRegression)
    #expect(!Verdict.faster.isRegression && !Verdict.same.isRegression && !Verdict.unjudged.isRegression)
  }

  @Test func doesNotJudgeOneRepetition() {
    #expect(verdict(result(median: 1, samples: 1), result(median: 2)) == .unjudged)
    #expect(verdict(result(median: 1, samples: nil), result(median: 2, samples: nil)) == .slower)
  }
}

@Suite struct ComparisonTests {
  @Test func matchesByAlgorithmWhereThereAreSeveral() {
    let old = [result("a", "x", median: 1), result("a", "y", median: 2), result("b", "x", median: 3)]
    let new = [result("b", "z", median: 3), result("a", "y", median: 1), result("a", "w", median: 1)]
    let comparison = Comparison(old: old, new: new, tolerance: 0.03)
    #expect(comparison.pairs.map(\.label) == ["gemm a y", "gemm b x → z"])
    #expect(comparison.pairs.map(\.ratio) == [2, 1])
    #expect(comparison.pairs.map(\.verdict) == [.faster, .same])
    #expect(comparison.onlyInOld == [old[0]])
    #expect(comparison.onlyInNew == [new[2]])
  }

  @Test func takesTheGeometricMean() {
    let old = [result("a", median: 1), result("b", median: 4)]
    let new = [result("a", median: 2), result("b", median: 0.5)]
    let comparison = Comparison(old: old, new: new, tolerance: 0.03)
    #expect(abs(comparison.geometricMean - 2) < 1e-12)
    #expect(comparison.count(.slower) == 1 && comparison.count(.faster) == 1)
  }
}

/// A result file, made up.
private final class MadeUpFile {
  let file = TemporaryFile()
  var path: String { file.path }

  init(_ text: String) throws { try Data(text.utf8).write(to: file.url) }

  /// A `bench.kernels/1` file.
  convenience init(rows: [[String: Any]]) throws {
    let machine: [String: Any] = ["cpu": "x", "isa": "avx2", "threads": 1, "peak_gflops": 100, "bandwidth_gbs": 10.5]
    let object: [String: Any] = ["schema": "bench.kernels/1", "machine": machine, "rows": rows]
    try self.init(String(decoding: JSONSerialization.data(withJSONObject: object), as: UTF8.self))
  }

  static func row(
    _ shape: String = "m8n8k8", median: Double, scatter: Double = 0.01, algorithm: String = "packed.avx2.6x2",
    verified: Bool = true
  ) -> [String: Any] {
    [
      "kernel": "gemm", "pass": "forward", "shape": shape, "algorithm": algorithm, "isa": "avx2", "threads": 1,
      "median_seconds": median, "min_seconds": median * (1 - 2 * scatter),
      "lower_quartile_seconds": median * (1 - scatter), "upper_quartile_seconds": median * (1 + scatter),
      "samples": 20, "gflops": 1, "gbs": 1, "limit_fraction": 0.5, "verified": verified,
    ]
  }
}

@Suite struct CompareCommandTests {
  /// A limit on the size of files stands for a full disk: the old report stays whole, and nothing is left beside it.
  @Test func aReportThatCannotBeWrittenLeavesTheOldOne() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let report = folder.appendingPathComponent("report.json")
    try Data("old".utf8).write(to: report)
    let results = try MadeUpFile(rows: [MadeUpFile.row(median: 0.001)])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let program: URL = try #require(BenchProcess.executable, "the program bench is not beside the tests")
    process.arguments = [
      "-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"",
      program.path, "compare", results.path, results.path, "--json", report.path,
    ]
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(message == "bench compare: --json is '\(report.path)', which cannot be written: File too large\n")
    #expect(try String(contentsOf: report, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report.json"])
  }

  private func compare(_ old: MadeUpFile, _ new: MadeUpFile, _ more: String...) throws -> BenchProcess {
    try withExtendedLifetime((old, new)) { try BenchProcess(["compare", old.path, new.path] + more) }
  }

  @Test func failsOnARegression() throws {
    let old = try MadeUpFile(rows: [MadeUpFile.row(median: 0.001), MadeUpFile.row("m9n9k9", median: 0.002)])
    let new = try MadeUpFile(rows: [MadeUpFile.row(median: 0.002), MadeUpFile.row("m9n9k9", median: 0.001)])
    let report = TemporaryFile()
    let process = try compare(old, new, "--json", report.path)
    #expect(process.status == 1)
    #expect(process.errors.isEmpty)
    let lines = process.output.split(separator: "\n")
    #expect(lines.count { $0.hasSuffix("2.00 ms  0.500  slower") } == 1)
    #expect(lines.count { $0.hasSuffix("1.00 ms  2.000  faster") } == 1)
    #expect(process.output.contains("2 compared: 1 slower, 1 faster\n"))
    #expect(process.output.contains("geometric mean of the ratios 1.000 "))

    let json = try report.object()
    #expect(
      Set(json.keys) == ["schema", "old", "new", "geometric_mean", "rows", "only_in_old", "only_in_new"])
    #expect(json["schema"] as? String == "bench.compare/1")
    let rows = try #require(json["rows"] as? [[String: Any]])
    #expect(rows.map { $0["verdict"] as? String } == ["slower", "faster"])
    #expect(rows.map { $0["ratio"] as? Double } == [0.5, 2])
  }

  @Test func passesWhereNothingIsSlower() throws {
    let old = try MadeUpFile(rows: [MadeUpFile.row(median: 0.002), MadeUpFile.row("m9n9k9", median: 0.001)])
    let new = try MadeUpFile(
      rows: [MadeUpFile.row(median: 0.001), MadeUpFile.row("m9n9k9", median: 0.0011, scatter: 0.2)])
    let process = try compare(old, new)
    #expect(process.status == 0)
    #expect(process.output.contains("2 compared: 1 faster, 1 the same\n"))
    // The whole time of a row may be forgiven.
    #expect(try compare(new, old, "--tolerance", "150").status == 0)
    #expect(try compare(new, old).status == 1)
  }

  @Test func findsRowsOfFormerNames() throws {
    func row(_ algorithm: String, path: String, median: Double) -> [String: Any] {
      MadeUpFile.row(median: median, algorithm: algorithm).merging(["path": path]) { $1 }
    }
    let old = try MadeUpFile(rows: [row("packed.avx2.6x2", path: "small", median: 1)])
    let new = try MadeUpFile(rows: [
      row("unpacked.avx2.4x2", path: "", median: 1), row("packed.avx2.6x2", path: "whole-a", median: 2),
    ])
    let process = try compare(old, new)
    #expect(process.status == 0)
    #expect(process.output.contains("packed.avx2.6x2 → unpacked.avx2.4x2"))
    #expect(process.output.contains("1 compared: 1 the same\n"))
    let packed = try compare(MadeUpFile(rows: [row("packed.avx2.6x2", path: "panels", median: 1)]), new)
    #expect(packed.status == 1 && packed.output.contains("1 compared: 1 slower\n"))
  }

  @Test func printsWhatIsInOneFileOnly() throws {
    let old = try MadeUpFile(rows: [MadeUpFile.row(median: 1), MadeUpFile.row("m2n2k2", median: 1)])
    let new = try MadeUpFile(rows: [MadeUpFile.row(median: 1), MadeUpFile.row("m3n3k3", median: 1)])
    let process = try compare(old, new, "--changed")
    #expect(process.status == 0)
    #expect(process.output.contains("only in the old file:\n  gemm forward m2n2k2 avx2 1 thread packed.avx2.6x2\n"))
    #expect(process.output.contains("only in the new file:\n  gemm forward m3n3k3 avx2 1 thread packed.avx2.6x2\n"))
    #expect(process.output.contains("1 compared: 1 the same\n"))
  }

  @Test func failsOnAWrongResult() throws {
    let old = try MadeUpFile(rows: [MadeUpFile.row(median: 1)])
    let new = try MadeUpFile(rows: [MadeUpFile.row(median: 0.1, verified: false)])
    let process = try compare(old, new)
    #expect(process.status == 1)
    #expect(process.output.contains("1 compared: 1 WRONG\n"))
  }

  @Test func takesFilesOfOtherProgramsWithoutQuartiles() throws {
    let strip = { (row: [String: Any]) in
      row.filter { !["samples", "lower_quartile_seconds", "upper_quartile_seconds"].contains($0.key) }
    }
    let old = try MadeUpFile(rows: [strip(MadeUpFile.row(median: 1, algorithm: "openblas"))])
    let new = try MadeUpFile(rows: [strip(MadeUpFile.row(median: 0.5))])
    let process = try compare(old, new)
    #expect(process.status == 0)
    #expect(process.output.contains("openblas → packed.avx2.6x2"))
    #expect(process.output.contains("1 compared: 1 faster\n"))
  }

  @Test func comparesTrainings() throws {
    // One training's times with themselves: those of two may lie apart by any factor on a machine that has other work.
    let file = TemporaryFile()
    let run = try BenchProcess(
      "conv", "--train-images", "64", "--test-images", "10", "--epochs", "3", "--batch-sizes", "4,32", "--json",
      file.path)
    #expect(run.status == 0)
    let process = try BenchProcess("compare", file.path, file.path)
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.contains("N1 synthetic 64 images adam batch 32 "))
    #expect(process.output.contains("2 compared: 2 the same\n"))
  }

  @Test func namesTheFileAndWhatIsWrongWithIt() throws {
    let good = try MadeUpFile(rows: [MadeUpFile.row(median: 1)])
    var broken = MadeUpFile.row(median: 1)
    broken["median_seconds"] = nil
    let cases: [(MadeUpFile, String)] = [
      (try MadeUpFile("{\"schema\": "), "it is not JSON"),
      (try MadeUpFile(""), "it is not JSON"),
      (try MadeUpFile("[]"), "it is not of the type Dictionary<String, Any>"),
      (try MadeUpFile("{}"), "schema is missing"),
      (try MadeUpFile("{\"schema\": 3}"), "schema is not of the type String"),
      (
        try MadeUpFile("{\"schema\": \"bench.kernels/9\"}"),
        "schema is 'bench.kernels/9'; expected bench.kernels/1, bench.conv/1 or bench.mlp/1"
      ),
      (try MadeUpFile("{\"schema\": \"bench.kernels/1\"}"), "machine is missing"),
      (try MadeUpFile(rows: []), "it has no rows"),
      (try MadeUpFile(rows: [MadeUpFile.row(median: 1), broken]), "rows[1].median_seconds is missing"),
      (
        try MadeUpFile(rows: [MadeUpFile.row(median: 0)]),
        "rows[0].median_seconds is 0.0; expected a time above 0, from 1e-12 to 1000000000000.0 seconds"
      ),
      // Of two such times the ratio is infinite.
      (
        try MadeUpFile(rows: [MadeUpFile.row(median: 1e300)]),
        "rows[0].median_seconds is 1e+300; expected a time above 0, from 1e-12 to 1000000000000.0 seconds"
      ),
      (
        try MadeUpFile(rows: [MadeUpFile.row(median: 1), MadeUpFile.row(median: 1)]),
        "two rows are of the same, gemm forward m8n8k8 avx2 1 thread packed.avx2.6x2"
      ),
    ]
    for (file, reason) in cases {
      let process = try compare(good, file)
      #expect(process.status == 2)
      #expect(process.errors == "bench compare: \(file.path): \(reason)\n")
      #expect(process.output.isEmpty)
    }
  }

  @Test func refusesWhatCannotBeCompared() throws {
    let kernels = try MadeUpFile(rows: [MadeUpFile.row(median: 1)])
    let others = try MadeUpFile(rows: [MadeUpFile.row("m2n2k2", median: 1)])
    let conv = try MadeUpFile(
      """
      {"schema": "bench.conv/1", "machine": {"cpu": "x", "isa": "avx2", "threads": 1, "peak_gflops": 1,
      "bandwidth_gbs": 1}, "model": "N1", "data": "synthetic", "train_images": 9, "optimizer": "adam",
      "rows": [{"batch_size": 4, "epoch_seconds": [1]}]}
      """)
    let nothing = try compare(kernels, others)
    #expect(nothing.status == 2)
    #expect(nothing.errors.contains("have no row in common"))
    let mixed = try compare(kernels, conv)
    #expect(mixed.status == 2)
    #expect(mixed.errors.contains("is bench.kernels/1 and \(conv.path) is bench.conv/1"))
    let missing = try BenchProcess("compare", kernels.path, "/nowhere.json")
    #expect(missing.status == 2)
    #expect(missing.errors == "bench compare: /nowhere.json: cannot be read; expected a file that --json wrote\n")
    let one = try BenchProcess("compare", kernels.path)
    #expect(one.status == 2)
    #expect(one.errors == "bench compare: expected two files, OLD.json and NEW.json; 1 given\n")
  }
}
