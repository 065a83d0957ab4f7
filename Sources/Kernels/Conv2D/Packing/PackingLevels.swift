// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_copy_padded_neon_body) private func conv_copy_padded_neon_body(_ p: UnsafeRawPointer) { copyPadded(NEONLanes.self, p.assumingMemoryBound(to: PaddedInputArguments.self)) }
@c(conv_pack_neon_body) private func conv_pack_neon_body(_ p: UnsafeRawPointer) { packPanels(NEONLanes.self, p.assumingMemoryBound(to: PackPanelsArguments.self)) }
@c(conv_sum_neon_body) private func conv_sum_neon_body(_ p: UnsafeRawPointer) { sumParts(NEONLanes.self, p.assumingMemoryBound(to: SumPartsArguments.self)) }
@c(conv_panels_neon_body) private func conv_panels_neon_body(_ p: UnsafeRawPointer) { packWeightPanels(NEONLanes.self, p.assumingMemoryBound(to: PackWeightPanelsArguments.self)) }
@c(conv_interleave_neon_body) private func conv_interleave_neon_body(_ p: UnsafeRawPointer) { interleavePhases(NEONLanes.self, p.assumingMemoryBound(to: InterleavePhasesArguments.self)) }
@c(conv_transpose_neon_body) private func conv_transpose_neon_body(_ p: UnsafeRawPointer) { transposePadded(NEONLanes.self, p.assumingMemoryBound(to: TransposePaddedArguments.self)) }
@c(conv_pad_neon_body) private func conv_pad_neon_body(_ p: UnsafeRawPointer) { padRows(NEONLanes.self, p.assumingMemoryBound(to: PadRowsArguments.self)) }

extension Levels {
  static let convCopyPadded = LevelFunctions<PaddedInputArguments>(neon: conv_copy_padded_neon)
  static let convPack = LevelFunctions<PackPanelsArguments>(neon: conv_pack_neon)
  static let convSum = LevelFunctions<SumPartsArguments>(neon: conv_sum_neon)
  static let convPanels = LevelFunctions<PackWeightPanelsArguments>(neon: conv_panels_neon)
  static let convInterleave = LevelFunctions<InterleavePhasesArguments>(neon: conv_interleave_neon)
  static let convTranspose = LevelFunctions<TransposePaddedArguments>(neon: conv_transpose_neon)
  static let convPad = LevelFunctions<PadRowsArguments>(neon: conv_pad_neon)
}
#else
@c(conv_copy_padded_baseline_body) private func conv_copy_padded_baseline_body(_ p: UnsafeRawPointer) { copyPadded(BaselineLanes.self, p.assumingMemoryBound(to: PaddedInputArguments.self)) }
@c(conv_copy_padded_avx2_body) private func conv_copy_padded_avx2_body(_ p: UnsafeRawPointer) { copyPadded(AVX2Lanes.self, p.assumingMemoryBound(to: PaddedInputArguments.self)) }
@c(conv_copy_padded_avx512_body) private func conv_copy_padded_avx512_body(_ p: UnsafeRawPointer) { copyPadded(AVX512Lanes.self, p.assumingMemoryBound(to: PaddedInputArguments.self)) }
@c(conv_pack_baseline_body) private func conv_pack_baseline_body(_ p: UnsafeRawPointer) { packPanels(BaselineLanes.self, p.assumingMemoryBound(to: PackPanelsArguments.self)) }
@c(conv_pack_avx2_body) private func conv_pack_avx2_body(_ p: UnsafeRawPointer) { packPanels(AVX2Lanes.self, p.assumingMemoryBound(to: PackPanelsArguments.self)) }
@c(conv_pack_avx512_body) private func conv_pack_avx512_body(_ p: UnsafeRawPointer) { packPanels(AVX512Lanes.self, p.assumingMemoryBound(to: PackPanelsArguments.self)) }
@c(conv_sum_baseline_body) private func conv_sum_baseline_body(_ p: UnsafeRawPointer) { sumParts(BaselineLanes.self, p.assumingMemoryBound(to: SumPartsArguments.self)) }
@c(conv_sum_avx2_body) private func conv_sum_avx2_body(_ p: UnsafeRawPointer) { sumParts(AVX2Lanes.self, p.assumingMemoryBound(to: SumPartsArguments.self)) }
@c(conv_sum_avx512_body) private func conv_sum_avx512_body(_ p: UnsafeRawPointer) { sumParts(AVX512Lanes.self, p.assumingMemoryBound(to: SumPartsArguments.self)) }
@c(conv_panels_baseline_body) private func conv_panels_baseline_body(_ p: UnsafeRawPointer) { packWeightPanels(BaselineLanes.self, p.assumingMemoryBound(to: PackWeightPanelsArguments.self)) }
@c(conv_panels_avx2_body) private func conv_panels_avx2_body(_ p: UnsafeRawPointer) { packWeightPanels(AVX2Lanes.self, p.assumingMemoryBound(to: PackWeightPanelsArguments.self)) }
@c(conv_panels_avx512_body) private func conv_panels_avx512_body(_ p: UnsafeRawPointer) { packWeightPanels(AVX512Lanes.self, p.assumingMemoryBound(to: PackWeightPanelsArguments.self)) }
@c(conv_interleave_baseline_body) private func conv_interleave_baseline_body(_ p: UnsafeRawPointer) { interleavePhases(BaselineLanes.self, p.assumingMemoryBound(to: InterleavePhasesArguments.self)) }
@c(conv_interleave_avx2_body) private func conv_interleave_avx2_body(_ p: UnsafeRawPointer) { interleavePhases(AVX2Lanes.self, p.assumingMemoryBound(to: InterleavePhasesArguments.self)) }
@c(conv_interleave_avx512_body) private func conv_interleave_avx512_body(_ p: UnsafeRawPointer) { interleavePhases(AVX512Lanes.self, p.assumingMemoryBound(to: InterleavePhasesArguments.self)) }
@c(conv_transpose_baseline_body) private func conv_transpose_baseline_body(_ p: UnsafeRawPointer) { transposePadded(BaselineLanes.self, p.assumingMemoryBound(to: TransposePaddedArguments.self)) }
@c(conv_transpose_avx2_body) private func conv_transpose_avx2_body(_ p: UnsafeRawPointer) { transposePadded(AVX2Lanes.self, p.assumingMemoryBound(to: TransposePaddedArguments.self)) }
@c(conv_transpose_avx512_body) private func conv_transpose_avx512_body(_ p: UnsafeRawPointer) { transposePadded(AVX512Lanes.self, p.assumingMemoryBound(to: TransposePaddedArguments.self)) }
@c(conv_pad_baseline_body) private func conv_pad_baseline_body(_ p: UnsafeRawPointer) { padRows(BaselineLanes.self, p.assumingMemoryBound(to: PadRowsArguments.self)) }
@c(conv_pad_avx2_body) private func conv_pad_avx2_body(_ p: UnsafeRawPointer) { padRows(AVX2Lanes.self, p.assumingMemoryBound(to: PadRowsArguments.self)) }
@c(conv_pad_avx512_body) private func conv_pad_avx512_body(_ p: UnsafeRawPointer) { padRows(AVX512Lanes.self, p.assumingMemoryBound(to: PadRowsArguments.self)) }

extension Levels {
  static let convCopyPadded = LevelFunctions<PaddedInputArguments>(baseline: conv_copy_padded_baseline, avx2: conv_copy_padded_avx2, avx512: conv_copy_padded_avx512)
  static let convPack = LevelFunctions<PackPanelsArguments>(baseline: conv_pack_baseline, avx2: conv_pack_avx2, avx512: conv_pack_avx512)
  static let convSum = LevelFunctions<SumPartsArguments>(baseline: conv_sum_baseline, avx2: conv_sum_avx2, avx512: conv_sum_avx512)
  static let convPanels = LevelFunctions<PackWeightPanelsArguments>(baseline: conv_panels_baseline, avx2: conv_panels_avx2, avx512: conv_panels_avx512)
  static let convInterleave = LevelFunctions<InterleavePhasesArguments>(baseline: conv_interleave_baseline, avx2: conv_interleave_avx2, avx512: conv_interleave_avx512)
  static let convTranspose = LevelFunctions<TransposePaddedArguments>(baseline: conv_transpose_baseline, avx2: conv_transpose_avx2, avx512: conv_transpose_avx512)
  static let convPad = LevelFunctions<PadRowsArguments>(baseline: conv_pad_baseline, avx2: conv_pad_avx2, avx512: conv_pad_avx512)
}
#endif
