import Foundation

/// A layer's forward and backward pass as float64 PyTorch computed them, from a file of Tests/Fixtures.
public struct TorchCase: Decodable, Sendable, CustomStringConvertible {
  public struct Parameter: Decodable, Sendable {
    public let name: String
    public let shape: [Int]
    public let values: [Float]
    public let gradient: [Double]
  }

  public let name: String
  public let inputShape: [Int]
  public let outputShape: [Int]
  public let input: [Float]
  public let output: [Double]
  public let outputGradient: [Float]
  public let inputGradient: [Double]
  public let parameters: [Parameter]

  public var description: String { name }

  /// The cases of a file.
  public static func load(_ file: String) throws -> [TorchCase] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      [TorchCase].self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/\(file)")))
  }
}

/// The largest difference between values and what they should be, relative to the largest of these; infinite where the
/// counts differ or a value is NaN.
public func relativeError(_ values: [Float], _ expected: [Double]) -> Double {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(0) { max($0, abs($1)) }
  var worst = 0.0
  for (value, right) in zip(values, expected) {
    let difference = abs(Double(value) - right)
    guard !difference.isNaN else { return .infinity }
    worst = max(worst, difference)
  }
  return scale == 0 ? worst : worst / scale
}
