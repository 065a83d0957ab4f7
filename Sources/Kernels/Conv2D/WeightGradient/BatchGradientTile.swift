import KernelsISA

/// The arguments of `accumulateBatchGradient`, the `images` kernels of the weight gradient: a tile is output channels ×
/// taps, and every lane has its own sums. For each record
/// [first row, end of rows, first column, end of columns, (offset of each tap)]:
/// sums[c][t] += gradient[row][column][c] · source[row · sourceRowStride + column · sourceColumnStride + offset[t]…],
/// lane by lane, over the record's columns and over those of its rows that are in firstRow ..< lastRow.
struct BatchGradientArguments {
  /// The packed input, [channel][row][column][image].
  var source: UnsafePointer<Float>
  /// Elements of the input from an output row's origin to the next's.
  var sourceRowStride: Int
  /// Elements of the input from an output column's origin to the next's.
  var sourceColumnStride: Int
  /// The packed output gradient, [row][column][channel of the tile][image].
  var gradient: UnsafePointer<Float>
  /// Columns of the gradient.
  var width: Int
  var firstRow: Int
  /// The end of the rows.
  var lastRow: Int
  var records: UnsafePointer<Int32>
  var recordCount: Int
  /// A tile of accumulators for each record, which is added to.
  var sums: UnsafeMutablePointer<Float>
}

/// For every record of taps, adds the products of the gradient of a tile's channels with the inputs at those taps.
@inline(always)
func accumulateBatchGradient<let channels: Int, let taps: Int, L: Lanes>(
  _ tile: RegisterTile<channels, taps, L>.Type, _ p: UnsafePointer<BatchGradientArguments>
) {
  var record = p.pointee.records
  var sums = p.pointee.sums
  var remaining = p.pointee.recordCount
  while remaining > 0 {
    var sum = RegisterTile<channels, taps, L>(accumulators: sums)
    sum.multiply(p, record)
    sum.storeAccumulators(to: sums)
    record += 4 &+ taps
    sums += channels &* tile.columns
    remaining &-= 1
  }
}

extension RegisterTile {
  /// Adds the products of one record.
  @inline(always)
  fileprivate mutating func multiply(
    _ p: UnsafePointer<BatchGradientArguments>, _ record: UnsafePointer<Int32>
  ) {
    let firstRow = max(Int(record[0]), p.pointee.firstRow)
    let lastRow = min(Int(record[1]), p.pointee.lastRow)
    let firstColumn = Int(record[2])
    let lastColumn = Int(record[3])
    var offsets = InlineArray<vectors, Int>(repeating: 0)
    for t in 0..<vectors { offsets[t] = Int(record[4 &+ t]) }
    let step = p.pointee.sourceColumnStride
    var row = firstRow
    while row < lastRow {
      var gradient = p.pointee.gradient + (row &* p.pointee.width &+ firstColumn) &* (rows &* L.count)
      var source = p.pointee.source + (row &* p.pointee.sourceRowStride &+ firstColumn &* step)
      var column = firstColumn
      while column < lastColumn {
        if rows < vectors {
          var values = InlineArray<rows, L.Vector>(repeating: L.splat(0))
          for c in 0..<rows { values[c] = L.load(gradient + c &* L.count) }
          for t in 0..<vectors {
            let input = L.load(source + offsets[t])
            for c in 0..<rows { sums[c][t] = L.multiplyAdd(values[c], input, sums[c][t]) }
          }
        } else {
          var inputs = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
          for t in 0..<vectors { inputs[t] = L.load(source + offsets[t]) }
          for c in 0..<rows {
            let value = L.load(gradient + c &* L.count)
            for t in 0..<vectors { sums[c][t] = L.multiplyAdd(value, inputs[t], sums[c][t]) }
          }
        }
        gradient += rows &* L.count
        source += step
        column &+= 1
      }
      row &+= 1
    }
  }
}

/// The arguments of `sumLanes`: target[targetOffsets[i]] = the sum over the lanes of sums[i], for offsets of at least 0.
struct LaneSumArguments {
  /// `count` vectors.
  var sums: UnsafePointer<Float>
  var targetOffsets: UnsafePointer<Int32>
  /// Vectors, a multiple of the lanes.
  var count: Int
  var target: UnsafeMutablePointer<Float>
  /// Memory for a square of lanes × lanes elements.
  var scratch: UnsafeMutablePointer<Float>
}

/// Sums the lanes of a square of vectors at a time and stores the sums at their offsets.
@inline(always)
func sumLanes<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<LaneSumArguments>) {
  let scratch = p.pointee.scratch
  let target = p.pointee.target
  var sums = p.pointee.sums
  var targetOffsets = p.pointee.targetOffsets
  var remaining = p.pointee.count
  while remaining > 0 {
    L.transposeSquare(UnsafePointer(sums), L.count, scratch, L.count)
    // In halves, the order in which `L.sum` adds lanes.
    var half = L.count / 2
    while half > 0 {
      for i in 0..<half {
        let row = scratch + i &* L.count
        L.store(L.load(row) + L.load(row + half &* L.count), row)
      }
      half /= 2
    }
    for i in 0..<L.count where targetOffsets[i] >= 0 { target[Int(targetOffsets[i])] = scratch[i] }
    sums += L.count &* L.count
    targetOffsets += L.count
    remaining &-= L.count
  }
}
