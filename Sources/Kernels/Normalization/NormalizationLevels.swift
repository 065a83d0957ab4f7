// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(batch_norm_backward_neon_body) private func batch_norm_backward_neon_body(_ p: UnsafeRawPointer) { batchNormBackward(NEONLanes.self, p.assumingMemoryBound(to: BatchNormBackwardArguments.self)) }
@c(batch_norm_forward_neon_body) private func batch_norm_forward_neon_body(_ p: UnsafeRawPointer) { batchNorm(NEONLanes.self, p.assumingMemoryBound(to: BatchNormArguments.self)) }
@c(batch_norm_inference_neon_body) private func batch_norm_inference_neon_body(_ p: UnsafeRawPointer) { batchNormInference(NEONLanes.self, p.assumingMemoryBound(to: BatchNormInferenceArguments.self)) }
@c(batch_norm_inference_backward_neon_body) private func batch_norm_inference_backward_neon_body(_ p: UnsafeRawPointer) { batchNormInferenceBackward(NEONLanes.self, p.assumingMemoryBound(to: BatchNormInferenceBackwardArguments.self)) }
@c(group_norm_backward_neon_body) private func group_norm_backward_neon_body(_ p: UnsafeRawPointer) { groupNormBackward(NEONLanes.self, p.assumingMemoryBound(to: GroupNormBackwardArguments.self)) }
@c(group_norm_forward_neon_body) private func group_norm_forward_neon_body(_ p: UnsafeRawPointer) { groupNorm(NEONLanes.self, p.assumingMemoryBound(to: GroupNormArguments.self)) }
@c(group_norm_weights_neon_body) private func group_norm_weights_neon_body(_ p: UnsafeRawPointer) { groupNormWeightGradients(NEONLanes.self, p.assumingMemoryBound(to: GroupNormWeightsArguments.self)) }

extension Levels {
  static let batchNormBackward = LevelFunctions<BatchNormBackwardArguments>(neon: batch_norm_backward_neon)
  static let batchNormForward = LevelFunctions<BatchNormArguments>(neon: batch_norm_forward_neon)
  static let batchNormInference = LevelFunctions<BatchNormInferenceArguments>(neon: batch_norm_inference_neon)
  static let batchNormInferenceBackward = LevelFunctions<BatchNormInferenceBackwardArguments>(neon: batch_norm_inference_backward_neon)
  static let groupNormBackward = LevelFunctions<GroupNormBackwardArguments>(neon: group_norm_backward_neon)
  static let groupNormForward = LevelFunctions<GroupNormArguments>(neon: group_norm_forward_neon)
  static let groupNormWeights = LevelFunctions<GroupNormWeightsArguments>(neon: group_norm_weights_neon)
}
#else
@c(batch_norm_backward_baseline_body) private func batch_norm_backward_baseline_body(_ p: UnsafeRawPointer) { batchNormBackward(BaselineLanes.self, p.assumingMemoryBound(to: BatchNormBackwardArguments.self)) }
@c(batch_norm_backward_avx2_body) private func batch_norm_backward_avx2_body(_ p: UnsafeRawPointer) { batchNormBackward(AVX2Lanes.self, p.assumingMemoryBound(to: BatchNormBackwardArguments.self)) }
@c(batch_norm_backward_avx512_body) private func batch_norm_backward_avx512_body(_ p: UnsafeRawPointer) { batchNormBackward(AVX512Lanes.self, p.assumingMemoryBound(to: BatchNormBackwardArguments.self)) }
@c(batch_norm_forward_baseline_body) private func batch_norm_forward_baseline_body(_ p: UnsafeRawPointer) { batchNorm(BaselineLanes.self, p.assumingMemoryBound(to: BatchNormArguments.self)) }
@c(batch_norm_forward_avx2_body) private func batch_norm_forward_avx2_body(_ p: UnsafeRawPointer) { batchNorm(AVX2Lanes.self, p.assumingMemoryBound(to: BatchNormArguments.self)) }
@c(batch_norm_forward_avx512_body) private func batch_norm_forward_avx512_body(_ p: UnsafeRawPointer) { batchNorm(AVX512Lanes.self, p.assumingMemoryBound(to: BatchNormArguments.self)) }
@c(batch_norm_inference_baseline_body) private func batch_norm_inference_baseline_body(_ p: UnsafeRawPointer) { batchNormInference(BaselineLanes.self, p.assumingMemoryBound(to: BatchNormInferenceArguments.self)) }
@c(batch_norm_inference_avx2_body) private func batch_norm_inference_avx2_body(_ p: UnsafeRawPointer) { batchNormInference(AVX2Lanes.self, p.assumingMemoryBound(to: BatchNormInferenceArguments.self)) }
@c(batch_norm_inference_avx512_body) private func batch_norm_inference_avx512_body(_ p: UnsafeRawPointer) { batchNormInference(AVX512Lanes.self, p.assumingMemoryBound(to: BatchNormInferenceArguments.self)) }
@c(batch_norm_inference_backward_baseline_body) private func batch_norm_inference_backward_baseline_body(_ p: UnsafeRawPointer) { batchNormInferenceBackward(BaselineLanes.self, p.assumingMemoryBound(to: BatchNormInferenceBackwardArguments.self)) }
@c(batch_norm_inference_backward_avx2_body) private func batch_norm_inference_backward_avx2_body(_ p: UnsafeRawPointer) { batchNormInferenceBackward(AVX2Lanes.self, p.assumingMemoryBound(to: BatchNormInferenceBackwardArguments.self)) }
@c(batch_norm_inference_backward_avx512_body) private func batch_norm_inference_backward_avx512_body(_ p: UnsafeRawPointer) { batchNormInferenceBackward(AVX512Lanes.self, p.assumingMemoryBound(to: BatchNormInferenceBackwardArguments.self)) }
@c(group_norm_backward_baseline_body) private func group_norm_backward_baseline_body(_ p: UnsafeRawPointer) { groupNormBackward(BaselineLanes.self, p.assumingMemoryBound(to: GroupNormBackwardArguments.self)) }
@c(group_norm_backward_avx2_body) private func group_norm_backward_avx2_body(_ p: UnsafeRawPointer) { groupNormBackward(AVX2Lanes.self, p.assumingMemoryBound(to: GroupNormBackwardArguments.self)) }
@c(group_norm_backward_avx512_body) private func group_norm_backward_avx512_body(_ p: UnsafeRawPointer) { groupNormBackward(AVX512Lanes.self, p.assumingMemoryBound(to: GroupNormBackwardArguments.self)) }
@c(group_norm_forward_baseline_body) private func group_norm_forward_baseline_body(_ p: UnsafeRawPointer) { groupNorm(BaselineLanes.self, p.assumingMemoryBound(to: GroupNormArguments.self)) }
@c(group_norm_forward_avx2_body) private func group_norm_forward_avx2_body(_ p: UnsafeRawPointer) { groupNorm(AVX2Lanes.self, p.assumingMemoryBound(to: GroupNormArguments.self)) }
@c(group_norm_forward_avx512_body) private func group_norm_forward_avx512_body(_ p: UnsafeRawPointer) { groupNorm(AVX512Lanes.self, p.assumingMemoryBound(to: GroupNormArguments.self)) }
@c(group_norm_weights_baseline_body) private func group_norm_weights_baseline_body(_ p: UnsafeRawPointer) { groupNormWeightGradients(BaselineLanes.self, p.assumingMemoryBound(to: GroupNormWeightsArguments.self)) }
@c(group_norm_weights_avx2_body) private func group_norm_weights_avx2_body(_ p: UnsafeRawPointer) { groupNormWeightGradients(AVX2Lanes.self, p.assumingMemoryBound(to: GroupNormWeightsArguments.self)) }
@c(group_norm_weights_avx512_body) private func group_norm_weights_avx512_body(_ p: UnsafeRawPointer) { groupNormWeightGradients(AVX512Lanes.self, p.assumingMemoryBound(to: GroupNormWeightsArguments.self)) }

extension Levels {
  static let batchNormBackward = LevelFunctions<BatchNormBackwardArguments>(baseline: batch_norm_backward_baseline, avx2: batch_norm_backward_avx2, avx512: batch_norm_backward_avx512)
  static let batchNormForward = LevelFunctions<BatchNormArguments>(baseline: batch_norm_forward_baseline, avx2: batch_norm_forward_avx2, avx512: batch_norm_forward_avx512)
  static let batchNormInference = LevelFunctions<BatchNormInferenceArguments>(baseline: batch_norm_inference_baseline, avx2: batch_norm_inference_avx2, avx512: batch_norm_inference_avx512)
  static let batchNormInferenceBackward = LevelFunctions<BatchNormInferenceBackwardArguments>(baseline: batch_norm_inference_backward_baseline, avx2: batch_norm_inference_backward_avx2, avx512: batch_norm_inference_backward_avx512)
  static let groupNormBackward = LevelFunctions<GroupNormBackwardArguments>(baseline: group_norm_backward_baseline, avx2: group_norm_backward_avx2, avx512: group_norm_backward_avx512)
  static let groupNormForward = LevelFunctions<GroupNormArguments>(baseline: group_norm_forward_baseline, avx2: group_norm_forward_avx2, avx512: group_norm_forward_avx512)
  static let groupNormWeights = LevelFunctions<GroupNormWeightsArguments>(baseline: group_norm_weights_baseline, avx2: group_norm_weights_avx2, avx512: group_norm_weights_avx512)
}
#endif
