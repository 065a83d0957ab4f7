import KernelsISA

/// The blocking of the weight gradient's `channels` kernels.
///
/// The sum over the outputs of the batch is divided into segments of consecutive rows; one thread sums a segment in
/// order, and the segments are then summed in order. Segments depend on the problem and the level alone, so the bits do
/// not depend on the threads. The weights are divided into items, panels of output channels × ranges of input channels,
/// whose sums stay in the second-level cache while a segment streams through. A segment is read in units: some whole
/// images, or some rows of one image. A unit's gradient is transposed in blocks of pixels, which stay in the
/// first-level cache for all taps.
struct ChannelVectorBlocking: Sendable {
  let shape: Conv2DShape
  let lanes: Int
  let segments: Int
  let threads: Int
  /// Bytes of an item's sums.
  let sumByteCount: Int
  /// Images of a unit where images are small, and rows of a unit where they are not.
  let chunk: Int
  let unitRows: Int
  /// Whether units of the input are padded copies.
  let isCopied: Bool
  /// Whether each kernel element reads only the pixels that it meets inside the image.
  let skipsPadding: Bool
  /// Vectors of a group's output channels, and the number of panels that they are divided into.
  private let vectors: Int
  private let panels: Int
  /// Output channels of the widest panel, rounded up to whole vectors.
  let panelWidth: Int
  /// Parts of the panels, and parts of the input channels; an item is one of each.
  private let panelParts: Int
  private let channelParts: Int
  private let channelsPerPart: Int
  private let rowStride: Int
  private let planeStride: Int

  /// Pixels of a block: a transposed block of 64 channels is 40 KB and leaves room in a first-level cache of 48 KB.
  static let blockPixels = 160
  /// Bytes of an item's sums, which with a unit of the input are within a second-level cache of 1 MB.
  private static let sumLimit = 400 << 10
  /// Elements of a unit's padded copy: 256 KB.
  private static let copyLimit = 64 << 10
  /// Elements of the padded copy of a unit of one row, 1 MB; an item has no more input channels than fit.
  private static let unitLimit = 256 << 10
  /// Bytes of the partial sums of all segments.
  private static let partialLimit = 2 << 20

  /// - Parameters:
  ///   - panelVectors: vectors of output channels of the widest panel; panels are as equal as whole vectors allow.
  ///   - tileRows: taps of a tile.
  init(shape: Conv2DShape, lanes: Int, panelVectors: Int, tileRows: Int, threads: Int) {
    self.shape = shape
    self.lanes = lanes
    self.threads = threads
    let channels = shape.groupInputChannels
    let vectors = (shape.groupOutputChannels + lanes - 1) / lanes
    let panels = (vectors + panelVectors - 1) / panelVectors
    self.vectors = vectors
    self.panels = panels
    let panelWidth = (vectors + panels - 1) / panels * lanes
    self.panelWidth = panelWidth
    func sumCount(_ channels: Int) -> Int {
      channels * shape.kernelCount * panelWidth
    }
    let pixels = shape.batch * shape.outputPlane
    let partial = shape.groups * panels * sumCount(channels) * 4
    let segments = max(min(8, pixels / 512, Self.partialLimit / partial), 1)
    self.segments = segments
    // The fewest parts that keep an item's sums in the cache and give every thread as many items. All panels of an item
    // share one padded copy of the input; each part of the channels transposes the gradient again.
    let others = segments * shape.groups
    func isEven(_ parts: Int) -> Bool { others * parts % threads == 0 || others * parts >= 4 * threads }
    let panelLimit = max(Self.sumLimit / (sumCount(channels) * 4), 1)
    var panelParts = (panels + panelLimit - 1) / panelLimit
    while !isEven(panelParts), panelParts < panels { panelParts += 1 }
    var parts = min((sumCount(channels) * 4 + Self.sumLimit - 1) / Self.sumLimit, channels)
    let leastCopy = channels * Self.leastCopyCount(shape)
    parts = max(parts, min((leastCopy + Self.unitLimit - 1) / Self.unitLimit, channels))
    while !isEven(panelParts * parts), parts < channels { parts += 1 }
    let perPart = (channels + parts - 1) / parts
    self.panelParts = panelParts
    channelParts = (channels + perPart - 1) / perPart
    channelsPerPart = perPart
    sumByteCount = cacheLines((panels + panelParts - 1) / panelParts * sumCount(perPart) * 4)
    let y = shape.forwardY
    let x = shape.forwardX
    skipsPadding = Self.skipsPadding(shape, tileRows: tileRows)
    isCopied = !skipsPadding && !(y.staysInside && x.staysInside)
    if isCopied {
      rowStride = x.reach(x.count)
      let rows = Self.copyLimit / max(perPart * rowStride, 1)
      unitRows = min(max((rows - y.extent) / y.stride + 1, 1), y.count)
      planeStride = y.reach(unitRows) * rowStride
    } else {
      rowStride = shape.inputWidth
      let rows = Self.copyLimit / max(perPart * y.stride * rowStride, 1)
      unitRows = min(max(rows, 1), y.count)
      planeStride = shape.inputPlane
    }
    let imageStride = isCopied ? perPart * planeStride : shape.inputChannels * shape.inputPlane
    let limit = isCopied ? Self.copyLimit : Int(Int32.max) / 2
    chunk = unitRows < y.count ? 1 : max(min(Self.blockPixels / shape.outputPlane, limit / imageStride), 1)
  }

  /// Whether the smallest workspace is within the limit: the sums and the padded copy of one input channel.
  static func fits(_ shape: Conv2DShape, lanes: Int, panelVectors: Int) -> Bool {
    let sums = shape.kernelCount * min((shape.groupOutputChannels + lanes - 1) / lanes, panelVectors) * lanes
    return (sums + leastCopyCount(shape)) * 4 <= shape.workspaceLimit / 2
  }

  /// Elements of a channel's padded copy, for a unit of one row.
  private static func leastCopyCount(_ shape: Conv2DShape) -> Int {
    let x = shape.forwardX
    return shape.forwardY.extent * x.reach(x.count)
  }

  /// Padding is skipped where there is some and the channels alone fill the tiles.
  static func skipsPadding(_ shape: Conv2DShape, tileRows: Int) -> Bool {
    !(shape.forwardY.staysInside && shape.forwardX.staysInside)
      && filledByTiles(shape.groupInputChannels, rows: tileRows) > 0.8
  }

  /// Panels of a group's output channels with a range of its input channels.
  struct Item {
    let group: Int
    let panels: Range<Int>
    let channels: Range<Int>
  }

  /// Rows of an image, or all rows of consecutive images.
  struct Unit {
    let image: Int
    let images: Int
    let row: Int
    let rows: Int
  }

  var items: Int { shape.groups * panelParts * channelParts }
  var unitPixels: Int { chunk * unitRows * shape.outputWidth }
  /// Elements of the padded copy of one image of a unit.
  var copyCount: Int { isCopied ? channelsPerPart * planeStride : 0 }

  /// The vectors of a group's output channels that a panel holds.
  func vectors(ofPanel panel: Int) -> Range<Int> { Parallel.range(panel, of: panels, items: vectors) }

  /// The output channels of a panel, counted from the group's first.
  func channels(ofPanel panel: Int) -> Range<Int> {
    let vectors = vectors(ofPanel: panel)
    return vectors.lowerBound * lanes..<min(vectors.upperBound * lanes, shape.groupOutputChannels)
  }

  /// The offset in an item's sums of the sums of one of its panels.
  func sumOffset(_ item: Item, panel: Int) -> Int {
    let first = vectors(ofPanel: panel).lowerBound - vectors(ofPanel: item.panels.lowerBound).lowerBound
    return first * lanes * item.channels.count * shape.kernelCount
  }

  func item(_ index: Int) -> Item {
    let part = index / channelParts
    let first = index % channelParts * channelsPerPart
    return Item(
      group: part / panelParts, panels: Parallel.range(part % panelParts, of: panelParts, items: panels),
      channels: first..<min(first + channelsPerPart, shape.groupInputChannels))
  }

  /// The rows of all images' outputs that a segment sums: of whole images where there are enough.
  func rows(_ segment: Int) -> Range<Int> {
    Parallel.range(
      segment, of: segments, items: shape.batch * shape.outputHeight,
      granule: shape.batch >= segments ? shape.outputHeight : 1)
  }

  /// The unit that begins at a row of the batch.
  func unit(at row: Int, end: Int) -> Unit {
    let height = shape.outputHeight
    let image = row / height
    let y = row % height
    if y == 0, chunk > 1, end - row >= height {
      return Unit(image: image, images: min(chunk, (end - row) / height), row: 0, rows: height)
    }
    return Unit(image: image, images: 1, row: y, rows: min(unitRows, height - y, end - row))
  }

  /// The pixels of each block of a unit: whole rows, or a part of one.
  func block(_ unit: Unit) -> Int {
    let width = shape.outputWidth
    if unit.images > 1 { return unit.images * unit.rows * width }
    if width > Self.blockPixels {
      let parts = (width + Self.blockPixels - 1) / Self.blockPixels
      return (width + parts - 1) / parts
    }
    let most = Self.blockPixels / width
    let blocks = (unit.rows + most - 1) / most
    return (unit.rows + blocks - 1) / blocks * width
  }

  /// Block number `index` of a unit.
  func block(_ index: Int, of unit: Unit) -> Block {
    let size = block(unit)
    let width = shape.outputWidth
    if unit.images > 1 { return Block(rows: 0..<unit.rows, columns: 0..<width, pixels: 0..<size) }
    if size >= width {
      let rows = index * (size / width)..<min((index + 1) * (size / width), unit.rows)
      return Block(
        rows: rows, columns: 0..<width, pixels: rows.lowerBound * width..<rows.upperBound * width)
    }
    let parts = (width + size - 1) / size
    let row = index / parts
    let columns = index % parts * size..<min((index % parts + 1) * size, width)
    return Block(
      rows: row..<row + 1, columns: columns,
      pixels: row * width + columns.lowerBound..<row * width + columns.upperBound)
  }

  /// The number of blocks of a unit.
  func blocks(of unit: Unit) -> Int {
    let size = block(unit)
    let width = shape.outputWidth
    if unit.images > 1 { return 1 }
    return size >= width ? (unit.rows * width + size - 1) / size : unit.rows * ((width + size - 1) / size)
  }

  /// Rows of a unit, or a part of one row.
  struct Block {
    let rows: Range<Int>
    let columns: Range<Int>
    /// Pixels, counted from the unit's first.
    let pixels: Range<Int>
  }

  /// The rows of a unit, as runs of pixels: the offset of each row's inputs, and its first pixel.
  struct Rows: Sendable {
    let sources: OffsetTable
    let pixels: OffsetTable
  }

  /// The rows of a unit. Where padding is skipped and units are whole images, there is a table for each kernel row,
  /// with the rows that it meets inside the image.
  func rowTables() -> [Rows] {
    let imageStride = isCopied ? copyCount : shape.inputChannels * shape.inputPlane
    func table(_ rows: Range<Int>) -> Rows {
      var sources: [Int] = []
      var pixels: [Int] = []
      for image in 0..<chunk {
        for row in rows {
          sources.append(image * imageStride + row * shape.strideHeight * rowStride)
          pixels.append((image * unitRows + row) * shape.outputWidth)
        }
      }
      return Rows(sources: OffsetTable(sources), pixels: OffsetTable(pixels))
    }
    guard skipsPadding, chunk > 1 else { return [table(0..<unitRows)] }
    return (0..<shape.kernelHeight).map { table(shape.insideRows($0)) }
  }

  /// The entries of a kernel row's table that belong to a block.
  func entries(ky: Int, _ unit: Unit, _ block: Block) -> Range<Int> {
    if chunk > 1 { return 0..<unit.images * (skipsPadding ? shape.insideRows(ky).count : unit.rows) }
    if !skipsPadding { return block.rows }
    let rows = shape.insideRows(ky)
    let first = max(block.rows.lowerBound, rows.lowerBound - unit.row)
    return first..<max(min(block.rows.upperBound, rows.upperBound - unit.row), first)
  }

  /// The columns of a block that a kernel column meets inside the image.
  func columns(kx: Int, _ block: Block) -> Range<Int> {
    if !skipsPadding { return block.columns }
    let columns = shape.insideColumns(kx)
    let first = max(block.columns.lowerBound, columns.lowerBound)
    return first..<max(min(block.columns.upperBound, columns.upperBound), first)
  }

  /// The offsets of an item's taps from a pixel; where padding is skipped, of its input channels.
  func taps() -> [Int] {
    if skipsPadding { return (0..<channelsPerPart).map { $0 * planeStride } }
    return (0..<channelsPerPart).flatMap { channel in
      (0..<shape.kernelHeight).flatMap { ky in
        (0..<shape.kernelWidth).map { channel * planeStride + tap(ky, $0) }
      }
    }
  }

  /// The offset of a kernel element from the kernel's first.
  func tap(_ ky: Int, _ kx: Int) -> Int { ky * shape.dilationHeight * rowStride + kx * shape.dilationWidth }

  /// The address of the base of a unit of an item's planes, of which `source` is the first. Where the unit is a padded
  /// copy, fills it first.
  func base(
    of source: UnsafePointer<Float>, _ unit: Unit, channels: Int, copy: UnsafeMutablePointer<Float>,
    prefetch: UnsafeMutablePointer<RowPrefetch>, padRows: LevelFunction<PadRowsArguments>
  ) -> UnsafePointer<Float> {
    let startY = unit.row * shape.strideHeight - shape.paddingHeight
    guard isCopied else { return source + (startY * shape.inputWidth - shape.paddingWidth) }
    for image in 0..<unit.images {
      var arguments = PadRowsArguments(
        source: source + image * shape.inputChannels * shape.inputPlane, target: copy + image * copyCount,
        planes: channels, planeStride: shape.inputPlane, sourceHeight: shape.inputHeight,
        sourceWidth: shape.inputWidth, startY: startY, rows: planeStride / rowStride, left: shape.paddingWidth,
        targetWidth: rowStride, prefetch: prefetch)
      padRows(&arguments)
    }
    return UnsafePointer(copy)
  }

  /// The lines of the gradient of a block, for one panel.
  func prefetch(
    gradient: UnsafePointer<Float>, _ unit: Unit, _ item: Item, panel: Int, _ block: Block
  ) -> RowPrefetch {
    let channels = channels(ofPanel: panel)
    let channel = item.group * shape.groupOutputChannels + channels.lowerBound
    let imageStride = shape.outputChannels * shape.outputPlane
    let plane = gradient + (unit.image * imageStride + channel * shape.outputPlane)
    if unit.images > 1 {
      return lines(plane, count: channels.count * shape.outputPlane, rows: unit.images, stride: imageStride)
    }
    return lines(
      plane + (unit.row * shape.outputWidth + block.pixels.lowerBound), count: block.pixels.count, rows: channels.count,
      stride: shape.outputPlane)
  }

  /// The lines of one of `parts` equal parts of a unit's input.
  func prefetch(input: UnsafePointer<Float>, _ unit: Unit, _ item: Item, part: Int, of parts: Int) -> RowPrefetch {
    let imageStride = shape.inputChannels * shape.inputPlane
    let channel = item.group * shape.groupInputChannels + item.channels.lowerBound
    let plane = input + (unit.image * imageStride + channel * shape.inputPlane)
    if unit.images > 1 {
      let images = Parallel.range(part, of: parts, items: unit.images)
      return lines(
        plane + images.lowerBound * imageStride, count: item.channels.count * shape.inputPlane, rows: images.count,
        stride: imageStride)
    }
    let planes = Parallel.range(part, of: parts, items: item.channels.count)
    let first = max(unit.row * shape.strideHeight - shape.paddingHeight, 0)
    let rows = min(unit.rows * shape.strideHeight, shape.inputHeight - first)
    return lines(
      plane + (planes.lowerBound * shape.inputPlane + first * shape.inputWidth), count: rows * shape.inputWidth,
      rows: planes.count, stride: shape.inputPlane)
  }

  private func lines(_ row: UnsafePointer<Float>, count: Int, rows: Int, stride: Int) -> RowPrefetch {
    let lines = (count + 15) / 16
    return RowPrefetch(
      row: row, rowStride: stride, lines: lines, line: 0, remaining: max(rows * lines, 0), linesPerRequest: 0)
  }
}

extension Conv2DShape {
  /// The output rows for which a row of the kernel reads inside the image.
  func insideRows(_ ky: Int) -> Range<Int> {
    ConvAxis.insideOutputs(
      start: ky * dilationHeight - paddingHeight, stride: strideHeight, source: inputHeight, outputs: outputHeight)
  }

  /// The output columns for which a column of the kernel reads inside the image.
  func insideColumns(_ kx: Int) -> Range<Int> {
    ConvAxis.insideOutputs(
      start: kx * dilationWidth - paddingWidth, stride: strideWidth, source: inputWidth, outputs: outputWidth)
  }

  /// The share of the products that are not with padding.
  var insideShare: Double {
    let rows = (0..<kernelHeight).reduce(0) { $0 + insideRows($1).count }
    let columns = (0..<kernelWidth).reduce(0) { $0 + insideColumns($1).count }
    return Double(max(rows * columns, 1)) / Double(kernelCount * outputPlane)
  }
}

/// The used share of tiles of taps, the last of which are 4 or 2 rows high where those are enough.
func filledByTiles(_ taps: Int, rows: Int) -> Double {
  let remaining = taps % rows
  let used = remaining > 4 ? rows : remaining > 2 ? 4 : remaining > 0 ? 2 : 0
  return Double(taps) / Double(taps - remaining + used)
}
