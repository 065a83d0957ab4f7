extension Dataset {
  /// Splits the set at random into parts whose sizes have the given ratios; no pixel is copied.
  ///
  ///     let parts = try images.split([0.8, 0.2], seed: 1, isStratified: true)
  ///     let (training, validation) = (parts[0], parts[1])
  ///
  /// Each image is in exactly one part. Sizes are rounded by the largest-remainder method, so they add up to the whole;
  /// of equal remainders, the earlier part gets the image. A part's images keep the data set's order. The same seed
  /// gives the same parts.
  ///
  /// - Parameters:
  ///   - ratios: the sizes of the parts, in any unit: `[0.8, 0.2]` and `[4, 1]` mean the same.
  ///   - seed: determines which images a part gets.
  ///   - isStratified: whether every class is split in these ratios, each to within one image.
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for ratios that are negative, not finite or all zero,
  ///   ``DataError/labelOutOfRange(file:index:label:classCount:)`` for a label that names no class.
  public func split(
    _ ratios: [Double], seed: UInt64 = 0, isStratified: Bool = false
  ) throws(DataError) -> [Subset] {
    let sum = ratios.reduce(0, +)
    guard !ratios.isEmpty, ratios.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite else {
      throw .invalidOption(name: "the ratios of a split", value: "\(ratios)", expected: "numbers above 0")
    }
    let shares = ratios.map { $0 / sum }
    let groups = isStratified ? try imagesByClass() : [Array(0..<count)]
    var parts = [[Int]](repeating: [], count: ratios.count)
    // The rounding errors of earlier classes for each part, in images, so that the parts' totals have the ratios, too.
    var owed = [Double](repeating: 0, count: ratios.count)
    for (group, var images) in groups.enumerated() {
      var random = SplitMix64(seed: seed, stream: UInt64(group))
      var span = images.mutableSpan
      random.shuffle(&span)
      let sizes = roundedShares(of: images.count, shares, owed: &owed)
      var start = 0
      for (part, size) in sizes.enumerated() {
        parts[part] += images[start..<(start + size)]
        start += size
      }
    }
    return parts.map { Subset(checked: self, $0.sorted()) }
  }

  /// A random fraction of the data set's images; no pixel is copied.
  ///
  /// - Parameters:
  ///   - fraction: 0 to 1; the number of images is rounded to the nearest integer, one half up.
  ///   - seed: determines which images.
  ///   - isStratified: whether this fraction of every class is taken.
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for a fraction outside 0 … 1.
  public func fraction(_ fraction: Double, seed: UInt64 = 0, isStratified: Bool = false) throws(DataError) -> Subset {
    guard 0...1 ~= fraction else {
      throw .invalidOption(name: "the fraction of a set", value: "\(fraction)", expected: "0 to 1")
    }
    return try split([fraction, 1 - fraction], seed: seed, isStratified: isStratified)[0]
  }

  /// The indices of each class's images, in the set's order.
  private func imagesByClass() throws(DataError) -> [[Int]] {
    var groups = [[Int]](repeating: [], count: max(classCount ?? 1, 0))
    for index in 0..<count { groups[try checkedLabel(at: index, classCount: groups.count)].append(index) }
    return groups
  }

  /// The label of an image, checked, since a caller's data set may return an invalid one.
  func checkedLabel(at index: Int, classCount: Int) throws(DataError) -> Int {
    let label = label(at: index)
    guard label >= 0, label < classCount else {
      throw .labelOutOfRange(file: "\(type(of: self))", index: index, label: label, classCount: classCount)
    }
    return label
  }
}

/// Splits a count by `shares` into whole numbers that add up to it: exact shares are rounded down, then those with the
/// largest remainders get one more. `owed` is how much each share was rounded down so far, and is added to its
/// remainder.
func roundedShares(of count: Int, _ shares: [Double], owed: inout [Double]) -> [Int] {
  let exact = shares.map { $0 * Double(count) }
  // Tolerates rounding: 0.7 · 10 is a little less than 7 in Double.
  var sizes = exact.map { Int(($0 + 1e-9).rounded(.down)) }
  let claims = exact.indices.map { exact[$0] - Double(sizes[$0]) + owed[$0] }
  let missing = count - sizes.reduce(0, +)
  // Shares that are already whole are not rounded up.
  let ranking = shares.indices.filter { exact[$0] - Double(sizes[$0]) > 1e-9 }.sorted { a, b in
    abs(claims[a] - claims[b]) < 1e-9 ? a < b : claims[a] > claims[b]
  }
  for part in ranking.prefix(max(missing, 0)) { sizes[part] += 1 }
  for part in sizes.indices { owed[part] += exact[part] - Double(sizes[part]) }
  return sizes
}
