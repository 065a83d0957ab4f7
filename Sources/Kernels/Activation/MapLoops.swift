import ISA

/// Elements from what is computed to what is asked for ahead where data comes from memory.
private let mapPrefetch = 1024

/// output = Map(input).
@inline(always)
func map<L: ElementwiseLanes, Map: VectorMap>(_ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<MapArguments>) {
  if p.pointee.streams != 0 {
    mapAll(lanes, map, p, past: true)
    isa_stream_fence()
  } else {
    mapAll(lanes, map, p, past: false)
  }
}

/// Two vectors a turn hide the latency of the longer functions; the tail is one partial vector, so a value's result does
/// not depend on its place.
@inline(always)
private func mapAll<L: ElementwiseLanes, Map: VectorMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<MapArguments>, past: Bool
) {
  let input = p.pointee.input
  let output = p.pointee.output
  let count = p.pointee.count
  var i = 0
  while i &+ 2 &* L.count <= count {
    if past {
      isa_prefetch_read(input + i + mapPrefetch)
      isa_prefetch_read(input + i + mapPrefetch + L.count)
    }
    let a = L.load(input + i)
    let b = L.load(input + i + L.count)
    L.store(Map.apply(lanes, a), output + i, past: past)
    L.store(Map.apply(lanes, b), output + i + L.count, past: past)
    i &+= 2 &* L.count
  }
  while i < count {
    let left = count &- i < L.count ? count &- i : L.count
    let a = L.load(input + i, first: left)
    L.store(Map.apply(lanes, a), output + i, first: left)
    i &+= L.count
  }
}

/// inputGradient = Gradient(output, outputGradient).
@inline(always)
func mapBackward<L: ElementwiseLanes, Gradient: VectorGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<MapBackwardArguments>
) {
  if p.pointee.streams != 0 {
    mapBackwardAll(lanes, gradient, p, past: true)
    isa_stream_fence()
  } else {
    mapBackwardAll(lanes, gradient, p, past: false)
  }
}

@inline(always)
private func mapBackwardAll<L: ElementwiseLanes, Gradient: VectorGradient>(
  _ lanes: L.Type, _ gradient: Gradient.Type, _ p: UnsafePointer<MapBackwardArguments>, past: Bool
) {
  let output = p.pointee.output
  let outputGradient = p.pointee.outputGradient
  let inputGradient = p.pointee.inputGradient
  let count = p.pointee.count
  var i = 0
  while i &+ 2 &* L.count <= count {
    if past {
      isa_prefetch_read(output + i + mapPrefetch)
      isa_prefetch_read(outputGradient + i + mapPrefetch)
    }
    let y0 = L.load(output + i)
    let y1 = L.load(output + i + L.count)
    let g0 = L.load(outputGradient + i)
    let g1 = L.load(outputGradient + i + L.count)
    L.store(Gradient.apply(lanes, output: y0, gradient: g0), inputGradient + i, past: past)
    L.store(Gradient.apply(lanes, output: y1, gradient: g1), inputGradient + i + L.count, past: past)
    i &+= 2 &* L.count
  }
  while i < count {
    let left = count &- i < L.count ? count &- i : L.count
    let y = L.load(output + i, first: left)
    let g = L.load(outputGradient + i, first: left)
    L.store(Gradient.apply(lanes, output: y, gradient: g), inputGradient + i, first: left)
    i &+= L.count
  }
}
