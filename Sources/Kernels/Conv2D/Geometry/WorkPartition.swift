/// How a direct convolution's work is partitioned, so that threads have equal parts and tiles are full. The partition
/// does not change the order of any sum.
struct WorkPartition: Sendable {
  /// The least number of bands of rows of an image.
  var bands = 1
  /// The number of parts that the channels of a band are split into.
  var splits = 1

  /// - Parameters:
  ///   - items: images × groups; enough of them need no further split.
  ///   - rows: output rows of an image.
  ///   - panels: panels of a group's channels.
  init(items: Int, rows: Int, panels: Int, threads: Int) {
    if threads == 1 || items % threads == 0 || items >= 8 * threads { return }
    // Bands copy the rows at their borders twice; splits of channels copy all rows once for each part. Few rows cannot
    // be split evenly.
    if rows % threads == 0 || rows >= 8 * threads || panels < threads {
      bands = min(threads, max(rows, 1))
    } else {
      splits = threads
    }
  }

  /// The number of images to compute together, so that tiles of `units` units are full.
  static func chunk(perImage: Int, units: Int, limit: Int) -> Int {
    var best = 1
    for images in stride(from: 2, through: min(limit, 8), by: 1)
    where filled(images * perImage, units) > filled(best * perImage, units) + 0.01 {
      best = images
    }
    return best
  }
}

extension Conv2DShape {
  /// The number of parts, at most `threads`, that are worth their overhead (`Work`).
  func parts(threads: Int) -> Int {
    Work(multiplyAdds: multiplyAdds, bytes: (inputCount + weightCount + outputCount) * 4).parts(threads: threads)
  }
}
