import Kernels

/// x − log Σ exp(x) over the classes of `[classes]`, or over the channels of `[channels, height, width]` for each pixel:
/// PyTorch's with `dim=1`.
public struct LogSoftmax: Layer {
  public init() {}
  public var name: String { "LogSoftmax" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireChannels(inputShape, layer: name)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    _ = try requireChannels(problem.inputShape, layer: name)
    if let rows = problem.classRows {
      return try PlannedSoftmax<LogSoftmaxForward, LogSoftmaxBackward>(problem, name, rows)
    }
    return try PlannedSoftmax<LogSoftmaxChannelsForward, LogSoftmaxChannelsBackward>(
      problem, name, problem.pixelChannels)
  }
}
