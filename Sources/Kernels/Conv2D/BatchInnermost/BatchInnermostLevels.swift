// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_images_pack_neon_body) private func conv_images_pack_neon_body(_ p: UnsafeRawPointer) { packImages(NEONLanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_unpack_neon_body) private func conv_images_unpack_neon_body(_ p: UnsafeRawPointer) { unpackImages(NEONLanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_pool_neon_body) private func conv_images_pool_neon_body(_ p: UnsafeRawPointer) { poolImages(NEONLanes.self, p.assumingMemoryBound(to: BatchPoolArguments.self)) }
@c(conv_images_unpool_neon_body) private func conv_images_unpool_neon_body(_ p: UnsafeRawPointer) { unpoolImages(NEONLanes.self, p.assumingMemoryBound(to: BatchUnpoolArguments.self)) }
@c(conv_images_6x4_neon_body) private func conv_images_6x4_neon_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<6, 4, NEONLanes>.self, RegisterTile<6, 2, NEONLanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_1x8_neon_body) private func conv_images_1x8_neon_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<1, 8, NEONLanes>.self, RegisterTile<1, 4, NEONLanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }

extension Levels {
  static let convImagesPack = LevelFunctions<BatchTransposeArguments>(neon: conv_images_pack_neon)
  static let convImagesUnpack = LevelFunctions<BatchTransposeArguments>(neon: conv_images_unpack_neon)
  static let convImagesPool = LevelFunctions<BatchPoolArguments>(neon: conv_images_pool_neon)
  static let convImagesUnpool = LevelFunctions<BatchUnpoolArguments>(neon: conv_images_unpool_neon)
  @inline(never) static func batchTiles() -> [BatchTile] {
    [
      .init(level: .neon, rows: 6, wide: 4, narrow: 2, run: .init(conv_images_6x4_neon)),
      .init(level: .neon, rows: 1, wide: 8, narrow: 4, run: .init(conv_images_1x8_neon)),
    ]
  }
}
#else
@c(conv_images_pack_baseline_body) private func conv_images_pack_baseline_body(_ p: UnsafeRawPointer) { packImages(BaselineLanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_pack_avx2_body) private func conv_images_pack_avx2_body(_ p: UnsafeRawPointer) { packImages(AVX2Lanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_pack_avx512_body) private func conv_images_pack_avx512_body(_ p: UnsafeRawPointer) { packImages(AVX512Lanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_unpack_baseline_body) private func conv_images_unpack_baseline_body(_ p: UnsafeRawPointer) { unpackImages(BaselineLanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_unpack_avx2_body) private func conv_images_unpack_avx2_body(_ p: UnsafeRawPointer) { unpackImages(AVX2Lanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_unpack_avx512_body) private func conv_images_unpack_avx512_body(_ p: UnsafeRawPointer) { unpackImages(AVX512Lanes.self, p.assumingMemoryBound(to: BatchTransposeArguments.self)) }
@c(conv_images_pool_baseline_body) private func conv_images_pool_baseline_body(_ p: UnsafeRawPointer) { poolImages(BaselineLanes.self, p.assumingMemoryBound(to: BatchPoolArguments.self)) }
@c(conv_images_pool_avx2_body) private func conv_images_pool_avx2_body(_ p: UnsafeRawPointer) { poolImages(AVX2Lanes.self, p.assumingMemoryBound(to: BatchPoolArguments.self)) }
@c(conv_images_pool_avx512_body) private func conv_images_pool_avx512_body(_ p: UnsafeRawPointer) { poolImages(AVX512Lanes.self, p.assumingMemoryBound(to: BatchPoolArguments.self)) }
@c(conv_images_unpool_baseline_body) private func conv_images_unpool_baseline_body(_ p: UnsafeRawPointer) { unpoolImages(BaselineLanes.self, p.assumingMemoryBound(to: BatchUnpoolArguments.self)) }
@c(conv_images_unpool_avx2_body) private func conv_images_unpool_avx2_body(_ p: UnsafeRawPointer) { unpoolImages(AVX2Lanes.self, p.assumingMemoryBound(to: BatchUnpoolArguments.self)) }
@c(conv_images_unpool_avx512_body) private func conv_images_unpool_avx512_body(_ p: UnsafeRawPointer) { unpoolImages(AVX512Lanes.self, p.assumingMemoryBound(to: BatchUnpoolArguments.self)) }
@c(conv_images_12x2_avx512_body) private func conv_images_12x2_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<12, 2, AVX512Lanes>.self, RegisterTile<12, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_8x3_avx512_body) private func conv_images_8x3_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<8, 3, AVX512Lanes>.self, RegisterTile<8, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_6x4_avx512_body) private func conv_images_6x4_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<6, 4, AVX512Lanes>.self, RegisterTile<6, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_5x4_avx512_body) private func conv_images_5x4_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<5, 4, AVX512Lanes>.self, RegisterTile<5, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_4x6_avx512_body) private func conv_images_4x6_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<4, 6, AVX512Lanes>.self, RegisterTile<4, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_3x7_avx512_body) private func conv_images_3x7_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<3, 7, AVX512Lanes>.self, RegisterTile<3, 3, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_1x8_avx512_body) private func conv_images_1x8_avx512_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<1, 8, AVX512Lanes>.self, RegisterTile<1, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_6x2_avx2_body) private func conv_images_6x2_avx2_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<6, 2, AVX2Lanes>.self, RegisterTile<6, 1, AVX2Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_3x3_avx2_body) private func conv_images_3x3_avx2_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<3, 3, AVX2Lanes>.self, RegisterTile<3, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_1x8_avx2_body) private func conv_images_1x8_avx2_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<1, 8, AVX2Lanes>.self, RegisterTile<1, 4, AVX2Lanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_6x2_baseline_body) private func conv_images_6x2_baseline_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<6, 2, BaselineLanes>.self, RegisterTile<6, 1, BaselineLanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_3x3_baseline_body) private func conv_images_3x3_baseline_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<3, 3, BaselineLanes>.self, RegisterTile<3, 2, BaselineLanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }
@c(conv_images_1x8_baseline_body) private func conv_images_1x8_baseline_body(_ p: UnsafeRawPointer) { convolveImageVectors(RegisterTile<1, 8, BaselineLanes>.self, RegisterTile<1, 4, BaselineLanes>.self, p.assumingMemoryBound(to: BatchTileArguments.self)) }

extension Levels {
  static let convImagesPack = LevelFunctions<BatchTransposeArguments>(baseline: conv_images_pack_baseline, avx2: conv_images_pack_avx2, avx512: conv_images_pack_avx512)
  static let convImagesUnpack = LevelFunctions<BatchTransposeArguments>(baseline: conv_images_unpack_baseline, avx2: conv_images_unpack_avx2, avx512: conv_images_unpack_avx512)
  static let convImagesPool = LevelFunctions<BatchPoolArguments>(baseline: conv_images_pool_baseline, avx2: conv_images_pool_avx2, avx512: conv_images_pool_avx512)
  static let convImagesUnpool = LevelFunctions<BatchUnpoolArguments>(baseline: conv_images_unpool_baseline, avx2: conv_images_unpool_avx2, avx512: conv_images_unpool_avx512)
  @inline(never) static func batchTiles() -> [BatchTile] {
    [
      .init(level: .avx512, rows: 12, wide: 2, narrow: 1, run: .init(conv_images_12x2_avx512)),
      .init(level: .avx512, rows: 8, wide: 3, narrow: 1, run: .init(conv_images_8x3_avx512)),
      .init(level: .avx512, rows: 6, wide: 4, narrow: 2, run: .init(conv_images_6x4_avx512)),
      .init(level: .avx512, rows: 5, wide: 4, narrow: 2, run: .init(conv_images_5x4_avx512)),
      .init(level: .avx512, rows: 4, wide: 6, narrow: 3, run: .init(conv_images_4x6_avx512)),
      .init(level: .avx512, rows: 3, wide: 7, narrow: 3, run: .init(conv_images_3x7_avx512)),
      .init(level: .avx512, rows: 1, wide: 8, narrow: 4, run: .init(conv_images_1x8_avx512)),
      .init(level: .avx2, rows: 6, wide: 2, narrow: 1, run: .init(conv_images_6x2_avx2)),
      .init(level: .avx2, rows: 3, wide: 3, narrow: 2, run: .init(conv_images_3x3_avx2)),
      .init(level: .avx2, rows: 1, wide: 8, narrow: 4, run: .init(conv_images_1x8_avx2)),
      .init(level: .baseline, rows: 6, wide: 2, narrow: 1, run: .init(conv_images_6x2_baseline)),
      .init(level: .baseline, rows: 3, wide: 3, narrow: 2, run: .init(conv_images_3x3_baseline)),
      .init(level: .baseline, rows: 1, wide: 8, narrow: 4, run: .init(conv_images_1x8_baseline)),
    ]
  }
}
#endif
