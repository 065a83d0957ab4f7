import Kernels
import Layers
import TestSupport
import Testing

/// y = x³ · gain, with a backward pass that may be wrong.
struct FaultyCube: Layer {
  enum Fault: CaseIterable { case none, sign, factor, missingGain, oneElement, parameter, notANumber }
  var fault = Fault.none

  var kind: String { "FaultyCube" }
  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    [ParameterDescription(name: "gain", shape: [1], initialization: .constant(1))]
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    Planned(count: problem.batchSize * problem.inputShape.count, fault: fault)
  }

  private final class Planned: PlannedLayer {
    let count: Int
    let fault: Fault
    let workspaceByteCount = 0

    init(count: Int, fault: Fault) { (self.count, self.fault) = (count, fault) }

    func forward(_ memory: ForwardMemory) {
      for i in 0..<count {
        memory.output[i] = memory.input[i] * memory.input[i] * memory.input[i] * memory.parameters[0][0]
      }
    }

    func backward(_ memory: BackwardMemory) {
      let gain = memory.parameters[0][0]
      var sum: Float = 0
      for i in 0..<count { sum += memory.outputGradient[i] * memory.input[i] * memory.input[i] * memory.input[i] }
      memory.parameterGradients[0][0] = fault == .parameter ? 0 : sum
      guard let gradient = memory.inputGradient else { return }
      for i in 0..<count {
        gradient[i] = 3 * memory.outputGradient[i] * memory.input[i] * memory.input[i] * gain
        switch fault {
        case .sign: gradient[i] = -gradient[i]
        case .factor: gradient[i] /= 3
        case .missingGain: gradient[i] /= gain
        case .oneElement where i == count / 2: gradient[i] += 0.1
        case .notANumber where i == 0: gradient[i] = .nan
        case .oneElement, .notANumber, .none, .parameter: break
        }
      }
    }
  }
}

struct GradientCheckTests {
  @Test(
    arguments: GradientCase.all + GradientCase.normalizations + GradientCase.activations + GradientCase.compositions)
  func theLayersOfTheLibraryPass(_ test: GradientCase) throws {
    let check = try gradientCheck(layer: test.layer, inputShape: test.inputShape, batchSize: max(test.batch, 2))
    #expect(check.relativeError < (test.hasKinks ? 5e-3 : 1e-3), "\(check)")
    let elements = ([check.input] + check.parameters).map { $0.comparedCount + $0.skippedCount }
    let skipped = ([check.input] + check.parameters).map(\.skippedCount)
    #expect(skipped.reduce(0, +) * 10 <= elements.reduce(0, +), "\(check)")
  }

  @Test(arguments: InstructionSet.available)
  func aNetworkWithKinksPasses(level: InstructionSet) throws {
    let network = Sequential(
      Conv2D(4, kernelSize: 3, padding: 1), BatchNorm2D(), ReLU(), MaxPool2D(2), Dropout(0.3), Flatten(), Linear(9),
      ReLU(), Linear(3))
    let check = try gradientCheck(layer: network, inputShape: [2, 8, 8], batchSize: 4, threads: 2, level: level)
    #expect(check.relativeError < 5e-3, "\(check)")
    let trained = try network.parameters(for: [2, 8, 8]).filter { $0.role == .trainable }
    #expect(check.parameters.map(\.name) == trained.map(\.name))
    #expect(check.parameters.first?.comparedCount ?? 0 > 36)
  }

  @Test func aCorrectBackwardPassPasses() throws {
    let check = try gradientCheck(layer: FaultyCube(), inputShape: [5, 7])
    #expect(check.relativeError < 1e-4, "\(check)")
    #expect(check.input.comparedCount == 70 && check.input.skippedCount == 0)
    #expect(check.parameters.map(\.name) == ["gain"])
  }

  @Test(arguments: FaultyCube.Fault.allCases.filter { $0 != .none })
  func aWrongBackwardPassIsFound(_ fault: FaultyCube.Fault) throws {
    let check = try gradientCheck(layer: FaultyCube(fault: fault), inputShape: [5, 7])
    #expect(check.relativeError > 1e-2, "\(check)")
    #expect((check.parameters[0].relativeError > 1e-2) == (fault == .parameter))
    #expect((check.input.relativeError > 1e-2) == (fault != .parameter))
    if fault == .oneElement { #expect(check.input.worst.element == 35) }
    if fault == .notANumber { #expect(check.relativeError == .infinity) }
  }

  /// What the gradient is at a kink is a matter of definition.
  @Test(arguments: [Float(0), 1e-6, -1e-6, 1e-9])
  func anElementAtAKinkIsLeftOut(_ value: Float) throws {
    let input = try Tensor(shape: [1, 3], [-0.5, value, 0.5])
    let check = try gradientCheck(layer: ReLU(), inputShape: [3], batchSize: 1, input: input)
    #expect(check.relativeError < 1e-4, "\(check)")
    #expect(check.input.comparedCount == 2 && check.input.skippedCount == 1)
  }

  @Test(arguments: [Float(0.02), -0.01, 0.001])
  func anElementNearAKinkIsCompared(_ value: Float) throws {
    let input = try Tensor(shape: [1, 3], [-0.5, value, 0.5])
    let check = try gradientCheck(layer: ReLU(), inputShape: [3], batchSize: 1, input: input)
    #expect(check.relativeError < 5e-3, "\(check)")
    #expect(check.input.skippedCount == 0)
  }

  @Test func parametersAndElementsCanBeChosen() throws {
    let weight = try Tensor(shape: [4, 50], repeating: 2)
    let check = try gradientCheck(
      layer: Linear(4), inputShape: [50], batchSize: 3, parameters: ["weight": weight], elementsPerTensor: 30)
    #expect(check.relativeError < 1e-4, "\(check)")
    #expect(check.input.comparedCount == 30)
    #expect(check.parameters.map(\.comparedCount) == [30, 4])
    let frozen = try gradientCheck(layer: Frozen(Linear(4)), inputShape: [50])
    #expect(frozen.parameters.isEmpty && frozen.input.comparedCount == 100)
  }

  @Test func whatHasTheWrongShapeIsAnError() throws {
    #expect(throws: LayerError.self) { try gradientCheck(layer: Linear(4), inputShape: [3, 8, 8]) }
    #expect(throws: LayerError.self) {
      try gradientCheck(layer: Linear(4), inputShape: [3], input: Tensor(shape: [1, 3]))
    }
    #expect(throws: LayerError.self) {
      try gradientCheck(layer: Linear(4), inputShape: [3], parameters: ["weight": Tensor(shape: [3, 4])])
    }
    #expect(throws: LayerError.self) {
      try gradientCheck(layer: Linear(4), inputShape: [3], parameters: ["gain": Tensor(shape: [1])])
    }
    #expect(throws: LayerError.self) { try gradientCheck(layer: Linear(4), inputShape: [3], batchSize: 0) }
    #expect(throws: LayerError.self) { try gradientCheck(layer: Linear(4), inputShape: [3], elementsPerTensor: 0) }
  }
}
