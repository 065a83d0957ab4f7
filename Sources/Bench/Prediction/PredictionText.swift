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
  func line(image: String, label: Int?, _ classes: [Classification]) -> String {
    switch format {
    case .csv:
      return row(
        [image, label.map(name) ?? ""] + classes.flatMap { [name($0.classIndex), text($0.probability)] })
    case .jsonl:
      var line = JSONLine()
      line.add("image", json: PredictionText.json(image))
      if let label { line.add("label", json: PredictionText.json(name(label))) }
      let entries = classes.map { entry in
        var object = JSONLine()
        object.add("class", json: PredictionText.json(name(entry.classIndex)))
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

  private static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20: result += "\\u" + String(format: "%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
