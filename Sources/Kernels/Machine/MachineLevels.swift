// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(machine_peak_neon_body) private func machine_peak_neon_body(_ p: UnsafeRawPointer) { peak(NEONLanes.self, p.assumingMemoryBound(to: PeakArguments.self)) }

extension Levels {
  static let machinePeak = LevelFunctions<PeakArguments>(neon: machine_peak_neon)
}
#else
@c(machine_peak_baseline_body) private func machine_peak_baseline_body(_ p: UnsafeRawPointer) { peak(BaselineLanes.self, p.assumingMemoryBound(to: PeakArguments.self)) }
@c(machine_peak_avx2_body) private func machine_peak_avx2_body(_ p: UnsafeRawPointer) { peak(AVX2Lanes.self, p.assumingMemoryBound(to: PeakArguments.self)) }
@c(machine_peak_avx512_body) private func machine_peak_avx512_body(_ p: UnsafeRawPointer) { peak(AVX512Lanes.self, p.assumingMemoryBound(to: PeakArguments.self)) }

extension Levels {
  static let machinePeak = LevelFunctions<PeakArguments>(baseline: machine_peak_baseline, avx2: machine_peak_avx2, avx512: machine_peak_avx512)
}
#endif
