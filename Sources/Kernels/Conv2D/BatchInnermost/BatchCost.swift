extension BatchGeometry {
  /// The share of peak to expect of a tile on full vectors of images: what leaving out padding saves, against the tile's
  /// cycles, those of turning, which moves about four floats a cycle, and those of packing weights. Rows of as many
  /// pixels as lanes leave the caches, measured: 0.93 times as fast. nil where staging or the weights would be too large.
  func share(_ tile: BatchTile) -> Double? {
    let lanes = tile.level.lanes
    guard batch > 0, targetHeight * targetWidth <= 16 << 10, sourceHeight * sourceWidth <= 16 << 10 else { return nil }
    let extent = pixels.ys.map(\.extent).max() ?? 1
    let leastBand = sourceChannels * sourceWidth * lanes * (extent + 1)
    let weights = self.groups * (targetChannels + tile.rows) * depth
    guard leastBand <= 3 * BatchInnermost.bandLimit,
      weights + max(leastBand, BatchInnermost.bandLimit) + BatchInnermost.stripLimit <= BatchInnermost.limit
    else { return nil }
    let rows = min(stripRows(tile), bandRows(lanes: lanes))
    let groups = stride(from: 0, to: targetHeight, by: rows).flatMap {
      pixels.groups(rows: $0..<min($0 + rows, targetHeight), tile: tile)
    }
    let panels = Double((targetChannels + tile.rows - 1) / tile.rows)
    let floats = (sourceChannels * sourceHeight * sourceWidth + targetChannels * targetHeight * targetWidth) * lanes
    // Weights that have to be gathered one by one take three times as long as those that are transposed.
    let packed = Double(targetChannels * depth) * (channelStride == nil ? 0.5 : 1.5)
    let imageGroups = Double((batch + lanes - 1) / lanes)
    let cycles = pixels.cycles(groups, tile) * stretch(tile) * panels + Double(floats) / 4 + packed / imageGroups
    let isWide = min(sourceWidth, targetWidth) >= lanes
    return (isWide ? 0.93 : 1) * Double(multiplyAdds) / 2 / cycles
  }

  /// How much longer steps take where the pixels or weights of a tile's sum leave the first-level cache: half a cycle
  /// for each cache line that comes from the second. Pixels do from 850 lines on, a little more than the cache has, as
  /// neighbouring tiles share most of them; weights from 512 on.
  private func stretch(_ tile: BatchTile) -> Double {
    guard let y = pixels.ys.first, let x = pixels.xs.first else { return 1 }
    let line = Double(tile.level.lanes * 4) / 64
    let taps = max(x.taps.count, 1)
    let pixelLines = Double((tile.wide - 1) * x.stride + x.extent) / Double(taps) * line
    let weightLines = Double(tile.rows * 4) / 64
    var lines = 0.0
    if pixelLines * Double(sourceChannels * y.taps.count * taps) > 850 { lines += min(pixelLines, Double(tile.wide)) }
    if weightLines * Double(depth) > 512 { lines += weightLines }
    return 1 + lines / 2 / tile.cycles(pixels: tile.wide)
  }
}
