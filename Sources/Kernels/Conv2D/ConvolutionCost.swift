// The cost of the forward pass and of the input gradient.

/// The used share of whole units.
func filled(_ count: Int, _ unit: Int) -> Double {
  count == 0 ? 1 : Double(count) / Double((count + unit - 1) / unit * unit)
}

/// Cycles of multiply-adds and of the loads that they need, whichever are more.
private struct StepCost {
  let machine: Machine
  let lanes: Int

  /// The share of a processor's loads that a loop reaches which is limited by them, measured on Zen 5: 1.7 of 2 a cycle.
  static let sustainedLoads = 0.85

  func multiplyAdds(_ count: Int) -> Double { Double(count) / machine.multiplyAdds(lanes: lanes) }

  /// - Parameters:
  ///   - broadcasts: loads of single values, addresses among them.
  ///   - vectors: loads of vectors; one that crosses a cache line counts twice.
  func loads(broadcasts: Int, vectors: Double) -> Double {
    Double(broadcasts) / Double(machine.loadsPerCycle) + vectors / machine.loads(lanes: lanes)
  }
}

// MARK: Direct convolution

/// What direct convolution computes for a group of channels, and for one phase of a strided input gradient.
private struct DirectWork {
  var channels: Int
  /// Rows and columns of outputs.
  var height: Int
  var width: Int
  /// Whether rows follow one another without gaps, so that units and tiles span them.
  var isLinear: Bool
  /// Products of a sum.
  var depth: Double
  var kernelWidth: Int
  /// The kernel's rows that each row of outputs has inside the image, of `kernelHeight`; empty where all have all.
  var rowTaps: [Range<Int>]
  var kernelHeight: Int
  var batch: Int
  /// The most images that can be computed together (`WorkPartition.chunk`).
  var together: Int
}

extension DirectTile {
  /// What is counted of tiles, without copies.
  ///
  /// A step of a tile adds one product to each of its sums. It takes multiply-adds or loads, whichever is more; a load
  /// that crosses a cache line, as one of neighbouring outputs does, counts twice. Or it takes what a tile of pixels reads
  /// of the source from the second-level cache. A tile ends with some cycles, and some for each vector that it stores.
  /// Tiles of channels transpose their points × channels to planes, which takes some for each value; their steps take
  /// longer where the planes' lines share the same sets of the first-level cache.
  ///
  /// Tiles skip what is padding for all their rows. Tiles of several rows read from more places ("mixedSteps"). Tiles that
  /// write two lines of each of many planes, which crowd in few sets of the caches and leave them, are slower
  /// ("crowdedSteps": 1×1 64→256 at 16×16, 32 images, on Zen 5 0.93 times as fast as with three).
  private func terms(_ work: DirectWork, _ machine: Machine) -> CostTerms {
    let length = work.isLinear ? work.height * work.width : work.width
    let lines = work.isLinear ? 1 : work.height
    let batch = max(work.batch, 1)
    let perRow = (length + unit - 1) / unit
    let count = lines * perRow
    let images = WorkPartition.chunk(
      perImage: work.rowTaps.isEmpty ? count : perRow, units: units, limit: min(work.together, batch))
    let whole = batch / images * ((images * count + units - 1) / units)
    let rest = (batch % images * count + units - 1) / units
    let tiles = Double(max(whole + rest, 1))
    let made = work.depth * steps(work.rowTaps, of: work.kernelHeight, perRow: images * perRow)
    let outputs = units * unit
    let mixed = work.isLinear ? 0 : outputs > 2 * work.width ? 1 : outputs > work.width * images ? 0.66 : 0
    let planeBytes = work.height * work.width * MemoryLayout<Float>.stride
    let cost = StepCost(machine: machine, lanes: level.lanes)
    switch self {
    case .pixels(let tile):
      let crossing = 1 + Double(level.lanes * 4) / Double(machine.lineBytes)
      func step(rows: Int) -> Double {
        let loads = cost.loads(broadcasts: rows + 1, vectors: crossing * Double(tile.vectors))
        return max(cost.multiplyAdds(rows * tile.vectors), loads / StepCost.sustainedLoads)
      }
      let bytes = Double(4 * tile.vectors * level.lanes / work.kernelWidth)
      let full = max(step(rows: tile.rows), bytes / Double(machine.secondLevelBytesPerCycle))
      let cut = PanelLayout(channels: work.channels, width: tile.rows, tail: tile.tail)
      let stepCycles = Double(cut.wide) * full + Double(cut.tails) * min(step(rows: tile.tail), full)
      let steps = tiles * made * stepCycles
      let isCrowded =
        work.isLinear && Double(work.channels) > work.depth && planeBytes % (machine.firstLevelSetBytes / 4) == 0
        && tile.vectors < 3 && batch * work.channels * planeBytes > 4 * machine.secondLevelBytes
      let accumulators = cut.wide * tile.rows + cut.tails * tile.tail
      return CostTerms(
        .pixels,
        [
          steps, tiles * Double(cut.wide + cut.tails), tiles * Double(accumulators * tile.vectors), 0, 0,
          mixed * steps, isCrowded ? steps : 0, 0,
        ])
    case .channels(let tile):
      let points = tile.runs * tile.run
      let loads = cost.loads(broadcasts: points + 1, vectors: Double(tile.vectors))
      let step = max(cost.multiplyAdds(points * tile.vectors), loads / StepCost.sustainedLoads)
      let panels = Double((work.channels + self.width - 1) / self.width)
      let steps = tiles * panels * made * step
      return CostTerms(
        .channels,
        [
          steps, tiles * panels, tiles * panels * Double(points * self.width), 0, 0, mixed * steps,
          planeBytes % machine.firstLevelSetBytes == 0 ? steps : 0, 0,
        ])
    }
  }

  /// Units of an image up to which its tiles' steps are counted one by one.
  private static let mostCountedUnits = 16 << 10

  /// The share of a sum's steps that tiles make, where each skips the rows of the kernel that are padding for all of its
  /// outputs.
  private func steps(_ rowTaps: [Range<Int>], of kernelHeight: Int, perRow: Int) -> Double {
    if rowTaps.isEmpty { return 1 }
    let count = rowTaps.count * perRow
    if count > Self.mostCountedUnits {
      // Long rows have nearly all of their tiles to themselves.
      return Double(max(rowTaps.reduce(0) { $0 + $1.count }, 1)) / Double(rowTaps.count * kernelHeight)
    }
    var made = 0
    for first in stride(from: 0, to: count, by: units) {
      var (low, high) = (kernelHeight, 0)
      for taps in rowTaps[first / perRow...(min(first + units, count) - 1) / perRow] {
        low = min(low, taps.lowerBound)
        high = max(high, taps.upperBound)
      }
      made += max(high - low, 0)
    }
    return Double(max(made, 1)) / Double((count + units - 1) / units * kernelHeight)
  }

  func forwardTerms(_ shape: Conv2DShape, _ machine: Machine) -> CostTerms {
    let isPadded = shape.paddingHeight > 0 || shape.paddingWidth > 0
    let isStaged = isPadded || (shape.strideWidth > 1 && unit > 1)
    let rows = (shape.outputHeight - 1) * shape.strideHeight + shape.kernelHeight
    let columns = (shape.outputWidth - 1) * shape.strideWidth + shape.kernelWidth
    let work = DirectWork(
      channels: shape.groupOutputChannels, height: shape.outputHeight, width: shape.outputWidth,
      isLinear: shape.isPointwise || (shape.kernelCount == 1 && !isPadded && spansRows(shape.outputWidth)),
      depth: Double(shape.depth), kernelWidth: shape.kernelWidth, rowTaps: shape.forwardY.rowTaps,
      kernelHeight: shape.kernelHeight, batch: shape.batch,
      together: shape.groups > 1
        ? 1 : isStaged ? together(shape.groupInputChannels, rows, columns) : DirectTile.mostTogether)
    var terms = terms(work, machine)
    if isStaged {
      terms.addCopies(rows: shape.batch * shape.groupInputChannels * shape.inputHeight, of: shape.inputWidth)
    }
    terms.addGroups(shape)
    return terms
  }

  func backwardDataTerms(_ shape: Conv2DShape, _ machine: Machine) -> CostTerms {
    let isStrided = shape.strideHeight > 1 || shape.strideWidth > 1
    let width = (shape.inputWidth + shape.strideWidth - 1) / shape.strideWidth
    let height = (shape.inputHeight + shape.strideHeight - 1) / shape.strideHeight
    // Of the phases of a stride, those that have taps.
    let phases = Double(min(shape.strideHeight, shape.kernelHeight) * min(shape.strideWidth, shape.kernelWidth))
    let work = DirectWork(
      channels: shape.groupInputChannels, height: height, width: width, isLinear: shape.isPointwise,
      depth: Double(shape.groupOutputChannels * shape.kernelCount) / phases,
      kernelWidth: max(shape.kernelWidth / shape.strideWidth, 1),
      rowTaps: isStrided ? [] : shape.backwardY(phase: 0).rowTaps, kernelHeight: shape.kernelHeight,
      batch: shape.batch,
      together: shape.strideWidth > 1 || shape.groups > 1
        ? 1
        : shape.kernelCount == 1
          ? DirectTile.mostTogether
          : together(
            shape.groupOutputChannels, height + shape.kernelHeight - 1, shape.inputWidth + shape.kernelWidth - 1))
    var terms = terms(work, machine)
    terms.counts *= phases
    if shape.kernelCount > 1 {
      terms.addCopies(rows: shape.batch * shape.groupOutputChannels * shape.outputHeight, of: shape.outputWidth)
    }
    if shape.strideWidth > 1 {
      // Columns of the phases are put side by side, two vectors of eight for each of a copy's.
      terms.addCopies(rows: 0, of: 0, floats: 2 * shape.batch * shape.groupInputChannels * shape.inputPlane)
    }
    terms.addGroups(shape)
    return terms
  }

  /// Whether rows of a staged 1 × 1 convolution follow one another without gaps, which they do unless they are padded to a
  /// vector.
  private func spansRows(_ width: Int) -> Bool {
    if case .pixels = self { return width >= unit }
    return true
  }

  /// The most images that are computed together where nothing is copied.
  private static let mostTogether = 8

  /// The most images that are computed together, given the size of one in staging memory.
  private func together(_ channels: Int, _ rows: Int, _ columns: Int) -> Int {
    InputView.bandLimit / max(channels * rows * columns, 1)
  }
}

extension CostTerms {
  /// Copies to staging memory, which both models of direct convolution count in the same places.
  fileprivate mutating func addCopies(rows: Int, of width: Int, floats: Int = 0) {
    counts[3] += Double(rows)
    counts[4] += Double(rows) * Double(width) + Double(floats)
  }

  /// All groups of what was counted for one, and what each group of each image takes to begin.
  fileprivate mutating func addGroups(_ shape: Conv2DShape) {
    counts *= Double(shape.groups)
    if shape.groups > 1 { counts[7] = Double(shape.batch * shape.groups) }
  }
}

extension ConvAxis {
  /// The taps of each output that are inside; empty where all are.
  fileprivate var rowTaps: [Range<Int>] { staysInside || taps.count == 1 ? [] : (0..<count).map(insideTaps) }
}

// MARK: Images in the vector

extension BatchGeometry {
  /// What is counted of a tile, with the last vector full of images: steps, cache lines of operands that leave the
  /// first-level cache, what records take besides their steps, transposing and packing. Steps of rows of as many pixels as
  /// lanes leave the caches ("wideSteps"). nil where staging or the weights would be too large.
  func terms(_ tile: BatchTile, _ machine: Machine) -> CostTerms? {
    let lanes = tile.level.lanes
    guard batch > 0, targetHeight * targetWidth <= 16 << 10, sourceHeight * sourceWidth <= 16 << 10 else { return nil }
    let extent = pixels.ys.map(\.extent).max() ?? 1
    let leastBand = sourceChannels * sourceWidth * lanes * (extent + 1)
    let weights = self.groups * (targetChannels + tile.rows) * depth
    guard leastBand <= 3 * BatchInnermost.bandLimit,
      weights + max(leastBand, BatchInnermost.bandLimit) + BatchInnermost.stripLimit <= BatchInnermost.limit
    else { return nil }
    let rows = min(stripRows(tile), bandRows(lanes: lanes))
    var records = 0
    var (stepCount, stepCycles) = (0, 0.0)
    for first in stride(from: 0, to: targetHeight, by: rows) {
      let counts = pixels.counts(rows: first..<min(first + rows, targetHeight), tile: tile)
      records += counts.records
      stepCount += counts.wideSteps + counts.narrowSteps
      stepCycles += Double(counts.wideSteps) * step(tile, pixels: tile.wide, machine)
      stepCycles += Double(counts.narrowSteps) * step(tile, pixels: tile.narrow, machine)
    }
    let panels = Double((targetChannels + tile.rows - 1) / tile.rows)
    let floats = (sourceChannels * sourceHeight * sourceWidth + targetChannels * targetHeight * targetWidth) * lanes
    // Weights that have to be gathered one by one take three times as long as those that are transposed.
    let packed = Double(targetChannels * depth) * (channelStride == nil ? 1 : 3)
    let isWide = min(sourceWidth, targetWidth) >= lanes
    let vectors = Double(groups * ((batch + lanes - 1) / lanes))
    let steps = vectors * panels * stepCycles
    return CostTerms(
      .images,
      [
        steps, vectors * panels * Double(stepCount) * farLines(tile, machine), vectors * panels * Double(records),
        vectors * panels * Double(records * tile.rows * tile.wide), vectors * Double(floats),
        Double(groups) * packed, isWide ? steps : 0, 0,
      ])
  }

  /// Cycles of a step of a record: multiply-adds, loads, or the latency of one multiply-add after another.
  private func step(_ tile: BatchTile, pixels: Int, _ machine: Machine) -> Double {
    let vectors = pixels > tile.narrow ? tile.wide : tile.narrow
    let cost = StepCost(machine: machine, lanes: tile.level.lanes)
    return max(
      cost.multiplyAdds(tile.rows * vectors), cost.loads(broadcasts: tile.rows + 2, vectors: Double(vectors)),
      BatchGeometry.multiplyAddLatency)
  }

  /// Cycles from a multiply-add to one that needs its result: 4 on all Zen and on Intel since Skylake.
  static let multiplyAddLatency = 4.0

  /// Cache lines of a step that come from the second-level cache, because the pixels or the weights of a tile's sum leave
  /// the first. Of the pixels, neighbouring tiles share most, so that a little more than the cache holds does not matter;
  /// the weights have two thirds of it. Both measured on Zen 5.
  private func farLines(_ tile: BatchTile, _ machine: Machine) -> Double {
    guard let y = pixels.ys.first, let x = pixels.xs.first else { return 0 }
    let cacheLines = Double(machine.firstLevelBytes / machine.lineBytes)
    let line = Double(tile.level.lanes * 4) / Double(machine.lineBytes)
    let taps = max(x.taps.count, 1)
    let pixelLines = Double((tile.wide - 1) * x.stride + x.extent) / Double(taps) * line
    let weightLines = Double(tile.rows * 4) / Double(machine.lineBytes)
    var lines = 0.0
    if pixelLines * Double(sourceChannels * y.taps.count * taps) > 1.107 * cacheLines {
      lines += min(pixelLines, Double(tile.wide))
    }
    if weightLines * Double(depth) > 0.667 * cacheLines { lines += weightLines }
    return lines
  }
}

// MARK: Depthwise

extension Conv2DShape {
  /// Multiply-adds of a pass in cycles, as many as a level can make.
  func leastCycles(_ level: InstructionSet, _ machine: Machine) -> Double {
    let multiplyAdds = max(Double(groups * groupOutputChannels * outputPlane) * Double(depth) * Double(batch), 1)
    return multiplyAdds / (Double(level.lanes) * machine.multiplyAdds(lanes: level.lanes))
  }

  /// Lanes of the vectors of a depthwise pass: half of 16 where those hold a row.
  func depthwiseLanes(_ level: InstructionSet, width: Int) -> Int {
    level.lanes == 16 && width <= 8 ? 8 : level.lanes
  }

  /// What is counted of a depthwise pass: the multiply-adds of all lanes, used or not.
  func depthwiseTerms(_ model: CostModel, _ level: InstructionSet, _ machine: Machine) -> CostTerms {
    let lanes = depthwiseLanes(level, width: inputWidth)
    return CostTerms(model, [leastCycles(level, machine) / filled(inputWidth, lanes), 0, 0, 0, 0, 0, 0, 0])
  }
}
