/// How `PackedGEMM` cuts a product, so that what is used again is found in a cache. All sizes are in elements.
///
/// No element's bits depend on it: each is one sum in the order of k, and the sums of one block of k wait in C for the
/// next.
///
/// | loop | cuts | by | what then stays in a cache |
/// | --- | --- | --- | --- |
/// | 5 | k, as far as A is packed | `packedDepth` | |
/// | 4 | rows | `mc` | the packed block of A, MC × `packedDepth`: the core's part of the third level |
/// | 3 | columns | `nc` | |
/// | 3 | k | `kc` | the block of B, KC × NC: the second level |
/// | 2 | rows | `mr` | a panel of A, MR × KC: the first level |
/// | 1 | columns | `nr` | the tile of C, MR × NR: registers |
struct GEMMBlocking: Sendable, Equatable {
  /// MR: rows of a panel of A, at most the register tile's; panels are as equal as they can be.
  let mr: Int
  /// NR: columns of the register tile.
  let nr: Int
  /// KC: the k of a block.
  let kc: Int
  /// MC: the rows of a block of A, a multiple of `mr`.
  let mc: Int
  /// NC: the columns of a block of B, a multiple of `nr`.
  let nc: Int
  /// The k of A that are packed at a time: all of them where A as a whole stays in the third level, else KC.
  let packedDepth: Int
  /// Rows of A that are packed just before their first products, a multiple of `mr`.
  let rowsPackedAtOnce: Int
  /// Whether B is packed. With one panel of A, nothing is read again that packing would bring nearer.
  let packsB: Bool
  /// Whether B's rows lie a multiple of 4 KB apart, so that they share the sets of a cache: a block of them would evict
  /// itself while it is prefetched.
  let rowsOfBConflict: Bool

  /// - Parameter rows: the rows of C that one thread computes.
  init(_ problem: GEMM.Problem, rows: Int, tileRows: Int, tileColumns: Int, _ machine: Machine) {
    let limits = GEMMBlockingLimits(machine)
    mr = evenBlock(rows, atMost: tileRows)
    nr = tileColumns
    kc = evenBlock(problem.depth, atMost: limits.kc)
    let panels = (rows + mr - 1) / mr
    let tiles = (problem.columns + nr - 1) / nr
    packsB = problem.transposeB || panels > 1
    rowsOfBConflict = problem.rowsOfBConflict
    if panels * mr * problem.depth <= limits.wholeA {
      mc = panels * mr
      packedDepth = problem.depth
    } else {
      mc = evenBlock(panels, atMost: max(limits.mc / tileRows, 1)) * mr
      packedDepth = kc
    }
    let isOneBlockOfB = problem.depth <= limits.kc && problem.depth * tiles * nr <= limits.blockOfB
    if isOneBlockOfB || !packsB {
      nc = tiles * nr
    } else {
      // Columns of stored Bᵀ that share sets are packed a tile at a time.
      let tilesOfBlock = problem.transposeB && rowsOfBConflict ? 1 : max(limits.blockOfB / max(kc, 1) / nr, 1)
      nc = evenBlock(tiles, atMost: tilesOfBlock) * nr
    }
    if isOneBlockOfB, mc * packedDepth <= limits.blockOfB {
      rowsPackedAtOnce = mc
    } else {
      // Of stored Aᵀ, a row of one panel is less than a cache line.
      rowsPackedAtOnce = problem.transposeA ? 4 * mr : mr
    }
  }
}

/// The largest blocks that a machine's caches hold; in comments, the values of Zen 5.
private struct GEMMBlockingLimits {
  /// KC, 512: a panel of 12 rows of A takes half of the first-level cache (24 of 48 KB), and B's panels pass through the
  /// other half.
  let kc: Int
  /// Elements of a block of B, 64 K: a quarter of the second-level cache (256 KB of 1 MB), where the next block is
  /// prefetched beside it, and A's panels pass through the rest.
  let blockOfB: Int
  /// Elements of an A that is packed as a whole, 768 K: three quarters of a core's part of the third-level cache (3 of
  /// 4 MB). All of k is multiplied for some columns before the next: C stays in the caches, and B is packed once.
  let wholeA: Int
  /// MC of a larger A, 1228 rows: three fifths of that part (2.4 MB), as C passes through it, too.
  let mc: Int

  init(_ machine: Machine) {
    let element = MemoryLayout<Float>.stride
    // A multiple of 16, as A and stored Bᵀ are transposed by squares.
    kc = max(machine.firstLevelBytes / (2 * 12 * element) & ~15, 64)
    blockOfB = min(machine.secondLevelBytes / 4, 512 << 10) / element
    // A thread's workspace is limited, whatever the caches.
    let thirdLevel = min(machine.thirdLevelBytes, Workspace.mostBytesPerThread) / element
    wholeA = thirdLevel * 3 / 4
    mc = thirdLevel * 3 / 5 / kc
  }
}

extension GEMM.Problem {
  /// Whether B's stored rows lie a multiple of 4 KB apart.
  var rowsOfBConflict: Bool { bRowStride % 1024 == 0 }
}

/// `count` cut into as few parts of at most `longest` as there can be, as equal as they can be.
func evenBlock(_ count: Int, atMost longest: Int) -> Int {
  let blocks = max((count + longest - 1) / longest, 1)
  return max((count + blocks - 1) / blocks, 1)
}
