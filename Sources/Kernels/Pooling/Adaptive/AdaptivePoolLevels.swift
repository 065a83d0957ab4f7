// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(adaptive_average_pool_forward_neon_body) private func adaptive_average_pool_forward_neon_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_average_pool_backward_neon_body) private func adaptive_average_pool_backward_neon_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_max_pool_forward_neon_body) private func adaptive_max_pool_forward_neon_body(_ p: UnsafeRawPointer) { adaptiveMaxPoolForward(NEONLanes.self, p.assumingMemoryBound(to: AdaptiveMaxPoolArguments.self)) }

extension Levels {
  static let adaptiveAveragePoolForward = LevelFunctions<AveragePoolArguments>(neon: adaptive_average_pool_forward_neon)
  static let adaptiveAveragePoolBackward = LevelFunctions<AveragePoolArguments>(neon: adaptive_average_pool_backward_neon)
  static let adaptiveMaxPoolForward = LevelFunctions<AdaptiveMaxPoolArguments>(neon: adaptive_max_pool_forward_neon)
}
#else
@c(adaptive_average_pool_forward_baseline_body) private func adaptive_average_pool_forward_baseline_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_average_pool_forward_avx2_body) private func adaptive_average_pool_forward_avx2_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_average_pool_forward_avx512_body) private func adaptive_average_pool_forward_avx512_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_average_pool_backward_baseline_body) private func adaptive_average_pool_backward_baseline_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_average_pool_backward_avx2_body) private func adaptive_average_pool_backward_avx2_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_average_pool_backward_avx512_body) private func adaptive_average_pool_backward_avx512_body(_ p: UnsafeRawPointer) { adaptiveAveragePoolBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(adaptive_max_pool_forward_baseline_body) private func adaptive_max_pool_forward_baseline_body(_ p: UnsafeRawPointer) { adaptiveMaxPoolForward(BaselineLanes.self, p.assumingMemoryBound(to: AdaptiveMaxPoolArguments.self)) }
@c(adaptive_max_pool_forward_avx2_body) private func adaptive_max_pool_forward_avx2_body(_ p: UnsafeRawPointer) { adaptiveMaxPoolForward(AVX2Lanes.self, p.assumingMemoryBound(to: AdaptiveMaxPoolArguments.self)) }
@c(adaptive_max_pool_forward_avx512_body) private func adaptive_max_pool_forward_avx512_body(_ p: UnsafeRawPointer) { adaptiveMaxPoolForward(AVX512Lanes.self, p.assumingMemoryBound(to: AdaptiveMaxPoolArguments.self)) }

extension Levels {
  static let adaptiveAveragePoolForward = LevelFunctions<AveragePoolArguments>(baseline: adaptive_average_pool_forward_baseline, avx2: adaptive_average_pool_forward_avx2, avx512: adaptive_average_pool_forward_avx512)
  static let adaptiveAveragePoolBackward = LevelFunctions<AveragePoolArguments>(baseline: adaptive_average_pool_backward_baseline, avx2: adaptive_average_pool_backward_avx2, avx512: adaptive_average_pool_backward_avx512)
  static let adaptiveMaxPoolForward = LevelFunctions<AdaptiveMaxPoolArguments>(baseline: adaptive_max_pool_forward_baseline, avx2: adaptive_max_pool_forward_avx2, avx512: adaptive_max_pool_forward_avx512)
}
#endif
