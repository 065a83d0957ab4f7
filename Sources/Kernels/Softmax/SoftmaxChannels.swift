import KernelsISA

/// ``SoftmaxForward`` along the channels of `[batch, channels, plane]`: the channels of each pixel are a row.
public enum SoftmaxChannelsForward: KernelOperation {
  public static let name = "softmax-channels"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsOperands

  public static let kernels = channelRows(Levels.softmaxChannels, reference: SoftmaxForward.reference)
}

/// ``SoftmaxBackward`` along the channels of `[batch, channels, plane]`.
public enum SoftmaxChannelsBackward: KernelOperation {
  public static let name = "softmax-channels"
  public static let pass = "backward-data"
  public typealias Problem = ChannelsProblem
  public typealias Operands = RowsBackwardOperands

  public static let kernels = channelRows(Levels.softmaxChannels, reference: SoftmaxBackward.reference)
}
