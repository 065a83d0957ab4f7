import Foundation
import Layers

/// Predictions as text, a line an image.
struct PredictionText {
  let format: PredictOptions.Format
  /// How many classes an image has.
  let top: Int
  /// The names of the network's classes; nil where it has none.
  let classNames: [String]?

  /// The first line of a CSV file; nil for JSON lines.
  var header: String? {
    guard format == .csv else { return nil }
    return row(["image", "label"] + (1...top).flatMap { ["class_\($0)", "probability_\($0)"] })
  }

  /// - Parameter label: the class that the image is known to show; nil where it is not known.
  func line(image: String, label: Int?, _ classes: [Classification]) throws -> String {
    switch format {
    case .csv:
      return row(
        [image, label.map(name) ?? ""] + classes.flatMap { [name($0.classIndex), text($0.probability)] })
    case .jsonl:
      var line = JSONLine()
      line.add("image", json: try PredictionText.json(image))
      if let label { line.add("label", json: try PredictionText.json(name(label))) }
      let entries = try classes.map { entry in
        var object = JSONLine()
        object.add("class", json: try PredictionText.json(name(entry.classIndex)))
        object.add("index", entry.classIndex)
        object.add("probability", entry.probability)
        return object.text
      }
      line.add("classes", json: "[\(entries.joined(separator: ","))]")
      return line.text
    }
  }

  private func name(_ index: Int) -> String { classNames?[index] ?? "\(index)" }

  private func row(_ cells: [String]) -> String { cells.map(CSV.cell).joined(separator: ",") }

  private func text(_ probability: Float) -> String { "\(probability)" }

  private static func json(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }
}
