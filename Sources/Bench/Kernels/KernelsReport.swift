/// The result file of `bench kernels`, schema `bench.kernels/1`.
struct KernelsReport: Encodable {
  private(set) var schema = "bench.kernels/1"
  let machine: MachineReport
  var rows: [KernelsRow] = []
}

/// One kernel on one problem.
struct KernelsRow: Encodable {
  let kernel: String
  let pass: String
  let shape: String
  /// The name of the row in the operation's table.
  let algorithm: String
  let isa: String
  let threads: Int
  let medianSeconds: Double
  let minSeconds: Double
  /// By the median.
  let gflops: Double
  /// Each input read and each output written once, by the median.
  let gbs: Double
  /// The time that arithmetic or memory needs at the least, over the median. Above 1 where the data stays in the caches,
  /// which are faster than the memory.
  let limitFraction: Double
  /// Whether the result equals that of the reference row, computed in the same run.
  let verified: Bool

  /// The columns of the printed table.
  static let table = Table(columns: [
    .text("kernel", width: 10), .text("pass", width: 16), .text("shape", width: 25), .text("algorithm", width: 25),
    .figure("threads"), .figure("median", width: 10), .figure("min", width: 10), .figure("GFLOP/s"),
    .figure("GB/s", width: 6), .figure("of limit"), .text("verified"),
  ])

  /// The row of the printed table; a star marks the kernel that is chosen for the problem.
  func cells(isChosen: Bool) -> [String] {
    [
      kernel, pass, shape, algorithm + (isChosen ? " *" : ""), "\(threads)", Figure.duration(medianSeconds),
      Figure.duration(minSeconds),
      Figure.fixed(gflops, 1), Figure.fixed(gbs, 1), Figure.percent(limitFraction), verified ? "exact" : "WRONG",
    ]
  }
}
