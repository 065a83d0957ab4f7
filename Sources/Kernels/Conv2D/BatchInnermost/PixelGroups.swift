/// Gathers the pixels of a target into the records of an `images` tile, by the taps that they have.
///
/// The pixels of a record have the same kernel columns inside the source, and nearly the same kernel rows, so that few
/// of their products are with padding.
struct PixelGroups: Sendable {
  /// One axis for each phase: one for the forward pass, as many as the stride for the input gradient.
  let ys: [ConvAxis]
  let xs: [ConvAxis]
  let channels: Int
  /// Whether sums run over the kernel's rows first (`ConvAxis.ordersByRows`).
  let ordersByRows: Bool

  /// Some pixels with the range of taps that covers theirs.
  struct Group {
    let phaseY: Int
    let phaseX: Int
    /// Indices of the taps of the phase's axes.
    var tapsY: Range<Int>
    let tapsX: Range<Int>
    /// Outputs of the phase's axes.
    var pixels: [(y: Int, x: Int)]
  }

  init(ys: [ConvAxis], xs: [ConvAxis], channels: Int) {
    self.ys = ys
    self.xs = xs
    self.channels = channels
    ordersByRows = ConvAxis.ordersByRows(ys)
  }

  /// The groups that cover some rows of the target, for a tile.
  func groups(rows: Range<Int>, tile: BatchTile) -> [Group] {
    var groups: [Group] = []
    for (phaseY, y) in ys.enumerated() {
      let outputs = (0..<y.count).filter { rows.contains(y.targetStart + $0 * y.targetStride) }
      let tapsY = outputs.map { y.insideTaps($0) }
      for (phaseX, x) in xs.enumerated() {
        for (tapsX, columns) in columnClasses(x) {
          var pixels: [(y: Int, x: Int)] = []
          var taps: [Range<Int>] = []
          for (row, tapsY) in zip(outputs, tapsY) {
            for column in columns {
              pixels.append((row, column))
              taps.append(tapsX.isEmpty ? 0..<0 : tapsY)
            }
          }
          for part in partition(taps, tile, length: channels * tapsX.count) {
            groups.append(
              Group(
                phaseY: phaseY, phaseX: phaseX, tapsY: union(taps[part]), tapsX: tapsX, pixels: Array(pixels[part])))
          }
        }
      }
    }
    return groups
  }

  /// Neighbouring columns that have the same taps.
  private func columnClasses(_ x: ConvAxis) -> [(taps: Range<Int>, columns: Range<Int>)] {
    var classes: [(taps: Range<Int>, columns: Range<Int>)] = []
    for column in 0..<x.count {
      let taps = x.insideTaps(column)
      if let last = classes.last, last.taps == taps {
        classes[classes.count - 1].columns = last.columns.lowerBound..<column + 1
      } else {
        classes.append((taps, column..<column + 1))
      }
    }
    return classes
  }

  /// Partitions pixels into ranges of at most a tile's pixels, so that the sums take the fewest cycles.
  private func partition(_ taps: [Range<Int>], _ tile: BatchTile, length: Int) -> [Range<Int>] {
    var partition = Partition(tile, recordCycles: recordCycles(tile))
    var parts: [Range<Int>] = []
    partition.run(taps, length: length) { part, _ in parts.append(part) }
    return parts.reversed()
  }

  /// The cycles of a record besides its steps: its start, and the stores of its accumulators.
  private func recordCycles(_ tile: BatchTile) -> Double { 10 + 0.5 * Double(tile.rows * tile.wide) }

  private func union(_ taps: ArraySlice<Range<Int>>) -> Range<Int> { taps.reduce(0..<0, Self.union) }

  fileprivate static func union(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
    a.isEmpty ? b : b.isEmpty ? a : min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
  }

  /// How often the groups of a tile's records do what takes time, for one panel of channels.
  struct Counts {
    /// Records, and steps of records: of those that fill the tile more than its narrow form would, and of the others.
    var records = 0
    var wideSteps = 0
    var narrowSteps = 0

    fileprivate mutating func add(records: Int, steps: Int, isWide: Bool) {
      self.records += records
      if isWide { wideSteps += steps } else { narrowSteps += steps }
    }
  }

  /// What `groups` would count, without making them: a plan asks that of every tile. Of many pixels with the same taps, all
  /// but a few fill whole tiles, and classes of as many columns with as many taps count alike.
  func counts(rows: Range<Int>, tile: BatchTile) -> Counts {
    var counts = Counts()
    let classes = distinctClasses
    var partition = Partition(tile, recordCycles: recordCycles(tile))
    var runs: [(taps: Range<Int>, count: Int)] = []
    var taps: [Range<Int>] = []
    for y in ys {
      runs.removeAll(keepingCapacity: true)
      for output in 0..<y.count where rows.contains(y.targetStart + output * y.targetStride) {
        let taps = y.insideTaps(output)
        if let last = runs.last, last.taps == taps {
          runs[runs.count - 1].count += 1
        } else {
          runs.append((taps, 1))
        }
      }
      for kind in classes {
        let length = channels * kind.taps
        taps.removeAll(keepingCapacity: true)
        for run in runs {
          let pixels = run.count * kind.columns
          let full = max(pixels / tile.wide - 2, 0)
          let rowTaps = kind.taps == 0 ? 0..<0 : run.taps
          counts.add(records: full * kind.count, steps: full * kind.count * rowTaps.count * length, isWide: true)
          for _ in 0..<pixels - full * tile.wide { taps.append(rowTaps) }
        }
        partition.run(taps, length: length) { part, used in
          counts.add(records: kind.count, steps: kind.count * used * length, isWide: part.count > tile.narrow)
        }
      }
    }
    return counts
  }

  /// Classes of columns of all phases, as far as counts tell them apart: how many taps, of how many columns, how often.
  private var distinctClasses: [(taps: Int, columns: Int, count: Int)] {
    var classes: [(taps: Int, columns: Int, count: Int)] = []
    for (taps, columns) in xs.lazy.flatMap(columnClasses) {
      if let known = classes.firstIndex(where: { $0.taps == taps.count && $0.columns == columns.count }) {
        classes[known].count += 1
      } else {
        classes.append((taps.count, columns.count, 1))
      }
    }
    return classes
  }

  /// The source rows that the groups read, including rows of padding.
  func sourceRows(_ groups: [Group]) -> Range<Int> {
    var rows = Int.max..<Int.max
    for group in groups where !group.tapsY.isEmpty && !group.tapsX.isEmpty {
      let y = ys[group.phaseY]
      let shifts = y.taps[group.tapsY].map(\.shift)
      for pixel in group.pixels {
        let origin = y.start + pixel.y * y.stride
        let low = origin + (shifts.min() ?? 0)
        let high = origin + (shifts.max() ?? 0) + 1
        rows = rows.isEmpty ? low..<high : min(rows.lowerBound, low)..<max(rows.upperBound, high)
      }
    }
    return rows.isEmpty ? 0..<0 : rows
  }
}

/// The partition of pixels into ranges of at most a tile's pixels that takes the fewest cycles, with memory for many runs.
private struct Partition {
  private let wide: Int
  private let recordCycles: Double
  /// The cycles of a step of so many pixels.
  private let stepCycles: [Double]
  /// The cycles of the first i pixels, and the start of their last range.
  private var best: [(cycles: Double, start: Int)] = []

  init(_ tile: BatchTile, recordCycles: Double) {
    wide = tile.wide
    self.recordCycles = recordCycles
    stepCycles = (0...tile.wide).map { tile.cycles(pixels: $0) }
  }

  /// - Parameters:
  ///   - taps: the rows of the kernel that each pixel has.
  ///   - length: the steps of a row of the kernel.
  ///   - body: called with each range, the last first, and the number of kernel rows that cover its pixels' ones.
  mutating func run(_ taps: [Range<Int>], length: Int, _ body: (Range<Int>, _ used: Int) -> Void) {
    best.removeAll(keepingCapacity: true)
    best.append((0, 0))
    best.reserveCapacity(taps.count + 1)
    let length = Double(length)
    for end in 1..<taps.count + 1 {
      var cheapest = (cycles: Double.infinity, start: end - 1)
      var used = 0..<0
      for start in stride(from: end - 1, through: max(end - wide, 0), by: -1) {
        used = PixelGroups.union(used, taps[start])
        let cycles = best[start].cycles + Double(used.count) * (stepCycles[end - start] * length) + recordCycles
        if cycles < cheapest.cycles { cheapest = (cycles, start) }
      }
      best.append(cheapest)
    }
    var end = taps.count
    while end > 0 {
      let part = best[end].start..<end
      body(part, taps[part].reduce(0..<0, PixelGroups.union).count)
      end = part.lowerBound
    }
  }
}
