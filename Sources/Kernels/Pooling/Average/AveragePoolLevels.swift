// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(average_pool_2x2_forward_neon_body) private func average_pool_2x2_forward_neon_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_neon_body) private func average_pool_2x2_backward_neon_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_3x3_forward_neon_body) private func average_pool_3x3_forward_neon_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_neon_body) private func average_pool_3x3_backward_neon_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_forward_neon_body) private func average_pool_tiles_forward_neon_body(_ p: UnsafeRawPointer) { runAveragePoolTilesForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_backward_neon_body) private func average_pool_tiles_backward_neon_body(_ p: UnsafeRawPointer) { runAveragePoolTilesBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_forward_neon_body) private func average_pool_windows_forward_neon_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_backward_neon_body) private func average_pool_windows_backward_neon_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_forward_neon_body) private func average_pool_rows_forward_neon_body(_ p: UnsafeRawPointer) { runAveragePoolRowsForward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_backward_neon_body) private func average_pool_rows_backward_neon_body(_ p: UnsafeRawPointer) { runAveragePoolRowsBackward(NEONLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }

extension Levels {
  static let averagePool2x2Forward = LevelFunctions<AveragePoolArguments>(neon: average_pool_2x2_forward_neon)
  static let averagePool2x2Backward = LevelFunctions<AveragePoolArguments>(neon: average_pool_2x2_backward_neon)
  static let averagePool3x3Forward = LevelFunctions<AveragePoolArguments>(neon: average_pool_3x3_forward_neon)
  static let averagePool3x3Backward = LevelFunctions<AveragePoolArguments>(neon: average_pool_3x3_backward_neon)
  static let averagePoolTilesForward = LevelFunctions<AveragePoolArguments>(neon: average_pool_tiles_forward_neon)
  static let averagePoolTilesBackward = LevelFunctions<AveragePoolArguments>(neon: average_pool_tiles_backward_neon)
  static let averagePoolWindowsForward = LevelFunctions<AveragePoolArguments>(neon: average_pool_windows_forward_neon)
  static let averagePoolWindowsBackward = LevelFunctions<AveragePoolArguments>(neon: average_pool_windows_backward_neon)
  static let averagePoolRowsForward = LevelFunctions<AveragePoolArguments>(neon: average_pool_rows_forward_neon)
  static let averagePoolRowsBackward = LevelFunctions<AveragePoolArguments>(neon: average_pool_rows_backward_neon)
}
#else
@c(average_pool_2x2_forward_baseline_body) private func average_pool_2x2_forward_baseline_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_forward_avx2_body) private func average_pool_2x2_forward_avx2_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_forward_avx512_body) private func average_pool_2x2_forward_avx512_body(_ p: UnsafeRawPointer) { AveragePool2x2Forward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_baseline_body) private func average_pool_2x2_backward_baseline_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_avx2_body) private func average_pool_2x2_backward_avx2_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_2x2_backward_avx512_body) private func average_pool_2x2_backward_avx512_body(_ p: UnsafeRawPointer) { AveragePool2x2Backward(p.assumingMemoryBound(to: AveragePoolArguments.self)).run(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self).pointee.geometry) }
@c(average_pool_3x3_forward_baseline_body) private func average_pool_3x3_forward_baseline_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_forward_avx2_body) private func average_pool_3x3_forward_avx2_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_forward_avx512_body) private func average_pool_3x3_forward_avx512_body(_ p: UnsafeRawPointer) { averagePool3x3Forward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_baseline_body) private func average_pool_3x3_backward_baseline_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_avx2_body) private func average_pool_3x3_backward_avx2_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_3x3_backward_avx512_body) private func average_pool_3x3_backward_avx512_body(_ p: UnsafeRawPointer) { averagePool3x3Backward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_forward_baseline_body) private func average_pool_tiles_forward_baseline_body(_ p: UnsafeRawPointer) { runAveragePoolTilesForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_forward_avx2_body) private func average_pool_tiles_forward_avx2_body(_ p: UnsafeRawPointer) { runAveragePoolTilesForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_forward_avx512_body) private func average_pool_tiles_forward_avx512_body(_ p: UnsafeRawPointer) { runAveragePoolTilesForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_backward_baseline_body) private func average_pool_tiles_backward_baseline_body(_ p: UnsafeRawPointer) { runAveragePoolTilesBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_backward_avx2_body) private func average_pool_tiles_backward_avx2_body(_ p: UnsafeRawPointer) { runAveragePoolTilesBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_tiles_backward_avx512_body) private func average_pool_tiles_backward_avx512_body(_ p: UnsafeRawPointer) { runAveragePoolTilesBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_forward_baseline_body) private func average_pool_windows_forward_baseline_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_forward_avx2_body) private func average_pool_windows_forward_avx2_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_forward_avx512_body) private func average_pool_windows_forward_avx512_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_backward_baseline_body) private func average_pool_windows_backward_baseline_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_backward_avx2_body) private func average_pool_windows_backward_avx2_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_windows_backward_avx512_body) private func average_pool_windows_backward_avx512_body(_ p: UnsafeRawPointer) { runAveragePoolWindowsBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_forward_baseline_body) private func average_pool_rows_forward_baseline_body(_ p: UnsafeRawPointer) { runAveragePoolRowsForward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_forward_avx2_body) private func average_pool_rows_forward_avx2_body(_ p: UnsafeRawPointer) { runAveragePoolRowsForward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_forward_avx512_body) private func average_pool_rows_forward_avx512_body(_ p: UnsafeRawPointer) { runAveragePoolRowsForward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_backward_baseline_body) private func average_pool_rows_backward_baseline_body(_ p: UnsafeRawPointer) { runAveragePoolRowsBackward(BaselineLanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_backward_avx2_body) private func average_pool_rows_backward_avx2_body(_ p: UnsafeRawPointer) { runAveragePoolRowsBackward(AVX2Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }
@c(average_pool_rows_backward_avx512_body) private func average_pool_rows_backward_avx512_body(_ p: UnsafeRawPointer) { runAveragePoolRowsBackward(AVX512Lanes.self, p.assumingMemoryBound(to: AveragePoolArguments.self)) }

extension Levels {
  static let averagePool2x2Forward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_2x2_forward_baseline, avx2: average_pool_2x2_forward_avx2, avx512: average_pool_2x2_forward_avx512)
  static let averagePool2x2Backward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_2x2_backward_baseline, avx2: average_pool_2x2_backward_avx2, avx512: average_pool_2x2_backward_avx512)
  static let averagePool3x3Forward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_3x3_forward_baseline, avx2: average_pool_3x3_forward_avx2, avx512: average_pool_3x3_forward_avx512)
  static let averagePool3x3Backward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_3x3_backward_baseline, avx2: average_pool_3x3_backward_avx2, avx512: average_pool_3x3_backward_avx512)
  static let averagePoolTilesForward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_tiles_forward_baseline, avx2: average_pool_tiles_forward_avx2, avx512: average_pool_tiles_forward_avx512)
  static let averagePoolTilesBackward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_tiles_backward_baseline, avx2: average_pool_tiles_backward_avx2, avx512: average_pool_tiles_backward_avx512)
  static let averagePoolWindowsForward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_windows_forward_baseline, avx2: average_pool_windows_forward_avx2, avx512: average_pool_windows_forward_avx512)
  static let averagePoolWindowsBackward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_windows_backward_baseline, avx2: average_pool_windows_backward_avx2, avx512: average_pool_windows_backward_avx512)
  static let averagePoolRowsForward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_rows_forward_baseline, avx2: average_pool_rows_forward_avx2, avx512: average_pool_rows_forward_avx512)
  static let averagePoolRowsBackward = LevelFunctions<AveragePoolArguments>(baseline: average_pool_rows_backward_baseline, avx2: average_pool_rows_backward_avx2, avx512: average_pool_rows_backward_avx512)
}
#endif
