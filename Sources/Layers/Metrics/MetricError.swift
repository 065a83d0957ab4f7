/// What is wrong with what a metric was handed: what was given, and what would be right.
public struct MetricError: Error, Equatable, Sendable, CustomStringConvertible {
  public let name: String
  public let value: String
  public let expected: String

  public var description: String { "\(name) is \(value); expected \(expected)" }
}
