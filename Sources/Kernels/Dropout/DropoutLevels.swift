// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(dropout_neon_body) private func dropout_neon_body(_ p: UnsafeRawPointer) { drop(NEONLanes.self, p.assumingMemoryBound(to: DropoutArguments.self)) }

extension Levels {
  static let dropout = LevelFunctions<DropoutArguments>(neon: dropout_neon)
}
#else
@c(dropout_baseline_body) private func dropout_baseline_body(_ p: UnsafeRawPointer) { drop(BaselineLanes.self, p.assumingMemoryBound(to: DropoutArguments.self)) }
@c(dropout_avx2_body) private func dropout_avx2_body(_ p: UnsafeRawPointer) { drop(AVX2Lanes.self, p.assumingMemoryBound(to: DropoutArguments.self)) }
@c(dropout_avx512_body) private func dropout_avx512_body(_ p: UnsafeRawPointer) { drop(AVX512Lanes.self, p.assumingMemoryBound(to: DropoutArguments.self)) }

extension Levels {
  static let dropout = LevelFunctions<DropoutArguments>(baseline: dropout_baseline, avx2: dropout_avx2, avx512: dropout_avx512)
}
#endif
