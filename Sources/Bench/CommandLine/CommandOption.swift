/// A kind of value that an option takes: how it is written, and what is permitted.
struct ValueKind<Value> {
  /// What stands for the value in help, such as `N`.
  let placeholder: String
  /// What is right, for messages: `an integer from 1 to 1024`.
  let expected: String
  /// The value of a text; nil where it is not one.
  let parse: (String) -> Value?
  /// The text of a value.
  let format: (Value) -> String
}

extension ValueKind where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> ValueKind {
    ValueKind(
      placeholder: "N", expected: "an integer from \(range.lowerBound) to \(range.upperBound)",
      parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }, format: { "\($0)" })
  }
}

extension ValueKind where Value == UInt64 {
  static var seed: ValueKind {
    ValueKind(
      placeholder: "N", expected: "an integer from 0 to \(UInt64.max)", parse: { UInt64($0) }, format: { "\($0)" })
  }
}

extension ValueKind where Value == Double {
  /// A number above `low`, or from `low` on where it is included, and below `high`.
  static func number(from low: Double, including: Bool, below high: Double = .infinity) -> ValueKind {
    let bound = (including ? "of at least " : "above ") + "\(low)"
    return ValueKind(
      placeholder: "X", expected: "a number \(bound)" + (high.isFinite ? " and below \(high)" : ""),
      parse: { text in
        guard let value = Double(text), including ? value >= low : value > low, value < high else { return nil }
        return value
      }, format: { "\($0)" })
  }
}

extension ValueKind where Value == Double {
  /// A share of 1.
  static var share: ValueKind {
    ValueKind(
      placeholder: "X", expected: "a number from 0 to 1",
      parse: { text in Double(text).flatMap { 0...1 ~= $0 ? $0 : nil } }, format: { "\($0)" })
  }
}

extension ValueKind where Value == String {
  static func path(_ placeholder: String) -> ValueKind {
    ValueKind(
      placeholder: placeholder, expected: placeholder == "DIR" ? "the path of a folder" : "the path of a file",
      parse: { $0.isEmpty ? nil : $0 }, format: { $0 })
  }
}

extension ValueKind where Value == String {
  /// Text without blanks or commas, whose meaning is found out later.
  static func word(_ placeholder: String, _ expected: String) -> ValueKind {
    ValueKind(placeholder: placeholder, expected: expected, parse: { $0.isEmpty ? nil : $0 }, format: { $0 })
  }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  static func choice(placeholder: String? = nil) -> ValueKind {
    let names = Value.allCases.map(\.rawValue)
    return ValueKind(
      placeholder: placeholder ?? names.joined(separator: "|"),
      expected: names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))",
      parse: { Value(rawValue: $0) }, format: { $0.rawValue })
  }
}

extension ValueKind {
  /// Several values, separated by commas.
  static func list<Element>(of kind: ValueKind<Element>) -> ValueKind where Value == [Element] {
    ValueKind(
      placeholder: "\(kind.placeholder),…", expected: "a list with commas, each \(kind.expected)",
      parse: { text in
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { kind.parse(String($0)) }
        return values.count == parts.count ? values : nil
      }, format: { $0.map(kind.format).joined(separator: ",") })
  }
}

/// An option of a command: its names, its kind of value, and where the value goes.
struct CommandOption<Values> {
  /// The name, with its dashes, and other names for it.
  let names: [String]
  /// What stands for the value in help; nil for a flag, which takes none.
  let placeholder: String?
  let help: String
  /// What a value has to be.
  let expected: String
  /// The text of the value in `Values`; nil where there is none.
  let currentText: (Values) -> String?
  /// The words of a command line that give the value; none where there is none.
  let words: (Values) -> [String]
  /// Stores a value; false where the text is not valid.
  let assign: (inout Values, String) -> Bool

  /// An option that always has a value.
  static func value<Value>(
    _ names: String..., path: WritableKeyPath<Values, Value>, kind: ValueKind<Value>, help: String
  ) -> CommandOption {
    CommandOption(
      names: names, placeholder: kind.placeholder, help: help, expected: kind.expected,
      currentText: { kind.format($0[keyPath: path]) },
      words: { ["\(names[0])=\(kind.format($0[keyPath: path]))"] },
      assign: { values, text in
        guard let value = kind.parse(text) else { return false }
        values[keyPath: path] = value
        return true
      })
  }

  /// An option whose value follows from something else where it is not given.
  static func optional<Value>(
    _ names: String..., path: WritableKeyPath<Values, Value?>, kind: ValueKind<Value>, help: String
  ) -> CommandOption {
    CommandOption(
      names: names, placeholder: kind.placeholder, help: help, expected: kind.expected,
      currentText: { $0[keyPath: path].map(kind.format) },
      words: { values in values[keyPath: path].map { ["\(names[0])=\(kind.format($0))"] } ?? [] },
      assign: { values, text in
        guard let value = kind.parse(text) else { return false }
        values[keyPath: path] = value
        return true
      })
  }

  /// An option that may be given several times, and each time with several values, separated by commas.
  static func repeated<Value>(
    _ names: String..., path: WritableKeyPath<Values, [Value]>, kind: ValueKind<Value>, help: String
  ) -> CommandOption {
    let list = ValueKind<[Value]>.list(of: kind)
    return CommandOption(
      names: names, placeholder: list.placeholder, help: help, expected: list.expected, currentText: { _ in nil },
      words: { $0[keyPath: path].isEmpty ? [] : ["\(names[0])=\(list.format($0[keyPath: path]))"] },
      assign: { values, text in
        guard let more = list.parse(text) else { return false }
        values[keyPath: path] += more
        return true
      })
  }

  /// An option that may be given several times, each time with one value, commas and all.
  static func each<Value>(
    _ names: String..., path: WritableKeyPath<Values, [Value]>, kind: ValueKind<Value>, help: String
  ) -> CommandOption {
    CommandOption(
      names: names, placeholder: kind.placeholder, help: help, expected: kind.expected, currentText: { _ in nil },
      words: { $0[keyPath: path].map { "\(names[0])=\(kind.format($0))" } },
      assign: { values, text in
        guard let value = kind.parse(text) else { return false }
        values[keyPath: path].append(value)
        return true
      })
  }

  /// An option without value.
  static func flag(_ names: String..., path: WritableKeyPath<Values, Bool>, help: String) -> CommandOption {
    CommandOption(
      names: names, placeholder: nil, help: help, expected: "no value", currentText: { _ in nil },
      words: { $0[keyPath: path] ? [names[0]] : [] },
      assign: { values, _ in
        values[keyPath: path] = true
        return true
      })
  }
}
