/// The transformed weights of a convolution by tiles.
extension WinogradConvolution {
  /// The transformed weights of all groups and the padded bias, packed once for many runs. It depends on neither the batch
  /// nor the image.
  var packing: WeightPacking {
    // The first number is none that the layout of another row begins with.
    let layout = [
      -size.taps, size.stride, lanes, panelColumns, groups, sourceChannels, targetChannels, isBackward ? 1 : 0,
    ]
    let byteCount = weightByteCount(panels: panels)
    return WeightPacking(byteCount: groups * byteCount + biasByteCount, layout: layout) { weights, biases, memory in
      let scratch = Workspace(byteCount: scratchByteCount)
      for group in 0..<groups {
        transformWeights(
          weights[0], group: group, panels: 0..<panels, channels: 0..<sourceChannels,
          pointStride: weightPointStride(panels: panels),
          (memory + group * byteCount).assumingMemoryBound(to: Float.self),
          part: 0, of: 1, scratch: scratch.base.assumingMemoryBound(to: Float.self))
      }
      packBias(biases[0], (memory + groups * byteCount).assumingMemoryBound(to: Float.self))
    }
  }

  func packBias(_ bias: UnsafePointer<Float>?, _ padded: UnsafeMutablePointer<Float>) {
    Kernels.packBias(
      bias, groups: groups, channels: targetChannels, paddedChannels: panels * panelColumns, padded)
  }

  /// Transforms a thread's part of the weights of some panels of a group, the first of which lies at `transformed`: for
  /// each vector of target channels a part of the source channels `all`.
  func transformWeights(
    _ weights: UnsafePointer<Float>, group: Int, panels: Range<Int>, channels all: Range<Int>, pointStride: Int,
    _ transformed: UnsafeMutablePointer<Float>, part: Int, of parts: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let taps = size.taps * size.taps
    let weights = weights + group * sourceChannels * targetChannels * taps
    let firstVector = panels.lowerBound * tile.vectors
    let end = min(panels.upperBound * tile.vectors, (targetChannels + lanes - 1) / lanes)
    let (laneStride, channelStride) = isBackward ? (taps, targetChannels * taps) : (sourceChannels * taps, taps)
    for item in Parallel.range(part, of: parts, items: (end - firstVector) * parts) {
      let vector = item / parts
      let channels = Parallel.range(item % parts, of: parts, items: all.count)
      let first = (firstVector + vector) * lanes
      var arguments = WinogradWeightsArguments(
        source: weights + (first * laneStride + (all.lowerBound + channels.lowerBound) * channelStride),
        laneStride: laneStride,
        lanes: min(lanes, targetChannels - first), channels: channels.count, channelStride: channelStride,
        isFlipped: isBackward,
        target: transformed
          + (vector / tile.vectors * panelCount + vector % tile.vectors * lanes + channels.lowerBound * panelColumns),
        targetStride: panelColumns, pointStride: pointStride, scratch: scratch)
      transformWeights(&arguments)
    }
  }
}
