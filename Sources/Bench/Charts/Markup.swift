/// A piece of XML: of an SVG picture, or of an HTML page that is XML too.
///
/// It is written as a string literal, in which what is interpolated is escaped unless it is markup itself:
///
///     let label: Markup = "<text x=\"\(x)\" class=\"tick\">\(name)</text>"
///
/// A name that holds `<script>` is text of the picture then, also in an attribute.
struct Markup: ExpressibleByStringInterpolation, Equatable {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
  /// Text that is known to be markup.
  init(verbatim text: String) { self.text = text }

  static let empty: Markup = ""
  var isEmpty: Bool { text.isEmpty }

  static func + (a: Markup, b: Markup) -> Markup { Markup(verbatim: a.text + b.text) }
  static func += (a: inout Markup, b: Markup) { a.text += b.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate(set) var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 8 * interpolationCount)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }
    mutating func appendInterpolation(_ value: Markup) { text += value.text }
    mutating func appendInterpolation(_ values: [Markup]) { for value in values { text += value.text } }
    mutating func appendInterpolation(_ value: Int) { text += "\(value)" }
    /// A coordinate: at most one decimal.
    mutating func appendInterpolation(_ value: Double) { text += Coordinate(value).text }
  }

  /// Text in which no character is taken for markup; characters that XML cannot hold are replaced.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension [Markup] {
  func joined() -> Markup { Markup(verbatim: map(\.text).joined()) }
}

/// A number of a picture, in tenths of a pixel: what is finer cannot be seen.
struct Coordinate: Equatable {
  let tenths: Int

  init(_ value: Double) { tenths = value.isFinite ? Int((min(max(value, -1e6), 1e6) * 10).rounded()) : 0 }
  init(tenths: Int) { self.tenths = tenths }

  /// As short as can be: `12`, `-.5`, `3.4`.
  var text: String {
    let size = abs(tenths)
    let sign = tenths < 0 ? "-" : ""
    if size % 10 == 0 { return "\(sign)\(size / 10)" }
    return size < 10 ? "\(sign).\(size)" : "\(sign)\(size / 10).\(size % 10)"
  }
}

/// The `d` of an SVG path, as short as can be: relative lines of tenths of a pixel.
struct PathData {
  private(set) var text = ""
  private var last = (x: 0, y: 0)
  private var isInLine = false

  var isEmpty: Bool { text.isEmpty }

  mutating func move(_ x: Double, _ y: Double) {
    last = (Coordinate(x).tenths, Coordinate(y).tenths)
    text += "M\(Coordinate(x).text)" + PathData.separated(last.y)
    isInLine = false
  }

  mutating func line(_ x: Double, _ y: Double) {
    let next = (x: Coordinate(x).tenths, y: Coordinate(y).tenths)
    let (dx, dy) = (next.x - last.x, next.y - last.y)
    text += isInLine ? PathData.separated(dx) : "l\(Coordinate(tenths: dx).text)"
    text += PathData.separated(dy)
    last = next
    isInLine = true
  }

  mutating func close() {
    text += "z"
    isInLine = false
  }

  /// A path of straight lines through points.
  init(_ points: [(x: Double, y: Double)] = []) {
    for (i, point) in points.enumerated() {
      if i == 0 { move(point.x, point.y) } else { line(point.x, point.y) }
    }
  }

  private static func separated(_ tenths: Int) -> String {
    let text = Coordinate(tenths: tenths).text
    return tenths < 0 ? text : " " + text
  }
}
