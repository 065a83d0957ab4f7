import ISA

/// ``LogSoftmaxForward`` along the channels of `[batch, channels, plane]`: each pixel's channels are a row.
public enum LogSoftmaxChannelsForward: KernelOperation {
  public static let name = "log-softmax-channels"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsOperands

  public static let kernels = channelRows(functions, reference: LogSoftmaxForward.reference)
}

/// ``LogSoftmaxBackward`` along the channels of `[batch, channels, plane]`.
public enum LogSoftmaxChannelsBackward: KernelOperation {
  public static let name = "log-softmax-channels"
  public static let pass = "backward-data"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsBackwardOperands

  public static let kernels = channelRows(functions, reference: LogSoftmaxBackward.reference)
}

#if arch(arm64)
  @c(log_softmax_channels_neon_body) private func neon(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(NEONLanes.self, LogSoftmaxRow.self, p)
  }

  private let functions = LevelFunctions(neon: log_softmax_channels_neon)
#else
  @c(log_softmax_channels_baseline_body) private func baseline(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(BaselineLanes.self, LogSoftmaxRow.self, p)
  }
  @c(log_softmax_channels_avx2_body) private func avx2(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(AVX2Lanes.self, LogSoftmaxRow.self, p)
  }
  @c(log_softmax_channels_avx512_body) private func avx512(_ p: UnsafePointer<ChannelRowsArguments>) {
    mapChannels(AVX512Lanes.self, LogSoftmaxRow.self, p)
  }

  private let functions = LevelFunctions(
    baseline: log_softmax_channels_baseline, avx2: log_softmax_channels_avx2, avx512: log_softmax_channels_avx512)
#endif
