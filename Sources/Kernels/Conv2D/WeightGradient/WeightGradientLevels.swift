// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_batch_sum_neon_body) private func conv_batch_sum_neon_body(_ p: UnsafeRawPointer) { sumLanes(NEONLanes.self, p.assumingMemoryBound(to: ConvBatchSumArguments.self)) }
@c(conv_batch_weights_6x4_neon_body) private func conv_batch_weights_6x4_neon_body(_ p: UnsafeRawPointer) { weights(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_taps_8x1_neon_body) private func conv_taps_8x1_neon_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 1, NEONLanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_8x2_neon_body) private func conv_taps_8x2_neon_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 2, NEONLanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_8x3_neon_body) private func conv_taps_8x3_neon_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 3, NEONLanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_6x4_neon_body) private func conv_taps_6x4_neon_body(_ p: UnsafeRawPointer) { taps(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_dot_6x4_neon_body) private func conv_dot_6x4_neon_body(_ p: UnsafeRawPointer) { dot(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_6x4_reduce_neon_body) private func conv_dot_6x4_reduce_neon_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_1x9_neon_body) private func conv_dot_1x9_neon_body(_ p: UnsafeRawPointer) { dot(RegisterTile<1, 9, NEONLanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_1x9_reduce_neon_body) private func conv_dot_1x9_reduce_neon_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<1, 9, NEONLanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }

extension Levels {
  static let convBatchSum = LevelFunctions<ConvBatchSumArguments>(neon: conv_batch_sum_neon)
  @inline(never) static func batchGradientTiles() -> [ConvTile<ConvBatchWeightsArguments>] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: .init(conv_batch_weights_6x4_neon)),
    ]
  }
  @inline(never) static func channelVectorGradientTiles() -> [ConvTile<ConvTapsArguments>] {
    [
      .init(level: .neon, rows: 8, vectors: 1, run: .init(conv_taps_8x1_neon)),
      .init(level: .neon, rows: 8, vectors: 2, run: .init(conv_taps_8x2_neon)),
      .init(level: .neon, rows: 8, vectors: 3, run: .init(conv_taps_8x3_neon)),
      .init(level: .neon, rows: 6, vectors: 4, run: .init(conv_taps_6x4_neon)),
    ]
  }
  @inline(never) static func pixelVectorGradientTiles() -> [PixelVectorGradientTile] {
    [
      .init(tile: .init(level: .neon, rows: 6, vectors: 4, run: .init(conv_dot_6x4_neon)), reduce: .init(conv_dot_6x4_reduce_neon)),
      .init(tile: .init(level: .neon, rows: 1, vectors: 9, run: .init(conv_dot_1x9_neon)), reduce: .init(conv_dot_1x9_reduce_neon)),
    ]
  }
}
#else
@c(conv_batch_sum_baseline_body) private func conv_batch_sum_baseline_body(_ p: UnsafeRawPointer) { sumLanes(BaselineLanes.self, p.assumingMemoryBound(to: ConvBatchSumArguments.self)) }
@c(conv_batch_sum_avx2_body) private func conv_batch_sum_avx2_body(_ p: UnsafeRawPointer) { sumLanes(AVX2Lanes.self, p.assumingMemoryBound(to: ConvBatchSumArguments.self)) }
@c(conv_batch_sum_avx512_body) private func conv_batch_sum_avx512_body(_ p: UnsafeRawPointer) { sumLanes(AVX512Lanes.self, p.assumingMemoryBound(to: ConvBatchSumArguments.self)) }
@c(conv_batch_weights_8x3_avx512_body) private func conv_batch_weights_8x3_avx512_body(_ p: UnsafeRawPointer) { weights(RegisterTile<8, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_6x4_avx512_body) private func conv_batch_weights_6x4_avx512_body(_ p: UnsafeRawPointer) { weights(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_5x5_avx512_body) private func conv_batch_weights_5x5_avx512_body(_ p: UnsafeRawPointer) { weights(RegisterTile<5, 5, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_4x6_avx512_body) private func conv_batch_weights_4x6_avx512_body(_ p: UnsafeRawPointer) { weights(RegisterTile<4, 6, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_6x2_avx2_body) private func conv_batch_weights_6x2_avx2_body(_ p: UnsafeRawPointer) { weights(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_3x3_avx2_body) private func conv_batch_weights_3x3_avx2_body(_ p: UnsafeRawPointer) { weights(RegisterTile<3, 3, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_6x2_baseline_body) private func conv_batch_weights_6x2_baseline_body(_ p: UnsafeRawPointer) { weights(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_batch_weights_3x3_baseline_body) private func conv_batch_weights_3x3_baseline_body(_ p: UnsafeRawPointer) { weights(RegisterTile<3, 3, BaselineLanes>.self, p.assumingMemoryBound(to: ConvBatchWeightsArguments.self)) }
@c(conv_taps_8x1_avx512_body) private func conv_taps_8x1_avx512_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_8x2_avx512_body) private func conv_taps_8x2_avx512_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_8x3_avx512_body) private func conv_taps_8x3_avx512_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_6x4_avx512_body) private func conv_taps_6x4_avx512_body(_ p: UnsafeRawPointer) { taps(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_8x1_avx2_body) private func conv_taps_8x1_avx2_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 1, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_6x2_avx2_body) private func conv_taps_6x2_avx2_body(_ p: UnsafeRawPointer) { taps(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_8x1_baseline_body) private func conv_taps_8x1_baseline_body(_ p: UnsafeRawPointer) { taps(RegisterTile<8, 1, BaselineLanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_taps_6x2_baseline_body) private func conv_taps_6x2_baseline_body(_ p: UnsafeRawPointer) { taps(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: ConvTapsArguments.self)) }
@c(conv_dot_6x3_avx512_body) private func conv_dot_6x3_avx512_body(_ p: UnsafeRawPointer) { dot(RegisterTile<6, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_6x3_reduce_avx512_body) private func conv_dot_6x3_reduce_avx512_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<6, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_3x5_avx512_body) private func conv_dot_3x5_avx512_body(_ p: UnsafeRawPointer) { dot(RegisterTile<3, 5, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_3x5_reduce_avx512_body) private func conv_dot_3x5_reduce_avx512_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<3, 5, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_1x9_avx512_body) private func conv_dot_1x9_avx512_body(_ p: UnsafeRawPointer) { dot(RegisterTile<1, 9, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_1x9_reduce_avx512_body) private func conv_dot_1x9_reduce_avx512_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<1, 9, AVX512Lanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_3x3_avx2_body) private func conv_dot_3x3_avx2_body(_ p: UnsafeRawPointer) { dot(RegisterTile<3, 3, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_3x3_reduce_avx2_body) private func conv_dot_3x3_reduce_avx2_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<3, 3, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_1x9_avx2_body) private func conv_dot_1x9_avx2_body(_ p: UnsafeRawPointer) { dot(RegisterTile<1, 9, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_1x9_reduce_avx2_body) private func conv_dot_1x9_reduce_avx2_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<1, 9, AVX2Lanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_3x3_baseline_body) private func conv_dot_3x3_baseline_body(_ p: UnsafeRawPointer) { dot(RegisterTile<3, 3, BaselineLanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_3x3_reduce_baseline_body) private func conv_dot_3x3_reduce_baseline_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<3, 3, BaselineLanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }
@c(conv_dot_1x9_baseline_body) private func conv_dot_1x9_baseline_body(_ p: UnsafeRawPointer) { dot(RegisterTile<1, 9, BaselineLanes>.self, p.assumingMemoryBound(to: ConvDotArguments.self)) }
@c(conv_dot_1x9_reduce_baseline_body) private func conv_dot_1x9_reduce_baseline_body(_ p: UnsafeRawPointer) { reduce(RegisterTile<1, 9, BaselineLanes>.self, p.assumingMemoryBound(to: ConvDotReduceArguments.self)) }

extension Levels {
  static let convBatchSum = LevelFunctions<ConvBatchSumArguments>(baseline: conv_batch_sum_baseline, avx2: conv_batch_sum_avx2, avx512: conv_batch_sum_avx512)
  @inline(never) static func batchGradientTiles() -> [ConvTile<ConvBatchWeightsArguments>] {
    [
      .init(level: .avx512, rows: 8, vectors: 3, run: .init(conv_batch_weights_8x3_avx512)),
      .init(level: .avx512, rows: 6, vectors: 4, run: .init(conv_batch_weights_6x4_avx512)),
      .init(level: .avx512, rows: 5, vectors: 5, run: .init(conv_batch_weights_5x5_avx512)),
      .init(level: .avx512, rows: 4, vectors: 6, run: .init(conv_batch_weights_4x6_avx512)),
      .init(level: .avx2, rows: 6, vectors: 2, run: .init(conv_batch_weights_6x2_avx2)),
      .init(level: .avx2, rows: 3, vectors: 3, run: .init(conv_batch_weights_3x3_avx2)),
      .init(level: .baseline, rows: 6, vectors: 2, run: .init(conv_batch_weights_6x2_baseline)),
      .init(level: .baseline, rows: 3, vectors: 3, run: .init(conv_batch_weights_3x3_baseline)),
    ]
  }
  @inline(never) static func channelVectorGradientTiles() -> [ConvTile<ConvTapsArguments>] {
    [
      .init(level: .avx512, rows: 8, vectors: 1, run: .init(conv_taps_8x1_avx512)),
      .init(level: .avx512, rows: 8, vectors: 2, run: .init(conv_taps_8x2_avx512)),
      .init(level: .avx512, rows: 8, vectors: 3, run: .init(conv_taps_8x3_avx512)),
      .init(level: .avx512, rows: 6, vectors: 4, run: .init(conv_taps_6x4_avx512)),
      .init(level: .avx2, rows: 8, vectors: 1, run: .init(conv_taps_8x1_avx2)),
      .init(level: .avx2, rows: 6, vectors: 2, run: .init(conv_taps_6x2_avx2)),
      .init(level: .baseline, rows: 8, vectors: 1, run: .init(conv_taps_8x1_baseline)),
      .init(level: .baseline, rows: 6, vectors: 2, run: .init(conv_taps_6x2_baseline)),
    ]
  }
  @inline(never) static func pixelVectorGradientTiles() -> [PixelVectorGradientTile] {
    [
      .init(tile: .init(level: .avx512, rows: 6, vectors: 3, run: .init(conv_dot_6x3_avx512)), reduce: .init(conv_dot_6x3_reduce_avx512)),
      .init(tile: .init(level: .avx512, rows: 3, vectors: 5, run: .init(conv_dot_3x5_avx512)), reduce: .init(conv_dot_3x5_reduce_avx512)),
      .init(tile: .init(level: .avx512, rows: 1, vectors: 9, run: .init(conv_dot_1x9_avx512)), reduce: .init(conv_dot_1x9_reduce_avx512)),
      .init(tile: .init(level: .avx2, rows: 3, vectors: 3, run: .init(conv_dot_3x3_avx2)), reduce: .init(conv_dot_3x3_reduce_avx2)),
      .init(tile: .init(level: .avx2, rows: 1, vectors: 9, run: .init(conv_dot_1x9_avx2)), reduce: .init(conv_dot_1x9_reduce_avx2)),
      .init(tile: .init(level: .baseline, rows: 3, vectors: 3, run: .init(conv_dot_3x3_baseline)), reduce: .init(conv_dot_3x3_reduce_baseline)),
      .init(tile: .init(level: .baseline, rows: 1, vectors: 9, run: .init(conv_dot_1x9_baseline)), reduce: .init(conv_dot_1x9_reduce_baseline)),
    ]
  }
}
#endif
