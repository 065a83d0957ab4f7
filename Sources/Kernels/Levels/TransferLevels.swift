// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(stream_copy_neon_body) private func stream_copy_neon_body(_ p: UnsafeRawPointer) { copy(NEONLanes.self, p.assumingMemoryBound(to: CopyArguments.self)) }
@c(transpose_neon_body) private func transpose_neon_body(_ p: UnsafeRawPointer) { transpose(NEONLanes.self, p.assumingMemoryBound(to: TransposeArguments.self)) }

extension Levels {
  static let streamCopy = LevelFunctions<CopyArguments>(neon: stream_copy_neon)
  static let transpose = LevelFunctions<TransposeArguments>(neon: transpose_neon)
}
#else
@c(stream_copy_baseline_body) private func stream_copy_baseline_body(_ p: UnsafeRawPointer) { copy(BaselineLanes.self, p.assumingMemoryBound(to: CopyArguments.self)) }
@c(stream_copy_avx2_body) private func stream_copy_avx2_body(_ p: UnsafeRawPointer) { copy(AVX2Lanes.self, p.assumingMemoryBound(to: CopyArguments.self)) }
@c(stream_copy_avx512_body) private func stream_copy_avx512_body(_ p: UnsafeRawPointer) { copy(AVX512Lanes.self, p.assumingMemoryBound(to: CopyArguments.self)) }
@c(transpose_baseline_body) private func transpose_baseline_body(_ p: UnsafeRawPointer) { transpose(BaselineLanes.self, p.assumingMemoryBound(to: TransposeArguments.self)) }
@c(transpose_avx2_body) private func transpose_avx2_body(_ p: UnsafeRawPointer) { transpose(AVX2Lanes.self, p.assumingMemoryBound(to: TransposeArguments.self)) }
@c(transpose_avx512_body) private func transpose_avx512_body(_ p: UnsafeRawPointer) { transpose(AVX512Lanes.self, p.assumingMemoryBound(to: TransposeArguments.self)) }

extension Levels {
  static let streamCopy = LevelFunctions<CopyArguments>(baseline: stream_copy_baseline, avx2: stream_copy_avx2, avx512: stream_copy_avx512)
  static let transpose = LevelFunctions<TransposeArguments>(baseline: transpose_baseline, avx2: transpose_avx2, avx512: transpose_avx512)
}
#endif
