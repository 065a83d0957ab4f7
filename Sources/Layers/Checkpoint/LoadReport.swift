/// Which of a model's parameters and of a file's tensors must have their counterpart when a model is loaded.
public enum ParameterMatching: Hashable, Sendable {
  /// All of both, with the same shapes; what a training saves besides the parameters excepted.
  case exact
  /// All parameters; the file may have more.
  case allowingUnexpected
  /// Those that have one of the same name and shape, at least one; the other parameters stay as they are. So a network gets
  /// another head than the file's.
  case partial
}

/// What a loading found.
public struct LoadReport: Hashable, Sendable, CustomStringConvertible {
  /// A parameter whose tensor has another shape.
  public struct Mismatch: Hashable, Sendable {
    /// The parameter's name.
    public let name: String
    /// The tensor's shape.
    public let found: Shape
    /// The parameter's shape.
    public let expected: Shape

    public init(name: String, found: Shape, expected: Shape) {
      self.name = name
      self.found = found
      self.expected = expected
    }
  }

  /// The parameters and buffers that were loaded.
  public var loaded: [String] = []
  /// Those that the file lacks.
  public var missing: [String] = []
  /// The file's tensors that the model lacks, under the file's names.
  public var unexpected: [String] = []
  /// Parameters that were not loaded because the file's tensor has another shape.
  public var mismatched: [Mismatch] = []

  public init() {}

  /// Whether all parameters that were asked for were loaded, and the file has nothing else.
  public var isExact: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

  public var description: String {
    var lines = ["loaded \(loaded.count)"]
    if !missing.isEmpty { lines.append("missing " + missing.joined(separator: ", ")) }
    if !unexpected.isEmpty { lines.append("unexpected " + unexpected.joined(separator: ", ")) }
    let shapes = mismatched.map { "\($0.name) is \($0.found) in the file, \($0.expected) in the model" }
    if !shapes.isEmpty { lines.append("mismatched " + shapes.joined(separator: ", ")) }
    return lines.joined(separator: "; ")
  }
}
