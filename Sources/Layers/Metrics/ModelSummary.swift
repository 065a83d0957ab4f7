import Foundation

/// A table of a model's layers with what they hold and compute, and the sizes of it all.
public struct ModelSummary: Sendable, CustomStringConvertible {
  public let layers: [LayerSummary]
  public let inputShape: Shape
  /// The number of parameters.
  public let parameterCount: Int
  /// Multiply-adds of a forward pass of one image.
  public let multiplyAddsPerImage: Int

  /// Floating-point operations of a training step per image in convolutions and linear layers, see
  /// ``Model/trainingFLOPsPerImage``.
  public var trainingFLOPsPerImage: Int {
    6 * multiplyAddsPerImage - 2 * (layers.first { $0.hasParameters }?.multiplyAddsPerImage ?? 0)
  }

  /// Bytes of one image that enters.
  public var inputByteCount: Int { 4 * inputShape.count }
  /// Bytes of all layers' outputs and their gradients for one image, as they would be if every layer kept both.
  public var forwardBackwardByteCount: Int { 2 * 4 * layers.reduce(0) { $0 + $1.outputShape.count } }
  /// Bytes of the parameters.
  public var parameterByteCount: Int { 4 * parameterCount }

  /// A line a layer, then the totals; sizes in MB of 2²⁰ bytes.
  public var description: String {
    let titles = ["layer", "output shape", "parameters", "multiply-adds"]
    let rows = layers.map {
      [
        $0.path.isEmpty ? $0.name : "\($0.path) \($0.name)", "\($0.outputShape)", "\($0.parameterCount)",
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
  /// What the layers of a network hold and compute, for an input of `inputShape`. No parameters are made for it.
  /// - Throws: ``LayerError`` when the network cannot take the input.
  public func summary(for inputShape: Shape) throws(LayerError) -> ModelSummary {
    let leaves = try PlacedLayer(self, path: "", inputShape: inputShape).leaves()
    return ModelSummary(
      layers: leaves.map(LayerSummary.init), inputShape: inputShape,
      parameterCount: try parameterCount(for: inputShape),
      multiplyAddsPerImage: try Sequential.sum(leaves.map(\.multiplyAddsPerImage), named: name))
  }
}

extension Model {
  /// What the model's layers hold and compute.
  public var summary: ModelSummary {
    ModelSummary(
      layers: layers, inputShape: inputShape, parameterCount: parameterCount,
      multiplyAddsPerImage: multiplyAddsPerImage)
  }
}
