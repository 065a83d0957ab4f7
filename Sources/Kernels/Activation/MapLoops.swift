import ISA

/// output = Map(input). Two vectors a turn hide the latency of the longer functions; the tail is one partial vector, so
/// a value's result does not depend on its place.
@inline(always)
func map<L: ElementwiseLanes, Map: VectorMap>(_ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<MapArguments>) {
  let input = p.pointee.input
  let output = p.pointee.output
  let count = p.pointee.count
  var i = 0
  while i &+ 2 &* L.count <= count {
    let a = L.load(input + i)
    let b = L.load(input + i + L.count)
    L.store(Map.apply(lanes, a), output + i)
    L.store(Map.apply(lanes, b), output + i + L.count)
    i &+= 2 &* L.count
  }
  while i < count {
    let left = Swift.min(count &- i, L.count)
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
  let output = p.pointee.output
  let outputGradient = p.pointee.outputGradient
  let inputGradient = p.pointee.inputGradient
  let count = p.pointee.count
  var i = 0
  while i &+ 2 &* L.count <= count {
    let y0 = L.load(output + i)
    let y1 = L.load(output + i + L.count)
    let g0 = L.load(outputGradient + i)
    let g1 = L.load(outputGradient + i + L.count)
    L.store(Gradient.apply(lanes, output: y0, gradient: g0), inputGradient + i)
    L.store(Gradient.apply(lanes, output: y1, gradient: g1), inputGradient + i + L.count)
    i &+= 2 &* L.count
  }
  while i < count {
    let left = Swift.min(count &- i, L.count)
    let y = L.load(output + i, first: left)
    let g = L.load(outputGradient + i, first: left)
    L.store(Gradient.apply(lanes, output: y, gradient: g), inputGradient + i, first: left)
    i &+= L.count
  }
}
