import Layers
import Testing

struct InitializationTests {
  @Test(arguments: [("0.weight", 75), ("0.bias", 75), ("3.weight", 150), ("7.weight", 400), ("11.bias", 84)])
  func parametersAreUniformWithinTheRootOfTheFanIn(name: String, fanIn: Int) throws {
    let values = try Model(n1, inputShape: [3, 32, 32], seed: 7).parameter(name).scalars.map(Double.init)
    let bound = 1 / Double(fanIn).squareRoot()
    #expect(values.allSatisfy { abs($0) <= bound * 1.000_001 })
    guard values.count > 100 else { return }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    let count = Double(values.count)
    #expect(abs(mean) < 4 * bound / (3 * count).squareRoot(), "the mean of a uniform sample, 4 standard errors")
    #expect(abs(variance / (bound * bound / 3) - 1) < 4 / count.squareRoot())
  }

  @Test func theSeedDeterminesTheParameters() throws {
    let first = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    let same = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    let other = try Model(n1, inputShape: [3, 32, 32], seed: 2)
    #expect(Array(first.parameterBuffer) == Array(same.parameterBuffer))
    #expect(Array(first.parameterBuffer) != Array(other.parameterBuffer))
  }

  @Test func parametersOfALayerAloneHaveItsShapes() throws {
    var generator = SplitMix64(seed: 3)
    let parameters = try Conv2D(4, kernelSize: Size2D(3, 2), groups: 2).initialParameters(
      for: [6, 8, 8], using: &generator)
    #expect(parameters.map(\.shape) == [[4, 3, 3, 2], [4]])
  }
}
