/// What a command line asks of a comparison with another version.
struct ComparisonRequest {
  /// The program or revision to compare with.
  var against: String?
  /// Seconds of the whole comparison.
  var budget: Double?
  /// The smallest change that matters, in percent.
  var smallestChange: Double?
  /// The file for a report as Markdown.
  var markdown: String?
  /// Whether this process serves the comparison of another one.
  var isWorker = false

  static let defaultBudget = 180.0
  static let defaultSmallestChange = 1.0

  /// Whether cases are compared, by this process or by the one that it serves.
  var isAsked: Bool { against != nil || isWorker }

  /// Checks that the options of a comparison fit each other and those of the command.
  ///
  /// - Parameter others: options that make no sense in a comparison, and whether they are given.
  func check(without others: KeyValuePairs<String, Bool> = [:]) throws(UsageError) {
    if against != nil, isWorker { throw UsageError("--against is given with --worker; expected one of them") }
    let own: KeyValuePairs = [
      "--budget": budget != nil, "--smallest-change": smallestChange != nil, "--markdown": markdown != nil,
    ]
    if against == nil, let option = own.first(where: \.value)?.key {
      throw UsageError("\(option) is given without --against; expected both")
    }
    if isAsked, let option = others.first(where: \.value)?.key {
      throw UsageError(
        "\(option) is given with \(isWorker ? "--worker" : "--against"), where it means nothing; expected one of them")
    }
  }
}

/// The options of a command whose cases can be compared with those of another version.
protocol ComparableOptions: MachineOptions {
  var comparison: ComparisonRequest { get set }
  /// The file for the figures.
  var json: String? { get }
}

extension ComparableOptions {
  /// The options' declarations; `cases` is what is compared, such as `a kernel`.
  static func comparisonTable(of cases: String) -> [CommandOption<Self>] {
    [
      .optional(
        "--against", path: \.comparison.against,
        kind: .word("REVISION|EXECUTABLE", "a git revision, or the path of a program"),
        help: "compare with another version, interleaved; status 1 where \(cases) is slower or lost"),
      .optional(
        "--budget", path: \.comparison.budget, kind: .number(from: 1, including: true, below: 1e6),
        help: "seconds of a comparison, \(Int(ComparisonRequest.defaultBudget)) if not given"),
      .optional(
        "--smallest-change", path: \.comparison.smallestChange, kind: .number(from: 0, including: false, below: 100),
        help: "percent below which a change does not matter, "
          + "\(Int(ComparisonRequest.defaultSmallestChange)) if not given"
      ),
      .optional(
        "--markdown", path: \.comparison.markdown, kind: .path("FILE"),
        help: "write a comparison as Markdown, for a pull request"),
      .flag(
        "--worker", path: \.comparison.isWorker,
        help: "serve another program's comparison on standard input and output"),
    ]
  }
}
