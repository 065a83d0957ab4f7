/// The ways in which a product is computed. They sum in the same order, so which is taken changes no bit; when each is, is
/// told in docs/architecture.md.
///
/// `Plan.path` names those of a plan's parts.
enum GEMMPath: String, CaseIterable, Sendable {
  /// One call for a product of few elements, A and B as they lie.
  case small
  /// Many rows and few columns: A's rows are the lanes.
  case narrow
  /// One or two k: C is written in order.
  case outer
  /// Few rows: B is read once from end to end, the sums in C.
  case rows
  /// The same with the sums in scratch memory, brought to C at the end.
  case rowsInScratch = "rows-in-scratch"
  /// Few rows and stored Bᵀ, which is transposed in passing.
  case transposing
  /// One panel of A with B as it lies.
  case onePanel = "one-panel"
  /// All of A packed, B packed in passing.
  case panels
  /// All of A packed, stored Bᵀ transposed a block at a time.
  case panelsTransposing = "panels-transposing"
  /// A packed a block of rows and k at a time, B packed in passing.
  case blocks
  /// The same with stored Bᵀ.
  case blocksTransposing = "blocks-transposing"
}
