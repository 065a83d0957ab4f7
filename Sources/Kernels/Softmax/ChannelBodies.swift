import KernelsISA

/// Softmax along the channels of images.
struct ChannelRowsArguments {
  /// Forward: the input; backward: the forward pass's output.
  var values: UnsafePointer<Float>
  /// Null for the forward pass.
  var outputGradient: UnsafePointer<Float>?
  var result: UnsafeMutablePointer<Float>
  var images: Int
  var channels: Int
  var plane: Int
  /// Pixels that are worked on at once, whole vectors.
  var block: Int
  /// Planes are whole vectors, and the result is stored past the caches.
  var streams: Bool
  /// 2 · block, and channels · block for each array that is read.
  var workspace: UnsafeMutablePointer<Float>
  /// Two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// Softmax's family along the channels of images: a vector holds neighbouring pixels, each of which is a row of its own.
///
/// A block of pixels is worked on at once. Its channels lie a plane apart: where that is a power of two, they all want the
/// same few lines of the caches, and a second pass over them would find none. So they are copied to memory where they lie
/// together as they are first read, and what the next block begins with is asked for meanwhile.
@inline(always)
func mapChannels<L: Lanes, Function: RowMap & RowGradient>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ChannelRowsArguments>
) {
  if p.pointee.streams {
    mapBlocks(lanes, function, p, past: true)
    isa_stream_fence()
  } else {
    mapBlocks(lanes, function, p, past: false)
  }
}

/// A block of pixels.
private struct PixelBlock {
  /// Where its first channel begins.
  var offset: Int
  /// Pixels: whole vectors, or what a plane has that is smaller than one.
  var width: Int
  /// Pixels of a vector.
  var count: Int
  /// Where the next block's first channel begins.
  var next: Int
}

@inline(always)
private func mapBlocks<L: Lanes, Function: RowMap & RowGradient>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ChannelRowsArguments>, past: Bool
) {
  let plane = p.pointee.plane
  let largest = plane < 64 ? L.count : p.pointee.block
  let image = p.pointee.channels &* plane
  var start = 0
  while start < p.pointee.images &* image {
    var pixel = 0
    while pixel < plane {
      // What fills no vector at the end of a plane is a vector that overlaps the one before it.
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
          blockBackward(lanes, function, p, gradient, block, past: past)
        }
      } else if block.width == L.count {
        pixelsForward(lanes, function, p, block.offset, block.count)
      } else {
        blockForward(lanes, function, p, block, past: past)
      }
    }
    start &+= image
  }
}

@inline(always)
private func blockForward<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<ChannelRowsArguments>, _ block: PixelBlock, past: Bool
) {
  let (plane, width) = (p.pointee.plane, block.width)
  let (maxima, sums) = (p.pointee.workspace, p.pointee.workspace + p.pointee.block)
  let copies = p.pointee.workspace + 2 &* p.pointee.block
  let end = p.pointee.channels &* width
  var input = p.pointee.values + block.offset
  var i = 0
  while i < width {
    let x = L.load(input + i)
    L.store(x, copies + i)
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
      L.store(x, copies + (c &+ i))
      L.store(L.larger(L.load(maxima + i), x), maxima + i)
      i &+= L.count
    }
    c &+= width
  }
  var ahead = p.pointee.values + block.next
  c = 0
  while c < end {
    i = 0
    while i < width {
      if i & 15 == 0 { prefetchToSecondLevel(ahead + i) }
      let exponentials = L.exponential(L.load(copies + (c &+ i)) - L.load(maxima + i))
      L.store(L.load(sums + i) + exponentials, sums + i)
      if Map.usesExponentials { L.store(exponentials, copies + (c &+ i)) }
      i &+= L.count
    }
    c &+= width
    ahead += plane
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
      let copy = L.load(copies + (c &+ i))
      let value = Map.usesExponentials ? copy : copy - L.load(maxima + i)
      L.store(Map.apply(lanes, value, L.load(sums + i)), output + i, past: past)
      i &+= L.count
    }
    c &+= width
    output += plane
  }
}

@inline(always)
private func blockBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<ChannelRowsArguments>,
  _ outputGradient: UnsafePointer<Float>, _ block: PixelBlock, past: Bool
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
  var (offset, ahead) = (block.offset, block.next)
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
        prefetchToSecondLevel(p.pointee.values + (ahead &+ i))
        prefetchToSecondLevel(outputGradient + (ahead &+ i))
      }
      let (y, g) = (L.load(outputs + (c &+ i)), L.load(gradients + (c &+ i)))
      L.store(Gradient.apply(lanes, output: y, gradient: g, sum: L.load(sums + i)), result + i, past: past)
      i &+= L.count
    }
    c &+= width
    ahead &+= plane
    result += plane
  }
}

/// A vector of pixels, or less, whose channels are read where they are: those of small planes are neighbours anyway.
@inline(always)
private func pixelsForward<L: Lanes, Map: RowMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<ChannelRowsArguments>, _ offset: Int, _ count: Int
) {
  let (plane, scratch) = (p.pointee.plane, p.pointee.scratch)
  let input = p.pointee.values + offset
  let output = p.pointee.result + offset
  let end = p.pointee.channels &* plane
  var largest = part(lanes, input, count, scratch)
  var c = plane
  while c < end {
    // What the next vector of pixels begins with.
    prefetch(input + c + L.count)
    largest = L.larger(largest, part(lanes, input + c, count, scratch))
    c &+= plane
  }
  var sums = L.splat(0)
  c = 0
  while c < end {
    let exponentials = L.exponential(part(lanes, input + c, count, scratch) - largest)
    sums += exponentials
    if Map.usesExponentials { storePart(lanes, exponentials, output + c, count, scratch) }
    c &+= plane
  }
  let parameters = Map.parameters(lanes, sums: sums)
  c = 0
  while c < end {
    let value =
      Map.usesExponentials
      ? part(lanes, UnsafePointer(output + c), count, scratch) : part(lanes, input + c, count, scratch) - largest
    storePart(lanes, Map.apply(lanes, value, parameters), output + c, count, scratch)
    c &+= plane
  }
}

@inline(always)
private func pixelsBackward<L: Lanes, Gradient: RowGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<ChannelRowsArguments>,
  _ outputGradient: UnsafePointer<Float>, _ offset: Int, _ count: Int
) {
  let (plane, scratch) = (p.pointee.plane, p.pointee.scratch)
  let output = p.pointee.values + offset
  let result = p.pointee.result + offset
  let end = p.pointee.channels &* plane
  var sums = L.splat(0)
  var c = 0
  while c < end {
    prefetch(output + c + L.count)
    prefetch(outputGradient + c + L.count)
    let y = part(lanes, output + c, count, scratch)
    let g = part(lanes, outputGradient + c, count, scratch)
    sums += Gradient.term(lanes, output: y, gradient: g)
    c &+= plane
  }
  c = 0
  while c < end {
    let y = part(lanes, output + c, count, scratch)
    let g = part(lanes, outputGradient + c, count, scratch)
    storePart(lanes, Gradient.apply(lanes, output: y, gradient: g, sum: sums), result + c, count, scratch)
    c &+= plane
  }
}

/// A vector, or `count` values and whatever scratch memory holds behind them.
@inline(always)
private func part<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ count: Int, _ scratch: UnsafeMutablePointer<Float>
) -> L.Vector {
  if count == L.count { return L.load(source) }
  L.copy(source, scratch, first: count)
  return L.load(scratch)
}

@inline(always)
private func storePart<L: Lanes>(
  _ lanes: L.Type, _ vector: L.Vector, _ target: UnsafeMutablePointer<Float>, _ count: Int,
  _ scratch: UnsafeMutablePointer<Float>
) {
  if count == L.count { return L.store(vector, target) }
  L.store(vector, scratch)
  L.copy(scratch, target, first: count)
}
