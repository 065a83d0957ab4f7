// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(log_softmax_forward_neon_body) private func log_softmax_forward_neon_body(_ p: UnsafeRawPointer) { mapRows(NEONLanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(log_softmax_backward_neon_body) private func log_softmax_backward_neon_body(_ p: UnsafeRawPointer) { mapRowsBackward(NEONLanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(log_softmax_channels_neon_body) private func log_softmax_channels_neon_body(_ p: UnsafeRawPointer) { mapChannels(NEONLanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(softmax_forward_neon_body) private func softmax_forward_neon_body(_ p: UnsafeRawPointer) { mapRows(NEONLanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(softmax_backward_neon_body) private func softmax_backward_neon_body(_ p: UnsafeRawPointer) { mapRowsBackward(NEONLanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(softmax_channels_neon_body) private func softmax_channels_neon_body(_ p: UnsafeRawPointer) { mapChannels(NEONLanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(softmax_cross_entropy_neon_body) private func softmax_cross_entropy_neon_body(_ p: UnsafeRawPointer) { crossEntropy(NEONLanes.self, p.assumingMemoryBound(to: SoftmaxCrossEntropyArguments.self)) }
@c(cross_entropy_labels_neon_body) private func cross_entropy_labels_neon_body(_ p: UnsafeRawPointer) { crossEntropy(NEONLanes.self, LabelTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(cross_entropy_probabilities_neon_body) private func cross_entropy_probabilities_neon_body(_ p: UnsafeRawPointer) { crossEntropy(NEONLanes.self, ProbabilityTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(softmax_focal_loss_neon_body) private func softmax_focal_loss_neon_body(_ p: UnsafeRawPointer) { focalLoss(NEONLanes.self, p.assumingMemoryBound(to: SoftmaxFocalLossArguments.self)) }

extension Levels {
  static let logSoftmaxForward = LevelFunctions<RowsArguments>(neon: log_softmax_forward_neon)
  static let logSoftmaxBackward = LevelFunctions<RowsBackwardArguments>(neon: log_softmax_backward_neon)
  static let logSoftmaxChannels = LevelFunctions<ChannelRowsArguments>(neon: log_softmax_channels_neon)
  static let softmaxForward = LevelFunctions<RowsArguments>(neon: softmax_forward_neon)
  static let softmaxBackward = LevelFunctions<RowsBackwardArguments>(neon: softmax_backward_neon)
  static let softmaxChannels = LevelFunctions<ChannelRowsArguments>(neon: softmax_channels_neon)
  static let softmaxCrossEntropy = LevelFunctions<SoftmaxCrossEntropyArguments>(neon: softmax_cross_entropy_neon)
  static let crossEntropyLabels = LevelFunctions<CrossEntropyTargetsArguments>(neon: cross_entropy_labels_neon)
  static let crossEntropyProbabilities = LevelFunctions<CrossEntropyTargetsArguments>(neon: cross_entropy_probabilities_neon)
  static let softmaxFocalLoss = LevelFunctions<SoftmaxFocalLossArguments>(neon: softmax_focal_loss_neon)
}
#else
@c(log_softmax_forward_baseline_body) private func log_softmax_forward_baseline_body(_ p: UnsafeRawPointer) { mapRows(BaselineLanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(log_softmax_forward_avx2_body) private func log_softmax_forward_avx2_body(_ p: UnsafeRawPointer) { mapRows(AVX2Lanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(log_softmax_forward_avx512_body) private func log_softmax_forward_avx512_body(_ p: UnsafeRawPointer) { mapRows(AVX512Lanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(log_softmax_backward_baseline_body) private func log_softmax_backward_baseline_body(_ p: UnsafeRawPointer) { mapRowsBackward(BaselineLanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(log_softmax_backward_avx2_body) private func log_softmax_backward_avx2_body(_ p: UnsafeRawPointer) { mapRowsBackward(AVX2Lanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(log_softmax_backward_avx512_body) private func log_softmax_backward_avx512_body(_ p: UnsafeRawPointer) { mapRowsBackward(AVX512Lanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(log_softmax_channels_baseline_body) private func log_softmax_channels_baseline_body(_ p: UnsafeRawPointer) { mapChannels(BaselineLanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(log_softmax_channels_avx2_body) private func log_softmax_channels_avx2_body(_ p: UnsafeRawPointer) { mapChannels(AVX2Lanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(log_softmax_channels_avx512_body) private func log_softmax_channels_avx512_body(_ p: UnsafeRawPointer) { mapChannels(AVX512Lanes.self, LogSoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(softmax_forward_baseline_body) private func softmax_forward_baseline_body(_ p: UnsafeRawPointer) { mapRows(BaselineLanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(softmax_forward_avx2_body) private func softmax_forward_avx2_body(_ p: UnsafeRawPointer) { mapRows(AVX2Lanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(softmax_forward_avx512_body) private func softmax_forward_avx512_body(_ p: UnsafeRawPointer) { mapRows(AVX512Lanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsArguments.self)) }
@c(softmax_backward_baseline_body) private func softmax_backward_baseline_body(_ p: UnsafeRawPointer) { mapRowsBackward(BaselineLanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(softmax_backward_avx2_body) private func softmax_backward_avx2_body(_ p: UnsafeRawPointer) { mapRowsBackward(AVX2Lanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(softmax_backward_avx512_body) private func softmax_backward_avx512_body(_ p: UnsafeRawPointer) { mapRowsBackward(AVX512Lanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: RowsBackwardArguments.self)) }
@c(softmax_channels_baseline_body) private func softmax_channels_baseline_body(_ p: UnsafeRawPointer) { mapChannels(BaselineLanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(softmax_channels_avx2_body) private func softmax_channels_avx2_body(_ p: UnsafeRawPointer) { mapChannels(AVX2Lanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(softmax_channels_avx512_body) private func softmax_channels_avx512_body(_ p: UnsafeRawPointer) { mapChannels(AVX512Lanes.self, SoftmaxRow.self, p.assumingMemoryBound(to: ChannelRowsArguments.self)) }
@c(softmax_cross_entropy_baseline_body) private func softmax_cross_entropy_baseline_body(_ p: UnsafeRawPointer) { crossEntropy(BaselineLanes.self, p.assumingMemoryBound(to: SoftmaxCrossEntropyArguments.self)) }
@c(softmax_cross_entropy_avx2_body) private func softmax_cross_entropy_avx2_body(_ p: UnsafeRawPointer) { crossEntropy(AVX2Lanes.self, p.assumingMemoryBound(to: SoftmaxCrossEntropyArguments.self)) }
@c(softmax_cross_entropy_avx512_body) private func softmax_cross_entropy_avx512_body(_ p: UnsafeRawPointer) { crossEntropy(AVX512Lanes.self, p.assumingMemoryBound(to: SoftmaxCrossEntropyArguments.self)) }
@c(cross_entropy_labels_baseline_body) private func cross_entropy_labels_baseline_body(_ p: UnsafeRawPointer) { crossEntropy(BaselineLanes.self, LabelTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(cross_entropy_labels_avx2_body) private func cross_entropy_labels_avx2_body(_ p: UnsafeRawPointer) { crossEntropy(AVX2Lanes.self, LabelTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(cross_entropy_labels_avx512_body) private func cross_entropy_labels_avx512_body(_ p: UnsafeRawPointer) { crossEntropy(AVX512Lanes.self, LabelTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(cross_entropy_probabilities_baseline_body) private func cross_entropy_probabilities_baseline_body(_ p: UnsafeRawPointer) { crossEntropy(BaselineLanes.self, ProbabilityTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(cross_entropy_probabilities_avx2_body) private func cross_entropy_probabilities_avx2_body(_ p: UnsafeRawPointer) { crossEntropy(AVX2Lanes.self, ProbabilityTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(cross_entropy_probabilities_avx512_body) private func cross_entropy_probabilities_avx512_body(_ p: UnsafeRawPointer) { crossEntropy(AVX512Lanes.self, ProbabilityTargets.self, p.assumingMemoryBound(to: CrossEntropyTargetsArguments.self)) }
@c(softmax_focal_loss_baseline_body) private func softmax_focal_loss_baseline_body(_ p: UnsafeRawPointer) { focalLoss(BaselineLanes.self, p.assumingMemoryBound(to: SoftmaxFocalLossArguments.self)) }
@c(softmax_focal_loss_avx2_body) private func softmax_focal_loss_avx2_body(_ p: UnsafeRawPointer) { focalLoss(AVX2Lanes.self, p.assumingMemoryBound(to: SoftmaxFocalLossArguments.self)) }
@c(softmax_focal_loss_avx512_body) private func softmax_focal_loss_avx512_body(_ p: UnsafeRawPointer) { focalLoss(AVX512Lanes.self, p.assumingMemoryBound(to: SoftmaxFocalLossArguments.self)) }

extension Levels {
  static let logSoftmaxForward = LevelFunctions<RowsArguments>(baseline: log_softmax_forward_baseline, avx2: log_softmax_forward_avx2, avx512: log_softmax_forward_avx512)
  static let logSoftmaxBackward = LevelFunctions<RowsBackwardArguments>(baseline: log_softmax_backward_baseline, avx2: log_softmax_backward_avx2, avx512: log_softmax_backward_avx512)
  static let logSoftmaxChannels = LevelFunctions<ChannelRowsArguments>(baseline: log_softmax_channels_baseline, avx2: log_softmax_channels_avx2, avx512: log_softmax_channels_avx512)
  static let softmaxForward = LevelFunctions<RowsArguments>(baseline: softmax_forward_baseline, avx2: softmax_forward_avx2, avx512: softmax_forward_avx512)
  static let softmaxBackward = LevelFunctions<RowsBackwardArguments>(baseline: softmax_backward_baseline, avx2: softmax_backward_avx2, avx512: softmax_backward_avx512)
  static let softmaxChannels = LevelFunctions<ChannelRowsArguments>(baseline: softmax_channels_baseline, avx2: softmax_channels_avx2, avx512: softmax_channels_avx512)
  static let softmaxCrossEntropy = LevelFunctions<SoftmaxCrossEntropyArguments>(baseline: softmax_cross_entropy_baseline, avx2: softmax_cross_entropy_avx2, avx512: softmax_cross_entropy_avx512)
  static let crossEntropyLabels = LevelFunctions<CrossEntropyTargetsArguments>(baseline: cross_entropy_labels_baseline, avx2: cross_entropy_labels_avx2, avx512: cross_entropy_labels_avx512)
  static let crossEntropyProbabilities = LevelFunctions<CrossEntropyTargetsArguments>(baseline: cross_entropy_probabilities_baseline, avx2: cross_entropy_probabilities_avx2, avx512: cross_entropy_probabilities_avx512)
  static let softmaxFocalLoss = LevelFunctions<SoftmaxFocalLossArguments>(baseline: softmax_focal_loss_baseline, avx2: softmax_focal_loss_avx2, avx512: softmax_focal_loss_avx512)
}
#endif
