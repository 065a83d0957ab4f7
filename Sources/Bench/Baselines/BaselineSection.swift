/// A kind of quantity that a baseline holds.
enum BaselineSection: String, CaseIterable, Codable {
  case rows
  case plans
  case planning
  case allocations
  case code
  case instructions
  case shares

  /// What it holds.
  var content: String {
    switch self {
    case .rows: "the rows of each operation's table"
    case .plans: "the row that a plan chooses, and its scratch memory"
    case .planning: "heap allocations of making the plans of an operation"
    case .allocations: "heap allocations of a training step and of an evaluation, when warm"
    case .code: "bytes and instructions by class of each level function"
    case .instructions: "instructions that runs and plans execute, counted by valgrind"
    case .shares: "the share of the machine's limit that kernels reach"
    }
  }

  /// Why it may change without being a mistake, and what to look at before that is said.
  var remark: String {
    switch self {
    case .rows: "a row was added, or one was taken away that no shape is fastest with"
    case .plans:
      "a cost or a row changed: see that 'bench kernels --against' finds the new choice no slower; scratch memory grows "
        + "where a row packs more"
    case .planning: "rows prepare more, or more of them are looked at: see what 'bench kernels --planning' says"
    case .allocations: "steps are to allocate nothing; there is no good reason for more"
    case .code:
      "the function's source or the compiler changed; spills inside of a tile's loop cost time, so look at the loop "
        + "('objdump -d')"
    case .instructions: "more work is done in a run or a plan, or the compiler changed"
    case .shares: "never by noise: a row was below its share in every one of several measurements"
    }
  }

  /// Whether the values depend on the processor that is planned for, and not on the level alone.
  var dependsOnProcessor: Bool { self == .plans || self == .planning || self == .shares }

  /// Whether the values are those of optimised code.
  var needsRelease: Bool { self == .code || self == .instructions || self == .shares }

  /// Whether a level has such values: valgrind knows no AVX-512.
  func exists(at levelName: String) -> Bool { self != .instructions || levelName != "avx512" }
}
