// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_stage_neon_body) private func conv_stage_neon_body(_ p: UnsafeRawPointer) { stage(NEONLanes.self, p.assumingMemoryBound(to: ConvStageArguments.self)) }
@c(conv_pack_neon_body) private func conv_pack_neon_body(_ p: UnsafeRawPointer) { runConvPack(NEONLanes.self, p.assumingMemoryBound(to: ConvPackArguments.self)) }
@c(conv_sum_neon_body) private func conv_sum_neon_body(_ p: UnsafeRawPointer) { sumParts(NEONLanes.self, p.assumingMemoryBound(to: ConvSumArguments.self)) }
@c(conv_panels_neon_body) private func conv_panels_neon_body(_ p: UnsafeRawPointer) { panels(NEONLanes.self, p.assumingMemoryBound(to: ConvPanelArguments.self)) }
@c(conv_interleave_neon_body) private func conv_interleave_neon_body(_ p: UnsafeRawPointer) { interleave(NEONLanes.self, p.assumingMemoryBound(to: ConvInterleaveArguments.self)) }
@c(conv_turn_neon_body) private func conv_turn_neon_body(_ p: UnsafeRawPointer) { turn(NEONLanes.self, p.assumingMemoryBound(to: ConvTurnArguments.self)) }
@c(conv_pad_neon_body) private func conv_pad_neon_body(_ p: UnsafeRawPointer) { pad(NEONLanes.self, p.assumingMemoryBound(to: ConvPadArguments.self)) }

extension Levels {
  static let convStage = LevelFunctions<ConvStageArguments>(neon: conv_stage_neon)
  static let convPack = LevelFunctions<ConvPackArguments>(neon: conv_pack_neon)
  static let convSum = LevelFunctions<ConvSumArguments>(neon: conv_sum_neon)
  static let convPanels = LevelFunctions<ConvPanelArguments>(neon: conv_panels_neon)
  static let convInterleave = LevelFunctions<ConvInterleaveArguments>(neon: conv_interleave_neon)
  static let convTurn = LevelFunctions<ConvTurnArguments>(neon: conv_turn_neon)
  static let convPad = LevelFunctions<ConvPadArguments>(neon: conv_pad_neon)
}
#else
@c(conv_stage_baseline_body) private func conv_stage_baseline_body(_ p: UnsafeRawPointer) { stage(BaselineLanes.self, p.assumingMemoryBound(to: ConvStageArguments.self)) }
@c(conv_stage_avx2_body) private func conv_stage_avx2_body(_ p: UnsafeRawPointer) { stage(AVX2Lanes.self, p.assumingMemoryBound(to: ConvStageArguments.self)) }
@c(conv_stage_avx512_body) private func conv_stage_avx512_body(_ p: UnsafeRawPointer) { stage(AVX512Lanes.self, p.assumingMemoryBound(to: ConvStageArguments.self)) }
@c(conv_pack_baseline_body) private func conv_pack_baseline_body(_ p: UnsafeRawPointer) { runConvPack(BaselineLanes.self, p.assumingMemoryBound(to: ConvPackArguments.self)) }
@c(conv_pack_avx2_body) private func conv_pack_avx2_body(_ p: UnsafeRawPointer) { runConvPack(AVX2Lanes.self, p.assumingMemoryBound(to: ConvPackArguments.self)) }
@c(conv_pack_avx512_body) private func conv_pack_avx512_body(_ p: UnsafeRawPointer) { runConvPack(AVX512Lanes.self, p.assumingMemoryBound(to: ConvPackArguments.self)) }
@c(conv_sum_baseline_body) private func conv_sum_baseline_body(_ p: UnsafeRawPointer) { sumParts(BaselineLanes.self, p.assumingMemoryBound(to: ConvSumArguments.self)) }
@c(conv_sum_avx2_body) private func conv_sum_avx2_body(_ p: UnsafeRawPointer) { sumParts(AVX2Lanes.self, p.assumingMemoryBound(to: ConvSumArguments.self)) }
@c(conv_sum_avx512_body) private func conv_sum_avx512_body(_ p: UnsafeRawPointer) { sumParts(AVX512Lanes.self, p.assumingMemoryBound(to: ConvSumArguments.self)) }
@c(conv_panels_baseline_body) private func conv_panels_baseline_body(_ p: UnsafeRawPointer) { panels(BaselineLanes.self, p.assumingMemoryBound(to: ConvPanelArguments.self)) }
@c(conv_panels_avx2_body) private func conv_panels_avx2_body(_ p: UnsafeRawPointer) { panels(AVX2Lanes.self, p.assumingMemoryBound(to: ConvPanelArguments.self)) }
@c(conv_panels_avx512_body) private func conv_panels_avx512_body(_ p: UnsafeRawPointer) { panels(AVX512Lanes.self, p.assumingMemoryBound(to: ConvPanelArguments.self)) }
@c(conv_interleave_baseline_body) private func conv_interleave_baseline_body(_ p: UnsafeRawPointer) { interleave(BaselineLanes.self, p.assumingMemoryBound(to: ConvInterleaveArguments.self)) }
@c(conv_interleave_avx2_body) private func conv_interleave_avx2_body(_ p: UnsafeRawPointer) { interleave(AVX2Lanes.self, p.assumingMemoryBound(to: ConvInterleaveArguments.self)) }
@c(conv_interleave_avx512_body) private func conv_interleave_avx512_body(_ p: UnsafeRawPointer) { interleave(AVX512Lanes.self, p.assumingMemoryBound(to: ConvInterleaveArguments.self)) }
@c(conv_turn_baseline_body) private func conv_turn_baseline_body(_ p: UnsafeRawPointer) { turn(BaselineLanes.self, p.assumingMemoryBound(to: ConvTurnArguments.self)) }
@c(conv_turn_avx2_body) private func conv_turn_avx2_body(_ p: UnsafeRawPointer) { turn(AVX2Lanes.self, p.assumingMemoryBound(to: ConvTurnArguments.self)) }
@c(conv_turn_avx512_body) private func conv_turn_avx512_body(_ p: UnsafeRawPointer) { turn(AVX512Lanes.self, p.assumingMemoryBound(to: ConvTurnArguments.self)) }
@c(conv_pad_baseline_body) private func conv_pad_baseline_body(_ p: UnsafeRawPointer) { pad(BaselineLanes.self, p.assumingMemoryBound(to: ConvPadArguments.self)) }
@c(conv_pad_avx2_body) private func conv_pad_avx2_body(_ p: UnsafeRawPointer) { pad(AVX2Lanes.self, p.assumingMemoryBound(to: ConvPadArguments.self)) }
@c(conv_pad_avx512_body) private func conv_pad_avx512_body(_ p: UnsafeRawPointer) { pad(AVX512Lanes.self, p.assumingMemoryBound(to: ConvPadArguments.self)) }

extension Levels {
  static let convStage = LevelFunctions<ConvStageArguments>(baseline: conv_stage_baseline, avx2: conv_stage_avx2, avx512: conv_stage_avx512)
  static let convPack = LevelFunctions<ConvPackArguments>(baseline: conv_pack_baseline, avx2: conv_pack_avx2, avx512: conv_pack_avx512)
  static let convSum = LevelFunctions<ConvSumArguments>(baseline: conv_sum_baseline, avx2: conv_sum_avx2, avx512: conv_sum_avx512)
  static let convPanels = LevelFunctions<ConvPanelArguments>(baseline: conv_panels_baseline, avx2: conv_panels_avx2, avx512: conv_panels_avx512)
  static let convInterleave = LevelFunctions<ConvInterleaveArguments>(baseline: conv_interleave_baseline, avx2: conv_interleave_avx2, avx512: conv_interleave_avx512)
  static let convTurn = LevelFunctions<ConvTurnArguments>(baseline: conv_turn_baseline, avx2: conv_turn_avx2, avx512: conv_turn_avx512)
  static let convPad = LevelFunctions<ConvPadArguments>(baseline: conv_pad_baseline, avx2: conv_pad_avx2, avx512: conv_pad_avx512)
}
#endif
