// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(global_average_pool_forward_neon_body) private func global_average_pool_forward_neon_body(_ p: UnsafeRawPointer) { globalAveragePoolForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(global_average_pool_backward_neon_body) private func global_average_pool_backward_neon_body(_ p: UnsafeRawPointer) { globalAveragePoolBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }

extension Levels {
  static let globalAveragePoolForward = LevelFunctions<AveragePoolArguments>(neon: global_average_pool_forward_neon)
  static let globalAveragePoolBackward = LevelFunctions<AveragePoolArguments>(neon: global_average_pool_backward_neon)
}
#else
@c(global_average_pool_forward_baseline_body) private func global_average_pool_forward_baseline_body(_ p: UnsafeRawPointer) { globalAveragePoolForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(global_average_pool_forward_avx2_body) private func global_average_pool_forward_avx2_body(_ p: UnsafeRawPointer) { globalAveragePoolForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(global_average_pool_forward_avx512_body) private func global_average_pool_forward_avx512_body(_ p: UnsafeRawPointer) { globalAveragePoolForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(global_average_pool_backward_baseline_body) private func global_average_pool_backward_baseline_body(_ p: UnsafeRawPointer) { globalAveragePoolBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(global_average_pool_backward_avx2_body) private func global_average_pool_backward_avx2_body(_ p: UnsafeRawPointer) { globalAveragePoolBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(global_average_pool_backward_avx512_body) private func global_average_pool_backward_avx512_body(_ p: UnsafeRawPointer) { globalAveragePoolBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }

extension Levels {
  static let globalAveragePoolForward = LevelFunctions<AveragePoolArguments>(baseline: global_average_pool_forward_baseline, avx2: global_average_pool_forward_avx2, avx512: global_average_pool_forward_avx512)
  static let globalAveragePoolBackward = LevelFunctions<AveragePoolArguments>(baseline: global_average_pool_backward_baseline, avx2: global_average_pool_backward_avx2, avx512: global_average_pool_backward_avx512)
}
#endif
