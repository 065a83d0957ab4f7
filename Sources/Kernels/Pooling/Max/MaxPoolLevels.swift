// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(max_pool_2x2_forward_neon_body) private func max_pool_2x2_forward_neon_body(_ p: UnsafeRawPointer) { MaxPool2x2Forward(p.assumingMemoryBound(to: MaxPoolForwardArguments.self)).run(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self).pointee.geometry) }
@c(max_pool_2x2_backward_neon_body) private func max_pool_2x2_backward_neon_body(_ p: UnsafeRawPointer) { MaxPool2x2Backward(p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)).run(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self).pointee.geometry) }
@c(max_pool_3x3_forward_neon_body) private func max_pool_3x3_forward_neon_body(_ p: UnsafeRawPointer) { maxPool3x3Forward(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_3x3_backward_neon_body) private func max_pool_3x3_backward_neon_body(_ p: UnsafeRawPointer) { maxPool3x3Backward(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolGatherArguments.self)) }
@c(max_pool_disjoint_forward_neon_body) private func max_pool_disjoint_forward_neon_body(_ p: UnsafeRawPointer) { maxPoolDisjointForward(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_general_forward_neon_body) private func max_pool_general_forward_neon_body(_ p: UnsafeRawPointer) { maxPoolGeneralForward(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_general_backward_neon_body) private func max_pool_general_backward_neon_body(_ p: UnsafeRawPointer) { maxPoolGeneralBackward(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)) }
@c(max_pool_separable_forward_neon_body) private func max_pool_separable_forward_neon_body(_ p: UnsafeRawPointer) { maxPoolSeparableForward(NEONLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }

extension Levels {
  static let maxPool2x2Forward = LevelFunctions<MaxPoolForwardArguments>(neon: max_pool_2x2_forward_neon)
  static let maxPool2x2Backward = LevelFunctions<MaxPoolBackwardArguments>(neon: max_pool_2x2_backward_neon)
  static let maxPool3x3Forward = LevelFunctions<MaxPoolForwardArguments>(neon: max_pool_3x3_forward_neon)
  static let maxPool3x3Backward = LevelFunctions<MaxPoolGatherArguments>(neon: max_pool_3x3_backward_neon)
  static let maxPoolDisjointForward = LevelFunctions<MaxPoolForwardArguments>(neon: max_pool_disjoint_forward_neon)
  static let maxPoolGeneralForward = LevelFunctions<MaxPoolForwardArguments>(neon: max_pool_general_forward_neon)
  static let maxPoolGeneralBackward = LevelFunctions<MaxPoolBackwardArguments>(neon: max_pool_general_backward_neon)
  static let maxPoolSeparableForward = LevelFunctions<MaxPoolForwardArguments>(neon: max_pool_separable_forward_neon)
}
#else
@c(max_pool_2x2_forward_baseline_body) private func max_pool_2x2_forward_baseline_body(_ p: UnsafeRawPointer) { MaxPool2x2Forward(p.assumingMemoryBound(to: MaxPoolForwardArguments.self)).run(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self).pointee.geometry) }
@c(max_pool_2x2_forward_avx2_body) private func max_pool_2x2_forward_avx2_body(_ p: UnsafeRawPointer) { MaxPool2x2Forward(p.assumingMemoryBound(to: MaxPoolForwardArguments.self)).run(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self).pointee.geometry) }
@c(max_pool_2x2_forward_avx512_body) private func max_pool_2x2_forward_avx512_body(_ p: UnsafeRawPointer) { MaxPool2x2Forward(p.assumingMemoryBound(to: MaxPoolForwardArguments.self)).run(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self).pointee.geometry) }
@c(max_pool_2x2_backward_baseline_body) private func max_pool_2x2_backward_baseline_body(_ p: UnsafeRawPointer) { MaxPool2x2Backward(p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)).run(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self).pointee.geometry) }
@c(max_pool_2x2_backward_avx2_body) private func max_pool_2x2_backward_avx2_body(_ p: UnsafeRawPointer) { MaxPool2x2Backward(p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)).run(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self).pointee.geometry) }
@c(max_pool_2x2_backward_avx512_body) private func max_pool_2x2_backward_avx512_body(_ p: UnsafeRawPointer) { MaxPool2x2Backward(p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)).run(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self).pointee.geometry) }
@c(max_pool_3x3_forward_baseline_body) private func max_pool_3x3_forward_baseline_body(_ p: UnsafeRawPointer) { maxPool3x3Forward(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_3x3_forward_avx2_body) private func max_pool_3x3_forward_avx2_body(_ p: UnsafeRawPointer) { maxPool3x3Forward(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_3x3_forward_avx512_body) private func max_pool_3x3_forward_avx512_body(_ p: UnsafeRawPointer) { maxPool3x3Forward(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_3x3_backward_baseline_body) private func max_pool_3x3_backward_baseline_body(_ p: UnsafeRawPointer) { maxPool3x3Backward(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolGatherArguments.self)) }
@c(max_pool_3x3_backward_avx2_body) private func max_pool_3x3_backward_avx2_body(_ p: UnsafeRawPointer) { maxPool3x3Backward(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolGatherArguments.self)) }
@c(max_pool_3x3_backward_avx512_body) private func max_pool_3x3_backward_avx512_body(_ p: UnsafeRawPointer) { maxPool3x3Backward(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolGatherArguments.self)) }
@c(max_pool_disjoint_forward_baseline_body) private func max_pool_disjoint_forward_baseline_body(_ p: UnsafeRawPointer) { maxPoolDisjointForward(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_disjoint_forward_avx2_body) private func max_pool_disjoint_forward_avx2_body(_ p: UnsafeRawPointer) { maxPoolDisjointForward(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_disjoint_forward_avx512_body) private func max_pool_disjoint_forward_avx512_body(_ p: UnsafeRawPointer) { maxPoolDisjointForward(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_general_forward_baseline_body) private func max_pool_general_forward_baseline_body(_ p: UnsafeRawPointer) { maxPoolGeneralForward(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_general_forward_avx2_body) private func max_pool_general_forward_avx2_body(_ p: UnsafeRawPointer) { maxPoolGeneralForward(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_general_forward_avx512_body) private func max_pool_general_forward_avx512_body(_ p: UnsafeRawPointer) { maxPoolGeneralForward(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_general_backward_baseline_body) private func max_pool_general_backward_baseline_body(_ p: UnsafeRawPointer) { maxPoolGeneralBackward(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)) }
@c(max_pool_general_backward_avx2_body) private func max_pool_general_backward_avx2_body(_ p: UnsafeRawPointer) { maxPoolGeneralBackward(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)) }
@c(max_pool_general_backward_avx512_body) private func max_pool_general_backward_avx512_body(_ p: UnsafeRawPointer) { maxPoolGeneralBackward(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolBackwardArguments.self)) }
@c(max_pool_separable_forward_baseline_body) private func max_pool_separable_forward_baseline_body(_ p: UnsafeRawPointer) { maxPoolSeparableForward(BaselineLanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_separable_forward_avx2_body) private func max_pool_separable_forward_avx2_body(_ p: UnsafeRawPointer) { maxPoolSeparableForward(AVX2Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }
@c(max_pool_separable_forward_avx512_body) private func max_pool_separable_forward_avx512_body(_ p: UnsafeRawPointer) { maxPoolSeparableForward(AVX512Lanes.self, p.assumingMemoryBound(to: MaxPoolForwardArguments.self)) }

extension Levels {
  static let maxPool2x2Forward = LevelFunctions<MaxPoolForwardArguments>(baseline: max_pool_2x2_forward_baseline, avx2: max_pool_2x2_forward_avx2, avx512: max_pool_2x2_forward_avx512)
  static let maxPool2x2Backward = LevelFunctions<MaxPoolBackwardArguments>(baseline: max_pool_2x2_backward_baseline, avx2: max_pool_2x2_backward_avx2, avx512: max_pool_2x2_backward_avx512)
  static let maxPool3x3Forward = LevelFunctions<MaxPoolForwardArguments>(baseline: max_pool_3x3_forward_baseline, avx2: max_pool_3x3_forward_avx2, avx512: max_pool_3x3_forward_avx512)
  static let maxPool3x3Backward = LevelFunctions<MaxPoolGatherArguments>(baseline: max_pool_3x3_backward_baseline, avx2: max_pool_3x3_backward_avx2, avx512: max_pool_3x3_backward_avx512)
  static let maxPoolDisjointForward = LevelFunctions<MaxPoolForwardArguments>(baseline: max_pool_disjoint_forward_baseline, avx2: max_pool_disjoint_forward_avx2, avx512: max_pool_disjoint_forward_avx512)
  static let maxPoolGeneralForward = LevelFunctions<MaxPoolForwardArguments>(baseline: max_pool_general_forward_baseline, avx2: max_pool_general_forward_avx2, avx512: max_pool_general_forward_avx512)
  static let maxPoolGeneralBackward = LevelFunctions<MaxPoolBackwardArguments>(baseline: max_pool_general_backward_baseline, avx2: max_pool_general_backward_avx2, avx512: max_pool_general_backward_avx512)
  static let maxPoolSeparableForward = LevelFunctions<MaxPoolForwardArguments>(baseline: max_pool_separable_forward_baseline, avx2: max_pool_separable_forward_avx2, avx512: max_pool_separable_forward_avx512)
}
#endif
