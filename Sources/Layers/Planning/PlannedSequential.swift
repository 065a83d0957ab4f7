import Kernels

/// The layers of a ``Sequential``, planned together.
///
/// It assigns all memory. For training, the outputs between layers are saved, one after another, and gradients
/// alternate between two regions of the workspace. For inference, the outputs alternate between these regions, and
/// layers that can run in place do. An activation after a layer that can fuse it becomes part of that layer, layers
/// that only reshape disappear, and the backward pass ends at the first layer with parameters to train unless the
/// input's gradient is needed.
final class PlannedSequential: PlannedLayer, PacksParameters {
  let savedByteCount: Int
  let workspaceByteCount: Int
  private let steps: [Step]
  /// The index of the last step that the backward pass runs.
  private let lastBackwardStep: Int
  var convolutionKernels: [String] { steps.flatMap(\.layer.convolutionKernels) }
  /// The byte offset of the steps' shared workspace.
  private let stepWorkspace: Int

  /// One planned layer and the places of its data.
  private struct Step {
    let layer: any PlannedLayer
    let firstParameter: Int
    var input = Place.input
    var output = Place.output
    var saved = 0
    var outputGradient = Place.output
    var inputGradient: Place?
  }

  /// A region of the memory that is passed to a run.
  private enum Place: Equatable {
    /// The sequence's input, or its gradient.
    case input
    /// The sequence's output, or its gradient.
    case output
    /// A byte offset in the saved memory.
    case saved(Int)
    /// A byte offset in the workspace.
    case workspace(Int)
  }

  /// Plans the layers; nil where all of them only reshape.
  init?(_ layers: [PlacedLayer], _ problem: LayerProblem) throws(LayerError) {
    var steps: [Step] = []
    var outputBytes: [Int] = []
    var firstBackward: Int?
    var parameterCount = 0
    var isTrained = false
    var position = 0
    let allParameters = layers.reduce(0) { $0 + $1.parameters.count }
    while position < layers.count {
      let placed = layers[position]
      var stepProblem = problem
      stepProblem.inputShape = placed.inputShape
      stepProblem.narrowFrozen(to: placed.parameters, from: parameterCount, of: allParameters)
      let trains = stepProblem.trains(placed.parameters)
      stepProblem.needsInputGradient = problem.needsInputGradient || isTrained
      let following = position + 1 < layers.count ? FusedActivation(layers[position + 1].layer) : nil
      stepProblem.activation = following.flatMap { placed.layer.canApply($0) ? $0 : nil }
      let next = position + (stepProblem.activation == nil ? 1 : 2)
      stepProblem.keepsOutputGradient = problem.keepsOutputGradient && next == layers.count
      let planned: (any PlannedLayer)?
      do throws(LayerError) {
        planned = try placed.layer.plan(stepProblem)
      } catch {
        throw error.at(placed.path)
      }
      if let planned {
        if firstBackward == nil, problem.needsInputGradient || trains { firstBackward = steps.count }
        steps.append(Step(layer: planned, firstParameter: parameterCount))
        outputBytes.append(
          cacheLines(problem.batchSize * placed.outputShape.count * MemoryLayout<Float>.stride))
      }
      parameterCount += placed.parameters.count
      isTrained = isTrained || trains
      position = next
    }
    guard !steps.isEmpty else { return nil }

    let turn = outputBytes.dropLast().max() ?? 0
    savedByteCount = PlannedSequential.place(
      &steps, outputBytes: outputBytes, keepsOutputs: problem.mode == .training, turn: turn)
    lastBackwardStep = problem.mode == .training ? firstBackward ?? steps.count : steps.count
    PlannedSequential.placeGradients(
      &steps, downTo: lastBackwardStep, needsInputGradient: problem.needsInputGradient,
      keepsOutputGradient: problem.keepsOutputGradient, turn: turn)
    stepWorkspace = 2 * turn
    workspaceByteCount = stepWorkspace + (steps.map(\.layer.workspaceByteCount).max() ?? 0)
    self.steps = steps
  }

  var overwritesOutputGradient: Bool { steps.last?.layer.overwritesOutputGradient ?? false }
  var readsOutput: Bool { steps.last?.layer.readsOutput ?? false }

  /// Assigns each step's input, output and saved memory; returns the bytes of saved memory.
  private static func place(
    _ steps: inout [Step], outputBytes: [Int], keepsOutputs: Bool, turn: Int
  ) -> Int {
    var saved = 0
    for i in steps.indices {
      if keepsOutputs, i < steps.count - 1 {
        steps[i].output = .saved(saved)
        saved += outputBytes[i]
      }
      steps[i].saved = saved
      saved += cacheLines(steps[i].layer.savedByteCount)
    }
    if !keepsOutputs { placeInTurns(&steps, turn: turn) }
    for i in steps.indices.dropFirst() { steps[i].input = steps[i - 1].output }
    return saved
  }

  /// Assigns outputs to two regions of the workspace alternately; a layer that runs in place writes where it reads.
  private static func placeInTurns(_ steps: inout [Step], turn: Int) {
    for i in steps.indices.dropLast().reversed() {
      let next = steps[i + 1]
      if next.layer.runsInPlace {
        steps[i].output = next.output
      } else {
        steps[i].output = next.output == .workspace(0) ? .workspace(turn) : .workspace(0)
      }
    }
  }

  /// Assigns the gradients of each step of the backward pass.
  private static func placeGradients(
    _ steps: inout [Step], downTo last: Int, needsInputGradient: Bool, keepsOutputGradient: Bool, turn: Int
  ) {
    var place = Place.output
    for i in steps.indices.reversed() where i >= last {
      steps[i].outputGradient = place
      if i == last {
        steps[i].inputGradient = needsInputGradient ? .input : nil
      } else {
        if !steps[i].layer.canShareGradients || (keepsOutputGradient && i == steps.count - 1) {
          place = place == .workspace(0) ? .workspace(turn) : .workspace(0)
        }
        steps[i].inputGradient = place
      }
    }
  }

  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters) {
    for step in steps {
      (step.layer as? any PacksParameters)?.packParameters(parameters + step.firstParameter, packed)
    }
  }

  func forward(_ memory: ForwardMemory) {
    func locate(_ place: Place) -> UnsafeMutablePointer<Float> {
      switch place {
      case .input: UnsafeMutablePointer(mutating: memory.input)
      case .output: memory.output
      case .saved(let offset): (memory.saved + offset).assumingMemoryBound(to: Float.self)
      case .workspace(let offset): (memory.workspace + offset).assumingMemoryBound(to: Float.self)
      }
    }
    for (i, step) in steps.enumerated() {
      step.layer.forward(
        ForwardMemory(
          input: locate(step.input), output: locate(step.output), parameters: memory.parameters + step.firstParameter,
          saved: memory.saved + step.saved, workspace: memory.workspace + stepWorkspace,
          random: memory.random(ofInnerLayer: i)))
    }
  }

  func backward(_ memory: BackwardMemory) {
    func locate(_ place: Place) -> UnsafePointer<Float> {
      switch place {
      case .input: memory.input
      case .output: memory.output
      case .saved(let offset): UnsafePointer((memory.saved + offset).assumingMemoryBound(to: Float.self))
      case .workspace(let offset): UnsafePointer((memory.workspace + offset).assumingMemoryBound(to: Float.self))
      }
    }
    func locateGradient(_ place: Place) -> UnsafeMutablePointer<Float>? {
      switch place {
      case .input: memory.inputGradient
      case .output: memory.outputGradient
      case .saved(let offset): (memory.saved + offset).assumingMemoryBound(to: Float.self)
      case .workspace(let offset): (memory.workspace + offset).assumingMemoryBound(to: Float.self)
      }
    }
    var i = steps.count
    while i > lastBackwardStep {
      i -= 1
      let step = steps[i]
      guard let outputGradient = locateGradient(step.outputGradient) else { return }
      step.layer.backward(
        BackwardMemory(
          input: locate(step.input), output: locate(step.output), outputGradient: outputGradient,
          inputGradient: step.inputGradient.flatMap(locateGradient),
          parameters: memory.parameters + step.firstParameter,
          parameterGradients: memory.parameterGradients + step.firstParameter, saved: memory.saved + step.saved,
          workspace: memory.workspace + stepWorkspace))
    }
  }
}
