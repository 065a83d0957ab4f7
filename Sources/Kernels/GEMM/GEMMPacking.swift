import ISA

/// Copies an operand into panels of `width` lanes, so that a tile reads it in order whatever its layout was.
///
/// Lanes behind the last are zero: they cost arithmetic whose results are not stored.
@inline(always)
private func pack<let width: Int>(_ panel: Panel<width>.Type, _ p: UnsafePointer<GEMMPackArguments>) {
  let arguments = p.pointee
  var source = arguments.source
  var target = arguments.panels
  var lanes = arguments.lanes
  while lanes > 0 {
    var panels = 1
    if lanes < width {
      packPart(panel, source, target, lanes: lanes, arguments)
    } else if arguments.laneStride == 1 {
      panels = min(lanes / width, 4)
      packRows(panel, source, target, panels: panels, arguments)
    } else {
      packTransposed(panel, source, target, arguments)
    }
    source += panels &* width &* arguments.laneStride
    target += panels &* width &* arguments.depth
    lanes &-= panels &* width
  }
}

/// Packs lanes that lie side by side, some panels at once: a row of one panel is a cache line or two, far from the next
/// row's, which is too little for the processor to fetch ahead.
@inline(always)
private func packRows<let width: Int>(
  _ panel: Panel<width>.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, panels: Int,
  _ arguments: GEMMPackArguments
) {
  let rowsAhead = 4 &* arguments.depthStride
  var k = 0
  while k < arguments.depth {
    var from = source + k &* arguments.depthStride
    var to = target + k &* width
    var i = 0
    while i < panels {
      isa_prefetch(from + rowsAhead)
      for lane in 0..<width { to[lane] = from[lane] }
      from += width
      to += width &* arguments.depth
      i &+= 1
    }
    k &+= 1
  }
}

/// The number of lanes of a panel, as a type.
private struct Panel<let width: Int> {}

@inline(always)
private func packPart<let width: Int>(
  _ panel: Panel<width>.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, lanes: Int,
  _ arguments: GEMMPackArguments
) {
  for k in 0..<arguments.depth {
    let row = source + k &* arguments.depthStride
    for lane in 0..<width { target[k &* width &+ lane] = lane < lanes ? row[lane &* arguments.laneStride] : 0 }
  }
}

/// Packs lanes that lie `laneStride` apart and are contiguous in k: squares of 4 × 4 are transposed in registers.
@inline(always)
private func packTransposed<let width: Int>(
  _ panel: Panel<width>.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
  _ arguments: GEMMPackArguments
) {
  let stride = arguments.laneStride
  let whole = arguments.depthStride == 1 ? arguments.depth & ~3 : 0
  var k = 0
  while k < whole {
    var lane = 0
    while lane &+ 4 <= width {
      let columns = transposed4x4(source + (lane &* stride &+ k), stride)
      let place = UnsafeMutableRawPointer(target + (k &* width &+ lane))
      place.storeBytes(of: columns.0, as: SIMD4<Float>.self)
      place.storeBytes(of: columns.1, toByteOffset: width &* 4, as: SIMD4<Float>.self)
      place.storeBytes(of: columns.2, toByteOffset: width &* 8, as: SIMD4<Float>.self)
      place.storeBytes(of: columns.3, toByteOffset: width &* 12, as: SIMD4<Float>.self)
      lane &+= 4
    }
    while lane < width {
      for step in 0..<4 { target[(k &+ step) &* width &+ lane] = source[lane &* stride &+ k &+ step] }
      lane &+= 1
    }
    k &+= 4
  }
  while k < arguments.depth {
    for lane in 0..<width { target[k &* width &+ lane] = source[lane &* stride &+ k &* arguments.depthStride] }
    k &+= 1
  }
}

#if arch(arm64)
  @c(gemm_pack_a_neon_body) private func packANEON(_ p: UnsafePointer<GEMMPackArguments>) { pack(Panel<6>.self, p) }
  @c(gemm_pack_b_neon_body) private func packBNEON(_ p: UnsafePointer<GEMMPackArguments>) { pack(Panel<16>.self, p) }

  let gemmPackA = LevelFunctions(neon: gemm_pack_a_neon)
  let gemmPackB = LevelFunctions(neon: gemm_pack_b_neon)
#else
  @c(gemm_pack_a_baseline_body) private func packABaseline(_ p: UnsafePointer<GEMMPackArguments>) {
    pack(Panel<6>.self, p)
  }
  @c(gemm_pack_b_baseline_body) private func packBBaseline(_ p: UnsafePointer<GEMMPackArguments>) {
    pack(Panel<8>.self, p)
  }
  @c(gemm_pack_a_avx2_body) private func packAAVX2(_ p: UnsafePointer<GEMMPackArguments>) { pack(Panel<6>.self, p) }
  @c(gemm_pack_b_avx2_body) private func packBAVX2(_ p: UnsafePointer<GEMMPackArguments>) { pack(Panel<16>.self, p) }
  @c(gemm_pack_a_avx512_body) private func packAAVX512(_ p: UnsafePointer<GEMMPackArguments>) {
    pack(Panel<12>.self, p)
  }
  @c(gemm_pack_b_avx512_body) private func packBAVX512(_ p: UnsafePointer<GEMMPackArguments>) {
    pack(Panel<32>.self, p)
  }

  let gemmPackA = LevelFunctions(
    baseline: gemm_pack_a_baseline, avx2: gemm_pack_a_avx2, avx512: gemm_pack_a_avx512)
  let gemmPackB = LevelFunctions(
    baseline: gemm_pack_b_baseline, avx2: gemm_pack_b_avx2, avx512: gemm_pack_b_avx512)
#endif
