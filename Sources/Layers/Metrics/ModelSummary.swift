import Foundation

/// A table of a model's layers with their output shapes, parameters and multiply-adds, and the totals.
public struct ModelSummary: Sendable, CustomStringConvertible {
  /// The layers in the order in which they run.
  public let layers: [LayerSummary]
  /// The shape of one image.
  public let inputShape: Shape
  /// The number of parameters.
  public let parameterCount: Int
  /// The multiply-adds of a forward pass of one image.
  public let multiplyAddsPerImage: Int

  /// The floating-point operations of a training step for each image, in convolutions and linear layers, see
  /// ``Model/trainingFLOPsPerImage``.
  public var trainingFLOPsPerImage: Int {
    6 * multiplyAddsPerImage - 2 * (layers.first { $0.hasParameters }?.multiplyAddsPerImage ?? 0)
  }

  /// The bytes of one input image.
  public var inputByteCount: Int { 4 * inputShape.count }
  /// The bytes of all layers' outputs and their gradients for one image, if every layer kept both.
  public var forwardBackwardByteCount: Int { 2 * 4 * layers.reduce(0) { $0 + $1.outputShape.count } }
  /// The bytes of the parameters.
  public var parameterByteCount: Int { 4 * parameterCount }

  /// One line for each layer, then the totals; sizes in MB of 2²⁰ bytes.
  public var description: String {
    let titles = ["layer", "output shape", "parameters", "multiply-adds"]
    let rows = layers.map {
      [
        $0.path.isEmpty ? $0.kind : "\($0.path) \($0.kind)", "\($0.outputShape)", "\($0.parameterCount)",
        "\($0.multiplyAddsPerImage)",
      ]
    }
    let totals = ["total", "", "\(parameterCount)", "\(multiplyAddsPerImage)"]
    let widths = titles.indices.map { column in
      ([titles, totals] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      zip(cells, widths).enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < 2 ? cell.0 + blanks : blanks + cell.0
      }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    let sizes = [
      ("input", inputByteCount), ("forward and backward pass", forwardBackwardByteCount),
      ("parameters", parameterByteCount),
      ("estimated total", inputByteCount + forwardBackwardByteCount + parameterByteCount),
    ].map { name, bytes in "\(name): \(String(format: "%.2f", Double(bytes) / 1_048_576)) MB" }
    return ([line(titles), rule] + rows.map(line) + [rule, line(totals), ""] + sizes).joined(separator: "\n")
  }
}

extension Layer {
  /// A summary of a network's layers for an input of `inputShape`. No parameters are allocated.
  /// - Throws: ``LayerError`` when the network cannot take the input.
  public func summary(for inputShape: Shape) throws(LayerError) -> ModelSummary {
    let leaves = try PlacedLayer(self, path: "", inputShape: inputShape).leaves()
    return ModelSummary(
      layers: leaves.map(LayerSummary.init), inputShape: inputShape,
      parameterCount: try parameterCount(for: inputShape),
      multiplyAddsPerImage: try Sequential.sum(leaves.map(\.multiplyAddsPerImage), layer: kind))
  }
}

extension Model {
  /// A summary of the model's layers.
  public var summary: ModelSummary {
    ModelSummary(
      layers: layers, inputShape: inputShape, parameterCount: parameterCount,
      multiplyAddsPerImage: multiplyAddsPerImage)
  }
}
