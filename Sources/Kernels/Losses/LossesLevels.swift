// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(absolute_error_neon_body) private func absolute_error_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, Absolute.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(binary_cross_entropy_neon_body) private func binary_cross_entropy_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, Binary.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(huber_error_neon_body) private func huber_error_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, Huber.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_neon_body) private func kullback_leibler_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, Divergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_log_neon_body) private func kullback_leibler_log_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, LogDivergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(label_rows_neon_body) private func label_rows_neon_body(_ p: UnsafeRawPointer) { labelRows(NEONLanes.self, p.assumingMemoryBound(to: LabelRowsArguments.self)) }
@c(row_argmax_neon_body) private func row_argmax_neon_body(_ p: UnsafeRawPointer) { rowArgmax(NEONLanes.self, p.assumingMemoryBound(to: ArgmaxArguments.self)) }
@c(sigmoid_focal_loss_neon_body) private func sigmoid_focal_loss_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, Focal.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(squared_error_neon_body) private func squared_error_neon_body(_ p: UnsafeRawPointer) { elementLosses(NEONLanes.self, Squared.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }

extension Levels {
  static let absoluteError = LevelFunctions<ElementLossArguments>(neon: absolute_error_neon)
  static let binaryCrossEntropy = LevelFunctions<ElementLossArguments>(neon: binary_cross_entropy_neon)
  static let huberError = LevelFunctions<ElementLossArguments>(neon: huber_error_neon)
  static let kullbackLeibler = LevelFunctions<ElementLossArguments>(neon: kullback_leibler_neon)
  static let kullbackLeiblerLog = LevelFunctions<ElementLossArguments>(neon: kullback_leibler_log_neon)
  static let labelRows = LevelFunctions<LabelRowsArguments>(neon: label_rows_neon)
  static let rowArgmax = LevelFunctions<ArgmaxArguments>(neon: row_argmax_neon)
  static let sigmoidFocalLoss = LevelFunctions<ElementLossArguments>(neon: sigmoid_focal_loss_neon)
  static let squaredError = LevelFunctions<ElementLossArguments>(neon: squared_error_neon)
}
#else
@c(absolute_error_baseline_body) private func absolute_error_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, Absolute.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(absolute_error_avx2_body) private func absolute_error_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2Lanes.self, Absolute.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(absolute_error_avx512_body) private func absolute_error_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512Lanes.self, Absolute.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(binary_cross_entropy_baseline_body) private func binary_cross_entropy_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, Binary.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(binary_cross_entropy_avx2_body) private func binary_cross_entropy_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2PairLanes.self, Binary.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(binary_cross_entropy_avx512_body) private func binary_cross_entropy_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512PairLanes.self, Binary.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(huber_error_baseline_body) private func huber_error_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, Huber.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(huber_error_avx2_body) private func huber_error_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2Lanes.self, Huber.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(huber_error_avx512_body) private func huber_error_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512Lanes.self, Huber.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_baseline_body) private func kullback_leibler_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, Divergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_avx2_body) private func kullback_leibler_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2PairLanes.self, Divergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_avx512_body) private func kullback_leibler_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512PairLanes.self, Divergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_log_baseline_body) private func kullback_leibler_log_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, LogDivergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_log_avx2_body) private func kullback_leibler_log_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2PairLanes.self, LogDivergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(kullback_leibler_log_avx512_body) private func kullback_leibler_log_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512PairLanes.self, LogDivergence.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(label_rows_baseline_body) private func label_rows_baseline_body(_ p: UnsafeRawPointer) { labelRows(BaselineLanes.self, p.assumingMemoryBound(to: LabelRowsArguments.self)) }
@c(label_rows_avx2_body) private func label_rows_avx2_body(_ p: UnsafeRawPointer) { labelRows(AVX2Lanes.self, p.assumingMemoryBound(to: LabelRowsArguments.self)) }
@c(label_rows_avx512_body) private func label_rows_avx512_body(_ p: UnsafeRawPointer) { labelRows(AVX512Lanes.self, p.assumingMemoryBound(to: LabelRowsArguments.self)) }
@c(row_argmax_baseline_body) private func row_argmax_baseline_body(_ p: UnsafeRawPointer) { rowArgmax(BaselineLanes.self, p.assumingMemoryBound(to: ArgmaxArguments.self)) }
@c(row_argmax_avx2_body) private func row_argmax_avx2_body(_ p: UnsafeRawPointer) { rowArgmax(AVX2Lanes.self, p.assumingMemoryBound(to: ArgmaxArguments.self)) }
@c(row_argmax_avx512_body) private func row_argmax_avx512_body(_ p: UnsafeRawPointer) { rowArgmax(AVX512Lanes.self, p.assumingMemoryBound(to: ArgmaxArguments.self)) }
@c(sigmoid_focal_loss_baseline_body) private func sigmoid_focal_loss_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, Focal.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(sigmoid_focal_loss_avx2_body) private func sigmoid_focal_loss_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2Lanes.self, Focal.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(sigmoid_focal_loss_avx512_body) private func sigmoid_focal_loss_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512Lanes.self, Focal.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(squared_error_baseline_body) private func squared_error_baseline_body(_ p: UnsafeRawPointer) { elementLosses(BaselineLanes.self, Squared.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(squared_error_avx2_body) private func squared_error_avx2_body(_ p: UnsafeRawPointer) { elementLosses(AVX2Lanes.self, Squared.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }
@c(squared_error_avx512_body) private func squared_error_avx512_body(_ p: UnsafeRawPointer) { elementLosses(AVX512Lanes.self, Squared.self, p.assumingMemoryBound(to: ElementLossArguments.self)) }

extension Levels {
  static let absoluteError = LevelFunctions<ElementLossArguments>(baseline: absolute_error_baseline, avx2: absolute_error_avx2, avx512: absolute_error_avx512)
  static let binaryCrossEntropy = LevelFunctions<ElementLossArguments>(baseline: binary_cross_entropy_baseline, avx2: binary_cross_entropy_avx2, avx512: binary_cross_entropy_avx512)
  static let huberError = LevelFunctions<ElementLossArguments>(baseline: huber_error_baseline, avx2: huber_error_avx2, avx512: huber_error_avx512)
  static let kullbackLeibler = LevelFunctions<ElementLossArguments>(baseline: kullback_leibler_baseline, avx2: kullback_leibler_avx2, avx512: kullback_leibler_avx512)
  static let kullbackLeiblerLog = LevelFunctions<ElementLossArguments>(baseline: kullback_leibler_log_baseline, avx2: kullback_leibler_log_avx2, avx512: kullback_leibler_log_avx512)
  static let labelRows = LevelFunctions<LabelRowsArguments>(baseline: label_rows_baseline, avx2: label_rows_avx2, avx512: label_rows_avx512)
  static let rowArgmax = LevelFunctions<ArgmaxArguments>(baseline: row_argmax_baseline, avx2: row_argmax_avx2, avx512: row_argmax_avx512)
  static let sigmoidFocalLoss = LevelFunctions<ElementLossArguments>(baseline: sigmoid_focal_loss_baseline, avx2: sigmoid_focal_loss_avx2, avx512: sigmoid_focal_loss_avx512)
  static let squaredError = LevelFunctions<ElementLossArguments>(baseline: squared_error_baseline, avx2: squared_error_avx2, avx512: squared_error_avx512)
}
#endif
