/// What is wrong with a metric's arguments: what was given, and what would be right.
public struct MetricError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was given.
  public let name: String
  /// Its value.
  public let value: String
  /// What would be right.
  public let expected: String

  public var description: String { "\(name) is \(value); expected \(expected)" }
}
