/// What a person can put right: a wrong option, a program that is no benchmark, a case that failed. One line.
public struct BenchmarkingError: Error, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
