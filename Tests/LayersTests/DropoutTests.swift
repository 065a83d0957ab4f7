import Foundation
import Kernels
import Layers
import Testing

struct DropoutLayerTests {
  @Test func inferenceAndAProbabilityOfZeroChangeNothing() throws {
    let input = try Tensor(shape: [2, 3, 4, 4], (0..<96).map { Float($0) })
    for layer in [Dropout(0.7), Dropout2D(0.7)] as [any Layer] {
      #expect(try layer.forward(input) == input)
    }
    for layer in [Dropout(0), Dropout2D(0)] as [any Layer] {
      #expect(try layer.forward(input, mode: .training, seed: 3) == input)
      #expect(try layer.backward(input, outputGradient: input, seed: 3).input == input)
    }
  }

  @Test func aProbabilityOfOneDropsAll() throws {
    let input = try Tensor(shape: [1, 100], repeating: 2)
    #expect(try Dropout(1).forward(input, mode: .training).scalars.allSatisfy { $0 == 0 })
  }

  @Test(arguments: InstructionSet.available, [1, 2])
  func whatIsKeptIsScaledAndTheGradientUsesTheSameMask(level: InstructionSet, threads: Int) throws {
    let input = try Tensor(shape: [10, 1000], repeating: 3)
    let gradient = try Tensor(shape: [10, 1000], (0..<10_000).map { Float($0) + 1 })
    let output = try Dropout(0.2).forward(input, mode: .training, seed: 5, level: level, threads: threads)
    let gradients = try Dropout(0.2).backward(
      input, outputGradient: gradient, seed: 5, level: level, threads: threads)
    let scale = Float(1 / 0.8)
    let kept = output.scalars.count { $0 != 0 }
    // Within five standard deviations of a binomial distribution.
    #expect(abs(kept - 8000) < 200)
    for i in 0..<10_000 {
      #expect(output.scalars[i] == 0 || output.scalars[i] == 3 * scale)
      #expect(gradients.input.scalars[i] == (output.scalars[i] == 0 ? 0 : gradient.scalars[i] * scale))
    }
    let other = try Dropout(0.2).forward(input, mode: .training, seed: 5, level: .lowest, threads: 1)
    #expect(output == other)
  }

  @Test func dropout2DDropsWholeChannels() throws {
    let input = try Tensor(shape: [20, 30, 3, 5], repeating: 1)
    let output = try Dropout2D(0.5).forward(input, mode: .training, seed: 1)
    let channels = (0..<600).map { Set(output.scalars[$0 * 15..<$0 * 15 + 15]) }
    #expect(channels.allSatisfy { $0 == [0] || $0 == [2] })
    #expect(abs(channels.count { $0 == [0] } - 300) < 62)
  }

  @Test func layersAndPassesDropDifferentValuesAndTheSeedDecidesWhich() throws {
    func passes(seed: UInt64, threads: Int) throws -> [[Float]] {
      let model = try Model(Sequential(Dropout(0.5)), inputShape: [400], seed: seed)
      let plan = try model.plan(batchSize: 2, mode: .training, needsInputGradient: true, threads: threads)
      let ones = try Tensor(shape: [2, 400], repeating: 1)
      return try (0..<3).map { _ in
        let output = try plan.forward(ones)
        // The gradient passes where the value passed.
        #expect(try plan.backward(ones) == output)
        return output.scalars
      }
    }
    let first = try passes(seed: 1, threads: 1)
    #expect(Set(first).count == 3)
    #expect(try passes(seed: 1, threads: 2) == first)
    #expect(try passes(seed: 2, threads: 1) != first)
    // Two layers with the same draws would keep half of the values, with draws of their own they keep a quarter.
    let model = try Model(Sequential(Dropout(0.5), Dropout(0.5)), inputShape: [4000], seed: 1)
    let output = try model.plan(batchSize: 1, mode: .training).forward(Tensor(shape: [1, 4000], repeating: 1))
    #expect(abs(output.scalars.count { $0 == 4 } - 1000) < 140)
  }

  @Test func optionsAndShapesAreChecked() {
    for probability in [-0.1, 1.5, .nan] {
      #expect(throws: LayerError.self) { try Dropout(probability).outputShape(for: [3]) }
      #expect(throws: LayerError.self) { try Model(Dropout2D(probability), inputShape: [3, 2, 2]) }
    }
    #expect(throws: LayerError.self) { try Dropout2D().outputShape(for: [3]) }
    #expect(throws: LayerError.self) { try Softmax().outputShape(for: []) }
    #expect(throws: LayerError.self) { try Softplus(beta: 0).forward(Tensor(shape: [1, 2])) }
  }
}
