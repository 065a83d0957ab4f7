// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(bilinear_forward_neon_body) private func bilinear_forward_neon_body(_ p: UnsafeRawPointer) { runBilinearForward(NEONLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_neon_body) private func bilinear_backward_neon_body(_ p: UnsafeRawPointer) { runBilinearBackward(NEONLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(upsample_forward_neon_body) private func upsample_forward_neon_body(_ p: UnsafeRawPointer) { runUpsampleForward(NEONLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_neon_body) private func upsample_backward_neon_body(_ p: UnsafeRawPointer) { runUpsampleBackward(NEONLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }

extension Levels {
  static let bilinearForward = LevelFunctions<BilinearArguments>(neon: bilinear_forward_neon)
  static let bilinearBackward = LevelFunctions<BilinearArguments>(neon: bilinear_backward_neon)
  static let upsampleForward = LevelFunctions<UpsampleArguments>(neon: upsample_forward_neon)
  static let upsampleBackward = LevelFunctions<UpsampleArguments>(neon: upsample_backward_neon)
}
#else
@c(bilinear_forward_baseline_body) private func bilinear_forward_baseline_body(_ p: UnsafeRawPointer) { runBilinearForward(BaselineLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_forward_avx2_body) private func bilinear_forward_avx2_body(_ p: UnsafeRawPointer) { runBilinearForward(AVX2Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_forward_avx512_body) private func bilinear_forward_avx512_body(_ p: UnsafeRawPointer) { runBilinearForward(AVX512Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_baseline_body) private func bilinear_backward_baseline_body(_ p: UnsafeRawPointer) { runBilinearBackward(BaselineLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_avx2_body) private func bilinear_backward_avx2_body(_ p: UnsafeRawPointer) { runBilinearBackward(AVX2Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_avx512_body) private func bilinear_backward_avx512_body(_ p: UnsafeRawPointer) { runBilinearBackward(AVX512Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(upsample_forward_baseline_body) private func upsample_forward_baseline_body(_ p: UnsafeRawPointer) { runUpsampleForward(BaselineLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_forward_avx2_body) private func upsample_forward_avx2_body(_ p: UnsafeRawPointer) { runUpsampleForward(AVX2Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_forward_avx512_body) private func upsample_forward_avx512_body(_ p: UnsafeRawPointer) { runUpsampleForward(AVX512Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_baseline_body) private func upsample_backward_baseline_body(_ p: UnsafeRawPointer) { runUpsampleBackward(BaselineLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_avx2_body) private func upsample_backward_avx2_body(_ p: UnsafeRawPointer) { runUpsampleBackward(AVX2Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_avx512_body) private func upsample_backward_avx512_body(_ p: UnsafeRawPointer) { runUpsampleBackward(AVX512Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }

extension Levels {
  static let bilinearForward = LevelFunctions<BilinearArguments>(baseline: bilinear_forward_baseline, avx2: bilinear_forward_avx2, avx512: bilinear_forward_avx512)
  static let bilinearBackward = LevelFunctions<BilinearArguments>(baseline: bilinear_backward_baseline, avx2: bilinear_backward_avx2, avx512: bilinear_backward_avx512)
  static let upsampleForward = LevelFunctions<UpsampleArguments>(baseline: upsample_forward_baseline, avx2: upsample_forward_avx2, avx512: upsample_forward_avx512)
  static let upsampleBackward = LevelFunctions<UpsampleArguments>(baseline: upsample_backward_baseline, avx2: upsample_backward_avx2, avx512: upsample_backward_avx512)
}
#endif
