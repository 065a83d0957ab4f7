/// A register tile of one level: its size and its level function.
struct ConvTile<Arguments>: Sendable {
  let level: InstructionSet
  let rows: Int
  let vectors: Int
  /// Rows of the smaller tile for the last panels; equal to `rows` where there is no smaller tile.
  let tail: Int
  let run: LevelFunction<Arguments>

  init(
    level: InstructionSet, rows: Int, vectors: Int, tail: Int? = nil, run: LevelFunction<Arguments>
  ) {
    self.level = level
    self.rows = rows
    self.vectors = vectors
    self.tail = tail ?? rows
    self.run = run
  }

  var name: String { "\(rows)x\(vectors)" }
  /// Bytes of scratch memory that one tile's accumulators take.
  var byteCount: Int { cacheLines(rows * vectors * level.lanes * 4) }
}
