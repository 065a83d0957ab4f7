/// How a product is cut so that what is used again is found in a cache. No element's bits depend on it: each is one sum
/// in the order of k, whose first part waits in C while other blocks are computed.
enum GEMMBlocking {
  /// Steps of k: a panel of A, 12 rows, is 24 KB of the first-level cache, and B's panels pass by.
  static let depth = 512
  /// Up to so many elements, 3 MB of the last-level cache, A is packed whole: then all of k is multiplied for some
  /// columns before the next, C stays in the caches, and B is packed once.
  static let wholeA = 3 << 18
  /// Else rows of A that are packed at a time, 2.4 MB.
  static let rows = 1200
  /// Elements of a block of B, 256 KB of the second-level cache; another as large is fetched in the meantime.
  static let blockB = 1 << 16
  /// The most rows that pass over B as it lies.
  static let streamedRows = 64
  /// With 16 registers they are fewer, and where B's rows do not fall on each other, which packing suffers from.
  static func streamedRows(lanes: Int, conflicts: Bool) -> Int { lanes < 16 ? 16 : conflicts ? streamedRows : 48 }
  /// Up to so many k, C is written row by row.
  static let outerDepth = 2
  /// Rows that B is transposed in passing for.
  static let fewRows = 6
  /// Up to so many k.
  static let transposedDepth = 1 << 14
  /// Lines of B that are fetched at once in the beginning.
  static let firstLines = 512
  /// Rows of B that are fetched ahead where they fall on each other in the caches.
  static let rowsAhead = 32
}

/// `count` cut into as few parts of at most `longest` as there can be, as equal as they can be.
func evenBlock(_ count: Int, atMost longest: Int) -> Int {
  let blocks = max((count + longest - 1) / longest, 1)
  return max((count + blocks - 1) / blocks, 1)
}
