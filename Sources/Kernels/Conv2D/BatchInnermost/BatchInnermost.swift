import KernelsISA

/// The forward pass or the input gradient with the images of a batch innermost, as the lanes of a vector: for batches
/// of images whose rows are short.
///
/// A unit of work is as many images as a vector has lanes, one group of channels, and a band of rows of the target. The
/// band's source is packed once as [channel][row][column][image]. Each panel of channels is then computed for a strip
/// of rows at a time, which stays in the first-level cache until it is unpacked to the target's planes.
///
/// With pooling, a strip is pooled before it is unpacked, and the source of the input gradient, a gradient of pooled
/// outputs, is packed as it is and then given its place in each window. The pooled planes are a quarter of those that the
/// geometry says.
struct BatchInnermost: Sendable {
  let tile: BatchTile
  let geometry: BatchGeometry
  let isBackward: Bool
  let limits: (floor: Float, ceiling: Float)
  let bands: [Band]
  /// Rows of one channel of the packed source, for the band that has most.
  let packedRows: Int
  /// Pixels of one channel of the packed target, for the strip that has most.
  let stripPixels: Int
  /// The tables that records refer to: the offset of each step in the packed source and in a panel of weights.
  let sourceSteps: OffsetTable
  let weightSteps: OffsetTable
  let weightOffsets: OffsetTable?
  let packImages: LevelFunction<BatchTransposeArguments>
  let unpackImages: LevelFunction<BatchTransposeArguments>
  let packPanels: LevelFunction<PackPanelsArguments>
  /// The pooling behind the convolution; nil for none.
  let pooling: BatchPooling?

  struct Band: Sendable {
    /// Rows of the source that are packed.
    let rows: Range<Int>
    let strips: [Strip]
  }

  struct Strip: Sendable {
    /// Rows of the target.
    let rows: Range<Int>
    /// The strip's records, as `BatchTileArguments` describes them.
    let records: OffsetTable
    let recordCount: Int
    /// Prefetch requests of the strip's tiles for one panel.
    let requests: Int
  }

  /// Elements of a packed band of the source: 512 KB, which stay in the second-level cache.
  static let bandLimit = 128 << 10
  /// Elements of packed weights, a band and a strip together, so that one thread needs less than 4 MB.
  static let limit = 960_000
  /// Elements of a strip of the packed target: 128 KB.
  static let stripLimit = 32 << 10

  init(
    tile: BatchTile, geometry: BatchGeometry, isBackward: Bool, activation: FusedActivation?, threads: Int,
    pools: Bool = false
  ) {
    self.tile = tile
    pooling = pools ? BatchPooling(tile.level, activation) : nil
    self.geometry = geometry
    self.isBackward = isBackward
    limits = activation.limits
    packImages = Levels.convImagesPack[tile.level]
    unpackImages = Levels.convImagesUnpack[tile.level]
    packPanels = Levels.convPack[tile.level]
    let pixels = geometry.pixels
    let lanes = tile.level.lanes
    let units = (geometry.batch + lanes - 1) / lanes * geometry.groups
    let fitting = geometry.bandRows(lanes: lanes)
    // One band an image, unless more bands give the threads even work.
    let wanted = units % threads == 0 || units >= 4 * threads || (pools && isBackward) ? 1 : threads
    let bandCount = max((geometry.targetHeight + fitting - 1) / fitting, wanted)
    // Windows are not cut.
    let unit = pools && !isBackward ? 2 : 1
    let bandRows = ((geometry.targetHeight + bandCount - 1) / bandCount + unit - 1) / unit * unit
    let stripRows = max(min(geometry.stripRows(tile), bandRows) / unit, 1) * unit
    // The groups of pixels of all strips of all bands; how many source rows are packed follows from them.
    let plannedBands = stride(from: 0, to: geometry.targetHeight, by: bandRows).map { first in
      let band = first..<min(first + bandRows, geometry.targetHeight)
      return stride(from: band.lowerBound, to: band.upperBound, by: stripRows).map { first in
        let rows = first..<min(first + stripRows, band.upperBound)
        return (rows: rows, groups: pixels.groups(rows: rows, tile: tile))
      }
    }
    let sourceRows = plannedBands.map { strips in
      let rows = pixels.sourceRows(strips.flatMap(\.groups))
      // All rows of the pooled source are given their places.
      return pools && isBackward ? min(rows.lowerBound, 0)..<max(rows.upperBound, geometry.sourceHeight) : rows
    }
    planCheck(!pools || !isBackward || plannedBands.count <= 1, "a pooled source is read in one band")
    packedRows = sourceRows.map(\.count).max() ?? 0
    stripPixels = stripRows * geometry.targetWidth
    var steps = BatchSteps(geometry: geometry, tile: tile, packedRows: packedRows)
    bands = zip(plannedBands, sourceRows).map { strips, sourceRows in
      Band(
        rows: sourceRows,
        strips: strips.map { strip in
          let records = strip.groups.flatMap {
            steps.record($0, firstSourceRow: sourceRows.lowerBound, firstRow: strip.rows.lowerBound)
          }
          let requests = stride(from: 2, to: records.count, by: tile.recordLength).reduce(0) {
            $0 + (records[$1] + ImagePrefetch.steps - 1) / ImagePrefetch.steps
          }
          return Strip(
            rows: strip.rows, records: OffsetTable(records), recordCount: strip.groups.count, requests: requests)
        })
    }
    sourceSteps = OffsetTable(steps.sources)
    weightSteps = OffsetTable(steps.weights)
    weightOffsets = geometry.weightOffsets.map(OffsetTable.init)
    if planChecksAreActive { checkRecords() }
  }

  /// Checks that records read inside the packed source and write inside the packed strip.
  private func checkRecords() {
    for strip in bands.flatMap(\.strips) {
      for record in 0..<strip.recordCount {
        let record = strip.records.base + record * tile.recordLength
        let (first, count) = (Int(record[1]), Int(record[2]))
        planCheck("steps of a record", offset: first, count: count, allocated: sourceSteps.count)
        for v in 0..<tile.wide {
          planCheck(
            "pixels of a strip", offset: Int(record[3 + tile.wide + v]), count: lanes,
            allocated: strip.rows.count * geometry.targetWidth * lanes)
          for step in first..<first + count {
            planCheck(
              "packed source", offset: Int(record[3 + v] + sourceSteps.base[step]), count: lanes, allocated: packedCount
            )
          }
        }
      }
    }
  }

  private var lanes: Int { tile.level.lanes }
  private var paddedChannels: Int { (geometry.targetChannels + tile.rows - 1) / tile.rows * tile.rows }
  private var weightsByteCount: Int { cacheLines(geometry.groups * paddedChannels * geometry.depth * 4) }
  func workspaceByteCount(parts: Int) -> Int { sharedByteCount + parts * threadByteCount }
  /// Bytes of packed weights and padded bias, which all threads read.
  private var sharedByteCount: Int { weightsByteCount + cacheLines(geometry.groups * paddedChannels * 4) }
  /// Bytes of each thread's workspace.
  private var threadByteCount: Int { 4 * (packedCount + stripCount + scratchCount + pooledCount) }
  private var packedCount: Int { geometry.sourceChannels * packedRows * geometry.sourceWidth * lanes }
  private var stripCount: Int { tile.rows * stripPixels * lanes }
  private var scratchCount: Int { lanes * lanes }
  /// Elements of a pooled source in packed form.
  private var pooledCount: Int {
    pooling != nil && isBackward ? geometry.sourceChannels * sourcePlane * lanes : 0
  }
  /// Elements of a plane of the source and of the target in memory.
  private var sourcePlane: Int {
    geometry.sourceHeight * geometry.sourceWidth / (pooling != nil && isBackward ? 4 : 1)
  }
  private var targetPlane: Int {
    geometry.targetHeight * geometry.targetWidth / (pooling != nil && !isBackward ? 4 : 1)
  }

  /// - Parameter indices: of pooled windows, written by the forward pass and read by the input gradient; nil to write none.
  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    target: UnsafeMutablePointer<Float>, indices: UnsafeMutablePointer<Int32>? = nil, parts: Int,
    workspace: UnsafeMutableRawPointer
  ) {
    let imageGroups = (geometry.batch + lanes - 1) / lanes
    if imageGroups == 0 { return }
    prepareWeights(weights, bias, workspace)
    Parallel.run(parts: parts) { part in
      let threadWorkspace = workspace + sharedByteCount + part * threadByteCount
      let units = Parallel.range(part, of: parts, items: imageGroups * geometry.groups * bands.count)
      for unit in units {
        let group = unit / bands.count % geometry.groups
        let image = unit / bands.count / geometry.groups * lanes
        let plane = image * geometry.groups + group
        let next = (unit + 1) / bands.count * lanes
        let prefetches = geometry.groups == 1 && unit + 1 < units.upperBound && pooledCount == 0
        runBand(
          bands[unit % bands.count], group: group, images: min(geometry.batch - image, lanes),
          sourcePrefetch: prefetches
            ? prefetch(of: source, image: next, band: bands[(unit + 1) % bands.count]) : .none,
          source: source + plane * geometry.sourceChannels * sourcePlane,
          target: target + plane * geometry.targetChannels * targetPlane,
          indices: indices.map { $0 + indexOffset(image: image, channel: 0, window: 0) }, shared: workspace,
          threadWorkspace: threadWorkspace.assumingMemoryBound(to: Float.self))
      }
    }
  }

  private func prepareWeights(
    _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, _ workspace: UnsafeMutableRawPointer
  ) {
    let panels = workspace.assumingMemoryBound(to: Float.self)
    for group in 0..<geometry.groups {
      var arguments = PackPanelsArguments(
        source: weights + group * geometry.groupWeights, panels: panels + group * paddedChannels * geometry.depth,
        lanes: geometry.targetChannels, width: tile.rows, depth: geometry.depth, laneStride: geometry.laneStride,
        depthOffsets: weightOffsets.map { UnsafePointer($0.base) })
      packPanels(&arguments)
    }
    packBias(
      bias, groups: geometry.groups, channels: geometry.targetChannels, paddedChannels: paddedChannels,
      (workspace + weightsByteCount).assumingMemoryBound(to: Float.self))
  }

  /// The source lines of a band of some images; one run an image where the band has all of the rows.
  private func prefetch(of source: UnsafePointer<Float>, image: Int, band: Band) -> ImagePrefetch {
    let rows = band.rows.clamped(to: 0..<geometry.sourceHeight)
    let plane = geometry.sourceHeight * geometry.sourceWidth
    let count = geometry.sourceChannels * plane
    let images = min(geometry.batch - image, lanes)
    let isWhole = rows.count == geometry.sourceHeight
    return ImagePrefetch(
      base: source + (image * count + rows.lowerBound * geometry.sourceWidth),
      lines: ((isWhole ? count : rows.count * geometry.sourceWidth) + 15) / 16,
      runs: isWhole ? 1 : geometry.sourceChannels, images: images, runStride: plane, imageStride: count, line: 0,
      run: 0, image: 0, linesPerRequest: 0)
  }

  private func runBand(
    _ band: Band, group: Int, images: Int, sourcePrefetch: ImagePrefetch, source: UnsafePointer<Float>,
    target: UnsafeMutablePointer<Float>, indices: UnsafeMutablePointer<Int32>?, shared: UnsafeMutableRawPointer,
    threadWorkspace: UnsafeMutablePointer<Float>
  ) {
    let packed = threadWorkspace
    let strip = threadWorkspace + packedCount
    let scratch = strip + stripCount
    if pooledCount > 0, let indices {
      unpoolSource(band.rows, images: images, source, indices, packed, scratch)
    } else {
      packSource(band.rows, images: images, source, packed, scratch)
    }
    let plane = geometry.targetHeight * geometry.targetWidth
    let weights = shared.assumingMemoryBound(to: Float.self) + group * paddedChannels * geometry.depth
    let bias = (shared + weightsByteCount).assumingMemoryBound(to: Float.self) + group * paddedChannels
    var sourcePrefetch = sourcePrefetch
    let calls = band.strips.count * ((geometry.targetChannels + tile.rows - 1) / tile.rows)
    var call = 0
    for rows in band.strips {
      let count = rows.rows.count * geometry.targetWidth
      for channel in stride(from: 0, to: geometry.targetChannels, by: tile.rows) {
        let channels = min(geometry.targetChannels - channel, tile.rows)
        let stripTarget = target + (channel * plane + rows.rows.lowerBound * geometry.targetWidth)
        let imageStride = geometry.groups * geometry.targetChannels * plane
        let isRun = count == plane
        let lines = ((isRun ? channels * count : count) + 15) / 16
        let runs = isRun ? 1 : channels
        let targetPrefetch: ImagePrefetch =
          geometry.groups > 1 || targetPlane < plane
          ? .none
          : ImagePrefetch(
            base: UnsafePointer(stripTarget), lines: lines, runs: runs, images: images, runStride: plane,
            imageStride: imageStride, line: 0, run: 0, image: 0,
            linesPerRequest: (lines * runs * images + rows.requests - 1) / max(rows.requests, 1))
        sourcePrefetch.take(call, of: calls, requests: rows.requests)
        call += 1
        var arguments = BatchTileArguments(
          source: packed, weights: weights + channel * geometry.depth,
          bias: isBackward || pooling != nil ? nil : bias + channel,
          records: rows.records.base, recordCount: rows.recordCount, sourceSteps: sourceSteps.base,
          weightSteps: weightSteps.base, target: strip, channelStride: count * lanes, floor: limits.floor,
          ceiling: limits.ceiling, sourcePrefetch: sourcePrefetch,
          targetPrefetch: targetPrefetch)
        tile.run(&arguments)
        if targetPlane < plane {
          storePooled(
            rows.rows, channel: channel, channels: channels, images: images, bias: bias + channel, strip, target,
            indices, scratch)
          continue
        }
        transposePixels(
          unpackImages, stripTarget, strip, channels: channels, count: count, plane: plane, packedPlane: count,
          imageStride: imageStride, images: images, scratch)
      }
    }
  }

  private func indexOffset(image: Int, channel: Int, window: Int) -> Int {
    let channels = isBackward ? geometry.sourceChannels : geometry.targetChannels
    return PooledIndices(channels: channels, plane: isBackward ? sourcePlane : targetPlane)
      .offset(image: image, channel: channel, window: window)
  }

  /// Pools a strip of a panel in place, and unpacks the maxima.
  private func storePooled(
    _ rows: Range<Int>, channel: Int, channels: Int, images: Int, bias: UnsafePointer<Float>,
    _ strip: UnsafeMutablePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ indices: UnsafeMutablePointer<Int32>?, _ scratch: UnsafeMutablePointer<Float>
  ) {
    guard let pooling else { return }
    let count = rows.count * geometry.targetWidth
    let window = rows.lowerBound / 2 * (geometry.targetWidth / 2)
    var arguments = BatchPoolArguments(
      bias: bias, source: strip, sourceChannelStride: count * lanes, target: strip, targetChannelStride: count * lanes,
      indices: indices.map { $0 + indexOffset(image: 0, channel: channel, window: window) },
      indexChannelStride: targetPlane * BatchPooling.imagesOfIndices, channels: channels, height: rows.count / 2,
      width: geometry.targetWidth / 2, floor: pooling.limits.floor, ceiling: pooling.limits.ceiling,
      lowest: pooling.gradientLimits.lowest, highest: pooling.gradientLimits.highest)
    pooling.pool(&arguments)
    transposePixels(
      unpackImages, target + (channel * targetPlane + window), strip, channels: channels, count: count / 4,
      plane: targetPlane, packedPlane: count, imageStride: geometry.targetChannels * targetPlane, images: images,
      scratch)
  }

  /// Packs pooled gradients and gives them their places in the planes of the source; stores zeros in all other places.
  private func unpoolSource(
    _ rows: Range<Int>, images: Int, _ source: UnsafePointer<Float>, _ indices: UnsafeMutablePointer<Int32>,
    _ packed: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    guard let pooling else { return }
    let pooled = scratch + scratchCount
    transposePixels(
      packImages, UnsafeMutablePointer(mutating: source), pooled, channels: geometry.sourceChannels,
      count: sourcePlane, plane: sourcePlane, packedPlane: sourcePlane,
      imageStride: geometry.sourceChannels * sourcePlane, images: images, scratch)
    let rowCount = geometry.sourceWidth * lanes
    let planeCount = packedRows * rowCount
    for channel in 0..<geometry.sourceChannels {
      let plane = packed + channel * planeCount
      plane.update(repeating: 0, count: -rows.lowerBound * rowCount)
      (plane + (geometry.sourceHeight - rows.lowerBound) * rowCount).update(
        repeating: 0, count: (rows.upperBound - geometry.sourceHeight) * rowCount)
    }
    var arguments = BatchUnpoolArguments(
      gradient: pooled, gradientChannelStride: sourcePlane * lanes, indices: indices,
      indexChannelStride: sourcePlane * BatchPooling.imagesOfIndices, target: packed - rows.lowerBound * rowCount,
      channelStride: planeCount, rowStride: rowCount, columnStride: lanes, channels: geometry.sourceChannels,
      height: geometry.sourceHeight / 2, width: geometry.sourceWidth / 2, sums: nil)
    pooling.unpool(&arguments)
  }

  /// Packs the rows of a band that are inside the source, and stores zeros in the others.
  private func packSource(
    _ rows: Range<Int>, images: Int, _ source: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    if rows.isEmpty { return }
    let width = geometry.sourceWidth
    let inside = rows.clamped(to: 0..<geometry.sourceHeight)
    planCheck(!inside.isEmpty && rows.count <= packedRows, "rows \(rows) of a band, \(packedRows) packed")
    let before = (inside.lowerBound - rows.lowerBound) * width * lanes
    let count = inside.count * width
    let packedPlane = packedRows * width
    for channel in 0..<geometry.sourceChannels {
      let plane = packed + channel * packedPlane * lanes
      plane.update(repeating: 0, count: before)
      (plane + before + count * lanes).update(
        repeating: 0, count: (rows.upperBound - inside.upperBound) * width * lanes)
    }
    let plane = geometry.sourceHeight * width
    transposePixels(
      packImages, UnsafeMutablePointer(mutating: source + inside.lowerBound * width), packed + before,
      channels: geometry.sourceChannels, count: count, plane: plane, packedPlane: packedPlane,
      imageStride: geometry.groups * geometry.sourceChannels * plane, images: images, scratch)
  }

  /// Packs or unpacks `count` pixels of each channel; where those are whole planes, all channels are one run.
  private func transposePixels(
    _ function: LevelFunction<BatchTransposeArguments>, _ images: UnsafeMutablePointer<Float>,
    _ packed: UnsafeMutablePointer<Float>, channels: Int, count: Int, plane: Int, packedPlane: Int, imageStride: Int,
    images imageCount: Int, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let isOne = count == plane && count == packedPlane
    var arguments = BatchTransposeArguments(
      images: images, packed: packed, runs: isOne ? 1 : channels, length: isOne ? channels * count : count,
      imageRunStride: plane, packedRunStride: packedPlane * lanes, packedStride: lanes, imageStride: imageStride,
      count: imageCount, scratch: scratch)
    function(&arguments)
  }
}
