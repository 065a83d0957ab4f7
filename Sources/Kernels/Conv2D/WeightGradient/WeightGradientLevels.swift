// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_gradient_sum_lanes_neon_body) private func conv_gradient_sum_lanes_neon_body(_ p: UnsafeRawPointer) { sumLanes(NEONLanes.self, p.assumingMemoryBound(to: LaneSumArguments.self)) }
@c(conv_gradient_images_6x4_neon_body) private func conv_gradient_images_6x4_neon_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_channels_8x1_neon_body) private func conv_gradient_channels_8x1_neon_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 1, NEONLanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_8x2_neon_body) private func conv_gradient_channels_8x2_neon_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 2, NEONLanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_8x3_neon_body) private func conv_gradient_channels_8x3_neon_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 3, NEONLanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_6x4_neon_body) private func conv_gradient_channels_6x4_neon_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_6x4_neon_body) private func conv_gradient_pixels_6x4_neon_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_6x4_reduce_neon_body) private func conv_gradient_pixels_6x4_reduce_neon_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_1x9_neon_body) private func conv_gradient_pixels_1x9_neon_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<1, 9, NEONLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_1x9_reduce_neon_body) private func conv_gradient_pixels_1x9_reduce_neon_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<1, 9, NEONLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }

extension Levels {
  static let convGradientSumLanes = LevelFunctions<LaneSumArguments>(neon: conv_gradient_sum_lanes_neon)
  @inline(never) static func batchGradientTiles() -> [ConvTile<BatchGradientArguments>] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: .init(conv_gradient_images_6x4_neon)),
    ]
  }
  @inline(never) static func channelVectorGradientTiles() -> [ConvTile<ChannelVectorGradientArguments>] {
    [
      .init(level: .neon, rows: 8, vectors: 1, run: .init(conv_gradient_channels_8x1_neon)),
      .init(level: .neon, rows: 8, vectors: 2, run: .init(conv_gradient_channels_8x2_neon)),
      .init(level: .neon, rows: 8, vectors: 3, run: .init(conv_gradient_channels_8x3_neon)),
      .init(level: .neon, rows: 6, vectors: 4, run: .init(conv_gradient_channels_6x4_neon)),
    ]
  }
  @inline(never) static func pixelVectorGradientTiles() -> [PixelVectorGradientTile] {
    [
      .init(tile: .init(level: .neon, rows: 6, vectors: 4, run: .init(conv_gradient_pixels_6x4_neon)), reduce: .init(conv_gradient_pixels_6x4_reduce_neon)),
      .init(tile: .init(level: .neon, rows: 1, vectors: 9, run: .init(conv_gradient_pixels_1x9_neon)), reduce: .init(conv_gradient_pixels_1x9_reduce_neon)),
    ]
  }
}
#else
@c(conv_gradient_sum_lanes_baseline_body) private func conv_gradient_sum_lanes_baseline_body(_ p: UnsafeRawPointer) { sumLanes(BaselineLanes.self, p.assumingMemoryBound(to: LaneSumArguments.self)) }
@c(conv_gradient_sum_lanes_avx2_body) private func conv_gradient_sum_lanes_avx2_body(_ p: UnsafeRawPointer) { sumLanes(AVX2Lanes.self, p.assumingMemoryBound(to: LaneSumArguments.self)) }
@c(conv_gradient_sum_lanes_avx512_body) private func conv_gradient_sum_lanes_avx512_body(_ p: UnsafeRawPointer) { sumLanes(AVX512Lanes.self, p.assumingMemoryBound(to: LaneSumArguments.self)) }
@c(conv_gradient_images_8x3_avx512_body) private func conv_gradient_images_8x3_avx512_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<8, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_6x4_avx512_body) private func conv_gradient_images_6x4_avx512_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_5x5_avx512_body) private func conv_gradient_images_5x5_avx512_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<5, 5, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_4x6_avx512_body) private func conv_gradient_images_4x6_avx512_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<4, 6, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_6x2_avx2_body) private func conv_gradient_images_6x2_avx2_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_3x3_avx2_body) private func conv_gradient_images_3x3_avx2_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<3, 3, AVX2Lanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_6x2_baseline_body) private func conv_gradient_images_6x2_baseline_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_images_3x3_baseline_body) private func conv_gradient_images_3x3_baseline_body(_ p: UnsafeRawPointer) { accumulateBatchGradient(RegisterTile<3, 3, BaselineLanes>.self, p.assumingMemoryBound(to: BatchGradientArguments.self)) }
@c(conv_gradient_channels_8x1_avx512_body) private func conv_gradient_channels_8x1_avx512_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_8x2_avx512_body) private func conv_gradient_channels_8x2_avx512_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_8x3_avx512_body) private func conv_gradient_channels_8x3_avx512_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_6x4_avx512_body) private func conv_gradient_channels_6x4_avx512_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_8x1_avx2_body) private func conv_gradient_channels_8x1_avx2_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 1, AVX2Lanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_6x2_avx2_body) private func conv_gradient_channels_6x2_avx2_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_8x1_baseline_body) private func conv_gradient_channels_8x1_baseline_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<8, 1, BaselineLanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_channels_6x2_baseline_body) private func conv_gradient_channels_6x2_baseline_body(_ p: UnsafeRawPointer) { accumulateChannelVectorGradient(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: ChannelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_6x3_avx512_body) private func conv_gradient_pixels_6x3_avx512_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<6, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_6x3_reduce_avx512_body) private func conv_gradient_pixels_6x3_reduce_avx512_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<6, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_3x5_avx512_body) private func conv_gradient_pixels_3x5_avx512_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<3, 5, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_3x5_reduce_avx512_body) private func conv_gradient_pixels_3x5_reduce_avx512_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<3, 5, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_1x9_avx512_body) private func conv_gradient_pixels_1x9_avx512_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<1, 9, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_1x9_reduce_avx512_body) private func conv_gradient_pixels_1x9_reduce_avx512_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<1, 9, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_3x3_avx2_body) private func conv_gradient_pixels_3x3_avx2_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<3, 3, AVX2Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_3x3_reduce_avx2_body) private func conv_gradient_pixels_3x3_reduce_avx2_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<3, 3, AVX2Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_1x9_avx2_body) private func conv_gradient_pixels_1x9_avx2_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<1, 9, AVX2Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_1x9_reduce_avx2_body) private func conv_gradient_pixels_1x9_reduce_avx2_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<1, 9, AVX2Lanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_3x3_baseline_body) private func conv_gradient_pixels_3x3_baseline_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<3, 3, BaselineLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_3x3_reduce_baseline_body) private func conv_gradient_pixels_3x3_reduce_baseline_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<3, 3, BaselineLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }
@c(conv_gradient_pixels_1x9_baseline_body) private func conv_gradient_pixels_1x9_baseline_body(_ p: UnsafeRawPointer) { accumulatePixelVectorGradient(RegisterTile<1, 9, BaselineLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientArguments.self)) }
@c(conv_gradient_pixels_1x9_reduce_baseline_body) private func conv_gradient_pixels_1x9_reduce_baseline_body(_ p: UnsafeRawPointer) { reducePixelVectorGradient(RegisterTile<1, 9, BaselineLanes>.self, p.assumingMemoryBound(to: PixelVectorGradientReduceArguments.self)) }

extension Levels {
  static let convGradientSumLanes = LevelFunctions<LaneSumArguments>(baseline: conv_gradient_sum_lanes_baseline, avx2: conv_gradient_sum_lanes_avx2, avx512: conv_gradient_sum_lanes_avx512)
  @inline(never) static func batchGradientTiles() -> [ConvTile<BatchGradientArguments>] {
    [
      .init(level: .avx512, rows: 8, vectors: 3, run: .init(conv_gradient_images_8x3_avx512)),
      .init(level: .avx512, rows: 6, vectors: 4, run: .init(conv_gradient_images_6x4_avx512)),
      .init(level: .avx512, rows: 5, vectors: 5, run: .init(conv_gradient_images_5x5_avx512)),
      .init(level: .avx512, rows: 4, vectors: 6, run: .init(conv_gradient_images_4x6_avx512)),
      .init(level: .avx2, rows: 6, vectors: 2, run: .init(conv_gradient_images_6x2_avx2)),
      .init(level: .avx2, rows: 3, vectors: 3, run: .init(conv_gradient_images_3x3_avx2)),
      .init(level: .baseline, rows: 6, vectors: 2, run: .init(conv_gradient_images_6x2_baseline)),
      .init(level: .baseline, rows: 3, vectors: 3, run: .init(conv_gradient_images_3x3_baseline)),
    ]
  }
  @inline(never) static func channelVectorGradientTiles() -> [ConvTile<ChannelVectorGradientArguments>] {
    [
      .init(level: .avx512, rows: 8, vectors: 1, run: .init(conv_gradient_channels_8x1_avx512)),
      .init(level: .avx512, rows: 8, vectors: 2, run: .init(conv_gradient_channels_8x2_avx512)),
      .init(level: .avx512, rows: 8, vectors: 3, run: .init(conv_gradient_channels_8x3_avx512)),
      .init(level: .avx512, rows: 6, vectors: 4, run: .init(conv_gradient_channels_6x4_avx512)),
      .init(level: .avx2, rows: 8, vectors: 1, run: .init(conv_gradient_channels_8x1_avx2)),
      .init(level: .avx2, rows: 6, vectors: 2, run: .init(conv_gradient_channels_6x2_avx2)),
      .init(level: .baseline, rows: 8, vectors: 1, run: .init(conv_gradient_channels_8x1_baseline)),
      .init(level: .baseline, rows: 6, vectors: 2, run: .init(conv_gradient_channels_6x2_baseline)),
    ]
  }
  @inline(never) static func pixelVectorGradientTiles() -> [PixelVectorGradientTile] {
    [
      .init(tile: .init(level: .avx512, rows: 6, vectors: 3, run: .init(conv_gradient_pixels_6x3_avx512)), reduce: .init(conv_gradient_pixels_6x3_reduce_avx512)),
      .init(tile: .init(level: .avx512, rows: 3, vectors: 5, run: .init(conv_gradient_pixels_3x5_avx512)), reduce: .init(conv_gradient_pixels_3x5_reduce_avx512)),
      .init(tile: .init(level: .avx512, rows: 1, vectors: 9, run: .init(conv_gradient_pixels_1x9_avx512)), reduce: .init(conv_gradient_pixels_1x9_reduce_avx512)),
      .init(tile: .init(level: .avx2, rows: 3, vectors: 3, run: .init(conv_gradient_pixels_3x3_avx2)), reduce: .init(conv_gradient_pixels_3x3_reduce_avx2)),
      .init(tile: .init(level: .avx2, rows: 1, vectors: 9, run: .init(conv_gradient_pixels_1x9_avx2)), reduce: .init(conv_gradient_pixels_1x9_reduce_avx2)),
      .init(tile: .init(level: .baseline, rows: 3, vectors: 3, run: .init(conv_gradient_pixels_3x3_baseline)), reduce: .init(conv_gradient_pixels_3x3_reduce_baseline)),
      .init(tile: .init(level: .baseline, rows: 1, vectors: 9, run: .init(conv_gradient_pixels_1x9_baseline)), reduce: .init(conv_gradient_pixels_1x9_reduce_baseline)),
    ]
  }
}
#endif
