import KernelsISA

/// ``LogSoftmaxForward`` along the channels of `[batch, channels, plane]`: the channels of each pixel are a row.
public enum LogSoftmaxChannelsForward: KernelOperation {
  public static let name = "log-softmax-channels"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsOperands

  public static let kernels = channelRows(Levels.logSoftmaxChannels, reference: LogSoftmaxForward.reference)
}

/// ``LogSoftmaxBackward`` along the channels of `[batch, channels, plane]`.
public enum LogSoftmaxChannelsBackward: KernelOperation {
  public static let name = "log-softmax-channels"
  public static let pass = "backward-data"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsBackwardOperands

  public static let kernels = channelRows(Levels.logSoftmaxChannels, reference: LogSoftmaxBackward.reference)
}
