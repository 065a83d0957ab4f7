/// The result file of `bench kernels`, schema `bench.kernels/1`.
struct KernelsReport: Encodable {
  private(set) var schema = "bench.kernels/1"
  let machine: MachineReport
  var rows: [KernelsRow] = []
}

/// How a result was verified.
enum Verification: String, Encodable {
  /// Equal to the reference's, computed in the same run.
  case exact
  /// As near to the reference's as rounding permits.
  case close
  /// By checksums in integers.
  case checksum
}

/// One kernel on one problem.
struct KernelsRow: Encodable {
  let kernel: String
  let pass: String
  let shape: String
  /// The name of the row in the operation's table.
  let algorithm: String
  /// Which of the row's ways is taken for the problem; nil where it has one.
  let path: String?
  let isa: String
  let threads: Int
  let medianSeconds: Double
  let minSeconds: Double
  /// A quarter of the samples took no longer.
  let lowerQuartileSeconds: Double
  /// A quarter of the samples took no less.
  let upperQuartileSeconds: Double
  /// The number of samples.
  let samples: Int
  /// By the median.
  let gflops: Double
  /// Each input read and each output written once, by the median.
  let gbs: Double
  /// The time that arithmetic or memory needs at the least, over the median. Above 1 where the data stays in the caches,
  /// which are faster than the memory.
  let limitFraction: Double
  /// Whether the result is right.
  let verified: Bool
  let verification: Verification
  /// Whether a plan chooses this row for the problem.
  let chosen: Bool
  /// Whether runs found their data in the caches.
  let warm: Bool

  /// - Parameter samples: seconds a run.
  init(
    kernel: String, pass: String, shape: String, algorithm: String, path: String = "", isa: String, threads: Int,
    samples: [Double], work: Work, limitSeconds: Double, isVerified: Bool, verification: Verification, isChosen: Bool,
    isWarm: Bool
  ) {
    let median = samples.median
    self.kernel = kernel
    self.pass = pass
    self.shape = shape
    self.algorithm = algorithm
    self.path = path.isEmpty ? nil : path
    self.isa = isa
    self.threads = threads
    medianSeconds = median
    minSeconds = samples.min() ?? .nan
    (lowerQuartileSeconds, upperQuartileSeconds) = samples.quartiles
    self.samples = samples.count
    gflops = work.flops / median / 1e9
    gbs = work.bytes / median / 1e9
    limitFraction = limitSeconds / median
    verified = isVerified
    self.verification = verification
    chosen = isChosen
    warm = isWarm
  }

  /// The columns of the printed table.
  static let table = Table(columns: [
    .text("kernel", width: 23), .text("pass", width: 16), .text("shape", width: 27), .text("algorithm", width: 25),
    .figure("threads"), .figure("median", width: 10), .figure("min", width: 10), .figure("GFLOP/s"),
    .figure("GB/s", width: 6), .figure("of limit"), .text("data", width: 4), .text("path"), .text("verified"),
  ])

  /// The row of the printed table; a star marks the kernel that is chosen for the problem.
  var cells: [String] {
    [
      kernel, pass, shape, algorithm + (chosen ? " *" : ""), "\(threads)", Figure.duration(medianSeconds),
      Figure.duration(minSeconds), Figure.fixed(gflops, 1), Figure.fixed(gbs, 1), Figure.percent(limitFraction),
      warm ? "warm" : "cold", path ?? "", verified ? verification.rawValue : "WRONG",
    ]
  }
}
