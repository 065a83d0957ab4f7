import KernelsISA

/// The arguments of `convolveImageVectors`, the `images` kernels: a vector holds the same pixel of as many images, and a
/// tile is output channels × pixels. For each record
/// [pixels, first step, steps, (origin of each pixel), (target offset of each pixel)]:
/// target[c · channelStride + target offset…] =
/// limit(bias[c] + Σ_s weights[weightSteps[s] + c] · source[origin + sourceSteps[s]…]).
/// A record with fewer pixels than the tile repeats its last pixel.
struct BatchTileArguments {
  /// The packed source, [channel][row][column][image].
  var source: UnsafePointer<Float>
  /// A panel of weights.
  var weights: UnsafePointer<Float>
  /// The bias of the tile's channels; nil: the sums are stored without bias and limits.
  var bias: UnsafePointer<Float>?
  var records: UnsafePointer<Int32>
  var recordCount: Int
  /// The offset of each step from a pixel's origin in the source.
  var sourceSteps: UnsafePointer<Int32>
  /// The offset of each step's row in the panel of weights.
  var weightSteps: UnsafePointer<Int32>
  /// The packed target, [channel][row][column][image].
  var target: UnsafeMutablePointer<Float>
  /// Elements from a channel of the target to the next.
  var channelStride: Int
  /// The lower limit of outputs: 0 for ReLU and ReLU6, else -infinity.
  var floor: Float
  /// The upper limit of outputs: 6 for ReLU6, else infinity.
  var ceiling: Float
  /// Lines of the source of the next band.
  var sourcePrefetch: ImagePrefetch
  /// Lines of the images that the packed target is unpacked to.
  var targetPrefetch: ImagePrefetch
}

/// Computes all records of a panel of output channels, each with the wide tile or, if it has few pixels, the narrow
/// one.
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

/// Computes the pixels of one record.
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
  /// For each step, adds the products of a row of the panel with the pixels at the step's offset from `origins`.
  @inline(always)
  fileprivate mutating func multiply(
    _ weights: UnsafePointer<Float>, _ origins: InlineArray<vectors, UnsafePointer<Float>>,
    _ sourceSteps: UnsafePointer<Int32>, _ weightSteps: UnsafePointer<Int32>, count: Int
  ) {
    var s = 0
    while s < count {
      let offset = Int(sourceSteps[s])
      let column = weights + Int(weightSteps[s])
      // Registers hold the shorter side of the tile.
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

  /// Stores all accumulators to the packed target. There are no edges: the packed target has room for all channels of a
  /// tile, and a pixel that is computed twice has one offset.
  @inline(always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>, _ targets: UnsafePointer<Int32>, _ stride: Int) {
    var tileTargets = InlineArray<vectors, UnsafeMutablePointer<Float>>(repeating: target)
    for v in 0..<vectors { tileTargets[v] = target + Int(targets[v]) }
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], tileTargets[v] + i &* stride) }
    }
  }
}

/// Applies bias and limits to a record's sums in memory.
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

/// A tile of the `images` kernels, channels × pixels, with a narrow form for records of few pixels.
struct BatchTile: Sendable {
  let level: InstructionSet
  /// Output channels.
  let rows: Int
  /// Pixels of the wide form.
  let wide: Int
  /// Pixels of the narrow form.
  let narrow: Int
  let run: LevelFunction<BatchTileArguments>

  var name: String { "\(rows)x\(wide)" }
  /// Table entries of a record.
  var recordLength: Int { 3 + 2 * wide }

  /// Cycles of one step of a record, at two multiply-adds and two loads a cycle and a latency of four cycles.
  func cycles(pixels: Int) -> Double {
    let vectors = pixels > narrow ? wide : narrow
    return max(Double(rows * vectors), Double(rows + vectors + 2), 8) / 2
  }
}
