/// The mean of each channel: `[channels, length]` to `[channels, 1]`.
public struct GlobalAveragePool1D: Layer {
  /// The pooling; it has no options.
  public init() {}

  public var kind: String { "GlobalAveragePool1D" }

  private var form: LineForm { LineForm(kind: kind, layer: GlobalAveragePool2D()) }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}

/// Average pooling to a fixed output length: `[channels, length]` to `[channels, outputSize]`. The windows are those of
/// ``AdaptiveAveragePool2D``.
public struct AdaptiveAveragePool1D: Layer {
  /// The length of the output, in values.
  public var outputSize: Int

  /// A pooling to `outputSize` values.
  public init(_ outputSize: Int) { self.outputSize = outputSize }

  public var kind: String { "AdaptiveAveragePool1D" }

  private var form: LineForm {
    LineForm(kind: kind, layer: AdaptiveAveragePool2D(Size2D(1, outputSize)), outputSize: outputSize)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}

/// Max pooling to a fixed output length: `[channels, length]` to `[channels, outputSize]`. The windows are those of
/// ``AdaptiveMaxPool2D``.
public struct AdaptiveMaxPool1D: Layer {
  /// The length of the output, in values.
  public var outputSize: Int

  /// A pooling to `outputSize` values.
  public init(_ outputSize: Int) { self.outputSize = outputSize }

  public var kind: String { "AdaptiveMaxPool1D" }

  private var form: LineForm {
    LineForm(kind: kind, layer: AdaptiveMaxPool2D(Size2D(1, outputSize)), outputSize: outputSize)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}
