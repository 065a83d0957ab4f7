import KernelsISA

/// How channels are divided into panels, each as wide as a tile has rows. The last panel or the last two use a smaller
/// tile where that leaves fewer rows without a channel: 64 channels are four panels of 12 and two of 8.
struct PanelLayout: Sendable {
  let channels: Int
  /// Rows of the tile, and of the smaller tile; both equal where there is no smaller tile.
  let width: Int
  let tail: Int
  /// Panels of the tile, and panels of the smaller tile.
  let wide: Int
  let tails: Int

  init(channels: Int, width: Int, tail: Int) {
    self.channels = channels
    self.width = width
    self.tail = tail
    let remaining = channels % width
    if remaining == 0 || remaining > tail || tail == width {
      wide = (channels + width - 1) / width
      tails = 0
    } else if remaining <= 2 * tail - width, channels > width {
      wide = channels / width - 1
      tails = 2
    } else {
      wide = channels / width
      tails = 1
    }
  }

  /// Panels of both widths.
  var count: Int { wide + tails }
  /// The first channel of a panel; for `count`, the end of the last panel.
  func first(_ panel: Int) -> Int { min(panel, wide) * width + max(panel - wide, 0) * tail }
  /// Channels with the rows that have none.
  var padded: Int { first(count) }
}

/// The packed weights of a direct convolution: panels of `width` target channels side by side, one row for each step of
/// the sum.
///
/// They are packed block by block, and all outputs are computed from one block before the next is packed, so that large
/// layers need no more memory than small ones.
struct WeightPanels: Sendable {
  /// What is packed at once: all panels of some groups, or some panels of one group.
  struct Block: Sendable {
    let groups: Range<Int>
    let panels: Range<Int>
  }

  let blocks: [Block]
  /// All panels as one block, for weights that were packed in advance.
  let whole: [Block]
  /// The division of a group's target channels into panels.
  let layout: PanelLayout
  /// Elements from a panel to the next, the same for panels of the smaller tile, and from a row of a panel to the next.
  let panelStride: Int
  let tailStride: Int
  let panelRowStride: Int
  /// Whether the weights serve as panels without packing: the weights of neighbouring channels are neighbours, and no
  /// tile reads beyond the last channel. The rows of such panels lie `channels` elements apart and fall into few sets
  /// of the first-level cache, so weights are packed where there are enough outputs; that is worth 6 % with 256
  /// channels.
  private let isInPlace: Bool
  private let blockByteCount: Int
  private let groups: Int
  private let groupWeights: Int
  private let laneStride: Int
  private let segments: Int
  private let segmentStride: Int
  private let length: Int
  private let rows: OffsetTable
  /// Everything that the layout of weights packed in advance depends on; nil for the input gradient.
  private let packingLayout: [Int]?
  private let pack: LevelFunction<PackWeightPanelsArguments>

  /// Elements of a block: 2 MB, so that most layers are one block and two threads stay far below the workspace's limit.
  private static let blockLimit = 512 << 10
  /// Elements of a block together with a thread's padded copy: 3.75 MB.
  private static let limit = 960 << 10

  /// Outputs of a channel from which packing weights is worth its time where they could be used in place.
  private static let outputsWorthPanels = 1024

  /// - Parameters:
  ///   - needsPanels: whether the tile has no register left for the stride of a panel's rows.
  ///   - order: the taps, in the order of a panel's rows.
  ///   - copyCount: elements of the padded copy that each thread has besides.
  init(
    shape: Conv2DShape, isBackward: Bool, layout: PanelLayout, needsPanels: Bool, order: [InputView.Tap],
    copyCount: Int, level: InstructionSet
  ) {
    let blockLimit = min(Self.blockLimit, Self.limit - copyCount)
    self.layout = layout
    groups = shape.groups
    isInPlace =
      isBackward && shape.kernelCount == 1 && shape.batch * shape.outputPlane < Self.outputsWorthPanels
      && !needsPanels && layout.padded == layout.channels
    panelStride = isInPlace ? layout.width : order.count * layout.width
    tailStride = isInPlace ? layout.tail : panelStride
    panelRowStride = isInPlace ? layout.channels : layout.width
    let panelCount = layout.count
    groupWeights = shape.groupOutputChannels * shape.depth
    laneStride = isBackward ? shape.kernelCount : shape.depth
    segments = isBackward ? shape.groupOutputChannels : 1
    segmentStride = isBackward ? shape.depth : 0
    length = isBackward ? shape.kernelCount : shape.depth
    var rows = Array(repeating: -1, count: segments * length)
    for (row, tap) in order.enumerated() {
      rows[tap.channel * shape.kernelCount + tap.kernelRow * shape.kernelWidth + tap.kernelColumn] = row
    }
    self.rows = OffsetTable(rows)
    pack = Levels.convPanels[level]
    packingLayout =
      isBackward
      ? nil
      : [layout.channels, layout.width, layout.tail, shape.groups, panelStride, laneStride, segments, length] + rows
    whole = [Block(groups: 0..<shape.groups, panels: 0..<panelCount)]
    let groupsAtOnce = isInPlace ? shape.groups : max(blockLimit, 0) / max(panelCount * panelStride, 1)
    if groupsAtOnce > 0 {
      let step = min(groupsAtOnce, shape.groups)
      blocks = stride(from: 0, to: shape.groups, by: step).map {
        Block(groups: $0..<min($0 + step, shape.groups), panels: 0..<panelCount)
      }
    } else {
      // Blocks are of equal size, as the work on each begins with a padded copy of the source.
      let most = max(blockLimit / max(panelStride, 1), 1)
      let count = (panelCount + most - 1) / most
      blocks = (0..<shape.groups).flatMap { group in
        (0..<count).map { Block(groups: group..<group + 1, panels: Parallel.range($0, of: count, items: panelCount)) }
      }
    }
    let largest = blocks.map { $0.groups.count * $0.panels.count }.max() ?? 0
    blockByteCount = isInPlace ? 0 : cacheLines(largest * panelStride * 4)
  }

  /// Bytes of a packed block and of the padded bias.
  var byteCount: Int { blockByteCount + cacheLines(groups * layout.padded * 4) }

  /// A panel of a group, in the packed block.
  func panels(
    _ block: Block, group: Int, panel: Int, of weights: UnsafePointer<Float>, _ packed: UnsafeRawPointer
  ) -> UnsafePointer<Float> {
    if isInPlace { return weights + (group * groupWeights + layout.first(panel)) }
    let index = (group - block.groups.lowerBound) * block.panels.count + panel
    return packed.assumingMemoryBound(to: Float.self) + index * panelStride
  }

  /// The bias of all groups, each padded to whole panels.
  func bias(_ workspace: UnsafeMutableRawPointer) -> UnsafePointer<Float> {
    UnsafePointer((workspace + blockByteCount).assumingMemoryBound(to: Float.self))
  }

  /// Bytes of all panels.
  private var wholeByteCount: Int { cacheLines(groups * layout.count * panelStride * 4) }

  /// The padded bias, behind the panels that were packed in advance.
  func packedBias(_ packed: UnsafeRawPointer) -> UnsafePointer<Float> {
    (packed + wholeByteCount).assumingMemoryBound(to: Float.self)
  }

  /// All panels and the bias, packed once for many runs; nil for the input gradient.
  var packing: WeightPacking? {
    guard let packingLayout else { return nil }
    return WeightPacking(byteCount: wholeByteCount + cacheLines(groups * layout.padded * 4), layout: packingLayout) {
      weights, biases, memory in
      packPaddedBias(biases[0], (memory + wholeByteCount).assumingMemoryBound(to: Float.self))
      packPanels(whole[0], weights: weights[0], memory, parts: 1)
    }
  }

  /// Packs a block, and the bias with the first block.
  func prepare(
    _ block: Block, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, _ workspace: UnsafeMutableRawPointer,
    parts: Int
  ) {
    if block.groups.lowerBound == 0, block.panels.lowerBound == 0 {
      packPaddedBias(bias, (workspace + blockByteCount).assumingMemoryBound(to: Float.self))
    }
    if !isInPlace { packPanels(block, weights: weights, workspace, parts: parts) }
  }

  private func packPaddedBias(_ bias: UnsafePointer<Float>?, _ packed: UnsafeMutablePointer<Float>) {
    packBias(
      bias, groups: groups, channels: layout.channels, paddedChannels: layout.padded, packed)
  }

  private func packPanels(
    _ block: Block, weights: UnsafePointer<Float>, _ memory: UnsafeMutableRawPointer, parts: Int
  ) {
    let items = block.groups.count * block.panels.count
    // Below 64 KB, waking the threads takes longer than packing.
    let parts = items * panelStride < 16 << 10 ? 1 : min(parts, items)
    let panels = memory.assumingMemoryBound(to: Float.self)
    Parallel.run(parts: parts) { part in
      let range = Parallel.range(part, of: parts, items: items)
      var item = range.lowerBound
      while item < range.upperBound {
        // As many panels of one group as are in this part.
        let group = item / block.panels.count
        let first = item % block.panels.count
        let panel = block.panels.lowerBound + first
        // Panels of the smaller tile are packed one at a time.
        let most = panel < layout.wide ? min(block.panels.upperBound, layout.wide) - panel : 1
        let count = min(most, range.upperBound - item)
        let lane = layout.first(panel)
        var arguments = PackWeightPanelsArguments(
          source: weights + ((block.groups.lowerBound + group) * groupWeights + lane * laneStride),
          panels: panels + item * panelStride, lanes: min(layout.first(panel + count), layout.channels) - lane,
          width: layout.width, panelStride: panelStride, laneStride: laneStride, segments: segments,
          segmentStride: segmentStride,
          length: length, rows: rows.base)
        pack(&arguments)
        item += count
      }
    }
  }
}

/// Packs the bias of all groups, `channels` values each, with zeros behind each group's up to `paddedChannels`; without a
/// bias, packs zeros.
func packBias(
  _ bias: UnsafePointer<Float>?, groups: Int, channels: Int, paddedChannels: Int,
  _ packed: UnsafeMutablePointer<Float>
) {
  if bias == nil || channels < paddedChannels { packed.update(repeating: 0, count: groups * paddedChannels) }
  guard let bias else { return }
  for group in 0..<groups {
    (packed + group * paddedChannels).update(from: bias + group * channels, count: channels)
  }
}
