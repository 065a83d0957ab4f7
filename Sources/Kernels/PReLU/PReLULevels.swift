// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(prelu_backward_neon_body) private func prelu_backward_neon_body(_ p: UnsafeRawPointer) { preluBackward(NEONLanes.self, p.assumingMemoryBound(to: PReLUBackwardArguments.self)) }
@c(prelu_forward_neon_body) private func prelu_forward_neon_body(_ p: UnsafeRawPointer) { preluForward(NEONLanes.self, p.assumingMemoryBound(to: PReLUArguments.self)) }

extension Levels {
  static let preluBackward = LevelFunctions<PReLUBackwardArguments>(neon: prelu_backward_neon)
  static let preluForward = LevelFunctions<PReLUArguments>(neon: prelu_forward_neon)
}
#else
@c(prelu_backward_baseline_body) private func prelu_backward_baseline_body(_ p: UnsafeRawPointer) { preluBackward(BaselineLanes.self, p.assumingMemoryBound(to: PReLUBackwardArguments.self)) }
@c(prelu_backward_avx2_body) private func prelu_backward_avx2_body(_ p: UnsafeRawPointer) { preluBackward(AVX2Lanes.self, p.assumingMemoryBound(to: PReLUBackwardArguments.self)) }
@c(prelu_backward_avx512_body) private func prelu_backward_avx512_body(_ p: UnsafeRawPointer) { preluBackward(AVX512Lanes.self, p.assumingMemoryBound(to: PReLUBackwardArguments.self)) }
@c(prelu_forward_baseline_body) private func prelu_forward_baseline_body(_ p: UnsafeRawPointer) { preluForward(BaselineLanes.self, p.assumingMemoryBound(to: PReLUArguments.self)) }
@c(prelu_forward_avx2_body) private func prelu_forward_avx2_body(_ p: UnsafeRawPointer) { preluForward(AVX2Lanes.self, p.assumingMemoryBound(to: PReLUArguments.self)) }
@c(prelu_forward_avx512_body) private func prelu_forward_avx512_body(_ p: UnsafeRawPointer) { preluForward(AVX512Lanes.self, p.assumingMemoryBound(to: PReLUArguments.self)) }

extension Levels {
  static let preluBackward = LevelFunctions<PReLUBackwardArguments>(baseline: prelu_backward_baseline, avx2: prelu_backward_avx2, avx512: prelu_backward_avx512)
  static let preluForward = LevelFunctions<PReLUArguments>(baseline: prelu_forward_baseline, avx2: prelu_forward_avx2, avx512: prelu_forward_avx512)
}
#endif
