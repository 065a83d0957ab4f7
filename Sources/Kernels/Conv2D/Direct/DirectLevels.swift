// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_channels_6x1x4_neon_body) private func conv_channels_6x1x4_neon_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<6, 1, 4, NEONLanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_6x2x2_neon_body) private func conv_channels_6x2x2_neon_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<6, 2, 2, NEONLanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_pixels_6x4_neon_body) private func conv_pixels_6x4_neon_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<6, 4, NEONLanes>.self, tail: RegisterTile<4, 4, NEONLanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_1x8_neon_body) private func conv_pixels_1x8_neon_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<1, 8, NEONLanes>.self, tail: RegisterTile<1, 8, NEONLanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }

extension Levels {
  @inline(never) static func channelVectorTiles() -> [ChannelVectorTile] {
    [
      .init(level: .neon, runs: 6, run: 1, vectors: 4, function: .init(conv_channels_6x1x4_neon)),
      .init(level: .neon, runs: 6, run: 2, vectors: 2, function: .init(conv_channels_6x2x2_neon)),
    ]
  }
  @inline(never) static func pixelVectorTiles() -> [ConvTile<PixelVectorArguments>] {
    [
      .init(level: .neon, rows: 6, vectors: 4, tail: 4, run: .init(conv_pixels_6x4_neon)),
      .init(level: .neon, rows: 1, vectors: 8, tail: 1, run: .init(conv_pixels_1x8_neon)),
    ]
  }
}
#else
@c(conv_channels_7x2x2_avx512_body) private func conv_channels_7x2x2_avx512_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<7, 2, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_2x7x2_avx512_body) private func conv_channels_2x7x2_avx512_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<2, 7, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_3x4x2_avx512_body) private func conv_channels_3x4x2_avx512_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<3, 4, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_2x10x1_avx512_body) private func conv_channels_2x10x1_avx512_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<2, 10, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_7x4x1_avx512_body) private func conv_channels_7x4x1_avx512_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<7, 4, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_5x5x1_avx512_body) private func conv_channels_5x5x1_avx512_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<5, 5, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_6x1x2_avx2_body) private func conv_channels_6x1x2_avx2_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<6, 1, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_channels_6x1x2_baseline_body) private func conv_channels_6x1x2_baseline_body(_ p: UnsafeRawPointer) { convolveChannelVectors(ChannelVectorSums<6, 1, 2, BaselineLanes>.self, p.assumingMemoryBound(to: ChannelVectorArguments.self)) }
@c(conv_pixels_12x2_avx512_body) private func conv_pixels_12x2_avx512_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<12, 2, AVX512Lanes>.self, tail: RegisterTile<8, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_8x3_avx512_body) private func conv_pixels_8x3_avx512_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<8, 3, AVX512Lanes>.self, tail: RegisterTile<8, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_6x4_avx512_body) private func conv_pixels_6x4_avx512_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<6, 4, AVX512Lanes>.self, tail: RegisterTile<4, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_4x6_avx512_body) private func conv_pixels_4x6_avx512_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<4, 6, AVX512Lanes>.self, tail: RegisterTile<4, 6, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_3x7_avx512_body) private func conv_pixels_3x7_avx512_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<3, 7, AVX512Lanes>.self, tail: RegisterTile<3, 7, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_1x8_avx512_body) private func conv_pixels_1x8_avx512_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<1, 8, AVX512Lanes>.self, tail: RegisterTile<1, 8, AVX512Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_6x2_avx2_body) private func conv_pixels_6x2_avx2_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<6, 2, AVX2Lanes>.self, tail: RegisterTile<4, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_1x8_avx2_body) private func conv_pixels_1x8_avx2_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<1, 8, AVX2Lanes>.self, tail: RegisterTile<1, 8, AVX2Lanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_6x2_baseline_body) private func conv_pixels_6x2_baseline_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<6, 2, BaselineLanes>.self, tail: RegisterTile<4, 2, BaselineLanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }
@c(conv_pixels_1x8_baseline_body) private func conv_pixels_1x8_baseline_body(_ p: UnsafeRawPointer) { convolvePixelVectors(RegisterTile<1, 8, BaselineLanes>.self, tail: RegisterTile<1, 8, BaselineLanes>.self, p.assumingMemoryBound(to: PixelVectorArguments.self)) }

extension Levels {
  @inline(never) static func channelVectorTiles() -> [ChannelVectorTile] {
    [
      .init(level: .avx512, runs: 7, run: 2, vectors: 2, function: .init(conv_channels_7x2x2_avx512)),
      .init(level: .avx512, runs: 2, run: 7, vectors: 2, function: .init(conv_channels_2x7x2_avx512)),
      .init(level: .avx512, runs: 3, run: 4, vectors: 2, function: .init(conv_channels_3x4x2_avx512)),
      .init(level: .avx512, runs: 2, run: 10, vectors: 1, function: .init(conv_channels_2x10x1_avx512)),
      .init(level: .avx512, runs: 7, run: 4, vectors: 1, function: .init(conv_channels_7x4x1_avx512)),
      .init(level: .avx512, runs: 5, run: 5, vectors: 1, function: .init(conv_channels_5x5x1_avx512)),
      .init(level: .avx2, runs: 6, run: 1, vectors: 2, function: .init(conv_channels_6x1x2_avx2)),
      .init(level: .baseline, runs: 6, run: 1, vectors: 2, function: .init(conv_channels_6x1x2_baseline)),
    ]
  }
  @inline(never) static func pixelVectorTiles() -> [ConvTile<PixelVectorArguments>] {
    [
      .init(level: .avx512, rows: 12, vectors: 2, tail: 8, run: .init(conv_pixels_12x2_avx512)),
      .init(level: .avx512, rows: 8, vectors: 3, tail: 8, run: .init(conv_pixels_8x3_avx512)),
      .init(level: .avx512, rows: 6, vectors: 4, tail: 4, run: .init(conv_pixels_6x4_avx512)),
      .init(level: .avx512, rows: 4, vectors: 6, tail: 4, run: .init(conv_pixels_4x6_avx512)),
      .init(level: .avx512, rows: 3, vectors: 7, tail: 3, run: .init(conv_pixels_3x7_avx512)),
      .init(level: .avx512, rows: 1, vectors: 8, tail: 1, run: .init(conv_pixels_1x8_avx512)),
      .init(level: .avx2, rows: 6, vectors: 2, tail: 4, run: .init(conv_pixels_6x2_avx2)),
      .init(level: .avx2, rows: 1, vectors: 8, tail: 1, run: .init(conv_pixels_1x8_avx2)),
      .init(level: .baseline, rows: 6, vectors: 2, tail: 4, run: .init(conv_pixels_6x2_baseline)),
      .init(level: .baseline, rows: 1, vectors: 8, tail: 1, run: .init(conv_pixels_1x8_baseline)),
    ]
  }
}
#endif
