import KernelsISA

/// The arguments of ``mapChannels(_:_:_:)``; all arrays are `[images, channels, plane]`.
struct ChannelRowsArguments {
  /// Forward the input; backward the output of the forward pass.
  var values: UnsafePointer<Float>
  /// Nil in the forward pass.
  var outputGradient: UnsafePointer<Float>?
  /// Forward the output; backward the input gradient.
  var result: UnsafeMutablePointer<Float>
  var images: Int
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// Pixels of a block, a multiple of 16.
  var block: Int
  /// Whether planes are whole, aligned vectors that are stored with non-temporal stores.
  var nonTemporal: Bool
  /// Scratch memory of 2 · block floats, and channels · block floats for each array that is read.
  var workspace: UnsafeMutablePointer<Float>
}

/// Softmax and log softmax along the channels of images: each lane of a vector holds a different pixel, whose channels are a
/// row.
///
/// Blocks of pixels are computed one after the other. The channels of a pixel are a plane apart: if that is a power of two,
/// they map to the same few cache sets, and a second pass over them would miss. So the first pass packs the block's channels
/// into the workspace, and the second prefetches the next block.
@inline(always)
func mapChannels<L: Lanes, Function: RowMap & RowGradient>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ChannelRowsArguments>
) {
  if p.pointee.nonTemporal {
    mapBlocks(lanes, function, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    mapBlocks(lanes, function, p, nonTemporal: false)
  }
}

/// A block of neighbouring pixels of a plane.
private struct PixelBlock {
  /// The offset of its first pixel in channel 0.
  var offset: Int
  /// Pixels of the block, whole vectors.
  var width: Int
  /// Pixels of a vector: fewer than lanes in planes that are smaller than a vector.
  var count: Int
  /// The offset of the next block's first pixel in channel 0.
  var next: Int
}

@inline(always)
private func mapBlocks<L: Lanes, Function: RowMap & RowGradient>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ChannelRowsArguments>, nonTemporal: Bool
) {
  let plane = p.pointee.plane
  let largest = plane < 64 ? L.count : p.pointee.block
  let image = p.pointee.channels &* plane
  var start = 0
  while start < p.pointee.images &* image {
    var pixel = 0
    while pixel < plane {
      // The last vector of a plane overlaps the one before.
      let left = plane &- pixel
      var block = PixelBlock(offset: start &+ pixel, width: L.count, count: L.count, next: 0)
      if left >= L.count {
        block.width = left < largest ? left & (0 &- L.count) : largest
      } else if plane >= L.count {
        block.offset = start &+ plane &- L.count
      } else {
        block.count = plane
      }
      pixel &+= block.width
      block.next = pixel < plane ? start &+ pixel : start &+ image
      if let gradient = p.pointee.outputGradient {
        if block.width == L.count {
          pixelsBackward(lanes, function, p, gradient + block.offset, block.offset, block.count)
        } else {
          blockBackward(lanes, function, p, gradient, block, nonTemporal: nonTemporal)
        }
      } else if block.width == L.count {
        pixelsForward(lanes, function, p, block.offset, block.count)
      } else {
        blockForward(lanes, function, p, block, nonTemporal: nonTemporal)
      }
    }
    start &+= image
  }
}

/// The forward pass of a block of pixels.
@inline(always)
private func blockForward<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<ChannelRowsArguments>, _ block: PixelBlock, nonTemporal: Bool
) {
  let (plane, width) = (p.pointee.plane, block.width)
  let (maxima, sums) = (p.pointee.workspace, p.pointee.workspace + p.pointee.block)
  let packed = p.pointee.workspace + 2 &* p.pointee.block
  let end = p.pointee.channels &* width
  var input = p.pointee.values + block.offset
  var i = 0
  while i < width {
    let x = L.load(input + i)
    L.store(x, packed + i)
    L.store(x, maxima + i)
    L.store(L.splat(0), sums + i)
    i &+= L.count
  }
  var c = width
  while c < end {
    input += plane
    i = 0
    while i < width {
      let x = L.load(input + i)
      L.store(x, packed + (c &+ i))
      L.store(L.larger(L.load(maxima + i), x), maxima + i)
      i &+= L.count
    }
    c &+= width
  }
  var next = p.pointee.values + block.next
  c = 0
  while c < end {
    i = 0
    while i < width {
      if i & 15 == 0 { prefetchToSecondLevel(next + i) }
      let exponentials = L.exponential(L.load(packed + (c &+ i)) - L.load(maxima + i))
      L.store(L.load(sums + i) + exponentials, sums + i)
      if Map.usesExponentials { L.store(exponentials, packed + (c &+ i)) }
      i &+= L.count
    }
    c &+= width
    next += plane
  }
  i = 0
  while i < width {
    L.store(Map.parameters(lanes, sums: L.load(sums + i)), sums + i)
    i &+= L.count
  }
  var output = p.pointee.result + block.offset
  c = 0
  while c < end {
    i = 0
    while i < width {
      let copy = L.load(packed + (c &+ i))
      let value = Map.usesExponentials ? copy : copy - L.load(maxima + i)
      L.store(Map.apply(lanes, value, L.load(sums + i)), output + i, nonTemporal: nonTemporal)
      i &+= L.count
    }
    c &+= width
    output += plane
  }
}

/// The backward pass of a block of pixels.
@inline(always)
private func blockBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<ChannelRowsArguments>,
  _ outputGradient: UnsafePointer<Float>, _ block: PixelBlock, nonTemporal: Bool
) {
  let (plane, width) = (p.pointee.plane, block.width)
  let sums = p.pointee.workspace
  let outputs = p.pointee.workspace + 2 &* p.pointee.block
  let end = p.pointee.channels &* width
  let gradients = outputs + end
  var i = 0
  while i < width {
    L.store(L.splat(0), sums + i)
    i &+= L.count
  }
  var (offset, next) = (block.offset, block.next)
  var c = 0
  while c < end {
    i = 0
    while i < width {
      let y = L.load(p.pointee.values + (offset &+ i))
      let g = L.load(outputGradient + (offset &+ i))
      L.store(y, outputs + (c &+ i))
      L.store(g, gradients + (c &+ i))
      L.store(L.load(sums + i) + Gradient.term(lanes, output: y, gradient: g), sums + i)
      i &+= L.count
    }
    c &+= width
    offset &+= plane
  }
  var result = p.pointee.result + block.offset
  c = 0
  while c < end {
    i = 0
    while i < width {
      if i & 15 == 0 {
        prefetchToSecondLevel(p.pointee.values + (next &+ i))
        prefetchToSecondLevel(outputGradient + (next &+ i))
      }
      let (y, g) = (L.load(outputs + (c &+ i)), L.load(gradients + (c &+ i)))
      L.store(
        Gradient.apply(lanes, output: y, gradient: g, sum: L.load(sums + i)), result + i, nonTemporal: nonTemporal)
      i &+= L.count
    }
    c &+= width
    next &+= plane
    result += plane
  }
}

/// The forward pass of a vector of pixels or fewer, read in place: in small planes the channels are close to each other.
@inline(always)
private func pixelsForward<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<ChannelRowsArguments>, _ offset: Int, _ count: Int
) {
  let plane = p.pointee.plane
  let input = p.pointee.values + offset
  let output = p.pointee.result + offset
  let end = p.pointee.channels &* plane
  var largest = L.load(input, first: count)
  var c = plane
  while c < end {
    // The next vector of pixels.
    prefetch(input + c + L.count)
    largest = L.larger(largest, L.load(input + c, first: count))
    c &+= plane
  }
  var sums = L.splat(0)
  c = 0
  while c < end {
    let exponentials = L.exponential(L.load(input + c, first: count) - largest)
    sums += exponentials
    if Map.usesExponentials { L.store(exponentials, output + c, first: count) }
    c &+= plane
  }
  let parameters = Map.parameters(lanes, sums: sums)
  c = 0
  while c < end {
    let value =
      Map.usesExponentials
      ? L.load(UnsafePointer(output + c), first: count)
      : L.load(input + c, first: count) - largest
    L.store(Map.apply(lanes, value, parameters), output + c, first: count)
    c &+= plane
  }
}

/// The backward pass of a vector of pixels or fewer, read in place.
@inline(always)
private func pixelsBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<ChannelRowsArguments>,
  _ outputGradient: UnsafePointer<Float>, _ offset: Int, _ count: Int
) {
  let plane = p.pointee.plane
  let output = p.pointee.values + offset
  let result = p.pointee.result + offset
  let end = p.pointee.channels &* plane
  var sums = L.splat(0)
  var c = 0
  while c < end {
    prefetch(output + c + L.count)
    prefetch(outputGradient + c + L.count)
    let y = L.load(output + c, first: count)
    let g = L.load(outputGradient + c, first: count)
    sums += Gradient.term(lanes, output: y, gradient: g)
    c &+= plane
  }
  c = 0
  while c < end {
    let y = L.load(output + c, first: count)
    let g = L.load(outputGradient + c, first: count)
    L.store(Gradient.apply(lanes, output: y, gradient: g, sum: sums), result + c, first: count)
    c &+= plane
  }
}
