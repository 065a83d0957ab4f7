// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(add_forward_neon_body) private func add_forward_neon_body(_ p: UnsafeRawPointer) { add(NEONLanes.self, p.assumingMemoryBound(to: AdditionArguments.self)) }

extension Levels {
  static let addForward = LevelFunctions<AdditionArguments>(neon: add_forward_neon)
}
#else
@c(add_forward_baseline_body) private func add_forward_baseline_body(_ p: UnsafeRawPointer) { add(BaselineLanes.self, p.assumingMemoryBound(to: AdditionArguments.self)) }
@c(add_forward_avx2_body) private func add_forward_avx2_body(_ p: UnsafeRawPointer) { add(AVX2Lanes.self, p.assumingMemoryBound(to: AdditionArguments.self)) }
@c(add_forward_avx512_body) private func add_forward_avx512_body(_ p: UnsafeRawPointer) { add(AVX512Lanes.self, p.assumingMemoryBound(to: AdditionArguments.self)) }

extension Levels {
  static let addForward = LevelFunctions<AdditionArguments>(baseline: add_forward_baseline, avx2: add_forward_avx2, avx512: add_forward_avx512)
}
#endif
