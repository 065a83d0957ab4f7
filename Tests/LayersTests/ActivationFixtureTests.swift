import Foundation
import Kernels
import Layers
import Testing

/// Values and gradients of activation layers are PyTorch's, see Tests/Fixtures/make_activations.py.
struct ActivationFixtureTests {
  struct Fixture: Decodable, Sendable {
    let layer: String
    let options: [String: Double]
    let shape: [Int]
    let input: [Number]
    let output: [Number]
    let outputGradient: [Number]
    let inputGradient: [Number]

    enum CodingKeys: String, CodingKey {
      case layer, options, shape, input, output
      case outputGradient = "output_gradient"
      case inputGradient = "input_gradient"
    }

    /// The layer with its options.
    func make() throws -> any Layer {
      func option(_ name: String) -> Float? { options[name].map { Float($0) } }
      switch layer {
      case "LeakyReLU": return LeakyReLU(negativeSlope: try #require(option("negativeSlope")))
      case "ELU": return ELU(alpha: try #require(option("alpha")))
      case "GELU": return GELU(approximate: option("tanh") == nil ? .none : .tanh)
      case "SiLU": return SiLU()
      case "HardSwish": return HardSwish()
      case "ReLU6": return ReLU6()
      case "SELU": return SELU()
      case "Mish": return Mish()
      case "HardSigmoid": return HardSigmoid()
      case "Softplus":
        return Softplus(beta: try #require(option("beta")), threshold: try #require(option("threshold")))
      case "Sigmoid": return Sigmoid()
      case "Tanh": return Tanh()
      case "Softmax": return Softmax()
      case "LogSoftmax": return LogSoftmax()
      default: throw CocoaError(.formatting)
      }
    }
  }

  /// A number, or the name of one that JSON does not have.
  struct Number: Decodable, Sendable {
    let value: Double

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let name = try? container.decode(String.self) {
        value = name == "nan" ? .nan : name == "inf" ? .infinity : -.infinity
      } else {
        value = try container.decode(Double.self)
      }
    }
  }

  static let fixtures = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/activations.json"))
    return try JSONDecoder().decode([Fixture].self, from: data)
  }

  @Test(arguments: InstructionSet.available) func valuesAndGradientsAreThoseOfPyTorch(level: InstructionSet) throws {
    let fixtures = try Self.fixtures.get()
    #expect(fixtures.count > 20)
    for fixture in fixtures {
      let layer = try fixture.make()
      let what = "\(layer) on \(fixture.shape) at \(level)"
      let shape = Shape(fixture.shape)
      func tensor(_ numbers: [Number]) throws -> Tensor { try Tensor(shape: shape, numbers.map { Float($0.value) }) }
      let input = try tensor(fixture.input)
      for threads in [1, 2] {
        let output = try layer.forward(input, mode: .training, level: level, threads: threads)
        compare(output, fixture.output, fixture, "\(what), output")
        let gradients = try layer.backward(
          input, outputGradient: tensor(fixture.outputGradient), level: level, threads: threads)
        compare(gradients.input, fixture.inputGradient, fixture, "\(what), gradient")
      }
    }
  }

  private func compare(_ result: Tensor, _ expected: [Number], _ fixture: Fixture, _ what: String) {
    #expect(result.count == expected.count)
    // What PyTorch itself loses in 64 bits where terms cancel, as in 1 + erf x.
    var absolute = 1e-13
    // What is lost in 32 bits, here and in PyTorch, where the derivative is made from the output or crosses 0.
    if ["Sigmoid", "Tanh", "HardSwish", "HardSigmoid"].contains(fixture.layer) { absolute = 1e-6 }
    if fixture.layer.contains("oftmax") { absolute = 1e-7 }
    for (i, (value, right)) in zip(result.scalars, expected.map(\.value)).enumerated() {
      let isRight =
        Double(value) == right || (value.isNaN && right.isNaN)
        || abs(Double(value) - right) <= 1e-5 * abs(right) + absolute
        // In PyTorch it depends on the number of values whether the gradient passes at NaN.
        || (fixture.input[i].value.isNaN && ["ELU", "SELU", "ReLU6", "HardSwish"].contains(fixture.layer))
      #expect(isRight, "\(what) at \(i), x = \(fixture.input[i].value): \(value) instead of \(right)")
    }
  }
}
