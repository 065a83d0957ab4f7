import KernelsISA

/// The weight gradient with the images of a batch innermost: every lane sums the products of its own images over a
/// whole segment of the batch, and the lanes are summed at the end.
///
/// Input and output gradient of as many images as a vector has lanes are packed. A tile of channels and taps then reads
/// a few rows of the gradient at a time, which stay in the first-level cache for all taps.
///
/// With pooling, the gradient is that of pooled outputs: it is packed as it is and then given its place in each window.
/// Meanwhile it is summed for the bias, lane by lane over a segment, as the weight gradient is.
struct BatchGradient: Sendable {
  let shape: Conv2DShape
  let tile: ConvTile<BatchGradientArguments>
  let layout: Layout
  /// The segments of the batch and their reduction, which all weight-gradient kernels have in common.
  let reduction: SegmentedReduction
  /// The number of parts that threads split the channels into, or else the taps.
  let splits: Int
  let tapSplits: Int
  let records: OffsetTable
  /// The offset of each sum in the weight gradient; -1 where it belongs to no weight.
  let targetOffsets: OffsetTable
  let packImages: LevelFunction<BatchTransposeArguments>
  let sumLanes: LevelFunction<LaneSumArguments>
  /// The pooling behind the convolution; nil for none.
  let pooling: BatchPooling?

  /// Sizes that follow from shape and tile alone.
  struct Layout: Sendable {
    /// Tiles along the output channels of a group, and along its taps.
    let channelTiles: Int
    let tapTiles: Int
    /// Output rows of a band, and of a part of it that stays in the first-level cache.
    let bandRows: Int
    let chunkRows: Int
    /// Rows and columns of a channel of the packed input, and rows and columns of padding before the image.
    let rows: Int
    let columns: Int
    let top: Int
    let left: Int
    /// Elements of the packed input and of the packed gradient.
    let sourceCount: Int
    let gradientCount: Int
    /// Elements of the sums of one tile of channels with all taps, and of all tiles.
    let tileSumCount: Int
    let sumCount: Int
    /// The number of tiles of taps whose sums are whole squares of vectors.
    let tapGranule: Int

    init(_ shape: Conv2DShape, _ tile: ConvTile<BatchGradientArguments>) {
      let lanes = tile.level.lanes
      channelTiles = (shape.groupOutputChannels + tile.rows - 1) / tile.rows
      tapTiles = (shape.depth + tile.vectors - 1) / tile.vectors
      let (y, x) = (shape.forwardY, shape.forwardX)
      top = shape.paddingHeight
      left = shape.paddingWidth
      // A packed row has everything that the taps read, and all of the image's row behind the left padding: a row is
      // transposed and moved as a whole, even where its last columns are in no window.
      columns = max(x.reach(x.count), left + shape.inputWidth)
      // 768 KB of packed data leave room in the second-level cache for the sums.
      let rowCount = (shape.groupInputChannels * columns * y.stride + channelTiles * tile.rows * x.count) * lanes
      bandRows = min(max(Self.bandLimit / max(rowCount, 1), 1), y.count)
      rows = y.reach(bandRows)
      chunkRows = max(Self.chunkLimit / (tile.rows * x.count * lanes), 1)
      sourceCount = shape.groupInputChannels * rows * columns * lanes
      gradientCount = channelTiles * tile.rows * bandRows * x.count * lanes
      // Lanes are summed in whole squares of vectors.
      let vectors = tapTiles * tile.rows * tile.vectors
      tileSumCount = (vectors + lanes - 1) / lanes * lanes * lanes
      sumCount = channelTiles * tileSumCount
      var granule = 1
      while granule * tile.rows * tile.vectors % lanes != 0 { granule += 1 }
      tapGranule = granule
    }

    private static let bandLimit = 192 << 10
    /// 20 KB of the gradient, in elements; they stay in the first-level cache beside the input that streams through it.
    private static let chunkLimit = 5 << 10
  }

  init(shape: Conv2DShape, tile: ConvTile<BatchGradientArguments>, threads: Int, pools: Bool = false) {
    self.shape = shape
    self.tile = tile
    let lanes = tile.level.lanes
    let layout = Layout(shape, tile)
    pooling = pools ? BatchPooling(tile.level, nil) : nil
    let pooledCount = pools ? tile.rows * (layout.bandRows * shape.outputWidth / 4 + layout.channelTiles) * lanes : 0
    self.layout = layout
    packImages = Levels.convImagesPack[tile.level]
    sumLanes = Levels.convGradientSumLanes[tile.level]
    let segments = BatchSegments(batch: shape.batch, partCount: shape.weightCount, granule: lanes)
    // With few segments, the threads also split the channels, at the price of packing the input once for each part.
    // With fewer tiles of channels than threads they split the taps, and pack the gradient once for each part, too.
    let splitsGroups = segments.count * shape.groups < threads
    let splitsChannels = layout.channelTiles >= threads
    splits = splitsGroups && splitsChannels ? threads : 1
    tapSplits = splitsGroups && !splitsChannels ? max(min(threads, layout.tapTiles / layout.tapGranule), 1) : 1
    reduction = SegmentedReduction(
      shape: shape, level: tile.level, segments: segments, parts: threads,
      itemsPerSegment: shape.groups * splits * tapSplits,
      threadByteCount: 4
        * (layout.sumCount + layout.sourceCount + layout.gradientCount + lanes * lanes + pooledCount))
    let taps = Self.taps(shape)
    records = OffsetTable(
      stride(from: 0, to: taps.count, by: tile.vectors).flatMap { first in
        Self.record((first..<first + tile.vectors).map { taps[min($0, taps.count - 1)] }, shape, layout, lanes)
      })
    planCheck("row of the input", offset: layout.left, count: shape.inputWidth, allocated: layout.columns)
    var targetOffsets: [Int] = []
    for channelTile in 0..<layout.channelTiles {
      let first = targetOffsets.count
      for tapTile in 0..<layout.tapTiles {
        for c in 0..<tile.rows {
          for t in 0..<tile.vectors {
            let channel = channelTile * tile.rows + c
            let tap = tapTile * tile.vectors + t
            let isInside = channel < shape.groupOutputChannels && tap < taps.count
            targetOffsets.append(isInside ? channel * shape.depth + taps[tap].weight : -1)
          }
        }
      }
      targetOffsets += Array(repeating: -1, count: layout.tileSumCount / lanes - (targetOffsets.count - first))
    }
    self.targetOffsets = OffsetTable(targetOffsets)
    if planChecksAreActive { checkRecords() }
  }

  /// Checks that a band's records read inside the packed input, whose first row is that of the band's first output.
  private func checkRecords() {
    let length = 4 + tile.vectors
    for record in stride(from: 0, to: records.count, by: length) {
      let record = records.base + record
      let rows = min(Int(record[1] - record[0]), layout.bandRows)
      let columns = Int(record[3])
      if rows <= 0 || columns <= Int(record[2]) { continue }
      for t in 0..<tile.vectors {
        // The last row of a band and its last column.
        let offset = Int(record[4 + t])
        let last =
          (layout.bandRows - 1) * shape.strideHeight * layout.columns * lanes + (columns - 1) * shape.strideWidth
          * lanes
        planCheck("packed input", offset: offset, count: last + lanes, allocated: layout.sourceCount)
      }
    }
  }

  struct Tap {
    let channel: Int
    let y: Int
    let x: Int
    let weight: Int
  }

  /// All taps, ordered by kernel element and channel, as the channels of a kernel element miss the same pixels.
  static func taps(_ shape: Conv2DShape) -> [Tap] {
    (0..<shape.kernelHeight).flatMap { y in
      (0..<shape.kernelWidth).flatMap { x in
        (0..<shape.groupInputChannels).map { channel in
          Tap(
            channel: channel, y: y, x: x, weight: (channel * shape.kernelHeight + y) * shape.kernelWidth + x)
        }
      }
    }
  }

  static func union(_ ranges: [Range<Int>]) -> Range<Int> {
    let used = ranges.filter { !$0.isEmpty }
    guard let first = used.map(\.lowerBound).min(), let last = used.map(\.upperBound).max() else { return 0..<0 }
    return first..<last
  }

  static func record(_ taps: [Tap], _ shape: Conv2DShape, _ layout: Layout, _ lanes: Int) -> [Int] {
    let rows = union(taps.map { shape.insideRows($0.y) })
    let columns = union(taps.map { shape.insideColumns($0.x) })
    return [rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound]
      + taps.map {
        let row = $0.channel * layout.rows + $0.y * shape.dilationHeight
        return (row * layout.columns + $0.x * shape.dilationWidth) * lanes
      }
  }

  var lanes: Int { tile.level.lanes }

  /// Bytes of the bias sums of all segments, which lie behind the reduction's memory.
  private var biasByteCount: Int {
    pooling == nil ? 0 : cacheLines(reduction.segments.count * shape.outputChannels * MemoryLayout<Float>.stride)
  }
  var workspaceByteCount: Int { reduction.workspaceByteCount + biasByteCount }

  /// What a pooled gradient has besides its values.
  struct PooledGradient {
    let indices: UnsafePointer<Int32>
    /// A sum for each channel of each segment.
    let biasSums: UnsafeMutablePointer<Float>
  }

  func run(
    _ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer, _ pooled: PooledGradient? = nil
  ) {
    if shape.batch == 0 {
      SegmentedReduction.clear(shape, operands)
      return
    }
    reduction.run(operands, workspace) { images, item, target, threadWorkspace in
      let itemsPerGroup = splits * tapSplits
      let group = item / itemsPerGroup
      let channelTiles = Parallel.range(item % splits, of: splits, items: layout.channelTiles)
      let tapTiles = Parallel.range(
        item % itemsPerGroup / splits, of: tapSplits, items: layout.tapTiles, granule: layout.tapGranule)
      let sums = threadWorkspace.assumingMemoryBound(to: Float.self)
      sums.update(repeating: 0, count: layout.sumCount)
      if pooled != nil { laneSums(sums).update(repeating: 0, count: layout.channelTiles * tile.rows * lanes) }
      for image in stride(from: images.lowerBound, to: images.upperBound, by: lanes) {
        for firstRow in stride(from: 0, to: shape.outputHeight, by: layout.bandRows) {
          add(
            image..<min(image + lanes, images.upperBound), group: group, channelTiles: channelTiles,
            tapTiles: tapTiles, firstRow: firstRow, operands, sums, pooled)
        }
      }
      if let pooled, tapTiles.lowerBound == 0 { reduceBias(channelTiles, images, laneSums(sums), pooled) }
      reduce(channelTiles, tapTiles, sums, target + group * shape.groupOutputChannels * shape.depth)
    }
  }

  /// Sums the lanes of some tiles and stores the results in the segment's gradient.
  private func reduce(
    _ channelTiles: Range<Int>, _ tapTiles: Range<Int>, _ sums: UnsafeMutablePointer<Float>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let vectors = layout.tileSumCount / lanes
    let first = tapTiles.lowerBound * tile.rows * tile.vectors
    let last = tapTiles.upperBound == layout.tapTiles ? vectors : tapTiles.upperBound * tile.rows * tile.vectors
    for channelTile in channelTiles {
      var arguments = LaneSumArguments(
        sums: sums + (channelTile * vectors + first) * lanes,
        targetOffsets: targetOffsets.base + channelTile * vectors + first,
        count: last - first, target: target,
        scratch: sums + layout.sumCount + layout.sourceCount + layout.gradientCount)
      sumLanes(&arguments)
    }
  }

  /// Adds a band of rows of some images to the sums.
  private func add(
    _ images: Range<Int>, group: Int, channelTiles: Range<Int>, tapTiles: Range<Int>, firstRow: Int,
    _ operands: Conv2DBackwardWeights.Operands, _ sums: UnsafeMutablePointer<Float>, _ pooled: PooledGradient?
  ) {
    let source = sums + layout.sumCount
    let gradient = source + layout.sourceCount
    let scratch = gradient + layout.gradientCount
    let rows = min(layout.bandRows, shape.outputHeight - firstRow)
    let input =
      operands.input + (images.lowerBound * shape.inputChannels + group * shape.groupInputChannels) * shape.inputPlane
    packInput(input, images.count, firstRow: firstRow, source, scratch)
    let output =
      operands.outputGradient
      + (images.lowerBound * shape.outputChannels + group * shape.groupOutputChannels) * shape.outputPlane
    let width = shape.outputWidth
    let tileCount = tile.rows * rows * width * lanes
    for channelTile in channelTiles {
      let channel = channelTile * tile.rows
      let channels = min(shape.groupOutputChannels - channel, tile.rows)
      let packed = gradient + channelTile * tileCount
      if channels < tile.rows { packed.update(repeating: 0, count: tileCount) }
      if let pooled {
        unpool(
          pooled, images, channel: channel, channels: channels, rows: firstRow..<firstRow + rows,
          gradient: operands.outputGradient, packed, laneSums: laneSums(sums), scratch)
        continue
      }
      var arguments = BatchTransposeArguments(
        images: UnsafeMutablePointer(mutating: output + (channel * shape.outputPlane + firstRow * width)),
        packed: packed, runs: channels, length: rows * width, imageRunStride: shape.outputPlane,
        packedRunStride: lanes, packedStride: tile.rows * lanes, imageStride: shape.outputChannels * shape.outputPlane,
        count: images.count, scratch: scratch)
      packImages(&arguments)
    }
    let rowStride = shape.strideHeight * layout.columns * lanes
    for row in stride(from: 0, to: rows, by: layout.chunkRows) {
      for channelTile in channelTiles {
        // Both rows and records count from the image's first row.
        var arguments = BatchGradientArguments(
          source: source - firstRow * rowStride, sourceRowStride: rowStride,
          sourceColumnStride: shape.strideWidth * lanes,
          gradient: gradient + (channelTile * tileCount - firstRow * width * tile.rows * lanes), width: width,
          firstRow: firstRow + row, lastRow: firstRow + min(row + layout.chunkRows, rows),
          records: records.base + tapTiles.lowerBound * (4 + tile.vectors), recordCount: tapTiles.count,
          sums: sums + channelTile * layout.tileSumCount + tapTiles.lowerBound * tile.rows * tile.vectors * lanes)
        tile.run(&arguments)
      }
    }
  }

  /// Packs a band of the input, with the padding written out.
  private func packInput(
    _ input: UnsafePointer<Float>, _ images: Int, firstRow: Int, _ packed: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let first = firstRow * shape.strideHeight - layout.top
    let inside = (first..<first + layout.rows).clamped(to: 0..<shape.inputHeight)
    let before = inside.isEmpty ? layout.rows : inside.lowerBound - first
    let width = shape.inputWidth
    let isPadded = layout.columns != width
    let rowCount = layout.columns * lanes
    for channel in 0..<shape.groupInputChannels {
      let plane = packed + channel * layout.rows * rowCount
      plane.update(repeating: 0, count: before * rowCount)
      (plane + (before + inside.count) * rowCount).update(
        repeating: 0, count: (layout.rows - before - inside.count) * rowCount)
    }
    let start = packed + before * rowCount
    var arguments = BatchTransposeArguments(
      images: UnsafeMutablePointer(mutating: input + inside.lowerBound * width), packed: start,
      runs: shape.groupInputChannels, length: inside.count * width, imageRunStride: shape.inputPlane,
      packedRunStride: layout.rows * rowCount, packedStride: lanes,
      imageStride: shape.inputChannels * shape.inputPlane, count: images, scratch: scratch)
    if layout.rows == shape.inputHeight, inside.count == layout.rows, !isPadded {
      arguments.length *= arguments.runs
      arguments.runs = 1
    }
    packImages(&arguments)
    if !isPadded { return }
    // The rows were packed without padding between; from the last row to the first, they are moved apart.
    for channel in 0..<shape.groupInputChannels {
      let plane = start + channel * layout.rows * rowCount
      for row in (0..<inside.count).reversed() {
        let target = plane + row * rowCount
        (target + layout.left * lanes).update(from: plane + row * width * lanes, count: width * lanes)
        target.update(repeating: 0, count: layout.left * lanes)
        (target + (layout.left + width) * lanes).update(
          repeating: 0, count: (layout.columns - layout.left - width) * lanes)
      }
    }
  }
}

/// A row `images` of the weight gradient's table.
func batchGradientKernel(_ tile: ConvTile<BatchGradientArguments>) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "images", level: tile.level, tile: tile.name,
    terms: { shape, _ in BatchGradient.terms(shape, tile, .nominal) },
    prepare: { shape, threads in
      let gradient = BatchGradient(
        shape: shape, tile: tile, threads: shape.parts(threads: threads))
      return PreparedKernel(workspaceByteCount: gradient.reduction.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}
