// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(conv_bottleneck_expand_2x6x2_neon_body) private func conv_bottleneck_expand_2x6x2_neon_body(_ p: UnsafeRawPointer) { expandChannels(ChannelVectorSums<2, 6, 2, NEONLanes>.self, p.assumingMemoryBound(to: ExpansionArguments.self)) }
@c(conv_bottleneck_filter_8_neon_body) private func conv_bottleneck_filter_8_neon_body(_ p: UnsafeRawPointer) { filterBlocks(RegisterTile<8, 1, NEONLanes>.self, p.assumingMemoryBound(to: BlockFilterArguments.self)) }
@c(conv_bottleneck_project_2x6x2_neon_body) private func conv_bottleneck_project_2x6x2_neon_body(_ p: UnsafeRawPointer) { projectChannels(ChannelVectorSums<2, 6, 2, NEONLanes>.self, p.assumingMemoryBound(to: ProjectionArguments.self)) }

extension Levels {
  @inline(never) static func bottleneckTiles() -> [BottleneckTile] {
    [
      .init(level: .neon, runs: 2, run: 6, vectors: 2, filtered: 8, expand: .init(conv_bottleneck_expand_2x6x2_neon), filter: .init(conv_bottleneck_filter_8_neon), project: .init(conv_bottleneck_project_2x6x2_neon)),
    ]
  }
}
#else
@c(conv_bottleneck_expand_2x7x2_avx512_body) private func conv_bottleneck_expand_2x7x2_avx512_body(_ p: UnsafeRawPointer) { expandChannels(ChannelVectorSums<2, 7, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ExpansionArguments.self)) }
@c(conv_bottleneck_filter_7_avx512_body) private func conv_bottleneck_filter_7_avx512_body(_ p: UnsafeRawPointer) { filterBlocks(RegisterTile<7, 1, AVX512Lanes>.self, p.assumingMemoryBound(to: BlockFilterArguments.self)) }
@c(conv_bottleneck_project_2x7x2_avx512_body) private func conv_bottleneck_project_2x7x2_avx512_body(_ p: UnsafeRawPointer) { projectChannels(ChannelVectorSums<2, 7, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: ProjectionArguments.self)) }
@c(conv_bottleneck_expand_2x3x2_avx2_body) private func conv_bottleneck_expand_2x3x2_avx2_body(_ p: UnsafeRawPointer) { expandChannels(ChannelVectorSums<2, 3, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: ExpansionArguments.self)) }
@c(conv_bottleneck_filter_6_avx2_body) private func conv_bottleneck_filter_6_avx2_body(_ p: UnsafeRawPointer) { filterBlocks(RegisterTile<6, 1, AVX2Lanes>.self, p.assumingMemoryBound(to: BlockFilterArguments.self)) }
@c(conv_bottleneck_project_2x3x2_avx2_body) private func conv_bottleneck_project_2x3x2_avx2_body(_ p: UnsafeRawPointer) { projectChannels(ChannelVectorSums<2, 3, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: ProjectionArguments.self)) }
@c(conv_bottleneck_expand_2x3x2_baseline_body) private func conv_bottleneck_expand_2x3x2_baseline_body(_ p: UnsafeRawPointer) { expandChannels(ChannelVectorSums<2, 3, 2, BaselineLanes>.self, p.assumingMemoryBound(to: ExpansionArguments.self)) }
@c(conv_bottleneck_filter_6_baseline_body) private func conv_bottleneck_filter_6_baseline_body(_ p: UnsafeRawPointer) { filterBlocks(RegisterTile<6, 1, BaselineLanes>.self, p.assumingMemoryBound(to: BlockFilterArguments.self)) }
@c(conv_bottleneck_project_2x3x2_baseline_body) private func conv_bottleneck_project_2x3x2_baseline_body(_ p: UnsafeRawPointer) { projectChannels(ChannelVectorSums<2, 3, 2, BaselineLanes>.self, p.assumingMemoryBound(to: ProjectionArguments.self)) }

extension Levels {
  @inline(never) static func bottleneckTiles() -> [BottleneckTile] {
    [
      .init(level: .avx512, runs: 2, run: 7, vectors: 2, filtered: 7, expand: .init(conv_bottleneck_expand_2x7x2_avx512), filter: .init(conv_bottleneck_filter_7_avx512), project: .init(conv_bottleneck_project_2x7x2_avx512)),
      .init(level: .avx2, runs: 2, run: 3, vectors: 2, filtered: 6, expand: .init(conv_bottleneck_expand_2x3x2_avx2), filter: .init(conv_bottleneck_filter_6_avx2), project: .init(conv_bottleneck_project_2x3x2_avx2)),
      .init(level: .baseline, runs: 2, run: 3, vectors: 2, filtered: 6, expand: .init(conv_bottleneck_expand_2x3x2_baseline), filter: .init(conv_bottleneck_filter_6_baseline), project: .init(conv_bottleneck_project_2x3x2_baseline)),
    ]
  }
}
#endif
