/// A curve over seeds: the mean, and between which values the seeds lie.
struct Curve: Equatable {
  struct Point: Equatable {
    let x: Double
    /// NaN where there is no value: the line has a gap there.
    let y: Double
    var low: Double
    var high: Double

    init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
      self.x = x
      self.y = y.isFinite ? y : .nan
      self.low = low ?? self.y
      self.high = high ?? self.y
    }

    var isGap: Bool { y.isNaN }
  }

  var points: [Point]

  init(_ points: [Point]) { self.points = points }

  /// One value at each of 1, 2, 3, …
  init(values: [Double]) {
    points = values.enumerated().map { Point(x: Double($0.offset + 1), y: $0.element) }
  }

  /// The mean of several curves over 1, 2, 3, …, each with the least and the greatest value.
  ///
  /// A curve that has ended, or has no finite value at a point, does not count there.
  init(mean curves: [[Double]]) {
    let count = curves.map(\.count).max() ?? 0
    points = (0..<count).map { i in
      let values = curves.compactMap { i < $0.count && $0[i].isFinite ? $0[i] : nil }
      guard let low = values.min(), let high = values.max() else { return Point(x: Double(i + 1), y: .nan) }
      return Point(x: Double(i + 1), y: values.reduce(0, +) / Double(values.count), low: low, high: high)
    }
  }

  var hasBand: Bool { points.contains { !$0.isGap && $0.high > $0.low } }
  var gapCount: Int { points.count { $0.isGap } }
  var finitePoints: [Point] { points.filter { !$0.isGap } }

  /// The curve with about `count` points at most: neighbours are taken together, and of each group the least and the
  /// greatest value stay, in their order, so that no peak is lost. The band is that of the whole group.
  func cut(to count: Int) -> Curve {
    guard points.count > count, count >= 4 else { return self }
    let groups = count / 2
    var result: [Point] = []
    result.reserveCapacity(2 * groups)
    for group in 0..<groups {
      let range = points.count * group / groups..<points.count * (group + 1) / groups
      let finite = range.filter { !points[$0].isGap }
      guard var least = finite.first, var greatest = finite.first else {
        result.append(points[range.lowerBound])
        continue
      }
      for i in finite {
        if points[i].y < points[least].y { least = i }
        if points[i].y > points[greatest].y { greatest = i }
      }
      let low = finite.map { points[$0].low }.min() ?? .nan
      let high = finite.map { points[$0].high }.max() ?? .nan
      for i in Set([least, greatest]).sorted() {
        result.append(Point(x: points[i].x, y: points[i].y, low: low, high: high))
      }
      // A gap within the group stays one.
      if finite.count < range.count, let gap = range.last(where: { points[$0].isGap }) { result.append(points[gap]) }
    }
    return Curve(result.sorted { $0.x < $1.x })
  }

  /// The stretches between gaps.
  var segments: [[Point]] { points.split { $0.isGap }.map(Array.init) }
}
