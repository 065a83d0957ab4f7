import ISA

/// ``SoftmaxForward`` along the channels of `[batch, channels, plane]`: each pixel's channels are a row.
public enum SoftmaxChannelsForward: KernelOperation {
  public static let name = "softmax-channels"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsOperands

  public static let kernels = channelRows(functions, reference: SoftmaxForward.reference)
}

/// ``SoftmaxBackward`` along the channels of `[batch, channels, plane]`.
public enum SoftmaxChannelsBackward: KernelOperation {
  public static let name = "softmax-channels"
  public static let pass = "backward-data"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsBackwardOperands

  public static let kernels = channelRows(functions, reference: SoftmaxBackward.reference)
}

#if arch(arm64)
  @c(softmax_channels_neon_body) private func neon(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(NEONLanes.self, SoftmaxRow.self, p)
  }

  private let functions = LevelFunctions(neon: softmax_channels_neon)
#else
  @c(softmax_channels_baseline_body) private func baseline(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(BaselineLanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_channels_avx2_body) private func avx2(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(AVX2Lanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_channels_avx512_body) private func avx512(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(AVX512Lanes.self, SoftmaxRow.self, p)
  }

  private let functions = LevelFunctions(
    baseline: softmax_channels_baseline, avx2: softmax_channels_avx2, avx512: softmax_channels_avx512)
#endif
