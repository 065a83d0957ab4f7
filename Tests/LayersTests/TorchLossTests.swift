import Foundation
import Kernels
import Layers
import Testing

/// The losses of N1's first 20 steps are those of PyTorch in float64, from the same weights on the same batches, see
/// Tests/Fixtures/make_n1_losses.py.
struct TorchLossTests {
  private struct Fixture: Decodable {
    struct Run: Decodable {
      let batchSize: Int
      let pixelSum: Int
      let losses: [Double]
    }
    let weights: [String: [Float]]
    let sgd: Run
    let adam: Run
  }

  private func fixture() throws -> Fixture {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/n1-losses.json"))
    return try JSONDecoder().decode(Fixture.self, from: data)
  }

  /// The batches of the script: `steps` of them, one after another.
  private func images(count: Int) throws -> ImageDataset {
    var generator = SplitMix64(seed: 2)
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    for _ in 0..<count {
      let label = UInt8((generator.next() >> 32) % 10)
      labels.append(label)
      for _ in 0..<3072 / 8 {
        let bits = generator.next()
        for byte in 0..<8 { pixels.append(UInt8(truncatingIfNeeded: bits >> (8 * byte)) / 2 + 12 * label) }
      }
    }
    return try ImageDataset(
      pixels: pixels, labels: labels, channels: 3, height: 32, width: 32, classNames: (0..<10).map(String.init),
      name: "torch")
  }

  @Test func theInitialWeightsAreThoseOfTheFixture() throws {
    let model = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    let weights = try fixture().weights
    #expect(Set(weights.keys) == Set(model.parameters.map(\.name)))
    for (name, expected) in weights {
      let values = try model.parameter(name).scalars
      #expect([values[0], values[values.count - 1]] == expected, "\(name)")
    }
  }

  @Test(arguments: InstructionSet.available) func lossesOfSGDAreThoseOfPyTorch(level: InstructionSet) throws {
    try compare(fixture().sgd, SGD(learningRate: 0.001, momentum: 0.9), level)
  }

  @Test(arguments: InstructionSet.available) func lossesOfAdamAreThoseOfPyTorch(level: InstructionSet) throws {
    try compare(fixture().adam, Adam(learningRate: 0.001), level)
  }

  private func compare(_ run: Fixture.Run, _ optimizer: any Optimizer, _ level: InstructionSet) throws {
    let images = try images(count: run.batchSize * run.losses.count)
    #expect(images.pixels.reduce(0) { $0 + Int($1) } == run.pixelSum)
    let trainer = try Trainer(
      model: Model(n1, inputShape: [3, 32, 32], seed: 1), optimizer: optimizer, batchSize: run.batchSize, level: level)
    for (step, expected) in run.losses.enumerated() {
      let first = step * run.batchSize
      let loss = try trainer.step(on: images, indices: Array(first..<first + run.batchSize))
      #expect(
        abs(Double(loss) - expected) <= 1e-4 * expected, "\(optimizer.name), step \(step): \(loss), not \(expected)")
    }
  }
}
