import ISA

/// The sum of a plane by four vectors of partial sums, which are added pairwise, then the lanes by the level's tree, then
/// what is left of the plane in order.
@inline(__always)
private func forward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
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

@inline(__always)
private func backward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let count = g.inputHeight &* g.inputWidth
  var destination = p.pointee.destination
  var plane = 0
  while plane < g.planes {
    let share = p.pointee.source[plane] / Float(count)
    var i = 0
    while i &+ L.count <= count {
      L.store(L.splat(share), destination + i)
      i &+= L.count
    }
    if count >= L.count {
      L.store(L.splat(share), destination + (count &- L.count))
    } else {
      while i < count {
        destination[i] = share
        i &+= 1
      }
    }
    destination += count
    plane &+= 1
  }
}

#if arch(arm64)
  @c(global_average_pool_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(NEONLanes.self, p)
  }
  @c(global_average_pool_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<AveragePoolArguments>) {
    backward(NEONLanes.self, p)
  }

  let globalAveragePoolForward = LevelFunctions(neon: global_average_pool_forward_neon)
  let globalAveragePoolBackward = LevelFunctions(neon: global_average_pool_backward_neon)
#else
  @c(global_average_pool_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(BaselineLanes.self, p)
  }
  @c(global_average_pool_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(AVX2Lanes.self, p)
  }
  @c(global_average_pool_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(AVX512Lanes.self, p)
  }
  @c(global_average_pool_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<AveragePoolArguments>)
  {
    backward(BaselineLanes.self, p)
  }
  @c(global_average_pool_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<AveragePoolArguments>) {
    backward(AVX2Lanes.self, p)
  }
  @c(global_average_pool_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<AveragePoolArguments>) {
    backward(AVX512Lanes.self, p)
  }

  let globalAveragePoolForward = LevelFunctions(
    baseline: global_average_pool_forward_baseline, avx2: global_average_pool_forward_avx2,
    avx512: global_average_pool_forward_avx512)
  let globalAveragePoolBackward = LevelFunctions(
    baseline: global_average_pool_backward_baseline, avx2: global_average_pool_backward_avx2,
    avx512: global_average_pool_backward_avx512)
#endif
