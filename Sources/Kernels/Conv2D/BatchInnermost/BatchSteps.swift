/// The step tables that records refer to: one list of steps for each phase and range of kernel columns.
struct BatchSteps {
  let geometry: BatchGeometry
  let tile: BatchTile
  let packedRows: Int
  var sources: [Int] = []
  var weights: [Int] = []
  private var lists: [Key: Int] = [:]

  private struct Key: Hashable {
    let phaseY: Int
    let phaseX: Int
    let tapsX: Range<Int>
  }

  init(geometry: BatchGeometry, tile: BatchTile, packedRows: Int) {
    self.geometry = geometry
    self.tile = tile
    self.packedRows = packedRows
  }

  private var lanes: Int { tile.level.lanes }

  /// The record of a group of pixels, for a strip with the given first rows of packed source and target.
  mutating func record(_ group: PixelGroups.Group, firstSourceRow: Int, firstRow: Int) -> [Int] {
    let pixels = geometry.pixels
    let y = pixels.ys[group.phaseY]
    let x = pixels.xs[group.phaseX]
    let perRow = group.tapsX.count * pixels.channels
    // Without vertical padding the record has all kernel rows, in either order of summation.
    let first = list(group) + group.tapsY.lowerBound * (pixels.ordersByRows ? perRow : 0)
    var origins: [Int] = []
    var targets: [Int] = []
    for i in 0..<tile.wide {
      let pixel = group.pixels[min(i, group.pixels.count - 1)]
      let row = y.start + pixel.y * y.stride - firstSourceRow
      origins.append((row * geometry.sourceWidth + x.start + pixel.x * x.stride) * lanes)
      let targetRow = y.targetStart + pixel.y * y.targetStride - firstRow
      targets.append((targetRow * geometry.targetWidth + x.targetStart + pixel.x * x.targetStride) * lanes)
    }
    return [group.pixels.count, first, group.tapsY.count * perRow] + origins + targets
  }

  /// The index of the first step of a group's list, which is made at its first use.
  private mutating func list(_ group: PixelGroups.Group) -> Int {
    let key = Key(phaseY: group.phaseY, phaseX: group.phaseX, tapsX: group.tapsX)
    if let first = lists[key] { return first }
    let pixels = geometry.pixels
    let y = pixels.ys[group.phaseY]
    let x = pixels.xs[group.phaseX]
    let first = sources.count
    lists[key] = first
    func append(_ channel: Int, _ tapY: Int) {
      for tapX in group.tapsX {
        let row = channel * packedRows + y.taps[tapY].shift
        sources.append((row * geometry.sourceWidth + x.taps[tapX].shift) * lanes)
        let k =
          channel * geometry.kernelCount + y.taps[tapY].kernel * geometry.kernelWidth + x.taps[tapX].kernel
        weights.append(k * tile.rows)
      }
    }
    if pixels.ordersByRows {
      for tapY in y.taps.indices { for channel in 0..<pixels.channels { append(channel, tapY) } }
    } else {
      for channel in 0..<pixels.channels { for tapY in y.taps.indices { append(channel, tapY) } }
    }
    return first
  }
}
