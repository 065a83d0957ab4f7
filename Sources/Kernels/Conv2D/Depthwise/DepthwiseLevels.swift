// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_depthwise_3_neon_body) private func conv_depthwise_3_neon_body(_ p: UnsafeRawPointer) { convolveDepthwise(NEONLanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_5_neon_body) private func conv_depthwise_5_neon_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<5>.self, NEONLanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_7_neon_body) private func conv_depthwise_7_neon_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<7>.self, NEONLanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_rows_neon_body) private func conv_depthwise_rows_neon_body(_ p: UnsafeRawPointer) { convolveDepthwiseRows(NEONLanes.self, p.assumingMemoryBound(to: DepthwiseRowsArguments.self)) }
@c(conv_depthwise_strided_neon_body) private func conv_depthwise_strided_neon_body(_ p: UnsafeRawPointer) { convolveDepthwiseStrided(NEONLanes.self, p.assumingMemoryBound(to: DepthwiseStridedArguments.self)) }
@c(conv_depthwise_strided_backward_neon_body) private func conv_depthwise_strided_backward_neon_body(_ p: UnsafeRawPointer) { convolveDepthwiseStridedBackward(NEONLanes.self, p.assumingMemoryBound(to: DepthwiseStridedBackwardArguments.self)) }
@c(conv_depthwise_strided_gradient_neon_body) private func conv_depthwise_strided_gradient_neon_body(_ p: UnsafeRawPointer) { accumulateDepthwiseStridedGradient(NEONLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_3_neon_body) private func conv_depthwise_gradient_3_neon_body(_ p: UnsafeRawPointer) { accumulateDepthwiseGradient(NEONLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_5_neon_body) private func conv_depthwise_gradient_5_neon_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<5, 5>.self, NEONLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_7_neon_body) private func conv_depthwise_gradient_7_neon_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<3, 7>.self, NEONLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }

extension Levels {
  static let convDepthwise3 = LevelFunctions<DepthwiseArguments>(neon: conv_depthwise_3_neon)
  static let convDepthwise5 = LevelFunctions<DepthwiseArguments>(neon: conv_depthwise_5_neon)
  static let convDepthwise7 = LevelFunctions<DepthwiseArguments>(neon: conv_depthwise_7_neon)
  static let convDepthwiseRows = LevelFunctions<DepthwiseRowsArguments>(neon: conv_depthwise_rows_neon)
  static let convDepthwiseStrided = LevelFunctions<DepthwiseStridedArguments>(neon: conv_depthwise_strided_neon)
  static let convDepthwiseStridedBackward = LevelFunctions<DepthwiseStridedBackwardArguments>(neon: conv_depthwise_strided_backward_neon)
  static let convDepthwiseStridedGradient = LevelFunctions<DepthwiseGradientArguments>(neon: conv_depthwise_strided_gradient_neon)
  static let convDepthwiseGradient3 = LevelFunctions<DepthwiseGradientArguments>(neon: conv_depthwise_gradient_3_neon)
  static let convDepthwiseGradient5 = LevelFunctions<DepthwiseGradientArguments>(neon: conv_depthwise_gradient_5_neon)
  static let convDepthwiseGradient7 = LevelFunctions<DepthwiseGradientArguments>(neon: conv_depthwise_gradient_7_neon)
}
#else
@c(conv_depthwise_3_baseline_body) private func conv_depthwise_3_baseline_body(_ p: UnsafeRawPointer) { convolveDepthwise(BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_3_avx2_body) private func conv_depthwise_3_avx2_body(_ p: UnsafeRawPointer) { convolveDepthwise(AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_3_avx512_body) private func conv_depthwise_3_avx512_body(_ p: UnsafeRawPointer) { convolveDepthwise(AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_5_baseline_body) private func conv_depthwise_5_baseline_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<5>.self, BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_5_avx2_body) private func conv_depthwise_5_avx2_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<5>.self, AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_5_avx512_body) private func conv_depthwise_5_avx512_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<5>.self, AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_7_baseline_body) private func conv_depthwise_7_baseline_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<7>.self, BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_7_avx2_body) private func conv_depthwise_7_avx2_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<7>.self, AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_7_avx512_body) private func conv_depthwise_7_avx512_body(_ p: UnsafeRawPointer) { convolveLargeDepthwise(DepthwiseKernel<7>.self, AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseArguments.self)) }
@c(conv_depthwise_rows_baseline_body) private func conv_depthwise_rows_baseline_body(_ p: UnsafeRawPointer) { convolveDepthwiseRows(BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseRowsArguments.self)) }
@c(conv_depthwise_rows_avx2_body) private func conv_depthwise_rows_avx2_body(_ p: UnsafeRawPointer) { convolveDepthwiseRows(AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseRowsArguments.self)) }
@c(conv_depthwise_rows_avx512_body) private func conv_depthwise_rows_avx512_body(_ p: UnsafeRawPointer) { convolveDepthwiseRows(AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseRowsArguments.self)) }
@c(conv_depthwise_strided_baseline_body) private func conv_depthwise_strided_baseline_body(_ p: UnsafeRawPointer) { convolveDepthwiseStrided(BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseStridedArguments.self)) }
@c(conv_depthwise_strided_avx2_body) private func conv_depthwise_strided_avx2_body(_ p: UnsafeRawPointer) { convolveDepthwiseStrided(AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseStridedArguments.self)) }
@c(conv_depthwise_strided_avx512_body) private func conv_depthwise_strided_avx512_body(_ p: UnsafeRawPointer) { convolveDepthwiseStrided(AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseStridedArguments.self)) }
@c(conv_depthwise_strided_backward_baseline_body) private func conv_depthwise_strided_backward_baseline_body(_ p: UnsafeRawPointer) { convolveDepthwiseStridedBackward(BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseStridedBackwardArguments.self)) }
@c(conv_depthwise_strided_backward_avx2_body) private func conv_depthwise_strided_backward_avx2_body(_ p: UnsafeRawPointer) { convolveDepthwiseStridedBackward(AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseStridedBackwardArguments.self)) }
@c(conv_depthwise_strided_backward_avx512_body) private func conv_depthwise_strided_backward_avx512_body(_ p: UnsafeRawPointer) { convolveDepthwiseStridedBackward(AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseStridedBackwardArguments.self)) }
@c(conv_depthwise_strided_gradient_baseline_body) private func conv_depthwise_strided_gradient_baseline_body(_ p: UnsafeRawPointer) { accumulateDepthwiseStridedGradient(BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_strided_gradient_avx2_body) private func conv_depthwise_strided_gradient_avx2_body(_ p: UnsafeRawPointer) { accumulateDepthwiseStridedGradient(AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_strided_gradient_avx512_body) private func conv_depthwise_strided_gradient_avx512_body(_ p: UnsafeRawPointer) { accumulateDepthwiseStridedGradient(AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_3_baseline_body) private func conv_depthwise_gradient_3_baseline_body(_ p: UnsafeRawPointer) { accumulateDepthwiseGradient(BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_3_avx2_body) private func conv_depthwise_gradient_3_avx2_body(_ p: UnsafeRawPointer) { accumulateDepthwiseGradient(AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_3_avx512_body) private func conv_depthwise_gradient_3_avx512_body(_ p: UnsafeRawPointer) { accumulateDepthwiseGradient(AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_5_baseline_body) private func conv_depthwise_gradient_5_baseline_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<2, 5>.self, BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_5_avx2_body) private func conv_depthwise_gradient_5_avx2_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<2, 5>.self, AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_5_avx512_body) private func conv_depthwise_gradient_5_avx512_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<5, 5>.self, AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_7_baseline_body) private func conv_depthwise_gradient_7_baseline_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<1, 7>.self, BaselineLanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_7_avx2_body) private func conv_depthwise_gradient_7_avx2_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<1, 7>.self, AVX2Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }
@c(conv_depthwise_gradient_7_avx512_body) private func conv_depthwise_gradient_7_avx512_body(_ p: UnsafeRawPointer) { accumulateLargeDepthwiseGradient(DepthwiseGradientPart<3, 7>.self, AVX512Lanes.self, p.assumingMemoryBound(to: DepthwiseGradientArguments.self)) }

extension Levels {
  static let convDepthwise3 = LevelFunctions<DepthwiseArguments>(baseline: conv_depthwise_3_baseline, avx2: conv_depthwise_3_avx2, avx512: conv_depthwise_3_avx512)
  static let convDepthwise5 = LevelFunctions<DepthwiseArguments>(baseline: conv_depthwise_5_baseline, avx2: conv_depthwise_5_avx2, avx512: conv_depthwise_5_avx512)
  static let convDepthwise7 = LevelFunctions<DepthwiseArguments>(baseline: conv_depthwise_7_baseline, avx2: conv_depthwise_7_avx2, avx512: conv_depthwise_7_avx512)
  static let convDepthwiseRows = LevelFunctions<DepthwiseRowsArguments>(baseline: conv_depthwise_rows_baseline, avx2: conv_depthwise_rows_avx2, avx512: conv_depthwise_rows_avx512)
  static let convDepthwiseStrided = LevelFunctions<DepthwiseStridedArguments>(baseline: conv_depthwise_strided_baseline, avx2: conv_depthwise_strided_avx2, avx512: conv_depthwise_strided_avx512)
  static let convDepthwiseStridedBackward = LevelFunctions<DepthwiseStridedBackwardArguments>(baseline: conv_depthwise_strided_backward_baseline, avx2: conv_depthwise_strided_backward_avx2, avx512: conv_depthwise_strided_backward_avx512)
  static let convDepthwiseStridedGradient = LevelFunctions<DepthwiseGradientArguments>(baseline: conv_depthwise_strided_gradient_baseline, avx2: conv_depthwise_strided_gradient_avx2, avx512: conv_depthwise_strided_gradient_avx512)
  static let convDepthwiseGradient3 = LevelFunctions<DepthwiseGradientArguments>(baseline: conv_depthwise_gradient_3_baseline, avx2: conv_depthwise_gradient_3_avx2, avx512: conv_depthwise_gradient_3_avx512)
  static let convDepthwiseGradient5 = LevelFunctions<DepthwiseGradientArguments>(baseline: conv_depthwise_gradient_5_baseline, avx2: conv_depthwise_gradient_5_avx2, avx512: conv_depthwise_gradient_5_avx512)
  static let convDepthwiseGradient7 = LevelFunctions<DepthwiseGradientArguments>(baseline: conv_depthwise_gradient_7_baseline, avx2: conv_depthwise_gradient_7_avx2, avx512: conv_depthwise_gradient_7_avx512)
}
#endif
