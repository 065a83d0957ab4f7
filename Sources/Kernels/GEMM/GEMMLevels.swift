// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(gemm_narrow_neon_body) private func gemm_narrow_neon_body(_ p: UnsafeRawPointer) { multiplyNarrow(NEONLanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_pack_neon_body) private func gemm_pack_neon_body(_ p: UnsafeRawPointer) { packGEMMPanels(NEONLanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_rows_neon_body) private func gemm_rows_neon_body(_ p: UnsafeRawPointer) { multiplyRows(NEONLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_outer_neon_body) private func gemm_outer_neon_body(_ p: UnsafeRawPointer) { multiplyOuter(NEONLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_small_neon_body) private func gemm_small_neon_body(_ p: UnsafeRawPointer) { multiplySmall(SmallRows<8>.self, NEONLanes.self, p.assumingMemoryBound(to: GEMMSmallArguments.self)) }
@c(gemm_tiles_2_neon_body) private func gemm_tiles_2_neon_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<12>.self, Width<2, NEONLanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_tiles_1_neon_body) private func gemm_tiles_1_neon_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<12>.self, Width<1, NEONLanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_transposing_neon_body) private func gemm_transposing_neon_body(_ p: UnsafeRawPointer) { multiplyTransposing(NEONLanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }

extension Levels {
  static let gemmNarrow = LevelFunctions<GEMMNarrowArguments>(neon: gemm_narrow_neon)
  static let gemmPack = LevelFunctions<GEMMPackArguments>(neon: gemm_pack_neon)
  static let gemmRows = LevelFunctions<GEMMRowsArguments>(neon: gemm_rows_neon)
  static let gemmOuter = LevelFunctions<GEMMRowsArguments>(neon: gemm_outer_neon)
  static let gemmSmall = LevelFunctions<GEMMSmallArguments>(neon: gemm_small_neon)
  static let gemmTiles2 = LevelFunctions<GEMMTilesArguments>(neon: gemm_tiles_2_neon)
  static let gemmTiles1 = LevelFunctions<GEMMTilesArguments>(neon: gemm_tiles_1_neon)
  static let gemmTransposing = LevelFunctions<GEMMTransposingArguments>(neon: gemm_transposing_neon)
}
#else
@c(gemm_narrow_baseline_body) private func gemm_narrow_baseline_body(_ p: UnsafeRawPointer) { multiplyNarrow(BaselineLanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_narrow_avx2_body) private func gemm_narrow_avx2_body(_ p: UnsafeRawPointer) { multiplyNarrow(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_narrow_avx512_body) private func gemm_narrow_avx512_body(_ p: UnsafeRawPointer) { multiplyNarrow(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_pack_baseline_body) private func gemm_pack_baseline_body(_ p: UnsafeRawPointer) { packGEMMPanels(BaselineLanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_pack_avx2_body) private func gemm_pack_avx2_body(_ p: UnsafeRawPointer) { packGEMMPanels(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_pack_avx512_body) private func gemm_pack_avx512_body(_ p: UnsafeRawPointer) { packGEMMPanels(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_rows_baseline_body) private func gemm_rows_baseline_body(_ p: UnsafeRawPointer) { multiplyRows(BaselineLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_rows_avx2_body) private func gemm_rows_avx2_body(_ p: UnsafeRawPointer) { multiplyRows(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_rows_avx512_body) private func gemm_rows_avx512_body(_ p: UnsafeRawPointer) { multiplyRows(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_outer_baseline_body) private func gemm_outer_baseline_body(_ p: UnsafeRawPointer) { multiplyOuter(BaselineLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_outer_avx2_body) private func gemm_outer_avx2_body(_ p: UnsafeRawPointer) { multiplyOuter(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_outer_avx512_body) private func gemm_outer_avx512_body(_ p: UnsafeRawPointer) { multiplyOuter(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_small_baseline_body) private func gemm_small_baseline_body(_ p: UnsafeRawPointer) { multiplySmall(SmallRows<4>.self, BaselineLanes.self, p.assumingMemoryBound(to: GEMMSmallArguments.self)) }
@c(gemm_small_avx2_body) private func gemm_small_avx2_body(_ p: UnsafeRawPointer) { multiplySmallOfAnyWidth(SmallRows<4>.self, AVX2Lanes.self, p.assumingMemoryBound(to: GEMMSmallArguments.self)) }
@c(gemm_small_avx512_body) private func gemm_small_avx512_body(_ p: UnsafeRawPointer) { multiplySmallOfAnyWidth(SmallRows<8>.self, AVX512Lanes.self, p.assumingMemoryBound(to: GEMMSmallArguments.self)) }
@c(gemm_tiles_2_baseline_body) private func gemm_tiles_2_baseline_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<6>.self, Width<2, BaselineLanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_tiles_2_avx2_body) private func gemm_tiles_2_avx2_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<6>.self, Width<2, AVX2Lanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_tiles_2_avx512_body) private func gemm_tiles_2_avx512_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<12>.self, Width<2, AVX512Lanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_tiles_1_baseline_body) private func gemm_tiles_1_baseline_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<6>.self, Width<1, BaselineLanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_tiles_1_avx2_body) private func gemm_tiles_1_avx2_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<6>.self, Width<1, AVX2Lanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_tiles_1_avx512_body) private func gemm_tiles_1_avx512_body(_ p: UnsafeRawPointer) { multiplyTiles(TileRows<12>.self, Width<1, AVX512Lanes>.self, p.assumingMemoryBound(to: GEMMTilesArguments.self)) }
@c(gemm_transposing_baseline_body) private func gemm_transposing_baseline_body(_ p: UnsafeRawPointer) { multiplyTransposing(BaselineLanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }
@c(gemm_transposing_avx2_body) private func gemm_transposing_avx2_body(_ p: UnsafeRawPointer) { multiplyTransposing(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }
@c(gemm_transposing_avx512_body) private func gemm_transposing_avx512_body(_ p: UnsafeRawPointer) { multiplyTransposing(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }

extension Levels {
  static let gemmNarrow = LevelFunctions<GEMMNarrowArguments>(baseline: gemm_narrow_baseline, avx2: gemm_narrow_avx2, avx512: gemm_narrow_avx512)
  static let gemmPack = LevelFunctions<GEMMPackArguments>(baseline: gemm_pack_baseline, avx2: gemm_pack_avx2, avx512: gemm_pack_avx512)
  static let gemmRows = LevelFunctions<GEMMRowsArguments>(baseline: gemm_rows_baseline, avx2: gemm_rows_avx2, avx512: gemm_rows_avx512)
  static let gemmOuter = LevelFunctions<GEMMRowsArguments>(baseline: gemm_outer_baseline, avx2: gemm_outer_avx2, avx512: gemm_outer_avx512)
  static let gemmSmall = LevelFunctions<GEMMSmallArguments>(baseline: gemm_small_baseline, avx2: gemm_small_avx2, avx512: gemm_small_avx512)
  static let gemmTiles2 = LevelFunctions<GEMMTilesArguments>(baseline: gemm_tiles_2_baseline, avx2: gemm_tiles_2_avx2, avx512: gemm_tiles_2_avx512)
  static let gemmTiles1 = LevelFunctions<GEMMTilesArguments>(baseline: gemm_tiles_1_baseline, avx2: gemm_tiles_1_avx2, avx512: gemm_tiles_1_avx512)
  static let gemmTransposing = LevelFunctions<GEMMTransposingArguments>(baseline: gemm_transposing_baseline, avx2: gemm_transposing_avx2, avx512: gemm_transposing_avx512)
}
#endif
