/// A tile size of one level: what it is called, and the level's function.
struct ConvTile<Arguments>: Sendable {
  let level: InstructionSet
  let rows: Int
  let vectors: Int
  /// Rows of the tile of a last panel; as many as `rows` where there is none.
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
  /// Bytes of scratch memory that one tile fills.
  var byteCount: Int { cacheLines(rows * vectors * level.lanes * 4) }
}
