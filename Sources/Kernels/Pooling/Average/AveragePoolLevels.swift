// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(average_pool_2x2_forward_neon_body) private func average_pool_2x2_forward_neon_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_neon_body) private func average_pool_2x2_backward_neon_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_3x3_forward_neon_body) private func average_pool_3x3_forward_neon_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_neon_body) private func average_pool_3x3_backward_neon_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_forward_neon_body) private func average_pool_disjoint_forward_neon_body(_ p: UnsafeRawPointer) { averagePoolDisjointForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_backward_neon_body) private func average_pool_disjoint_backward_neon_body(_ p: UnsafeRawPointer) { averagePoolDisjointBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_forward_neon_body) private func average_pool_general_forward_neon_body(_ p: UnsafeRawPointer) { averagePoolGeneralForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_backward_neon_body) private func average_pool_general_backward_neon_body(_ p: UnsafeRawPointer) { averagePoolGeneralBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_forward_neon_body) private func average_pool_separable_forward_neon_body(_ p: UnsafeRawPointer) { averagePoolSeparableForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_backward_neon_body) private func average_pool_separable_backward_neon_body(_ p: UnsafeRawPointer) { averagePoolSeparableBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }

extension Levels {
  static let averagePool2x2Forward = LevelFunctions<AveragePoolArguments>(neon: average_pool_2x2_forward_neon)
  static let averagePool2x2Backward = LevelFunctions<AveragePoolArguments>(neon: average_pool_2x2_backward_neon)
  static let averagePool3x3Forward = LevelFunctions<AveragePoolArguments>(neon: average_pool_3x3_forward_neon)
  static let averagePool3x3Backward = LevelFunctions<AveragePoolArguments>(neon: average_pool_3x3_backward_neon)
  static let averagePoolDisjointForward = LevelFunctions<AveragePoolArguments>(neon: average_pool_disjoint_forward_neon)
  static let averagePoolDisjointBackward = LevelFunctions<AveragePoolArguments>(neon: average_pool_disjoint_backward_neon)
  static let averagePoolGeneralForward = LevelFunctions<AveragePoolArguments>(neon: average_pool_general_forward_neon)
  static let averagePoolGeneralBackward = LevelFunctions<AveragePoolArguments>(neon: average_pool_general_backward_neon)
  static let averagePoolSeparableForward = LevelFunctions<AveragePoolArguments>(neon: average_pool_separable_forward_neon)
  static let averagePoolSeparableBackward = LevelFunctions<AveragePoolArguments>(neon: average_pool_separable_backward_neon)
}
#else
@c(average_pool_2x2_forward_baseline_body) private func average_pool_2x2_forward_baseline_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_forward_avx2_body) private func average_pool_2x2_forward_avx2_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_forward_avx512_body) private func average_pool_2x2_forward_avx512_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_baseline_body) private func average_pool_2x2_backward_baseline_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_avx2_body) private func average_pool_2x2_backward_avx2_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_avx512_body) private func average_pool_2x2_backward_avx512_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_3x3_forward_baseline_body) private func average_pool_3x3_forward_baseline_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_forward_avx2_body) private func average_pool_3x3_forward_avx2_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_forward_avx512_body) private func average_pool_3x3_forward_avx512_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_baseline_body) private func average_pool_3x3_backward_baseline_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_avx2_body) private func average_pool_3x3_backward_avx2_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_avx512_body) private func average_pool_3x3_backward_avx512_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_forward_baseline_body) private func average_pool_disjoint_forward_baseline_body(_ p: UnsafeRawPointer) { averagePoolDisjointForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_forward_avx2_body) private func average_pool_disjoint_forward_avx2_body(_ p: UnsafeRawPointer) { averagePoolDisjointForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_forward_avx512_body) private func average_pool_disjoint_forward_avx512_body(_ p: UnsafeRawPointer) { averagePoolDisjointForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_backward_baseline_body) private func average_pool_disjoint_backward_baseline_body(_ p: UnsafeRawPointer) { averagePoolDisjointBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_backward_avx2_body) private func average_pool_disjoint_backward_avx2_body(_ p: UnsafeRawPointer) { averagePoolDisjointBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_disjoint_backward_avx512_body) private func average_pool_disjoint_backward_avx512_body(_ p: UnsafeRawPointer) { averagePoolDisjointBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_forward_baseline_body) private func average_pool_general_forward_baseline_body(_ p: UnsafeRawPointer) { averagePoolGeneralForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_forward_avx2_body) private func average_pool_general_forward_avx2_body(_ p: UnsafeRawPointer) { averagePoolGeneralForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_forward_avx512_body) private func average_pool_general_forward_avx512_body(_ p: UnsafeRawPointer) { averagePoolGeneralForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_backward_baseline_body) private func average_pool_general_backward_baseline_body(_ p: UnsafeRawPointer) { averagePoolGeneralBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_backward_avx2_body) private func average_pool_general_backward_avx2_body(_ p: UnsafeRawPointer) { averagePoolGeneralBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_general_backward_avx512_body) private func average_pool_general_backward_avx512_body(_ p: UnsafeRawPointer) { averagePoolGeneralBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_forward_baseline_body) private func average_pool_separable_forward_baseline_body(_ p: UnsafeRawPointer) { averagePoolSeparableForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_forward_avx2_body) private func average_pool_separable_forward_avx2_body(_ p: UnsafeRawPointer) { averagePoolSeparableForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_forward_avx512_body) private func average_pool_separable_forward_avx512_body(_ p: UnsafeRawPointer) { averagePoolSeparableForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_backward_baseline_body) private func average_pool_separable_backward_baseline_body(_ p: UnsafeRawPointer) { averagePoolSeparableBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_backward_avx2_body) private func average_pool_separable_backward_avx2_body(_ p: UnsafeRawPointer) { averagePoolSeparableBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_separable_backward_avx512_body) private func average_pool_separable_backward_avx512_body(_ p: UnsafeRawPointer) { averagePoolSeparableBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }

extension Levels {
  static let averagePool2x2Forward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_2x2_forward_baseline, avx2: average_pool_2x2_forward_avx2, avx512: average_pool_2x2_forward_avx512)
  static let averagePool2x2Backward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_2x2_backward_baseline, avx2: average_pool_2x2_backward_avx2, avx512: average_pool_2x2_backward_avx512)
  static let averagePool3x3Forward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_3x3_forward_baseline, avx2: average_pool_3x3_forward_avx2, avx512: average_pool_3x3_forward_avx512)
  static let averagePool3x3Backward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_3x3_backward_baseline, avx2: average_pool_3x3_backward_avx2, avx512: average_pool_3x3_backward_avx512)
  static let averagePoolDisjointForward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_disjoint_forward_baseline, avx2: average_pool_disjoint_forward_avx2, avx512: average_pool_disjoint_forward_avx512)
  static let averagePoolDisjointBackward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_disjoint_backward_baseline, avx2: average_pool_disjoint_backward_avx2, avx512: average_pool_disjoint_backward_avx512)
  static let averagePoolGeneralForward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_general_forward_baseline, avx2: average_pool_general_forward_avx2, avx512: average_pool_general_forward_avx512)
  static let averagePoolGeneralBackward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_general_backward_baseline, avx2: average_pool_general_backward_avx2, avx512: average_pool_general_backward_avx512)
  static let averagePoolSeparableForward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_separable_forward_baseline, avx2: average_pool_separable_forward_avx2, avx512: average_pool_separable_forward_avx512)
  static let averagePoolSeparableBackward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_separable_backward_baseline, avx2: average_pool_separable_backward_avx2, avx512: average_pool_separable_backward_avx512)
}
#endif
