import ISA

/// The weight gradient with images side by side: every lane sums the products of its images over a whole segment of the
/// batch, and the lanes are summed at the end.
///
/// Input and output gradient of as many images as a vector has lanes are turned into staging memory. A tile of channels
/// and taps then passes over a few rows of the gradient at a time, which stay in the first-level cache for all taps.
private struct BatchGradient: Sendable {
  let shape: Conv2DShape
  let tile: ConvTile<ConvBatchWeightsArguments>
  let layout: Layout
  let common: SegmentedReduction
  /// In how many parts threads share the channels, or else the taps.
  let splits: Int
  let tapSplits: Int
  let records: OffsetTable
  let places: OffsetTable
  let turn: LevelFunction<ConvBatchTurnArguments>
  let sum: LevelFunction<ConvBatchSumArguments>

  /// Sizes that follow from shape and tile alone.
  struct Layout: Sendable {
    let channelTiles: Int
    let tapTiles: Int
    /// Output rows of a band, and of a part of it that stays in the first-level cache.
    let bandRows: Int
    let chunkRows: Int
    /// Rows and columns of a channel of the staged input, and of the padding before the image.
    let rows: Int
    let columns: Int
    let top: Int
    let left: Int
    /// Elements.
    let sourceCount: Int
    let gradientCount: Int
    /// Sums of a tile of channels, and of all.
    let tileSumCount: Int
    let sumCount: Int
    /// Tiles of taps whose sums are whole squares of vectors.
    let tapGranule: Int

    init(_ shape: Conv2DShape, _ tile: ConvTile<ConvBatchWeightsArguments>) {
      let lanes = tile.level.lanes
      channelTiles = (shape.groupOutputChannels + tile.rows - 1) / tile.rows
      tapTiles = (shape.depth + tile.vectors - 1) / tile.vectors
      let (y, x) = (shape.forwardY, shape.forwardX)
      top = shape.paddingHeight
      left = shape.paddingWidth
      // A staged row holds all that the taps read, and all of the image's row behind its left padding: that is transposed
      // and moved as a whole, even where the last columns are in no window.
      columns = max(x.reach(x.count), left + shape.inputWidth)
      // 768 KB of staging leave room in the second-level cache for the sums.
      let rowCount = (shape.groupInputChannels * columns * y.stride + channelTiles * tile.rows * x.count) * lanes
      bandRows = min(max(Self.bandLimit / max(rowCount, 1), 1), y.count)
      rows = y.reach(bandRows)
      chunkRows = max(Self.chunkLimit / (tile.rows * x.count * lanes), 1)
      sourceCount = shape.groupInputChannels * rows * columns * lanes
      gradientCount = channelTiles * tile.rows * bandRows * x.count * lanes
      // Whole squares of vectors are summed.
      let vectors = tapTiles * tile.rows * tile.vectors
      tileSumCount = (vectors + lanes - 1) / lanes * lanes * lanes
      sumCount = channelTiles * tileSumCount
      var granule = 1
      while granule * tile.rows * tile.vectors % lanes != 0 { granule += 1 }
      tapGranule = granule
    }

    private static let bandLimit = 192 << 10
    /// 20 KB of the gradient stay in the first-level cache beside what passes of the input.
    private static let chunkLimit = 5 << 10
  }

  init(shape: Conv2DShape, tile: ConvTile<ConvBatchWeightsArguments>, threads: Int) {
    self.shape = shape
    self.tile = tile
    let lanes = tile.level.lanes
    let layout = Layout(shape, tile)
    self.layout = layout
    turn = convBatchTurnIn[tile.level]
    sum = convBatchSum[tile.level]
    let segments = BatchSegments(batch: shape.batch, partCount: shape.weightCount, granule: lanes)
    // Few segments: the threads share out the channels, too, at the price of staging the input twice. Of fewer tiles of
    // channels than threads they share out the taps, and stage the gradient twice, too.
    let isShared = segments.count * shape.groups < threads
    let sharesChannels = layout.channelTiles >= threads
    splits = isShared && sharesChannels ? threads : 1
    tapSplits = isShared && !sharesChannels ? max(min(threads, layout.tapTiles / layout.tapGranule), 1) : 1
    common = SegmentedReduction(
      shape: shape, level: tile.level, segments: segments, parts: threads,
      itemsPerSegment: shape.groups * splits * tapSplits,
      threadByteCount: 4 * (layout.sumCount + layout.sourceCount + layout.gradientCount + lanes * lanes))
    let taps = Self.taps(shape)
    records = OffsetTable(
      stride(from: 0, to: taps.count, by: tile.vectors).flatMap { first in
        Self.record((first..<first + tile.vectors).map { taps[min($0, taps.count - 1)] }, shape, layout, lanes)
      })
    planCheck("row of the input", offset: layout.left, count: shape.inputWidth, allocated: layout.columns)
    var places: [Int] = []
    for channelTile in 0..<layout.channelTiles {
      let first = places.count
      for tapTile in 0..<layout.tapTiles {
        for c in 0..<tile.rows {
          for t in 0..<tile.vectors {
            let channel = channelTile * tile.rows + c
            let tap = tapTile * tile.vectors + t
            let isInside = channel < shape.groupOutputChannels && tap < taps.count
            places.append(isInside ? channel * shape.depth + taps[tap].weight : -1)
          }
        }
      }
      places += Array(repeating: -1, count: layout.tileSumCount / lanes - (places.count - first))
    }
    self.places = OffsetTable(places)
    if planChecksAreActive { checkRecords() }
  }

  /// Checks that a band's records read inside the staged input, whose first row is that of the band's first output.
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
        planCheck("staged input", offset: offset, count: last + lanes, allocated: layout.sourceCount)
      }
    }
  }

  struct Tap {
    let channel: Int
    let y: Int
    let x: Int
    let weight: Int
  }

  /// All taps, the channels of each kernel element together, as they lack the same pixels.
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

  /// The outputs that a kernel's element meets inside the input.
  static func outputs(_ axis: ConvAxis, _ tap: Int) -> Range<Int> {
    let inside = (0..<axis.count).filter {
      (0..<axis.sourceCount).contains(axis.start + $0 * axis.stride + axis.taps[tap].shift)
    }
    return inside.first.map { $0..<inside[inside.count - 1] + 1 } ?? 0..<0
  }

  static func union(_ ranges: [Range<Int>]) -> Range<Int> {
    let used = ranges.filter { !$0.isEmpty }
    guard let first = used.map(\.lowerBound).min(), let last = used.map(\.upperBound).max() else { return 0..<0 }
    return first..<last
  }

  static func record(_ taps: [Tap], _ shape: Conv2DShape, _ layout: Layout, _ lanes: Int) -> [Int] {
    let rows = union(taps.map { outputs(shape.forwardY, $0.y) })
    let columns = union(taps.map { outputs(shape.forwardX, $0.x) })
    return [rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound]
      + taps.map {
        let row = $0.channel * layout.rows + $0.y * shape.dilationHeight
        return (row * layout.columns + $0.x * shape.dilationWidth) * lanes
      }
  }

  private var lanes: Int { tile.level.lanes }

  func run(_ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) {
    if shape.batch == 0 {
      SegmentedReduction.clear(shape, operands)
      return
    }
    common.run(operands, workspace) { images, item, target, own in
      let shares = splits * tapSplits
      let group = item / shares
      let channelTiles = Parallel.range(item % splits, of: splits, items: layout.channelTiles)
      let tapTiles = Parallel.range(
        item % shares / splits, of: tapSplits, items: layout.tapTiles, granule: layout.tapGranule)
      let sums = own.assumingMemoryBound(to: Float.self)
      sums.update(repeating: 0, count: layout.sumCount)
      for image in stride(from: images.lowerBound, to: images.upperBound, by: lanes) {
        for firstRow in stride(from: 0, to: shape.outputHeight, by: layout.bandRows) {
          add(
            image..<min(image + lanes, images.upperBound), group: group, channelTiles: channelTiles,
            tapTiles: tapTiles, firstRow: firstRow, operands, sums)
        }
      }
      reduce(channelTiles, tapTiles, sums, target + group * shape.groupOutputChannels * shape.depth)
    }
  }

  private func reduce(
    _ channelTiles: Range<Int>, _ tapTiles: Range<Int>, _ sums: UnsafeMutablePointer<Float>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let vectors = layout.tileSumCount / lanes
    let first = tapTiles.lowerBound * tile.rows * tile.vectors
    let last = tapTiles.upperBound == layout.tapTiles ? vectors : tapTiles.upperBound * tile.rows * tile.vectors
    for channelTile in channelTiles {
      var arguments = ConvBatchSumArguments(
        sums: sums + (channelTile * vectors + first) * lanes, places: places.base + channelTile * vectors + first,
        count: last - first, target: target,
        scratch: sums + layout.sumCount + layout.sourceCount + layout.gradientCount)
      sum(&arguments)
    }
  }

  /// Adds a band of rows of some images.
  private func add(
    _ images: Range<Int>, group: Int, channelTiles: Range<Int>, tapTiles: Range<Int>, firstRow: Int,
    _ operands: Conv2DBackwardWeights.Operands, _ sums: UnsafeMutablePointer<Float>
  ) {
    let source = sums + layout.sumCount
    let gradient = source + layout.sourceCount
    let scratch = gradient + layout.gradientCount
    let rows = min(layout.bandRows, shape.outputHeight - firstRow)
    let input =
      operands.input + (images.lowerBound * shape.inputChannels + group * shape.groupInputChannels) * shape.inputPlane
    stage(input, images.count, firstRow: firstRow, source, scratch)
    let output =
      operands.outputGradient
      + (images.lowerBound * shape.outputChannels + group * shape.groupOutputChannels) * shape.outputPlane
    let width = shape.outputWidth
    let tileCount = tile.rows * rows * width * lanes
    for channelTile in channelTiles {
      let channel = channelTile * tile.rows
      let channels = min(shape.groupOutputChannels - channel, tile.rows)
      let staged = gradient + channelTile * tileCount
      if channels < tile.rows { staged.update(repeating: 0, count: tileCount) }
      var arguments = ConvBatchTurnArguments(
        images: UnsafeMutablePointer(mutating: output + (channel * shape.outputPlane + firstRow * width)),
        staged: staged, runs: channels, length: rows * width, imageRunStride: shape.outputPlane,
        stagedRunStride: lanes, stagedStride: tile.rows * lanes, imageStride: shape.outputChannels * shape.outputPlane,
        count: images.count, scratch: scratch)
      turn(&arguments)
    }
    let rowStride = shape.strideHeight * layout.columns * lanes
    for row in stride(from: 0, to: rows, by: layout.chunkRows) {
      for channelTile in channelTiles {
        // Rows count from the image's first: so do those of the records.
        var arguments = ConvBatchWeightsArguments(
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

  /// Turns a band of the input into staging memory, with the padding written out.
  private func stage(
    _ input: UnsafePointer<Float>, _ images: Int, firstRow: Int, _ staged: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let first = firstRow * shape.strideHeight - layout.top
    let inside = (first..<first + layout.rows).clamped(to: 0..<shape.inputHeight)
    let before = inside.isEmpty ? layout.rows : inside.lowerBound - first
    let width = shape.inputWidth
    let isPadded = layout.columns != width
    let rowCount = layout.columns * lanes
    for channel in 0..<shape.groupInputChannels {
      let plane = staged + channel * layout.rows * rowCount
      plane.update(repeating: 0, count: before * rowCount)
      (plane + (before + inside.count) * rowCount).update(
        repeating: 0, count: (layout.rows - before - inside.count) * rowCount)
    }
    let start = staged + before * rowCount
    var arguments = ConvBatchTurnArguments(
      images: UnsafeMutablePointer(mutating: input + inside.lowerBound * width), staged: start,
      runs: shape.groupInputChannels, length: inside.count * width, imageRunStride: shape.inputPlane,
      stagedRunStride: layout.rows * rowCount, stagedStride: lanes,
      imageStride: shape.inputChannels * shape.inputPlane, count: images, scratch: scratch)
    if layout.rows == shape.inputHeight, inside.count == layout.rows, !isPadded {
      arguments.length *= arguments.runs
      arguments.runs = 1
    }
    turn(&arguments)
    if !isPadded { return }
    // The rows stand side by side; from the last on, they move apart.
    for channel in 0..<shape.groupInputChannels {
      let plane = start + channel * layout.rows * rowCount
      for row in (0..<inside.count).reversed() {
        let place = plane + row * rowCount
        (place + layout.left * lanes).update(from: plane + row * width * lanes, count: width * lanes)
        place.update(repeating: 0, count: layout.left * lanes)
        (place + (layout.left + width) * lanes).update(
          repeating: 0, count: (layout.columns - layout.left - width) * lanes)
      }
    }
  }
}

/// A row of the weight gradient's table, with images side by side.
func batchGradientKernel(_ tile: ConvTile<ConvBatchWeightsArguments>) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "batch", level: tile.level, tile: tile.name,
    cost: { shape, _ in batchGradientCost(shape, tile, .nominal) },
    prepare: { shape, threads in
      let gradient = BatchGradient(
        shape: shape, tile: tile, threads: shape.parts(threads: threads))
      return PreparedKernel(workspaceByteCount: gradient.common.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}

/// The cycles of the tiles, whose inputs come from the second-level cache, of loading and
/// storing their sums for each chunk of rows, of turning, which moves about four floats a cycle, and of summing lanes,
/// about six a vector, once a segment. nil where staging or sums would be too large.
private func batchGradientCost(
  _ shape: Conv2DShape, _ tile: ConvTile<ConvBatchWeightsArguments>, _ machine: Machine
) -> Double? {
  let lanes = tile.level.lanes
  guard shape.batch > 0, shape.inputPlane <= 16 << 10, shape.outputPlane <= 16 << 10, shape.depth <= 16 << 10 else {
    return nil
  }
  let layout = BatchGradient.Layout(shape, tile)
  guard layout.sumCount <= 192 << 10, layout.sourceCount + layout.gradientCount <= 256 << 10 else { return nil }
  let rows = (0..<shape.kernelHeight).map { BatchGradient.outputs(shape.forwardY, $0) }
  let columns = (0..<shape.kernelWidth).map { BatchGradient.outputs(shape.forwardX, $0) }
  let taps = BatchGradient.taps(shape)
  let pixels = stride(from: 0, to: taps.count, by: tile.vectors).reduce(0) { sum, first in
    let tile = taps[first..<min(first + tile.vectors, taps.count)]
    return sum + BatchGradient.union(tile.map { rows[$0.y] }).count
      * BatchGradient.union(tile.map { columns[$0.x] }).count
  }
  let sums = Double(tile.rows * tile.vectors)
  let step = max(sums, Double(tile.rows + tile.vectors), 8) / 2 + 0.3 * Double(tile.vectors * lanes) / 16
  // Half a megabyte of sums leaves the second-level cache.
  let perTile = 15 + sums * (layout.sumCount <= 128 << 10 ? 1.2 : 3.6)
  let tiles = Double(layout.channelTiles * layout.tapTiles)
  let chunks = Double((shape.outputHeight + layout.chunkRows - 1) / layout.chunkRows)
  let imageGroups = (shape.batch + lanes - 1) / lanes
  let segments = BatchSegments(batch: shape.batch, partCount: shape.weightCount, granule: lanes).count
  let turned = (shape.groupInputChannels * shape.inputPlane + shape.groupOutputChannels * shape.outputPlane) * lanes
  let perGroup =
    Double(pixels * layout.channelTiles) * step + chunks * tiles * perTile + Double(turned) / 4
    + Double(layout.sumCount / lanes * segments) * 6 / Double(imageGroups)
  let ideal = Double(shape.groupOutputChannels * shape.outputPlane * shape.depth) / 2
  return shape.cycles(tile.level, machine, share: ideal / perGroup * filled(shape.batch, lanes))
}
