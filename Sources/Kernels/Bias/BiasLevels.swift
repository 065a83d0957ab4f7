// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(bias_backward_neon_body) private func bias_backward_neon_body(_ p: UnsafeRawPointer) { sumChannels(NEONLanes.self, p.assumingMemoryBound(to: BiasBackwardArguments.self)) }
@c(bias_forward_neon_body) private func bias_forward_neon_body(_ p: UnsafeRawPointer) { addBias(NEONLanes.self, p.assumingMemoryBound(to: BiasArguments.self)) }

extension Levels {
  static let biasBackward = LevelFunctions<BiasBackwardArguments>(neon: bias_backward_neon)
  static let biasForward = LevelFunctions<BiasArguments>(neon: bias_forward_neon)
}
#else
@c(bias_backward_baseline_body) private func bias_backward_baseline_body(_ p: UnsafeRawPointer) { sumChannels(BaselineLanes.self, p.assumingMemoryBound(to: BiasBackwardArguments.self)) }
@c(bias_backward_avx2_body) private func bias_backward_avx2_body(_ p: UnsafeRawPointer) { sumChannels(AVX2Lanes.self, p.assumingMemoryBound(to: BiasBackwardArguments.self)) }
@c(bias_backward_avx512_body) private func bias_backward_avx512_body(_ p: UnsafeRawPointer) { sumChannels(AVX512Lanes.self, p.assumingMemoryBound(to: BiasBackwardArguments.self)) }
@c(bias_forward_baseline_body) private func bias_forward_baseline_body(_ p: UnsafeRawPointer) { addBias(BaselineLanes.self, p.assumingMemoryBound(to: BiasArguments.self)) }
@c(bias_forward_avx2_body) private func bias_forward_avx2_body(_ p: UnsafeRawPointer) { addBias(AVX2Lanes.self, p.assumingMemoryBound(to: BiasArguments.self)) }
@c(bias_forward_avx512_body) private func bias_forward_avx512_body(_ p: UnsafeRawPointer) { addBias(AVX512Lanes.self, p.assumingMemoryBound(to: BiasArguments.self)) }

extension Levels {
  static let biasBackward = LevelFunctions<BiasBackwardArguments>(baseline: bias_backward_baseline, avx2: bias_backward_avx2, avx512: bias_backward_avx512)
  static let biasForward = LevelFunctions<BiasArguments>(baseline: bias_forward_baseline, avx2: bias_forward_avx2, avx512: bias_forward_avx512)
}
#endif
