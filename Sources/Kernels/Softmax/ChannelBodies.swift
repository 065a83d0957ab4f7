import ISA

/// Softmax's family along the channels of images: a vector holds neighbouring pixels, each of which is a row of its own.
@inline(always)
func mapChannels<L: Lanes, Function: RowMap & RowGradient>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ChannelRowsArguments>
) {
  let plane = p.pointee.plane
  let image = p.pointee.channels &* plane
  // The last vector of a plane overlaps the one before it; of a smaller plane there is a part of one.
  let count = plane < L.count ? plane : L.count
  var start = 0
  while start < p.pointee.images &* image {
    var pixel = 0
    while pixel < plane {
      let last = plane &- count
      let offset = start &+ (pixel < last ? pixel : last)
      if let gradient = p.pointee.outputGradient {
        pixelsBackward(lanes, function, p, gradient + offset, offset, count)
      } else {
        pixelsForward(lanes, function, p, offset, count)
      }
      pixel &+= L.count
    }
    start &+= image
  }
}

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
