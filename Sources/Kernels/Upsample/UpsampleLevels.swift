// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(bilinear_forward_neon_body) private func bilinear_forward_neon_body(_ p: UnsafeRawPointer) { bilinearForward(NEONLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_neon_body) private func bilinear_backward_neon_body(_ p: UnsafeRawPointer) { bilinearBackward(NEONLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(upsample_forward_neon_body) private func upsample_forward_neon_body(_ p: UnsafeRawPointer) { upsampleForward(NEONLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_neon_body) private func upsample_backward_neon_body(_ p: UnsafeRawPointer) { upsampleBackward(NEONLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }

extension Levels {
  static let bilinearForward = LevelFunctions<BilinearArguments>(neon: bilinear_forward_neon)
  static let bilinearBackward = LevelFunctions<BilinearArguments>(neon: bilinear_backward_neon)
  static let upsampleForward = LevelFunctions<UpsampleArguments>(neon: upsample_forward_neon)
  static let upsampleBackward = LevelFunctions<UpsampleArguments>(neon: upsample_backward_neon)
}
#else
@c(bilinear_forward_baseline_body) private func bilinear_forward_baseline_body(_ p: UnsafeRawPointer) { bilinearForward(BaselineLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_forward_avx2_body) private func bilinear_forward_avx2_body(_ p: UnsafeRawPointer) { bilinearForward(AVX2Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_forward_avx512_body) private func bilinear_forward_avx512_body(_ p: UnsafeRawPointer) { bilinearForward(AVX512Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_baseline_body) private func bilinear_backward_baseline_body(_ p: UnsafeRawPointer) { bilinearBackward(BaselineLanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_avx2_body) private func bilinear_backward_avx2_body(_ p: UnsafeRawPointer) { bilinearBackward(AVX2Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(bilinear_backward_avx512_body) private func bilinear_backward_avx512_body(_ p: UnsafeRawPointer) { bilinearBackward(AVX512Lanes.self, p.assumingMemoryBound(to: BilinearArguments.self)) }
@c(upsample_forward_baseline_body) private func upsample_forward_baseline_body(_ p: UnsafeRawPointer) { upsampleForward(BaselineLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_forward_avx2_body) private func upsample_forward_avx2_body(_ p: UnsafeRawPointer) { upsampleForward(AVX2Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_forward_avx512_body) private func upsample_forward_avx512_body(_ p: UnsafeRawPointer) { upsampleForward(AVX512Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_baseline_body) private func upsample_backward_baseline_body(_ p: UnsafeRawPointer) { upsampleBackward(BaselineLanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_avx2_body) private func upsample_backward_avx2_body(_ p: UnsafeRawPointer) { upsampleBackward(AVX2Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }
@c(upsample_backward_avx512_body) private func upsample_backward_avx512_body(_ p: UnsafeRawPointer) { upsampleBackward(AVX512Lanes.self, p.assumingMemoryBound(to: UpsampleArguments.self)) }

extension Levels {
  static let bilinearForward = LevelFunctions<BilinearArguments>(baseline: bilinear_forward_baseline, avx2: bilinear_forward_avx2, avx512: bilinear_forward_avx512)
  static let bilinearBackward = LevelFunctions<BilinearArguments>(baseline: bilinear_backward_baseline, avx2: bilinear_backward_avx2, avx512: bilinear_backward_avx512)
  static let upsampleForward = LevelFunctions<UpsampleArguments>(baseline: upsample_forward_baseline, avx2: upsample_forward_avx2, avx512: upsample_forward_avx512)
  static let upsampleBackward = LevelFunctions<UpsampleArguments>(baseline: upsample_backward_baseline, avx2: upsample_backward_avx2, avx512: upsample_backward_avx512)
}
#endif
