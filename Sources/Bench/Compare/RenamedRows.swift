/// Rows of tables whose names have changed, so that older result files are compared with the rows that took their place.
enum RenamedRows {
  /// A name that result files have had.
  private struct Former {
    let kernel: String
    let algorithm: String
    /// The path of the former row's results that the present one took over; nil for all of them.
    var path: String?
    /// The present name's algorithm.
    let present: String
    /// The present name's tile at each level; nil where it is the former's.
    var tiles: [String: String]?
  }

  private static let table: [Former] =
    [
      // Up to 1.0.0, one row of the matrix product chose among the algorithms, which its path named.
      Former(
        kernel: "gemm", algorithm: "packed", path: "small", present: "unpacked",
        tiles: ["baseline": "4x2", "avx2": "4x2", "avx512": "8x2", "neon": "8x2"]),
      Former(kernel: "gemm", algorithm: "packed", path: "narrow", present: "narrow", tiles: [:]),
      Former(kernel: "gemm", algorithm: "packed", path: "outer", present: "outer-product", tiles: [:]),
      Former(kernel: "gemm", algorithm: "packed", path: "rows", present: "few-rows", tiles: [:]),
      Former(kernel: "gemm", algorithm: "packed", path: "rows-in-scratch", present: "few-rows", tiles: [:]),
      Former(
        kernel: "gemm", algorithm: "packed", path: "transposing", present: "transposing",
        tiles: ["baseline": "6x2", "avx2": "6x2", "avx512": "6x1", "neon": "6x2"]),
      // Rows of convolution and pooling were named by other sides of the same ideas.
      Former(kernel: "conv2d", algorithm: "rows", present: "pixels"),
      Former(kernel: "conv2d", algorithm: "points", present: "channels"),
      Former(kernel: "conv2d", algorithm: "dot", present: "pixels"),
      Former(kernel: "conv2d", algorithm: "batch", present: "images"),
    ]
    + ["max-pool2d", "average-pool2d"].flatMap { kernel in
      [("rows", "separable"), ("windows", "general"), ("tiles", "disjoint")].map { former, present in
        Former(kernel: kernel, algorithm: former, present: present)
      }
    }

  /// The present name of a row, such as `unpacked.avx512.8x2`, from the name and path in a result file.
  static func presentName(kernel: String, name: String, path: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count >= 2,
      let former = table.first(where: {
        $0.kernel == kernel && $0.algorithm == parts[0] && ($0.path == nil || $0.path == path)
      })
    else { return name }
    guard let tiles = former.tiles else { return ([former.present] + parts.dropFirst()).joined(separator: ".") }
    return [former.present, parts[1], tiles[parts[1]] ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
  }
}
