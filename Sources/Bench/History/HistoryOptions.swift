/// What `bench history` is asked to do.
struct HistoryOptions {
  var add: [String] = []
  var commit: String?
  var last = 300
  var all = false
  var noPage = false
  var failOnChange: Int?
  var json: String?

  static var table: [CommandOption<HistoryOptions>] {
    [
      .repeated("--add", path: \.add, kind: .path("FILE"), help: "result files to append, each as a run"),
      .optional(
        "--commit", path: \.commit, kind: .word("REVISION", "a revision of the repository in this folder"),
        help: "what --add's files measured; what is checked out if not given; outside of a repository, any text"),
      .value(
        "--last", path: \.last, kind: .integer(HistoryAnalysis.leastRuns...2000),
        help: "the runs of each series that are looked at, from the end"),
      .flag("--all", path: \.all, help: "print series without changes, too"),
      .flag("--no-page", path: \.noPage, help: "write no DIR/index.html"),
      .optional(
        "--fail-on-change", path: \.failOnChange, kind: .integer(1...2000),
        help: "status 1 where the last change of a series is a slowdown at one of its last N runs"),
      .optional("--json", path: \.json, kind: .path("FILE"), help: "write series and changes to a file as well"),
    ]
  }
}
