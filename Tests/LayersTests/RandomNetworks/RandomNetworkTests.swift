import Foundation
import Kernels
import Layers
import TestSupport
import Testing

/// Networks of all layers, in random order, with random options and on random shapes, are what their definitions in Double
/// say: outputs, the gradients of inputs and parameters, running statistics. Threads change no bit, and an image's output
/// does not depend on its batch.
///
/// `RANDOM_NETWORKS=17` runs the case of that seed alone, `RANDOM_NETWORKS=1-500` many, and prints each before it runs, so
/// that what ends the process is known.
@Suite struct RandomNetworkTests {
  private static let chosen: ClosedRange<UInt64>? = {
    let parts = ProcessInfo.processInfo.environment["RANDOM_NETWORKS"]?.split(separator: "-").map { UInt64($0) }
    guard let first = parts?.first ?? nil else { return nil }
    return first...max(first, (parts?.last ?? nil) ?? first)
  }()

  /// Seeds that are run one after another; several of these run at once.
  static let portions: [ClosedRange<UInt64>] = {
    if let chosen { return [chosen] }
    return stride(from: 1, to: 800, by: 100).map { (first: UInt64) in first...first + 99 }
  }()

  @Test(arguments: portions)
  func networksAreTheirDefinitions(_ seeds: ClosedRange<UInt64>) throws {
    var compared = 0
    for seed in seeds {
      let test = try NetworkCase.make(seed: seed)
      if Self.chosen != nil { FileHandle.standardError.write(Data("\(seed): \(test.description)\n".utf8)) }
      if try passes(test) { compared += 1 }
    }
    // A network of many values near 0 before a ReLU is left out now and then.
    if Self.chosen == nil {
      #expect(compared * 10 >= seeds.count * 9, "\(compared) of \(seeds.count) gradients compared")
    }
  }

  @Test(arguments: NetworkCase.fixed)
  func shapesThatWereWrongOnce(_ test: NetworkCase) throws {
    #expect(try passes(test), "the gradients of \(test.description) were not compared")
  }

  /// Checks a case, and says whether its gradients could be compared.
  private func passes(_ test: NetworkCase) throws -> Bool {
    var check = NetworkCheck(test)
    try check.run()
    if !check.failures.isEmpty {
      let failures = check.failures.joined(separator: "\n")
      Issue.record(
        "\(failures)\n  in \(test.description)\n  from \(try firstWrongLayer(of: test)) on\n  again: \(test.reproduction)"
      )
    }
    return check.comparedGradients
  }

  /// The last layer of the shortest beginning of the network that is wrong, too.
  private func firstWrongLayer(of test: NetworkCase) throws -> String {
    for count in 1..<max(test.network.layers.count, 1) {
      var check = NetworkCheck(test.prefix(count))
      try check.run()
      if !check.failures.isEmpty { return "\(test.network.layers[count - 1].kind), layer \(count - 1)," }
    }
    return "\(test.network.layers.last?.kind ?? "nothing"), the last layer,"
  }

  /// The definitions' backward passes are the derivatives of their forward passes, along random directions.
  @Test func referenceGradientsAreDerivatives() throws {
    var compared = 0
    for seed in UInt64(1001)...1100 {
      let test = try NetworkGenerator.make(seed: seed)
      guard test.lastCount * test.inputShape.count < 2000 else { continue }
      let model = try Model(test.network, inputShape: test.inputShape, seed: seed)
      let random = DirectionRandom(seed: seed)
      let parameters = try model.parameters.map { try model.parameter($0.name).scalars.map(Double.init) }
      let input = random.values(test.lastCount * test.inputShape.count)
      let outputGradient = random.values(test.lastCount * model.outputShape.count)
      // Dropout draws only in a plan's pass; the definition takes what was drawn last.
      let plan = try model.plan(batchSize: test.batchSize, mode: .training)
      _ = try plan.forward(Tensor(shape: test.inputShape.batched(test.lastCount), input.map { Float($0) }))
      let network = try ReferenceBuilder(trains: true).build(test.network, test.inputShape)
      let inputDirection = random.values(input.count)
      let directions = model.parameters.map { $0.role == .buffer ? [] : random.values($0.shape.count) }
      func loss(_ step: Double) -> (value: Double, signs: [[Bool]]) {
        let moved = zip(parameters, directions).map { parameter, direction in
          direction.isEmpty ? parameter : zip(parameter, direction).map { $0 + step * $1 }
        }
        let output = network.forward(zip(input, inputDirection).map { $0 + step * $1 }, moved)
        let value = zip(output, outputGradient).reduce(0) { $0 + $1.0 * $1.1 }
        return (value, network.kinks.map { $0.map { $0 > 0 } })
      }
      let step = 1e-6
      let (above, below) = (loss(step), loss(-step))
      let middle = loss(0)
      guard above.signs == middle.signs, below.signs == middle.signs else { continue }
      let gradients = network.backward(outputGradient)
      let expected = (above.value - below.value) / (2 * step)
      var found = zip(gradients.input, inputDirection).reduce(0) { $0 + $1.0 * $1.1 }
      for (gradient, direction) in zip(gradients.parameters, directions) {
        found += zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let scale = gradients.input.reduce(1) { $0 + abs($1) }
      #expect(abs(found - expected) <= 1e-5 * scale, "\(found) instead of \(expected): \(test.description)")
      compared += 1
    }
    #expect(compared >= 30)
  }

  /// Every layer of the library is among those that are drawn.
  @Test func everyLayerIsDrawn() throws {
    var names: Set<String> = []
    func note(_ layer: any Layer, _ shape: Shape) throws {
      let type = "\(Swift.type(of: layer))"
      names.insert(type == "RecordedDropout" ? layer.kind : type)
      switch layer {
      case let layer as Sequential:
        var shape = shape
        for inner in layer.layers {
          try note(inner, shape)
          shape = try inner.outputShape(for: shape)
        }
      case let layer as Named: try note(layer.layer, shape)
      case let layer as any CompositeLayer: try note(layer.body, shape)
      case let layer as Frozen: try note(layer.layer, shape)
      case let layer as Residual:
        try note(layer.body, shape)
        if let shortcut = layer.shortcut { try note(shortcut, shape) }
      case let layer as Branches: for branch in layer.branches { try note(branch, shape) }
      default: break
      }
    }
    for seed in UInt64(1)...400 {
      let test = try NetworkGenerator.make(seed: seed)
      try note(test.network, test.inputShape)
    }
    #expect(names == Self.layerNames, "\(names.symmetricDifference(Self.layerNames))")
  }

  private static let layerNames: Set<String> = [
    "AdaptiveAveragePool1D", "AdaptiveAveragePool2D", "AdaptiveMaxPool1D", "AdaptiveMaxPool2D", "AveragePool1D",
    "AveragePool2D", "BatchNorm1D", "BatchNorm2D", "Branches", "Conv1D", "Conv2D", "DrawnComposite", "Dropout",
    "Dropout2D", "ELU", "Flatten", "Frozen", "GELU", "GlobalAveragePool1D", "GlobalAveragePool2D", "GroupNorm",
    "HardSigmoid", "HardSwish", "LayerNorm", "LeakyReLU", "Linear", "LogSoftmax", "MaxPool1D", "MaxPool2D", "Mish",
    "Named", "PReLU", "Pad2D", "ReLU", "ReLU6", "Residual", "SELU", "Sequential", "SiLU", "Sigmoid", "Softmax",
    "Softplus", "Tanh", "TransposedConv2D", "Unflatten", "Upsample",
  ]

  /// A generator that closures share.
  private final class DirectionRandom {
    private var random: TestRandom
    init(seed: UInt64) { random = TestRandom(seed: seed) }
    func values(_ count: Int) -> [Double] { random.reals(count).map(Double.init) }
  }
}
