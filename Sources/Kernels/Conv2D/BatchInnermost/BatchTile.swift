import KernelsISA

/// A tile is output channels × pixels. For each of the records
/// [pixels, first step, steps, (origin of each pixel), (target of each pixel)]
/// target[c · channelStride + target…] =
/// limit(bias[c] + Σ_s weights[weightSteps[s] + c] · source[origin… + sourceSteps[s]]…)
/// A record that has fewer pixels than the tile repeats its last one.
struct BatchTileArguments {
  var source: UnsafePointer<Float>
  var weights: UnsafePointer<Float>
  /// NULL: the sums alone, without limits.
  var bias: UnsafePointer<Float>?
  var records: UnsafePointer<Int32>
  var recordCount: Int
  var sourceSteps: UnsafePointer<Int32>
  var weightSteps: UnsafePointer<Int32>
  var target: UnsafeMutablePointer<Float>
  var channelStride: Int
  /// 0 for ReLU, else -infinity.
  var floor: Float
  /// Infinity for none.
  var ceiling: Float
  var sourcePrefetch: ImagePrefetch
  /// Where the tiles' outputs go.
  var targetPrefetch: ImagePrefetch
}

/// All records of a panel of output channels, each in the wide tile or, where it has few pixels, in the narrow one.
@inline(always)
func convolveImageVectors<let rows: Int, let wide: Int, let narrow: Int, L: Lanes>(
  _ wideTile: RegisterTile<rows, wide, L>.Type, _ narrowTile: RegisterTile<rows, narrow, L>.Type,
  _ p: UnsafePointer<BatchTileArguments>
) {
  var record = p.pointee.records
  var remaining = p.pointee.recordCount
  var sourcePrefetch = p.pointee.sourcePrefetch
  var targetPrefetch = p.pointee.targetPrefetch
  while remaining > 0 {
    if record[0] > Int32(truncatingIfNeeded: narrow) {
      computeRecord(wideTile, p, record, wide, &sourcePrefetch, &targetPrefetch)
    } else {
      computeRecord(narrowTile, p, record, wide, &sourcePrefetch, &targetPrefetch)
    }
    record += 3 &+ 2 &* wide
    remaining &-= 1
  }
}

/// One record: its pixels' sums, through bias and limits to their tileTargets.
@inline(always)
private func computeRecord<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<BatchTileArguments>, _ record: UnsafePointer<Int32>,
  _ width: Int, _ sourcePrefetch: inout ImagePrefetch, _ targetPrefetch: inout ImagePrefetch
) {
  var origins = InlineArray<vectors, UnsafePointer<Float>>(repeating: p.pointee.source)
  for v in 0..<vectors { origins[v] = p.pointee.source + Int(record[3 &+ v]) }
  var step = Int(record[1])
  let end = step &+ Int(record[2])
  var sum = RegisterTile<rows, vectors, L>()
  while step < end {
    let count = min(end &- step, ImagePrefetch.steps)
    sourcePrefetch.advance()
    targetPrefetch.advance()
    sum.multiply(
      p.pointee.weights, origins, p.pointee.sourceSteps + step, p.pointee.weightSteps + step, count: count)
    step &+= count
  }
  let targets = record + (3 &+ width)
  sum.store(p.pointee.target, targets, p.pointee.channelStride)
  if let bias = p.pointee.bias {
    applyEpilogue(L.self, p, bias, targets, rows: rows, count: Int(record[0]))
  }
}

extension RegisterTile {
  /// Adds, for each step, the products of a column of weights with the pixels that lie the step's offset from `origins`.
  @inline(always)
  fileprivate mutating func multiply(
    _ weights: UnsafePointer<Float>, _ origins: InlineArray<vectors, UnsafePointer<Float>>,
    _ sourceSteps: UnsafePointer<Int32>, _ weightSteps: UnsafePointer<Int32>, count: Int
  ) {
    var s = 0
    while s < count {
      let offset = Int(sourceSteps[s])
      let column = weights + Int(weightSteps[s])
      // The shorter side of the tile waits in registers.
      if rows < vectors {
        var weights = InlineArray<rows, L.Vector>(repeating: L.splat(0))
        for i in 0..<rows { weights[i] = L.splat(column[i]) }
        for v in 0..<vectors {
          let pixel = L.load(origins[v] + offset)
          for i in 0..<rows { sums[i][v] = L.multiplyAdd(weights[i], pixel, sums[i][v]) }
        }
      } else {
        var pixels = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
        for v in 0..<vectors { pixels[v] = L.load(origins[v] + offset) }
        for i in 0..<rows {
          let weight = L.splat(column[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(weight, pixels[v], sums[i][v]) }
        }
      }
      s &+= 1
    }
  }

  /// Stores all sums where they belong. The staging that they go to has room for all channels of a tile, and a pixel
  /// that is computed twice has one address, so there are no edges.
  @inline(always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>, _ targets: UnsafePointer<Int32>, _ stride: Int) {
    var tileTargets = InlineArray<vectors, UnsafeMutablePointer<Float>>(repeating: target)
    for v in 0..<vectors { tileTargets[v] = target + Int(targets[v]) }
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], tileTargets[v] + i &* stride) }
    }
  }
}

/// Takes a record's sums through bias and limits, where they are.
@inline(always)
private func applyEpilogue<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchTileArguments>, _ bias: UnsafePointer<Float>,
  _ targets: UnsafePointer<Int32>, rows: Int, count: Int
) {
  let (floor, ceiling) = (L.splat(p.pointee.floor), L.splat(p.pointee.ceiling))
  var channel = p.pointee.target
  for i in 0..<rows {
    let bias = L.splat(bias[i])
    var v = 0
    while v < count {
      let address = channel + Int(targets[v])
      L.store(L.smaller(L.larger(L.load(address) + bias, floor), ceiling), address)
      v &+= 1
    }
    channel += p.pointee.channelStride
  }
}

/// A tile of the "batch" kernels: channels × pixels, of which a narrow form computes records of few pixels.
struct BatchTile: Sendable {
  let level: InstructionSet
  let rows: Int
  let wide: Int
  let narrow: Int
  let run: LevelFunction<BatchTileArguments>

  var name: String { "\(rows)x\(wide)" }
  /// Table entries of a record.
  var recordLength: Int { 3 + 2 * wide }

  /// Cycles that a step of a record takes, at two multiply-adds and two loads a cycle and a latency of four cycles.
  func cycles(pixels: Int) -> Double {
    let vectors = pixels > narrow ? wide : narrow
    return max(Double(rows * vectors), Double(rows + vectors + 2), 8) / 2
  }
}
