// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(batch_assembly_neon_body) private func batch_assembly_neon_body(_ p: UnsafeRawPointer) { assemble(p.assumingMemoryBound(to: BatchAssemblyArguments.self)) }
@c(channel_scaling_neon_body) private func channel_scaling_neon_body(_ p: UnsafeRawPointer) { scale(NEONLanes.self, p.assumingMemoryBound(to: ChannelScalingArguments.self)) }

extension Levels {
  static let batchAssembly = LevelFunctions<BatchAssemblyArguments>(neon: batch_assembly_neon)
  static let channelScaling = LevelFunctions<ChannelScalingArguments>(neon: channel_scaling_neon)
}
#else
@c(batch_assembly_baseline_body) private func batch_assembly_baseline_body(_ p: UnsafeRawPointer) { assemble(p.assumingMemoryBound(to: BatchAssemblyArguments.self)) }
@c(batch_assembly_avx2_body) private func batch_assembly_avx2_body(_ p: UnsafeRawPointer) { assemble(p.assumingMemoryBound(to: BatchAssemblyArguments.self)) }
@c(batch_assembly_avx512_body) private func batch_assembly_avx512_body(_ p: UnsafeRawPointer) { assemble(p.assumingMemoryBound(to: BatchAssemblyArguments.self)) }
@c(channel_scaling_baseline_body) private func channel_scaling_baseline_body(_ p: UnsafeRawPointer) { scale(BaselineLanes.self, p.assumingMemoryBound(to: ChannelScalingArguments.self)) }
@c(channel_scaling_avx2_body) private func channel_scaling_avx2_body(_ p: UnsafeRawPointer) { scale(AVX2Lanes.self, p.assumingMemoryBound(to: ChannelScalingArguments.self)) }
@c(channel_scaling_avx512_body) private func channel_scaling_avx512_body(_ p: UnsafeRawPointer) { scale(AVX512Lanes.self, p.assumingMemoryBound(to: ChannelScalingArguments.self)) }

extension Levels {
  static let batchAssembly = LevelFunctions<BatchAssemblyArguments>(baseline: batch_assembly_baseline, avx2: batch_assembly_avx2, avx512: batch_assembly_avx512)
  static let channelScaling = LevelFunctions<ChannelScalingArguments>(baseline: channel_scaling_baseline, avx2: channel_scaling_avx2, avx512: channel_scaling_avx512)
}
#endif
