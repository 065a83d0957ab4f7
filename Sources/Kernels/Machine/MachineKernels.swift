import ISA

/// Independent accumulators: enough to cover the latency of two fused multiply-adds a cycle, few enough for 16 registers.
let peakChains = 12

@inline(__always)
private func peak<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PeakArguments>) {
  var sums = InlineArray<12, L.Vector>(repeating: L.splat(0))
  let a = L.splat(p.pointee.sink[0])
  let b = L.splat(0.5)
  var i = p.pointee.iterations
  while i > 0 {
    for chain in 0..<12 { sums[chain] = L.multiplyAdd(a, b, sums[chain]) }
    i &-= 1
  }
  var total = sums[0]
  for chain in 1..<12 { total += sums[chain] }
  L.store(total, p.pointee.sink)
}

#if arch(arm64)
  @c(machine_peak_neon_body) private func peakNEON(_ p: UnsafePointer<PeakArguments>) { peak(NEONLanes.self, p) }

  let machinePeak = LevelFunctions(neon: machine_peak_neon)
#else
  @c(machine_peak_baseline_body) private func peakBaseline(_ p: UnsafePointer<PeakArguments>) {
    peak(BaselineLanes.self, p)
  }
  @c(machine_peak_avx2_body) private func peakAVX2(_ p: UnsafePointer<PeakArguments>) { peak(AVX2Lanes.self, p) }
  @c(machine_peak_avx512_body) private func peakAVX512(_ p: UnsafePointer<PeakArguments>) { peak(AVX512Lanes.self, p) }

  let machinePeak = LevelFunctions(
    baseline: machine_peak_baseline, avx2: machine_peak_avx2, avx512: machine_peak_avx512)
#endif
