/// An object of JSON in one line, whose fields keep their order.
///
/// Made by hand because a training writes one at every update where that is asked for: an encoder takes ten times as long.
struct JSONLine {
  private var fields = ""

  /// The object, without the end of the line.
  var text: String { "{\(fields)}" }

  mutating func add(_ name: String, _ value: Int) { add(name, json: "\(value)") }

  /// What JSON has no number for, such as the loss of a training that diverged, is null.
  mutating func add(_ name: String, _ value: Double) { add(name, json: value.isFinite ? "\(value)" : "null") }

  mutating func add(_ name: String, _ value: Float) { add(name, json: value.isFinite ? "\(value)" : "null") }

  /// - Parameter word: letters, digits, and what needs no escape in JSON.
  mutating func add(_ name: String, word: String) { add(name, json: "\"\(word)\"") }

  /// - Parameter json: a value of JSON.
  mutating func add(_ name: String, json: String) {
    if !fields.isEmpty { fields += "," }
    fields += "\"\(name)\":\(json)"
  }
}
