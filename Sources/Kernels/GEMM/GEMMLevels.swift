// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(gemm_few_rows_neon_body) private func gemm_few_rows_neon_body(_ p: UnsafeRawPointer) { multiplyFewRows(NEONLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_macro_2_neon_body) private func gemm_macro_2_neon_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<12>.self, TileWidth<2, NEONLanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_macro_1_neon_body) private func gemm_macro_1_neon_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<12>.self, TileWidth<1, NEONLanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_pack_neon_body) private func gemm_pack_neon_body(_ p: UnsafeRawPointer) { packGEMMPanels(NEONLanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_narrow_neon_body) private func gemm_narrow_neon_body(_ p: UnsafeRawPointer) { multiplyNarrow(NEONLanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_outer_product_neon_body) private func gemm_outer_product_neon_body(_ p: UnsafeRawPointer) { outerProduct(NEONLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_transposing_neon_body) private func gemm_transposing_neon_body(_ p: UnsafeRawPointer) { multiplyPanelTransposing(NEONLanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }
@c(gemm_unpacked_neon_body) private func gemm_unpacked_neon_body(_ p: UnsafeRawPointer) { multiplyUnpackedOfAnyWidth(TileRows<8>.self, NEONLanes.self, p.assumingMemoryBound(to: GEMMUnpackedArguments.self)) }

extension Levels {
  static let gemmFewRows = LevelFunctions<GEMMRowsArguments>(neon: gemm_few_rows_neon)
  static let gemmMacro2 = LevelFunctions<GEMMMacroArguments>(neon: gemm_macro_2_neon)
  static let gemmMacro1 = LevelFunctions<GEMMMacroArguments>(neon: gemm_macro_1_neon)
  static let gemmPack = LevelFunctions<GEMMPackArguments>(neon: gemm_pack_neon)
  static let gemmNarrow = LevelFunctions<GEMMNarrowArguments>(neon: gemm_narrow_neon)
  static let gemmOuterProduct = LevelFunctions<GEMMRowsArguments>(neon: gemm_outer_product_neon)
  static let gemmTransposing = LevelFunctions<GEMMTransposingArguments>(neon: gemm_transposing_neon)
  static let gemmUnpacked = LevelFunctions<GEMMUnpackedArguments>(neon: gemm_unpacked_neon)
}
#else
@c(gemm_few_rows_baseline_body) private func gemm_few_rows_baseline_body(_ p: UnsafeRawPointer) { multiplyFewRows(BaselineLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_few_rows_avx2_body) private func gemm_few_rows_avx2_body(_ p: UnsafeRawPointer) { multiplyFewRows(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_few_rows_avx512_body) private func gemm_few_rows_avx512_body(_ p: UnsafeRawPointer) { multiplyFewRows(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_macro_2_baseline_body) private func gemm_macro_2_baseline_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<6>.self, TileWidth<2, BaselineLanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_macro_2_avx2_body) private func gemm_macro_2_avx2_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<6>.self, TileWidth<2, AVX2Lanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_macro_2_avx512_body) private func gemm_macro_2_avx512_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<12>.self, TileWidth<2, AVX512Lanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_macro_1_baseline_body) private func gemm_macro_1_baseline_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<6>.self, TileWidth<1, BaselineLanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_macro_1_avx2_body) private func gemm_macro_1_avx2_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<6>.self, TileWidth<1, AVX2Lanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_macro_1_avx512_body) private func gemm_macro_1_avx512_body(_ p: UnsafeRawPointer) { macroKernel(TileRows<12>.self, TileWidth<1, AVX512Lanes>.self, p.assumingMemoryBound(to: GEMMMacroArguments.self)) }
@c(gemm_pack_baseline_body) private func gemm_pack_baseline_body(_ p: UnsafeRawPointer) { packGEMMPanels(BaselineLanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_pack_avx2_body) private func gemm_pack_avx2_body(_ p: UnsafeRawPointer) { packGEMMPanels(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_pack_avx512_body) private func gemm_pack_avx512_body(_ p: UnsafeRawPointer) { packGEMMPanels(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMPackArguments.self)) }
@c(gemm_narrow_baseline_body) private func gemm_narrow_baseline_body(_ p: UnsafeRawPointer) { multiplyNarrow(BaselineLanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_narrow_avx2_body) private func gemm_narrow_avx2_body(_ p: UnsafeRawPointer) { multiplyNarrow(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_narrow_avx512_body) private func gemm_narrow_avx512_body(_ p: UnsafeRawPointer) { multiplyNarrow(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMNarrowArguments.self)) }
@c(gemm_outer_product_baseline_body) private func gemm_outer_product_baseline_body(_ p: UnsafeRawPointer) { outerProduct(BaselineLanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_outer_product_avx2_body) private func gemm_outer_product_avx2_body(_ p: UnsafeRawPointer) { outerProduct(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_outer_product_avx512_body) private func gemm_outer_product_avx512_body(_ p: UnsafeRawPointer) { outerProduct(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMRowsArguments.self)) }
@c(gemm_transposing_baseline_body) private func gemm_transposing_baseline_body(_ p: UnsafeRawPointer) { multiplyPanelTransposing(BaselineLanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }
@c(gemm_transposing_avx2_body) private func gemm_transposing_avx2_body(_ p: UnsafeRawPointer) { multiplyPanelTransposing(AVX2Lanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }
@c(gemm_transposing_avx512_body) private func gemm_transposing_avx512_body(_ p: UnsafeRawPointer) { multiplyPanelTransposing(AVX512Lanes.self, p.assumingMemoryBound(to: GEMMTransposingArguments.self)) }
@c(gemm_unpacked_baseline_body) private func gemm_unpacked_baseline_body(_ p: UnsafeRawPointer) { multiplyUnpackedOfAnyWidth(TileRows<4>.self, BaselineLanes.self, p.assumingMemoryBound(to: GEMMUnpackedArguments.self)) }
@c(gemm_unpacked_avx2_body) private func gemm_unpacked_avx2_body(_ p: UnsafeRawPointer) { multiplyUnpackedOfAnyWidth(TileRows<4>.self, AVX2Lanes.self, p.assumingMemoryBound(to: GEMMUnpackedArguments.self)) }
@c(gemm_unpacked_avx512_body) private func gemm_unpacked_avx512_body(_ p: UnsafeRawPointer) { multiplyUnpackedOfAnyWidth(TileRows<8>.self, AVX512Lanes.self, p.assumingMemoryBound(to: GEMMUnpackedArguments.self)) }

extension Levels {
  static let gemmFewRows = LevelFunctions<GEMMRowsArguments>(baseline: gemm_few_rows_baseline, avx2: gemm_few_rows_avx2, avx512: gemm_few_rows_avx512)
  static let gemmMacro2 = LevelFunctions<GEMMMacroArguments>(baseline: gemm_macro_2_baseline, avx2: gemm_macro_2_avx2, avx512: gemm_macro_2_avx512)
  static let gemmMacro1 = LevelFunctions<GEMMMacroArguments>(baseline: gemm_macro_1_baseline, avx2: gemm_macro_1_avx2, avx512: gemm_macro_1_avx512)
  static let gemmPack = LevelFunctions<GEMMPackArguments>(baseline: gemm_pack_baseline, avx2: gemm_pack_avx2, avx512: gemm_pack_avx512)
  static let gemmNarrow = LevelFunctions<GEMMNarrowArguments>(baseline: gemm_narrow_baseline, avx2: gemm_narrow_avx2, avx512: gemm_narrow_avx512)
  static let gemmOuterProduct = LevelFunctions<GEMMRowsArguments>(baseline: gemm_outer_product_baseline, avx2: gemm_outer_product_avx2, avx512: gemm_outer_product_avx512)
  static let gemmTransposing = LevelFunctions<GEMMTransposingArguments>(baseline: gemm_transposing_baseline, avx2: gemm_transposing_avx2, avx512: gemm_transposing_avx512)
  static let gemmUnpacked = LevelFunctions<GEMMUnpackedArguments>(baseline: gemm_unpacked_baseline, avx2: gemm_unpacked_avx2, avx512: gemm_unpacked_avx512)
}
#endif
