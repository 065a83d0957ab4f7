/// How a direct convolution's work is cut, so that threads have equal shares and tiles are full. Nothing of it changes
/// an output's sum.
struct WorkPartition: Sendable {
  /// Bands of rows that an image is cut into, at least.
  var bands = 1
  /// Parts that a band's channels are cut into.
  var splits = 1

  /// - Parameters:
  ///   - items: images × groups, which need no cut where there are enough of them.
  ///   - rows: of an image.
  ///   - panels: of a group's channels.
  init(items: Int, rows: Int, panels: Int, threads: Int) {
    if threads == 1 || items % threads == 0 || items >= 8 * threads { return }
    // A cut between rows copies some of them twice, one between channels all. Few rows cannot be cut evenly.
    if rows % threads == 0 || rows >= 8 * threads || panels < threads {
      bands = min(threads, max(rows, 1))
    } else {
      splits = threads
    }
  }

  /// How many images to compute together, so that tiles of `units` units of outputs are full.
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
  /// The number of parts that a pass is shared out in.
  func parts(threads: Int) -> Int {
    Work(multiplyAdds: multiplyAdds, bytes: (inputCount + weightCount + outputCount) * 4).parts(threads: threads)
  }
}
