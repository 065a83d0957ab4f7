import ISA

/// Copies rows of planes into a view, with zeros around them and the columns of a strided convolution side by side.
@inline(always)
private func stage<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvStageArguments>) {
  let arguments = p.pointee
  var target = arguments.target
  for plane in 0..<arguments.planes {
    for row in 0..<arguments.height {
      let y = arguments.startY &+ row
      if y < 0 || y >= arguments.sourceHeight {
        fill(lanes, target, arguments.phases &* arguments.phaseWidth)
        target += arguments.phases &* arguments.phaseWidth
        continue
      }
      let source = arguments.source + (plane &* arguments.sourcePlaneStride &+ y &* arguments.sourceWidth)
      for phase in 0..<arguments.phases {
        stageRow(lanes, source, target, start: arguments.startX &+ phase, arguments)
        target += arguments.phaseWidth
      }
    }
  }
}

/// One run of a staged row: every `phases`-th column of the source from `start` on.
@inline(always)
private func stageRow<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, start: Int,
  _ arguments: ConvStageArguments
) {
  let step = arguments.phases
  let width = arguments.phaseWidth
  // Elements first ..< last of the run lie inside the source.
  let first = start >= 0 ? 0 : min((step &- 1 &- start) / step, width)
  let inside = arguments.sourceWidth &- start
  let last = max(min(inside <= 0 ? 0 : (inside &+ step &- 1) / step, width), first)
  fill(lanes, target, first)
  if step == 1 {
    copy(lanes, source + (start &+ first), target + first, last &- first)
  } else {
    var from = start &+ first &* step
    var i = first
    while i < last {
      target[i] = source[from]
      from &+= step
      i &+= 1
    }
  }
  fill(lanes, target + last, width &- last)
}

@inline(always)
private func fill<L: Lanes>(_ lanes: L.Type, _ target: UnsafeMutablePointer<Float>, _ count: Int) {
  var i = 0
  while i &+ L.count <= count {
    L.store(L.splat(0), target + i)
    i &+= L.count
  }
  while i < count {
    target[i] = 0
    i &+= 1
  }
}

@inline(always)
private func copy<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i &+ L.count <= count {
    L.store(L.load(source + i), target + i)
    i &+= L.count
  }
  while i < count {
    target[i] = source[i]
    i &+= 1
  }
}

/// Gathers panels of lanes.
@inline(always)
private func pack<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvPackArguments>) {
  let arguments = p.pointee
  let width = arguments.width
  let stride = arguments.laneStride
  var first = 0
  while first < arguments.lanes {
    let source = arguments.source + first &* stride
    let panel = arguments.panels + first &* arguments.depth
    let count = min(arguments.lanes &- first, width)
    let squareLanes = arguments.depthOffsets == nil ? count & ~3 : 0
    let squareDepth = arguments.depthOffsets == nil ? arguments.depth & ~3 : 0
    var lane = 0
    while lane < squareLanes {
      var k = 0
      while k < squareDepth {
        let columns = transposed4x4(source + (lane &* stride &+ k), stride)
        let place = UnsafeMutableRawPointer(panel + (k &* width &+ lane))
        place.storeBytes(of: columns.0, as: SIMD4<Float>.self)
        place.storeBytes(of: columns.1, toByteOffset: width &* 4, as: SIMD4<Float>.self)
        place.storeBytes(of: columns.2, toByteOffset: width &* 8, as: SIMD4<Float>.self)
        place.storeBytes(of: columns.3, toByteOffset: width &* 12, as: SIMD4<Float>.self)
        k &+= 4
      }
      lane &+= 4
    }
    var k = 0
    while k < arguments.depth {
      var offset = k
      if let offsets = arguments.depthOffsets { offset = Int(offsets[k]) }
      lane = k < squareDepth ? squareLanes : 0
      while lane < count {
        panel[k &* width &+ lane] = source[lane &* stride &+ offset]
        lane &+= 1
      }
      while lane < width {
        panel[k &* width &+ lane] = 0
        lane &+= 1
      }
      k &+= 1
    }
    first &+= width
  }
}

/// Sums the parts element by element, in their order.
@inline(always)
private func sumParts<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvSumArguments>) {
  var i = 0
  while i < p.pointee.count {
    let count = min(p.pointee.count &- i, L.count)
    var sum = L.load(p.pointee.parts + i, first: count)
    var part = 1
    while part < p.pointee.partCount {
      sum += L.load(p.pointee.parts + (part &* p.pointee.partStride &+ i), first: count)
      part &+= 1
    }
    L.store(sum, p.pointee.target + i, first: count)
    i &+= L.count
  }
}

/// Spreads planes over every `targetColumnStride`-th column of every row that the target's row stride leads to.
@inline(always)
private func scatter<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvScatterArguments>) {
  let arguments = p.pointee
  for plane in 0..<arguments.planes {
    for row in 0..<arguments.height {
      let target = arguments.target + (plane &* arguments.targetPlaneStride &+ row &* arguments.targetRowStride)
      if let source = arguments.source {
        let source = source + (plane &* arguments.height &+ row) &* arguments.width
        for x in 0..<arguments.width { target[x &* arguments.targetColumnStride] = source[x] }
      } else {
        for x in 0..<arguments.width { target[x &* arguments.targetColumnStride] = 0 }
      }
    }
  }
}

#if arch(arm64)
  @c(conv_stage_neon_body) private func stageN(_ p: UnsafePointer<ConvStageArguments>) { stage(NEONLanes.self, p) }
  @c(conv_pack_neon_body) private func packN(_ p: UnsafePointer<ConvPackArguments>) { pack(NEONLanes.self, p) }
  @c(conv_sum_neon_body) private func sumN(_ p: UnsafePointer<ConvSumArguments>) { sumParts(NEONLanes.self, p) }
  @c(conv_scatter_neon_body) private func scatterN(_ p: UnsafePointer<ConvScatterArguments>) {
    scatter(NEONLanes.self, p)
  }

  let convStage = LevelFunctions(neon: conv_stage_neon)
  let convPack = LevelFunctions(neon: conv_pack_neon)
  let convSum = LevelFunctions(neon: conv_sum_neon)
  let convScatter = LevelFunctions(neon: conv_scatter_neon)
#else
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  @c(conv_stage_baseline_body) private func stageB(_ p: UnsafePointer<ConvStageArguments>) { stage(B.self, p) }
  @c(conv_stage_avx2_body) private func stageA(_ p: UnsafePointer<ConvStageArguments>) { stage(A.self, p) }
  @c(conv_stage_avx512_body) private func stageZ(_ p: UnsafePointer<ConvStageArguments>) { stage(Z.self, p) }
  @c(conv_pack_baseline_body) private func packB(_ p: UnsafePointer<ConvPackArguments>) { pack(B.self, p) }
  @c(conv_pack_avx2_body) private func packA(_ p: UnsafePointer<ConvPackArguments>) { pack(A.self, p) }
  @c(conv_pack_avx512_body) private func packZ(_ p: UnsafePointer<ConvPackArguments>) { pack(Z.self, p) }
  @c(conv_sum_baseline_body) private func sumB(_ p: UnsafePointer<ConvSumArguments>) { sumParts(B.self, p) }
  @c(conv_sum_avx2_body) private func sumA(_ p: UnsafePointer<ConvSumArguments>) { sumParts(A.self, p) }
  @c(conv_sum_avx512_body) private func sumZ(_ p: UnsafePointer<ConvSumArguments>) { sumParts(Z.self, p) }
  @c(conv_scatter_baseline_body) private func scatterB(_ p: UnsafePointer<ConvScatterArguments>) { scatter(B.self, p) }
  @c(conv_scatter_avx2_body) private func scatterA(_ p: UnsafePointer<ConvScatterArguments>) { scatter(A.self, p) }
  @c(conv_scatter_avx512_body) private func scatterZ(_ p: UnsafePointer<ConvScatterArguments>) { scatter(Z.self, p) }

  let convStage = LevelFunctions(baseline: conv_stage_baseline, avx2: conv_stage_avx2, avx512: conv_stage_avx512)
  let convPack = LevelFunctions(baseline: conv_pack_baseline, avx2: conv_pack_avx2, avx512: conv_pack_avx512)
  let convSum = LevelFunctions(baseline: conv_sum_baseline, avx2: conv_sum_avx2, avx512: conv_sum_avx512)
  let convScatter = LevelFunctions(
    baseline: conv_scatter_baseline, avx2: conv_scatter_avx2, avx512: conv_scatter_avx512)
#endif
