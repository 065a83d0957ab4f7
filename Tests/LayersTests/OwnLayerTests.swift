import Layers
import Testing

/// Multiplies each value by a learned factor: a layer that the library does not have.
private struct Gain: Layer {
  var kind: String { "Gain" }
  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    [ParameterDescription(name: "gain", shape: [1], initialization: .constant(3))]
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    PlannedGain(count: problem.batchSize * problem.inputShape.count)
  }
}

private final class PlannedGain: PlannedLayer {
  let count: Int
  let workspaceByteCount = 0

  init(count: Int) { self.count = count }

  func forward(_ memory: ForwardMemory) {
    for i in 0..<count { memory.output[i] = memory.input[i] * memory.parameters[0][0] }
  }

  func backward(_ memory: BackwardMemory) {
    memory.parameterGradients[0][0] = (0..<count).reduce(0) { $0 + memory.outputGradient[$1] * memory.input[$1] }
    guard let inputGradient = memory.inputGradient else { return }
    for i in 0..<count { inputGradient[i] = memory.outputGradient[i] * memory.parameters[0][0] }
  }
}

struct OwnLayerTests {
  @Test func aLayerOfOnesOwnTakesPartInANetwork() throws {
    let model = try Model(Sequential(Gain(), Flatten(), Sequential(Gain())), inputShape: [1, 2])
    #expect(model.parameters.map(\.name) == ["0.gain", "2.0.gain"])
    let plan = try model.plan(batchSize: 1, mode: .training, needsInputGradient: true)
    #expect(try plan.forward(Tensor(shape: [1, 1, 2], [1, 2])).scalars == [9, 18])
    let inputGradient = try plan.backward(Tensor(shape: [1, 2], [1, 10]))
    #expect(inputGradient?.scalars == [9, 90])
    #expect(try model.gradient("2.0.gain").scalars == [1 * 3 + 10 * 6])
    #expect(try model.gradient("0.gain").scalars == [3 * 1 + 30 * 2])
  }

  @Test func aLayerOfOnesOwnWorksAlone() throws {
    let input = try Tensor(shape: [1, 2], [1, 2])
    let gain = try Tensor(shape: [1], [5])
    #expect(try Gain().forward(input, parameters: [gain]).scalars == [5, 10])
    let gradients = try Gain().backward(input, outputGradient: input, parameters: [gain])
    #expect(gradients.parameters == [try Tensor(shape: [1], [5])])
    #expect(gradients.input.scalars == [5, 10])
  }
}
