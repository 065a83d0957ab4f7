// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(multiply_backward_neon_body) private func multiply_backward_neon_body(_ p: UnsafeRawPointer) { multiplyBackward(NEONLanes.self, p.assumingMemoryBound(to: MultiplicationBackwardArguments.self)) }
@c(multiply_forward_neon_body) private func multiply_forward_neon_body(_ p: UnsafeRawPointer) { multiply(NEONLanes.self, p.assumingMemoryBound(to: MultiplicationArguments.self)) }

extension Levels {
  static let multiplyBackward = LevelFunctions<MultiplicationBackwardArguments>(neon: multiply_backward_neon)
  static let multiplyForward = LevelFunctions<MultiplicationArguments>(neon: multiply_forward_neon)
}
#else
@c(multiply_backward_baseline_body) private func multiply_backward_baseline_body(_ p: UnsafeRawPointer) { multiplyBackward(BaselineLanes.self, p.assumingMemoryBound(to: MultiplicationBackwardArguments.self)) }
@c(multiply_backward_avx2_body) private func multiply_backward_avx2_body(_ p: UnsafeRawPointer) { multiplyBackward(AVX2Lanes.self, p.assumingMemoryBound(to: MultiplicationBackwardArguments.self)) }
@c(multiply_backward_avx512_body) private func multiply_backward_avx512_body(_ p: UnsafeRawPointer) { multiplyBackward(AVX512Lanes.self, p.assumingMemoryBound(to: MultiplicationBackwardArguments.self)) }
@c(multiply_forward_baseline_body) private func multiply_forward_baseline_body(_ p: UnsafeRawPointer) { multiply(BaselineLanes.self, p.assumingMemoryBound(to: MultiplicationArguments.self)) }
@c(multiply_forward_avx2_body) private func multiply_forward_avx2_body(_ p: UnsafeRawPointer) { multiply(AVX2Lanes.self, p.assumingMemoryBound(to: MultiplicationArguments.self)) }
@c(multiply_forward_avx512_body) private func multiply_forward_avx512_body(_ p: UnsafeRawPointer) { multiply(AVX512Lanes.self, p.assumingMemoryBound(to: MultiplicationArguments.self)) }

extension Levels {
  static let multiplyBackward = LevelFunctions<MultiplicationBackwardArguments>(baseline: multiply_backward_baseline, avx2: multiply_backward_avx2, avx512: multiply_backward_avx512)
  static let multiplyForward = LevelFunctions<MultiplicationArguments>(baseline: multiply_forward_baseline, avx2: multiply_forward_avx2, avx512: multiply_forward_avx512)
}
#endif
