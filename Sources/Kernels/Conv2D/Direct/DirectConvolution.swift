import KernelsISA

/// A convolution in register tiles, without a patch matrix: the forward pass, or the input gradient with one phase for
/// each remainder of the input's coordinates by the strides.
///
/// `run` packs the weights block by block (`WeightPanels`), `runBand` makes the padded copy of a band (`InputView`),
/// and `runTile` calls the level function, which computes all tiles of the band.
struct DirectConvolution: Sendable {
  let tile: DirectTile
  let view: InputView
  let phases: [Phase]
  /// Remainders of row and column coordinates by the strides.
  let rowPhases: Int
  let columnPhases: Int
  let batch: Int
  let groups: Int
  /// Channels of a group in source and target.
  let sourceChannels: Int
  let targetChannels: Int
  let targetHeight: Int
  let targetWidth: Int
  let panels: WeightPanels
  let limits: (floor: Float, ceiling: Float)
  /// Images that are computed together; at the end of a batch there may be fewer.
  let chunk: Int
  /// The number of parts that threads split a band's channels into.
  let splits: Int
  let copyPadded: LevelFunction<PaddedInputArguments>
  let interleavePhases: LevelFunction<InterleavePhasesArguments>
  /// The offset of each step's vectors in the packed inputs of a tile; nil where the inputs of a tile are not packed.
  let packedTaps: OffsetTable?

  /// Elements of source and target that are prefetched before weights are packed.
  private static let firstPrefetchCount = 2048
  /// Bytes of a tile's packed inputs: with a panel of weights they stay in the first-level cache.
  private static let packedLimit = 24 << 10
  /// Panels from which packing the inputs of a tile is worth its time.
  private static let panelsWorthPacking = 16

  /// Elements of a band of the target in one row phase, where the columns of several phases are interleaved: 1 MB.
  private static let phaseLimit = 256 << 10

  /// Outputs with the same taps: all outputs of the forward pass; in the input gradient, those at the same remainders
  /// by the strides.
  struct Phase: Sendable {
    let row: Int
    let column: Int
    let depth: Int
    /// The first row of the phase's weights in a panel.
    let firstRow: Int
    let taps: OffsetTable
    /// The outputs of a whole band of `chunk` images.
    let whole: OutputOffsets
    /// The outputs of the last images of a batch.
    let lastImages: OutputOffsets
    /// The outputs of the last band.
    let lastBand: OutputOffsets
  }

  init(
    tile: DirectTile, ys: [ConvAxis], xs: [ConvAxis], shape: Conv2DShape, isBackward: Bool,
    activation: FusedActivation?, threads: Int
  ) {
    self.tile = tile
    batch = shape.batch
    groups = shape.groups
    sourceChannels = isBackward ? shape.groupOutputChannels : shape.groupInputChannels
    targetChannels = isBackward ? shape.groupInputChannels : shape.groupOutputChannels
    targetHeight = isBackward ? shape.inputHeight : shape.outputHeight
    targetWidth = isBackward ? shape.inputWidth : shape.outputWidth
    rowPhases = ys.count
    columnPhases = xs.count
    let y = ConvAxis.union(of: ys)
    let x = ConvAxis.union(of: xs)
    let layout = PanelLayout(channels: targetChannels, width: tile.width, tail: tile.tail ?? tile.width)
    let partition = WorkPartition(
      items: shape.batch * shape.groups, rows: y.count, panels: layout.count, threads: threads)
    splits = partition.splits
    // Columns of several phases are interleaved from a copy of a band of the target.
    let phaseRow = xs.count == 1 ? 0 : targetChannels * targetWidth
    let phaseBands = phaseRow == 0 ? 1 : y.count / max(Self.phaseLimit / phaseRow, 1)
    let view = InputView(
      y: y, x: x, channels: sourceChannels, lanes: tile.unit == 1 ? nil : tile.unit,
      skipsRows: ConvAxis.ordersByRows(ys), minimumBands: max(partition.bands, phaseBands))
    self.view = view
    let sourceImage = view.isCopied ? view.copyCount : shape.groups * sourceChannels * y.sourceCount * x.sourceCount
    let targetImage = shape.groups * targetChannels * targetHeight * targetWidth
    var chunk = 1
    if view.bands == 1, xs.count == 1 {
      let perImage = OutputOffsets(
        view: view, y: y, x: x, unit: tile.unit, rows: view.bandRows, images: 1, imageStrides: (0, 0),
        targetRowStride: x.count)
      chunk = WorkPartition.chunk(
        perImage: view.skipsRows ? perImage.perRow : perImage.count, units: tile.units,
        limit: min(
          view.isCopied ? InputView.bandLimit / max(view.copyCount, 1) : 8,
          Int(Int32.max) / 2 / max(targetImage, sourceImage, 1), shape.batch / threads))
    }
    self.chunk = chunk
    let lastChunk = shape.batch % chunk == 0 ? chunk : shape.batch % chunk
    let width = targetWidth
    var firstRow = 0
    var order: [[InputView.Tap]] = []
    phases = ys.indices.flatMap { row in
      xs.indices.map { column in
        let (y, x) = (ys[row], xs[column])
        let taps = view.order(y: y, x: x)
        func outputs(rows: Int, images: Int) -> OutputOffsets {
          OutputOffsets(
            view: view, y: y, x: x, unit: tile.unit, rows: max(min(rows, y.count), 0), images: images,
            imageStrides: (sourceImage, targetImage), targetRowStride: xs.count > 1 ? x.count : ys.count * width)
        }
        let whole = outputs(rows: view.bandRows, images: chunk)
        let lastRows = y.count - (view.bands - 1) * view.bandRows
        defer { firstRow += taps.count }
        order.append(taps)
        return Phase(
          row: row, column: column, depth: taps.count, firstRow: firstRow, taps: OffsetTable(taps.map(\.offset)),
          whole: whole, lastImages: lastChunk == chunk ? whole : outputs(rows: view.bandRows, images: lastChunk),
          lastBand: lastRows == view.bandRows ? whole : outputs(rows: lastRows, images: chunk))
      }
    }
    panels = WeightPanels(
      shape: shape, isBackward: isBackward, layout: layout, needsPanels: tile.tail == nil, order: order.flatMap { $0 },
      copyCount: chunk * view.copyCount + phaseRow * view.bandRows, level: tile.level)
    let packedCount = sourceChannels * tile.units * tile.unit
    packedTaps =
      shape.isPointwise && !view.isCopied && tile.algorithm == "pixels" && packedCount * 4 <= Self.packedLimit
        && layout.count >= Self.panelsWorthPacking
      ? OffsetTable(stride(from: 0, to: packedCount, by: tile.units * tile.unit).map { $0 }) : nil
    limits = activation.limits
    copyPadded = Levels.convCopyPadded[tile.level]
    interleavePhases = Levels.convInterleave[tile.level]
    if planChecksAreActive { checkReach(sourceImage: sourceImage, targetImage: targetImage) }
  }

  /// Bytes of packed weights and padded bias, which all threads read.
  var sharedByteCount: Int { panels.byteCount }
  /// Bytes of each thread's workspace.
  var threadByteCount: Int { tileByteCount + copyByteCount + offsetByteCount + phaseByteCount }
  /// Bytes of one tile's outputs and of its packed inputs.
  private var tileByteCount: Int { tile.byteCount + (packedTaps?.count ?? 0) * tile.units * tile.unit * 4 }
  private var copyByteCount: Int { cacheLines(chunk * view.copyCount * 4) }
  private var offsetByteCount: Int { cacheLines(columnPhases * 4) }
  /// Bytes of a band of the target in one row phase, where the columns of several phases are interleaved.
  private var phaseByteCount: Int {
    columnPhases == 1 ? 0 : cacheLines(targetChannels * view.bandRows * targetWidth * 4)
  }

  /// - Parameter packed: the memory that `panels.packing` filled from weights and bias; nil: they are packed now.
  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    packed: UnsafeRawPointer?, target: UnsafeMutablePointer<Float>, parts: Int, workspace: UnsafeMutableRawPointer
  ) {
    if batch == 0 { return }
    let chunks = (batch + chunk - 1) / chunk
    prefetchFirst(source: source, target: target)
    let packedPanels = packed ?? UnsafeRawPointer(workspace)
    let packedBias = packed.map(panels.packedBias) ?? panels.bias(workspace)
    for block in packed == nil ? panels.blocks : panels.whole {
      if packed == nil { panels.prepare(block, weights: weights, bias: bias, workspace, parts: parts) }
      let units = chunks * block.groups.count * view.bands * splits
      Parallel.run(parts: parts) { part in
        let threadUnits = Parallel.range(part, of: parts, items: units)
        for unit in threadUnits {
          let split = unit % splits
          let band = unit / splits % view.bands
          let group = block.groups.lowerBound + unit / splits / view.bands % block.groups.count
          let image = unit / splits / view.bands / block.groups.count * chunk
          let plane = image * groups + group
          let range = Parallel.range(split, of: splits, items: block.panels.count)
          if range.isEmpty { continue }
          let next = (unit + splits) / splits
          let nextImage = next / view.bands / block.groups.count * chunk
          let nextPlane = nextImage * groups + block.groups.lowerBound + next / view.bands % block.groups.count
          runBand(
            Band(
              band: band, images: min(chunk, batch - image), group: group,
              panels: block.panels.lowerBound + range.lowerBound..<block.panels.lowerBound + range.upperBound,
              weights: panels.panels(block, group: group, panel: range.lowerBound, of: weights, packedPanels),
              isFirst: unit == threadUnits.lowerBound, wasPacked: packed != nil,
              next: nextImage < batch
                ? source + nextPlane * sourceChannels * view.y.sourceCount * view.x.sourceCount : nil,
              nextBand: next % view.bands),
            bias: packedBias,
            source: source + plane * sourceChannels * view.y.sourceCount * view.x.sourceCount,
            target: target + plane * targetChannels * targetHeight * targetWidth,
            threadWorkspace: workspace + sharedByteCount + part * threadByteCount)
        }
      }
    }
  }

  /// Prefetches the beginning of source and target while weights are packed. More prefetches at once would stall.
  private func prefetchFirst(source: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>) {
    let sourceCount = batch * groups * sourceChannels * view.y.sourceCount * view.x.sourceCount
    let targetCount = batch * groups * targetChannels * targetHeight * targetWidth
    for i in stride(from: 0, to: min(sourceCount, Self.firstPrefetchCount), by: 16) {
      prefetchToSecondLevel(source + i)
    }
    for i in stride(from: 0, to: min(targetCount, Self.firstPrefetchCount), by: 16) {
      prefetchToSecondLevel(target + i)
    }
  }

  /// The work that a thread does at once: some panels of channels for a band of rows of some images.
  private struct Band {
    let band: Int
    let images: Int
    let group: Int
    let panels: Range<Int>
    let weights: UnsafePointer<Float>
    /// Whether this is the thread's first band, whose source nothing has prefetched.
    let isFirst: Bool
    /// Whether the weights were packed by an earlier run, so that they may have left the caches.
    let wasPacked: Bool
    /// The source planes of the thread's next band; nil behind the last.
    let next: UnsafePointer<Float>?
    let nextBand: Int
  }

  /// The lines to prefetch while a band is computed: the band's own target where that is written at the end of the
  /// band, else the source of the next band.
  private func prefetch(
    _ band: Band, row: Int, column: Int, target: UnsafePointer<Float>, rows: Int, channels: Int, requests: Int
  ) -> PlanePrefetch {
    var base: UnsafePointer<Float>?
    var plane = 0
    var count = 0
    var planes = 0
    if columnPhases > 1, row == 0 {
      plane = targetHeight * targetWidth
      count = rows * rowPhases * targetWidth
      // A phase without taps computes no tiles that could prefetch.
      let withTaps = phases[..<columnPhases].reduce(0) { $0 + ($1.depth > 0 ? 1 : 0) }
      let before = phases[..<column].reduce(0) { $0 + ($1.depth > 0 ? 1 : 0) }
      let partition = Parallel.range(before, of: withTaps, items: channels)
      base = target + partition.lowerBound * plane
      planes = partition.count
    } else if row == rowPhases - 1, column == columnPhases - 1, let next = band.next {
      plane = view.y.sourceCount * view.x.sourceCount
      let first = min(max(view.y.start + band.nextBand * view.bandRows * view.y.stride, 0), view.y.sourceCount - 1)
      let last = view.y.start + ((band.nextBand + 1) * view.bandRows - 1) * view.y.stride + view.y.extent
      count = (min(last, view.y.sourceCount) - first) * view.x.sourceCount
      base = next + first * view.x.sourceCount
      planes = sourceChannels
      if count == plane {
        count *= planes * band.images
        plane = count
        planes = 1
      }
    }
    let lines = max((count + 15) / 16, 1)
    return PlanePrefetch(
      base: UnsafeRawPointer(base)?.assumingMemoryBound(to: CChar.self), lines: lines, planes: planes,
      linesPerPlane: lines,
      planeGap: plane * 4 - lines * 64, linesPerRequest: (lines * planes + requests - 1) / max(requests, 1))
  }

  /// Elements of panels from which they are prefetched: 32 KB.
  private static let panelsWorthPrefetching = 8 << 10

  /// The lines of a band's panels behind the first, in as many requests as the panels before them make.
  private func panelPrefetch(_ band: Band, _ weights: UnsafePointer<Float>, requests: Int) -> PlanePrefetch {
    let count = band.panels.count * panels.panelStride
    guard band.wasPacked, band.panels.count > 1, count >= Self.panelsWorthPrefetching else { return PlanePrefetch() }
    let lines = (count - panels.panelStride) / 16
    let requests = max(requests / band.panels.count * (band.panels.count - 1), 1)
    return PlanePrefetch(
      base: UnsafeRawPointer(weights + panels.panelStride).assumingMemoryBound(to: CChar.self), lines: lines, planes: 1,
      linesPerPlane: lines, planeGap: 0, linesPerRequest: (lines + requests - 1) / requests)
  }

  private func runBand(
    _ band: Band, bias: UnsafePointer<Float>, source: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>,
    threadWorkspace: UnsafeMutableRawPointer
  ) {
    let copy = (threadWorkspace + tileByteCount).assumingMemoryBound(to: Float.self)
    let base = view.base(of: source, band: band.band, copy: copy, copyPadded: copyPadded)
    let imageStride = groups * sourceChannels * view.y.sourceCount * view.x.sourceCount
    if view.isCopied {
      for image in 1..<max(band.images, 1) {
        _ = view.base(
          of: source + image * imageStride, band: band.band, copy: copy + image * view.copyCount, copyPadded: copyPadded
        )
      }
    }
    let firstChannel = panels.layout.first(band.panels.lowerBound)
    let target = target + firstChannel * targetHeight * targetWidth
    let channels = min(panels.layout.first(band.panels.upperBound), targetChannels) - firstChannel
    let bias = bias + (band.group * panels.layout.padded + firstChannel)
    let offsets = (threadWorkspace + tileByteCount + copyByteCount).assumingMemoryBound(to: Int32.self)
    let planes = (threadWorkspace + tileByteCount + copyByteCount + offsetByteCount).assumingMemoryBound(to: Float.self)
    let firstRow = band.band * view.bandRows
    for row in 0..<rowPhases {
      let rows = min(view.bandRows, (targetHeight - row + rowPhases - 1) / rowPhases - firstRow)
      if rows <= 0 { continue }
      let rowTarget = target + (firstRow * rowPhases + row) * targetWidth
      var offset = 0
      for column in 0..<columnPhases {
        let phase = phases[row * columnPhases + column]
        let width = (targetWidth - column + columnPhases - 1) / columnPhases
        offsets[column] = phase.depth == 0 ? -1 : Int32(truncatingIfNeeded: offset)
        if phase.depth > 0 {
          runTile(
            phase, band, rows: rows, channels: channels, bias: bias, source: base, groupOutput: target,
            target: columnPhases == 1 ? rowTarget : planes + offset,
            channelStride: columnPhases == 1 ? targetHeight * targetWidth : rows * width,
            scratch: threadWorkspace.assumingMemoryBound(to: Float.self))
        }
        offset += channels * rows * width
        planCheck("columns of all phases", count: columnPhases == 1 ? 0 : offset * 4, allocated: phaseByteCount)
      }
      if columnPhases > 1 || offsets[0] < 0 {
        for image in 0..<band.images {
          var arguments = InterleavePhasesArguments(
            source: planes, offsets: offsets,
            target: rowTarget + image * groups * targetChannels * targetHeight * targetWidth,
            step: columnPhases, planes: channels, height: rows, width: targetWidth,
            targetPlaneStride: targetHeight * targetWidth, targetRowStride: rowPhases * targetWidth)
          interleavePhases(&arguments)
        }
      }
    }
  }

  private func runTile(
    _ phase: Phase, _ band: Band, rows: Int, channels: Int, bias: UnsafePointer<Float>, source: UnsafePointer<Float>,
    groupOutput: UnsafeMutablePointer<Float>, target: UnsafeMutablePointer<Float>, channelStride: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let outputs =
      band.images < chunk
      ? phase.lastImages : view.bands > 1 && band.band == view.bands - 1 ? phase.lastBand : phase.whole
    let ranges = outputs.ranges.map { $0.base(band: band.band) }
    let weights = band.weights + phase.firstRow * panels.panelRowStride
    let count = outputs.ranges == nil ? outputs.count : rows * outputs.perRow
    let tiles = band.panels.count * ((count + tile.units - 1) / tile.units)
    let requests = tiles * ((phase.depth + PlanePrefetch.steps - 1) / PlanePrefetch.steps)
    let bandPrefetch = prefetch(
      band, row: phase.row, column: phase.column,
      target: UnsafePointer(groupOutput) + band.band * view.bandRows * rowPhases * targetWidth, rows: rows,
      channels: channels, requests: requests)
    // A 1×1 convolution that reads in place, with at least as many source channels as target channels, or from a source
    // that has not been prefetched.
    let passesPlanes =
      !view.isCopied && phase.depth == sourceChannels
      && (sourceChannels >= channels || packedTaps != nil || band.isFirst)
    // In a convolution of several phases, a line of the source is read by few taps of a phase.
    let vectorsOuter = passesPlanes || columnPhases > 1
    switch tile {
    case .pixels(let tile):
      var arguments = PixelVectorArguments(
        source: source, taps: phase.taps.base, depth: phase.depth, weights: weights, panels: band.panels.count,
        widePanels: min(max(panels.layout.wide - band.panels.lowerBound, 0), band.panels.count),
        panelStride: panels.panelStride, tailStride: panels.tailStride, panelRowStride: panels.panelRowStride,
        bias: bias,
        target: target, sources: outputs.sources.base, targets: outputs.targets.base, ranges: ranges, vectors: count,
        lanes: outputs.stored, channels: channels,
        channelStride: channelStride, floor: limits.floor, ceiling: limits.ceiling, scratch: scratch,
        prefetch: bandPrefetch,
        vectorsOuter: vectorsOuter, sourcePlanes: passesPlanes ? sourceChannels : 0,
        sourcePlaneStride: view.planeStride, packed: packedTaps == nil ? nil : scratch + self.tile.byteCount / 4,
        packedTaps: packedTaps?.base ?? phase.taps.base)
      tile.run(&arguments)
    case .channels(let tile):
      var arguments = ChannelVectorArguments(
        source: source, taps: phase.taps.base, depth: phase.depth, panels: weights, panelStride: panels.panelStride,
        bias: bias, target: target, sources: outputs.sources.base, targets: outputs.targets.base, ranges: ranges,
        runs: count, runPixels: outputs.stored, channels: channels, channelStride: channelStride, floor: limits.floor,
        ceiling: limits.ceiling,
        scratch: scratch, prefetch: bandPrefetch, panelPrefetch: panelPrefetch(band, weights, requests: requests))
      tile.function(&arguments)
    }
  }
}
