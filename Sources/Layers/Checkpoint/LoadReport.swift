/// Which mismatches between a model's parameters and a file's tensors are allowed when a model is loaded.
public enum ParameterMatching: Hashable, Sendable {
  /// None: names and shapes must match exactly, except for the additional tensors of a training's checkpoint.
  case exact
  /// The file may have tensors that the model lacks; all parameters must be in the file.
  case allowingUnexpected
  /// Any, if at least one parameter has a tensor of the same name and shape; the other parameters keep their values.
  /// For a network whose head differs from the file's.
  case partial
}

/// The result of loading a model's parameters.
public struct LoadReport: Hashable, Sendable, CustomStringConvertible {
  /// A parameter whose tensor in the file has another shape.
  public struct Mismatch: Hashable, Sendable {
    /// The parameter's name.
    public let name: String
    /// The tensor's shape.
    public let found: Shape
    /// The parameter's shape.
    public let expected: Shape

    /// A mismatch of shapes.
    public init(name: String, found: Shape, expected: Shape) {
      self.name = name
      self.found = found
      self.expected = expected
    }
  }

  /// The parameters and buffers that were loaded.
  public var loaded: [String] = []
  /// The parameters and buffers that the file lacks.
  public var missing: [String] = []
  /// The file's tensors that the model lacks, by their names in the file.
  public var unexpected: [String] = []
  /// Parameters that were not loaded because the file's tensor has another shape.
  public var mismatched: [Mismatch] = []

  /// An empty report.
  public init() {}

  /// Whether every requested parameter was loaded, and the file has no other tensors.
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
