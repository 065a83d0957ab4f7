import KernelsISA

extension DirectConvolution {
  /// Checks that tiles read inside the images or their padded copies and write inside the target's planes.
  func checkReach(sourceImage: Int, targetImage: Int) {
    let sourcePlanes = sourceChannels * view.y.sourceCount * view.x.sourceCount
    for phase in phases where phase.depth > 0 {
      for (outputs, band) in [(phase.whole, 0), (phase.lastImages, 0), (phase.lastBand, view.bands - 1)]
      where outputs.count > 0 {
        let row = band * view.bandRows
        // The offset of the view's base in the group's planes.
        let base = view.isCopied ? 0 : (view.y.start + row * view.y.stride) * view.x.sourceCount + view.x.start
        let first = base + outputs.sources.lowest + phase.taps.lowest
        planCheck(
          "source of a direct convolution", offset: first,
          count: base + outputs.sources.highest + phase.taps.highest + tile.unit - first,
          allocated: (outputs.images - 1) * sourceImage + (view.isCopied ? view.copyCount : sourcePlanes))
        planCheck(
          "target of a direct convolution", offset: outputs.targets.lowest,
          count: outputs.targets.highest + outputs.stored - outputs.targets.lowest,
          allocated: columnPhases > 1
            ? view.bandRows * targetWidth
            : (outputs.images - 1) * targetImage + targetHeight * targetWidth
              - (row * rowPhases + phase.row) * targetWidth)
      }
    }
  }

  /// Whether the smallest workspace of a tile is within the limit: one panel of weights, the padded copy of a band of
  /// one row, and the copy of the target of several column phases. The limit is the one of all operations, or the
  /// shape's own where even a panel of one channel exceeds that.
  static func fits(
    _ tile: DirectTile, ys: [ConvAxis], xs: [ConvAxis], shape: Conv2DShape, isBackward: Bool
  ) -> Bool {
    let channels = isBackward ? shape.groupOutputChannels : shape.groupInputChannels
    let y = ConvAxis.union(of: ys)
    let view = InputView(
      y: y, x: .union(of: xs), channels: channels, lanes: tile.unit == 1 ? nil : tile.unit, skipsRows: false,
      minimumBands: y.count)
    let depth = channels * shape.kernelCount
    let band = view.copyCount + (xs.count == 1 ? 0 : shape.groupInputChannels * shape.inputWidth)
    let limit = (depth + band) * 4 <= Workspace.mostKernelBytes ? Workspace.mostKernelBytes : shape.workspaceLimit
    return (depth * tile.width + band) * 4 <= limit
  }
}
