import ISA

/// How the weight gradient's work is cut.
///
/// The sum over the outputs of the batch is cut into segments of consecutive rows; each is summed in order by one
/// thread, then the segments in order. They depend on the problem and the level alone, so the bits do not depend on the
/// threads. The weights are cut into items, panels of output channels × ranges of input channels, whose sums stay in the
/// second-level cache while a segment passes. A segment passes in units: some whole images, or some rows of one.
struct ConvWeightPlan: Sendable {
  let shape: Conv2DShape
  /// Output channels of a panel.
  let panelWidth: Int
  let segments: Int
  let threads: Int
  /// Elements of a panel's sums, and bytes of an item's.
  let panelSumCount: Int
  let sumByteCount: Int
  /// Images of a unit that are small, and rows of a unit where they are not.
  let chunk: Int
  let unitRows: Int
  /// Whether there is padding, so that units of the input are copied.
  let isStaged: Bool
  private let panels: Int
  private let panelParts: Int
  private let channelParts: Int
  private let channelsPerPart: Int
  private let rowStride: Int
  private let planeStride: Int

  /// Pixels of a block, so that a turned block of 64 channels leaves room in 48 KB of first-level cache.
  static let blockPixels = 160
  /// Pixels of a tile after which lines ahead are asked for again.
  static let pixelsBetweenAsking = 16
  /// Bytes of an item's sums, which share 1 MB of second-level cache with a unit of the input.
  private static let sumLimit = 400 << 10
  /// Elements of a staged unit: 256 KB.
  private static let stagedLimit = 64 << 10
  /// Bytes of all segments' partial sums.
  private static let partialLimit = 2 << 20

  init(shape: Conv2DShape, panelWidth: Int, tileRows: Int, threads: Int) {
    self.shape = shape
    self.panelWidth = panelWidth
    self.threads = threads
    let channels = shape.groupInputChannels
    let panels = (shape.groupOutputChannels + panelWidth - 1) / panelWidth
    self.panels = panels
    func sumCount(_ channels: Int) -> Int {
      (channels * shape.kernelCount + tileRows - 1) / tileRows * tileRows * panelWidth
    }
    let pixels = shape.batch * shape.outputPlane
    let partial = shape.groups * panels * sumCount(channels) * 4
    let segments = max(min(8, pixels / 512, Self.partialLimit / partial), 1)
    self.segments = segments
    // As few parts as keep an item's sums in the cache, and as give every thread as many items. All panels of an item
    // share its copy of the input; parts of the channels each turn the gradient again.
    let others = segments * shape.groups
    func isEven(_ parts: Int) -> Bool { others * parts % threads == 0 || others * parts >= 4 * threads }
    let panelLimit = max(Self.sumLimit / (sumCount(channels) * 4), 1)
    var panelParts = (panels + panelLimit - 1) / panelLimit
    while !isEven(panelParts), panelParts < panels { panelParts += 1 }
    var parts = min((sumCount(channels) * 4 + Self.sumLimit - 1) / Self.sumLimit, channels)
    while !isEven(panelParts * parts), parts < channels { parts += 1 }
    let perPart = (channels + parts - 1) / parts
    self.panelParts = panelParts
    channelParts = (channels + perPart - 1) / perPart
    channelsPerPart = perPart
    panelSumCount = sumCount(perPart)
    sumByteCount = (panels + panelParts - 1) / panelParts * panelSumCount * 4
    let y = shape.forwardY
    let x = shape.forwardX
    isStaged = !(y.staysInside && x.staysInside)
    if isStaged {
      rowStride = (x.count - 1) * x.stride + x.extent
      let rows = Self.stagedLimit / max(perPart * rowStride, 1)
      unitRows = min(max((rows - y.extent) / y.stride + 1, 1), y.count)
      planeStride = ((unitRows - 1) * y.stride + y.extent) * rowStride
    } else {
      rowStride = shape.inputWidth
      let rows = Self.stagedLimit / max(perPart * y.stride * rowStride, 1)
      unitRows = min(max(rows, 1), y.count)
      planeStride = shape.inputPlane
    }
    let imageStride = isStaged ? perPart * planeStride : shape.inputChannels * shape.inputPlane
    let limit = isStaged ? Self.stagedLimit : Int(Int32.max) / 2
    chunk = unitRows < y.count ? 1 : max(min(Self.blockPixels / shape.outputPlane, limit / imageStride), 1)
  }

  /// Panels of a group's output channels with a range of its input channels.
  struct Item {
    let group: Int
    let panels: Range<Int>
    let channels: Range<Int>
  }

  /// Rows of consecutive images, all of them where there are several.
  struct Unit {
    let image: Int
    let images: Int
    let row: Int
    let rows: Int
  }

  var items: Int { shape.groups * panelParts * channelParts }
  var unitPixels: Int { chunk * unitRows * shape.outputWidth }
  /// Elements of a staged image of a unit.
  var stagedCount: Int { isStaged ? channelsPerPart * planeStride : 0 }

  func item(_ index: Int) -> Item {
    let part = index / channelParts
    let first = index % channelParts * channelsPerPart
    return Item(
      group: part / panelParts, panels: Parallel.range(part % panelParts, of: panelParts, items: panels),
      channels: first..<min(first + channelsPerPart, shape.groupInputChannels))
  }

  /// The rows of the batch's outputs that a segment sums: of whole images where there are enough.
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

  /// The pixels of a unit's blocks: as equal as whole vectors allow.
  func block(_ pixels: Int) -> Int {
    let blocks = (pixels + Self.blockPixels - 1) / Self.blockPixels
    return ((pixels + blocks - 1) / blocks + 15) & ~15
  }

  /// The offsets of a unit's pixels from its base.
  func origins() -> [Int] {
    let imageStride = isStaged ? stagedCount : shape.inputChannels * shape.inputPlane
    return (0..<chunk).flatMap { image in
      (0..<unitRows).flatMap { row in
        (0..<shape.outputWidth).map {
          image * imageStride + row * shape.strideHeight * rowStride + $0 * shape.strideWidth
        }
      }
    }
  }

  /// The offsets of an item's taps from a pixel.
  func taps() -> [Int] {
    (0..<channelsPerPart).flatMap { channel in
      (0..<shape.kernelHeight).flatMap { ky in
        (0..<shape.kernelWidth).map {
          channel * planeStride + ky * shape.dilationHeight * rowStride + $0 * shape.dilationWidth
        }
      }
    }
  }

  /// The base of a unit of an item's planes, of which `source` is the first; copies them where there is padding.
  func base(
    of source: UnsafePointer<Float>, _ unit: Unit, channels: Int, staging: UnsafeMutablePointer<Float>,
    ahead: UnsafeMutablePointer<ConvAhead>, pad: LevelFunction<ConvPadArguments>
  ) -> UnsafePointer<Float> {
    let startY = unit.row * shape.strideHeight - shape.paddingHeight
    guard isStaged else { return source + startY * shape.inputWidth }
    for image in 0..<unit.images {
      var arguments = ConvPadArguments(
        source: source + image * shape.inputChannels * shape.inputPlane, target: staging + image * stagedCount,
        planes: channels, planeStride: shape.inputPlane, sourceHeight: shape.inputHeight,
        sourceWidth: shape.inputWidth, startY: startY, rows: planeStride / rowStride, left: shape.paddingWidth,
        targetWidth: rowStride, ahead: ahead)
      pad(&arguments)
    }
    return UnsafePointer(staging)
  }

  /// The gradients of a unit's pixels from one on, as a panel reads them.
  func ahead(
    gradient: UnsafePointer<Float>, _ unit: Unit, _ item: Item, panel: Int, first: Int, pixels: Int
  ) -> ConvAhead {
    let channel = item.group * shape.groupOutputChannels + panel * panelWidth
    let lanes = min(panelWidth, shape.groupOutputChannels - panel * panelWidth)
    let imageStride = shape.outputChannels * shape.outputPlane
    let plane = gradient + (unit.image * imageStride + channel * shape.outputPlane)
    if unit.images > 1 {
      return lines(plane, count: lanes * shape.outputPlane, rows: unit.images, stride: imageStride)
    }
    return lines(
      plane + (unit.row * shape.outputWidth + first), count: pixels, rows: lanes, stride: shape.outputPlane)
  }

  /// One of `parts` equal parts of a unit's input.
  func ahead(input: UnsafePointer<Float>, _ unit: Unit, _ item: Item, part: Int, of parts: Int) -> ConvAhead {
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

  private func lines(_ row: UnsafePointer<Float>, count: Int, rows: Int, stride: Int) -> ConvAhead {
    let lines = (count + 15) / 16
    return ConvAhead(row: row, rowStride: stride, lines: lines, line: 0, left: max(rows * lines, 0), atOnce: 0)
  }
}

extension ConvAhead {
  /// The same, asked for in as many times as there are.
  func spread(over times: Int) -> ConvAhead {
    var spread = self
    spread.atOnce = (left + times - 1) / max(times, 1)
    return spread
  }
}
