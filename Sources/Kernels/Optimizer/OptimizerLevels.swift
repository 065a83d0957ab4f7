// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(adagrad_step_neon_body) private func adagrad_step_neon_body(_ p: UnsafeRawPointer) { adagrad(NEONLanes.self, p.assumingMemoryBound(to: AdagradArguments.self)) }
@c(adam_step_neon_body) private func adam_step_neon_body(_ p: UnsafeRawPointer) { adam(NEONLanes.self, p.assumingMemoryBound(to: AdamArguments.self)) }
@c(gradient_accumulation_neon_body) private func gradient_accumulation_neon_body(_ p: UnsafeRawPointer) { accumulate(NEONLanes.self, p.assumingMemoryBound(to: AccumulationArguments.self)) }
@c(gradient_clip_neon_body) private func gradient_clip_neon_body(_ p: UnsafeRawPointer) { clip(NEONLanes.self, p.assumingMemoryBound(to: ClipArguments.self)) }
@c(sum_of_squares_neon_body) private func sum_of_squares_neon_body(_ p: UnsafeRawPointer) { squares(NEONLanes.self, p.assumingMemoryBound(to: SquaresArguments.self)) }
@c(nadam_step_neon_body) private func nadam_step_neon_body(_ p: UnsafeRawPointer) { nadam(NEONLanes.self, p.assumingMemoryBound(to: NAdamArguments.self)) }
@c(radam_step_neon_body) private func radam_step_neon_body(_ p: UnsafeRawPointer) { radam(NEONLanes.self, p.assumingMemoryBound(to: RAdamArguments.self)) }
@c(rmsprop_step_neon_body) private func rmsprop_step_neon_body(_ p: UnsafeRawPointer) { rmsprop(NEONLanes.self, p.assumingMemoryBound(to: RMSpropArguments.self)) }
@c(sgd_step_neon_body) private func sgd_step_neon_body(_ p: UnsafeRawPointer) { sgd(NEONLanes.self, p.assumingMemoryBound(to: SGDArguments.self)) }
@c(weight_average_neon_body) private func weight_average_neon_body(_ p: UnsafeRawPointer) { average(NEONLanes.self, p.assumingMemoryBound(to: AverageArguments.self)) }

extension Levels {
  static let adagradStep = LevelFunctions<AdagradArguments>(neon: adagrad_step_neon)
  static let adamStep = LevelFunctions<AdamArguments>(neon: adam_step_neon)
  static let gradientAccumulation = LevelFunctions<AccumulationArguments>(neon: gradient_accumulation_neon)
  static let gradientClip = LevelFunctions<ClipArguments>(neon: gradient_clip_neon)
  static let sumOfSquares = LevelFunctions<SquaresArguments>(neon: sum_of_squares_neon)
  static let nadamStep = LevelFunctions<NAdamArguments>(neon: nadam_step_neon)
  static let radamStep = LevelFunctions<RAdamArguments>(neon: radam_step_neon)
  static let rmspropStep = LevelFunctions<RMSpropArguments>(neon: rmsprop_step_neon)
  static let sgdStep = LevelFunctions<SGDArguments>(neon: sgd_step_neon)
  static let weightAverage = LevelFunctions<AverageArguments>(neon: weight_average_neon)
}
#else
@c(adagrad_step_baseline_body) private func adagrad_step_baseline_body(_ p: UnsafeRawPointer) { adagrad(BaselineLanes.self, p.assumingMemoryBound(to: AdagradArguments.self)) }
@c(adagrad_step_avx2_body) private func adagrad_step_avx2_body(_ p: UnsafeRawPointer) { adagrad(AVX2Lanes.self, p.assumingMemoryBound(to: AdagradArguments.self)) }
@c(adagrad_step_avx512_body) private func adagrad_step_avx512_body(_ p: UnsafeRawPointer) { adagrad(AVX512Lanes.self, p.assumingMemoryBound(to: AdagradArguments.self)) }
@c(adam_step_baseline_body) private func adam_step_baseline_body(_ p: UnsafeRawPointer) { adam(BaselineLanes.self, p.assumingMemoryBound(to: AdamArguments.self)) }
@c(adam_step_avx2_body) private func adam_step_avx2_body(_ p: UnsafeRawPointer) { adam(AVX2Lanes.self, p.assumingMemoryBound(to: AdamArguments.self)) }
@c(adam_step_avx512_body) private func adam_step_avx512_body(_ p: UnsafeRawPointer) { adam(AVX512Lanes.self, p.assumingMemoryBound(to: AdamArguments.self)) }
@c(gradient_accumulation_baseline_body) private func gradient_accumulation_baseline_body(_ p: UnsafeRawPointer) { accumulate(BaselineLanes.self, p.assumingMemoryBound(to: AccumulationArguments.self)) }
@c(gradient_accumulation_avx2_body) private func gradient_accumulation_avx2_body(_ p: UnsafeRawPointer) { accumulate(AVX2Lanes.self, p.assumingMemoryBound(to: AccumulationArguments.self)) }
@c(gradient_accumulation_avx512_body) private func gradient_accumulation_avx512_body(_ p: UnsafeRawPointer) { accumulate(AVX512Lanes.self, p.assumingMemoryBound(to: AccumulationArguments.self)) }
@c(gradient_clip_baseline_body) private func gradient_clip_baseline_body(_ p: UnsafeRawPointer) { clip(BaselineLanes.self, p.assumingMemoryBound(to: ClipArguments.self)) }
@c(gradient_clip_avx2_body) private func gradient_clip_avx2_body(_ p: UnsafeRawPointer) { clip(AVX2Lanes.self, p.assumingMemoryBound(to: ClipArguments.self)) }
@c(gradient_clip_avx512_body) private func gradient_clip_avx512_body(_ p: UnsafeRawPointer) { clip(AVX512Lanes.self, p.assumingMemoryBound(to: ClipArguments.self)) }
@c(sum_of_squares_baseline_body) private func sum_of_squares_baseline_body(_ p: UnsafeRawPointer) { squares(BaselineLanes.self, p.assumingMemoryBound(to: SquaresArguments.self)) }
@c(sum_of_squares_avx2_body) private func sum_of_squares_avx2_body(_ p: UnsafeRawPointer) { squares(AVX2Lanes.self, p.assumingMemoryBound(to: SquaresArguments.self)) }
@c(sum_of_squares_avx512_body) private func sum_of_squares_avx512_body(_ p: UnsafeRawPointer) { squares(AVX512Lanes.self, p.assumingMemoryBound(to: SquaresArguments.self)) }
@c(nadam_step_baseline_body) private func nadam_step_baseline_body(_ p: UnsafeRawPointer) { nadam(BaselineLanes.self, p.assumingMemoryBound(to: NAdamArguments.self)) }
@c(nadam_step_avx2_body) private func nadam_step_avx2_body(_ p: UnsafeRawPointer) { nadam(AVX2Lanes.self, p.assumingMemoryBound(to: NAdamArguments.self)) }
@c(nadam_step_avx512_body) private func nadam_step_avx512_body(_ p: UnsafeRawPointer) { nadam(AVX512Lanes.self, p.assumingMemoryBound(to: NAdamArguments.self)) }
@c(radam_step_baseline_body) private func radam_step_baseline_body(_ p: UnsafeRawPointer) { radam(BaselineLanes.self, p.assumingMemoryBound(to: RAdamArguments.self)) }
@c(radam_step_avx2_body) private func radam_step_avx2_body(_ p: UnsafeRawPointer) { radam(AVX2Lanes.self, p.assumingMemoryBound(to: RAdamArguments.self)) }
@c(radam_step_avx512_body) private func radam_step_avx512_body(_ p: UnsafeRawPointer) { radam(AVX512Lanes.self, p.assumingMemoryBound(to: RAdamArguments.self)) }
@c(rmsprop_step_baseline_body) private func rmsprop_step_baseline_body(_ p: UnsafeRawPointer) { rmsprop(BaselineLanes.self, p.assumingMemoryBound(to: RMSpropArguments.self)) }
@c(rmsprop_step_avx2_body) private func rmsprop_step_avx2_body(_ p: UnsafeRawPointer) { rmsprop(AVX2Lanes.self, p.assumingMemoryBound(to: RMSpropArguments.self)) }
@c(rmsprop_step_avx512_body) private func rmsprop_step_avx512_body(_ p: UnsafeRawPointer) { rmsprop(AVX512Lanes.self, p.assumingMemoryBound(to: RMSpropArguments.self)) }
@c(sgd_step_baseline_body) private func sgd_step_baseline_body(_ p: UnsafeRawPointer) { sgd(BaselineLanes.self, p.assumingMemoryBound(to: SGDArguments.self)) }
@c(sgd_step_avx2_body) private func sgd_step_avx2_body(_ p: UnsafeRawPointer) { sgd(AVX2Lanes.self, p.assumingMemoryBound(to: SGDArguments.self)) }
@c(sgd_step_avx512_body) private func sgd_step_avx512_body(_ p: UnsafeRawPointer) { sgd(AVX512Lanes.self, p.assumingMemoryBound(to: SGDArguments.self)) }
@c(weight_average_baseline_body) private func weight_average_baseline_body(_ p: UnsafeRawPointer) { average(BaselineLanes.self, p.assumingMemoryBound(to: AverageArguments.self)) }
@c(weight_average_avx2_body) private func weight_average_avx2_body(_ p: UnsafeRawPointer) { average(AVX2Lanes.self, p.assumingMemoryBound(to: AverageArguments.self)) }
@c(weight_average_avx512_body) private func weight_average_avx512_body(_ p: UnsafeRawPointer) { average(AVX512Lanes.self, p.assumingMemoryBound(to: AverageArguments.self)) }

extension Levels {
  static let adagradStep = LevelFunctions<AdagradArguments>(baseline: adagrad_step_baseline, avx2: adagrad_step_avx2, avx512: adagrad_step_avx512)
  static let adamStep = LevelFunctions<AdamArguments>(baseline: adam_step_baseline, avx2: adam_step_avx2, avx512: adam_step_avx512)
  static let gradientAccumulation = LevelFunctions<AccumulationArguments>(baseline: gradient_accumulation_baseline, avx2: gradient_accumulation_avx2, avx512: gradient_accumulation_avx512)
  static let gradientClip = LevelFunctions<ClipArguments>(baseline: gradient_clip_baseline, avx2: gradient_clip_avx2, avx512: gradient_clip_avx512)
  static let sumOfSquares = LevelFunctions<SquaresArguments>(baseline: sum_of_squares_baseline, avx2: sum_of_squares_avx2, avx512: sum_of_squares_avx512)
  static let nadamStep = LevelFunctions<NAdamArguments>(baseline: nadam_step_baseline, avx2: nadam_step_avx2, avx512: nadam_step_avx512)
  static let radamStep = LevelFunctions<RAdamArguments>(baseline: radam_step_baseline, avx2: radam_step_avx2, avx512: radam_step_avx512)
  static let rmspropStep = LevelFunctions<RMSpropArguments>(baseline: rmsprop_step_baseline, avx2: rmsprop_step_avx2, avx512: rmsprop_step_avx512)
  static let sgdStep = LevelFunctions<SGDArguments>(baseline: sgd_step_baseline, avx2: sgd_step_avx2, avx512: sgd_step_avx512)
  static let weightAverage = LevelFunctions<AverageArguments>(baseline: weight_average_baseline, avx2: weight_average_avx2, avx512: weight_average_avx512)
}
#endif
