import KernelsISA

/// The mean of each plane. Four vectors of partial sums are added pairwise, then their lanes by the level's tree, then the
/// elements that fill no vector, in order.
@inline(__always)
func globalAveragePoolForward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let count = g.inputHeight &* g.inputWidth
  var source = p.pointee.source
  var plane = 0
  while plane < g.planes {
    var sums = InlineArray<4, L.Vector>(repeating: L.splat(0))
    var i = 0
    while i &+ 4 &* L.count <= count {
      for k in 0..<4 { sums[k] += L.load(source + i + k &* L.count) }
      i &+= 4 &* L.count
    }
    while i &+ L.count <= count {
      sums[0] += L.load(source + i)
      i &+= L.count
    }
    var sum = L.sum((sums[0] + sums[1]) + (sums[2] + sums[3]))
    while i < count {
      sum += source[i]
      i &+= 1
    }
    p.pointee.destination[plane] = sum / Float(count)
    source += count
    plane &+= 1
  }
}

/// Fills each plane with its output's gradient, divided by the number of elements.
@inline(__always)
func globalAveragePoolBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let count = g.inputHeight &* g.inputWidth
  var destination = p.pointee.destination
  var plane = 0
  while plane < g.planes {
    let windowGradient = p.pointee.source[plane] / Float(count)
    var i = 0
    while i &+ L.count <= count {
      L.store(L.splat(windowGradient), destination + i)
      i &+= L.count
    }
    if count >= L.count {
      L.store(L.splat(windowGradient), destination + (count &- L.count))
    } else {
      while i < count {
        destination[i] = windowGradient
        i &+= 1
      }
    }
    destination += count
    plane &+= 1
  }
}
