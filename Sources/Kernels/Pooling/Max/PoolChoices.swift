import ISA

/// The places of windows' winners as bytes; 4 where ReLU made the winner 0, which then has no gradient. Plain loops: LLVM
/// narrows and widens them in each level's instructions.
@inline(always)
private func pack(_ p: UnsafePointer<PoolChoicesArguments>) {
  let (values, places, choices) = (p.pointee.values, p.pointee.places, p.pointee.choices)
  let count = p.pointee.count
  var i = 0
  if p.pointee.relu != 0 {
    while i < count {
      let place = values[i] <= 0 ? 4 : places[i]
      choices[i] = UInt8(truncatingIfNeeded: place)
      i &+= 1
    }
  } else {
    while i < count {
      choices[i] = UInt8(truncatingIfNeeded: places[i])
      i &+= 1
    }
  }
}

@inline(always)
private func unpack(_ p: UnsafePointer<PoolChoicesArguments>) {
  let (places, choices) = (p.pointee.places, p.pointee.choices)
  let count = p.pointee.count
  var i = 0
  while i < count {
    places[i] = Int32(choices[i])
    i &+= 1
  }
}

#if arch(arm64)
  @c(pool_choices_pack_neon_body) private func packNEON(_ p: UnsafePointer<PoolChoicesArguments>) { pack(p) }
  @c(pool_choices_unpack_neon_body) private func unpackNEON(_ p: UnsafePointer<PoolChoicesArguments>) { unpack(p) }

  let poolChoicesPack = LevelFunctions(neon: pool_choices_pack_neon)
  let poolChoicesUnpack = LevelFunctions(neon: pool_choices_unpack_neon)
#else
  @c(pool_choices_pack_baseline_body) private func packBaseline(_ p: UnsafePointer<PoolChoicesArguments>) { pack(p) }
  @c(pool_choices_pack_avx2_body) private func packAVX2(_ p: UnsafePointer<PoolChoicesArguments>) { pack(p) }
  @c(pool_choices_pack_avx512_body) private func packAVX512(_ p: UnsafePointer<PoolChoicesArguments>) { pack(p) }
  @c(pool_choices_unpack_baseline_body) private func unpackBaseline(_ p: UnsafePointer<PoolChoicesArguments>) {
    unpack(p)
  }
  @c(pool_choices_unpack_avx2_body) private func unpackAVX2(_ p: UnsafePointer<PoolChoicesArguments>) { unpack(p) }
  @c(pool_choices_unpack_avx512_body) private func unpackAVX512(_ p: UnsafePointer<PoolChoicesArguments>) {
    unpack(p)
  }

  let poolChoicesPack = LevelFunctions(
    baseline: pool_choices_pack_baseline, avx2: pool_choices_pack_avx2, avx512: pool_choices_pack_avx512)
  let poolChoicesUnpack = LevelFunctions(
    baseline: pool_choices_unpack_baseline, avx2: pool_choices_unpack_avx2, avx512: pool_choices_unpack_avx512)
#endif
