import KernelsISA

// The cost of the weight gradient.
//
// Its rows differ in the order of their sums. So that the same problem has the same bits wherever it runs, they are
// compared on one processor, `Machine.nominal`, whatever the plan is for.

extension Machine {
  /// The processor that the rows of a weight gradient are compared on.
  static let nominal = Machine.zen5
}

extension PixelVectorGradientTile {
  /// What is counted with the outputs of a row in the vector; nil where the sums, of which every lane is kept, would leave
  /// the cache, or staging would be too large.
  func terms(_ shape: Conv2DShape, _ machine: Machine) -> CostTerms? {
    let lanes = tile.level.lanes
    guard sumCount(channels: shape.groupOutputChannels, depth: shape.depth) <= 64 << 10,
      PixelVectorGradient.view(shape, lanes: lanes).copyCount * 4 <= shape.workspaceLimit / 2
    else { return nil }
    let used =
      filled(shape.groupOutputChannels, tile.rows) * filled(shape.depth, tile.vectors)
      * filled(shape.outputWidth, lanes)
    // One load a cycle, where the machine has two: each operand is a vector that mostly crosses a cache line.
    let multiplyAdds = Double(tile.rows * tile.vectors) / machine.multiplyAdds(lanes: lanes)
    let loads = 2 * Double(tile.rows + tile.vectors) / machine.loads(lanes: lanes)
    let steps = shape.leastCycles(tile.level, machine) / used * max(loads / multiplyAdds, 1)
    return CostTerms(.gradientPixels, [steps, lanes * 4 == machine.lineBytes ? steps : 0, 0, 0, 0, 0, 0, 0])
  }
}

extension ChannelVectorGradientTiles {
  /// What is counted with output channels in the vector: multiply-adds, those with padding only where they are made;
  /// transposing the gradient; moving the sums, once for each block of pixels; and each row of a tap. With one vector of
  /// channels there is a load for every multiply-add ("singleSteps").
  func terms(_ shape: Conv2DShape, _ machine: Machine) -> CostTerms? {
    let lanes = level.lanes
    guard ChannelVectorBlocking.fits(shape, lanes: lanes, panelVectors: vectors) else { return nil }
    let inside = ChannelVectorBlocking.skipsPadding(shape, tileRows: rows(shape)) ? shape.insideShare : 1
    let steps = shape.leastCycles(level, machine) / filled(shape.groupOutputChannels, lanes) * inside
    let pixels = Double(max(shape.batch * shape.outputPlane, 1))
    let block = min(pixels, Double(ChannelVectorBlocking.blockPixels))
    let channels = Double(shape.groups * ((shape.groupOutputChannels + lanes - 1) / lanes * lanes))
    let sums = channels * Double(shape.depth) / Double(lanes) * inside
    return CostTerms(
      .gradientChannels,
      [
        steps, shape.groupOutputChannels > lanes ? 0 : steps, pixels * channels, pixels / block * sums,
        Double(max(shape.batch * shape.outputHeight, 1)) * sums, 0, 0, 0,
      ])
  }
}

extension BatchGradient {
  /// What is counted with images in the vector: multiply-adds or loads of the tiles, whose inputs come from the
  /// second-level cache; loading and storing their sums for each chunk of rows, which takes longer where the sums leave
  /// that cache; transposing; and summing lanes once a segment. nil where staging or sums would be too large.
  static func terms(
    _ shape: Conv2DShape, _ tile: ConvTile<BatchGradientArguments>, _ machine: Machine
  ) -> CostTerms? {
    let lanes = tile.level.lanes
    guard shape.batch > 0, shape.inputPlane <= 16 << 10, shape.outputPlane <= 16 << 10, shape.depth <= 16 << 10 else {
      return nil
    }
    let layout = Layout(shape, tile)
    guard layout.sumCount <= 192 << 10, layout.sourceCount + layout.gradientCount <= 256 << 10 else { return nil }
    let rows = (0..<shape.kernelHeight).map { shape.insideRows($0) }
    let columns = (0..<shape.kernelWidth).map { shape.insideColumns($0) }
    let taps = taps(shape)
    let pixels = stride(from: 0, to: taps.count, by: tile.vectors).reduce(0) { sum, first in
      let tile = taps[first..<min(first + tile.vectors, taps.count)]
      return sum + union(tile.map { rows[$0.y] }).count * union(tile.map { columns[$0.x] }).count
    }
    let sums = Double(tile.rows * tile.vectors)
    let latency = 4.0
    let step = max(
      sums / machine.multiplyAdds(lanes: lanes), Double(tile.rows + tile.vectors) / machine.loads(lanes: lanes), latency
    )
    let imageGroups = Double((shape.batch + lanes - 1) / lanes)
    let segments = BatchSegments(batch: shape.batch, partCount: shape.weightCount, granule: lanes).count
    let steps = imageGroups * Double(pixels * layout.channelTiles)
    let chunks = Double((shape.outputHeight + layout.chunkRows - 1) / layout.chunkRows)
    let tiles = imageGroups * chunks * Double(layout.channelTiles * layout.tapTiles)
    let isFar = layout.sumCount * MemoryLayout<Float>.stride > machine.secondLevelBytes / 2
    let transposed =
      (shape.groupInputChannels * shape.inputPlane + shape.groupOutputChannels * shape.outputPlane) * lanes
    let counts: SIMD8<Double> = [
      steps * step, steps * Double(tile.vectors * lanes * 4), tiles, tiles * sums, isFar ? tiles * sums : 0,
      imageGroups * Double(transposed), Double(layout.sumCount / lanes * segments), 0,
    ]
    return CostTerms(.gradientImages, counts * Double(shape.groups))
  }
}
