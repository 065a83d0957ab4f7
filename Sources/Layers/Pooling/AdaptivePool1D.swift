/// The mean of each channel of a line: `[channels, length]` to `[channels, 1]`.
public struct GlobalAveragePool1D: Layer {
  public init() {}

  public var name: String { "GlobalAveragePool1D" }

  private var form: LineForm { LineForm(name: name, layer: GlobalAveragePool2D()) }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}

/// The means of as many windows as the output has values: `[channels, length]` to `[channels, outputSize]`. Windows are
/// those of ``AdaptiveAveragePool2D``.
public struct AdaptiveAveragePool1D: Layer {
  public var outputSize: Int

  public init(_ outputSize: Int) { self.outputSize = outputSize }

  public var name: String { "AdaptiveAveragePool1D" }

  private var form: LineForm {
    LineForm(name: name, layer: AdaptiveAveragePool2D(Size2D(1, outputSize)), outputSize: outputSize)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}

/// The largest values of as many windows as the output has values: `[channels, length]` to `[channels, outputSize]`.
/// Windows are those of ``AdaptiveMaxPool2D``.
public struct AdaptiveMaxPool1D: Layer {
  public var outputSize: Int

  public init(_ outputSize: Int) { self.outputSize = outputSize }

  public var name: String { "AdaptiveMaxPool1D" }

  private var form: LineForm {
    LineForm(name: name, layer: AdaptiveMaxPool2D(Size2D(1, outputSize)), outputSize: outputSize)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try form.outputShape(for: inputShape) }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try form.plan(problem) }
}
