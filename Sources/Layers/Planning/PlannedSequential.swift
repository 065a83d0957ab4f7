import Kernels

/// The layers of a ``Sequential``, planned together.
///
/// It assigns all memory. For training, the outputs between layers are saved, one after another, and gradients
/// alternate between two regions of the workspace. For inference, the outputs alternate between these regions, and
/// layers that can run in place do. Large batches pass through some layers in blocks, see ``ImageBlocks``; what only
/// the next of these layers reads is kept for one block. An activation after a layer that can fuse it becomes part of
/// that layer, and so does max pooling after a convolution where that pays (``PooledConv2D``); layers that only reshape disappear, and the backward pass ends at the first layer with parameters to
/// train unless the input's gradient is needed.
final class PlannedSequential: PlannedLayer, PacksParameters {
  let savedByteCount: Int
  let workspaceByteCount: Int
  private let steps: [Step]
  /// The steps whose forward passes a batch goes through in blocks of images.
  private let blocks: [ImageBlocks]
  private let batchSize: Int
  private let profile: PlanProfile?
  /// The byte offset of the memory for outputs of a block.
  private let blockWorkspace: Int
  /// The index of the last step that the backward pass runs.
  private let lastBackwardStep: Int
  var convolutionKernels: [String] {
    steps.enumerated().flatMap { i, step in
      // A convolution's forward pass is the one of a block.
      let forward = blocks.lazy.flatMap { $0.layers(ofStep: i) }.first?.convolutionKernels.first
      return forward.map { [$0] + step.layer.convolutionKernels.dropFirst() } ?? step.layer.convolutionKernels
    }
  }
  /// The byte offset of the steps' shared workspace.
  private let stepWorkspace: Int

  /// One planned layer and the places of its data.
  private struct Step {
    let layer: any PlannedLayer
    let firstParameter: Int
    /// Bytes of an image.
    let inputBytes: Int
    let outputBytes: Int
    /// Bytes that the forward pass saves of an image; 0 of a layer that batches do not pass in blocks.
    let savedBytes: Int
    /// The step of the profile.
    let profiled: Int?
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
    /// A byte offset in the memory for a block of images.
    case block(Int)

    var isInBlock: Bool { if case .block = self { true } else { false } }
  }

  /// Plans the layers; nil where all of them only reshape.
  init?(_ layers: [PlacedLayer], _ problem: LayerProblem) throws(LayerError) {
    var steps: [Step] = []
    var candidates: [ImageBlocks.Candidate] = []
    var firstBackward: Int?
    var parameterCount = 0
    var isTrained = false
    var position = 0
    let allParameters = layers.reduce(0) { $0 + $1.parameters.count }
    while position < layers.count {
      var placed = layers[position]
      var stepProblem = problem
      stepProblem.inputShape = placed.inputShape
      stepProblem.narrowFrozen(to: placed.parameters, from: parameterCount, of: allParameters)
      let trains = stepProblem.trains(placed.parameters)
      stepProblem.needsInputGradient = problem.needsInputGradient || isTrained
      var next = position + 1
      if let pooled = try PooledConv2D.front(of: layers[position...], stepProblem) {
        placed = try PlacedLayer(pooled.layer, path: placed.path, inputShape: placed.inputShape)
        next = position + pooled.count
      } else if next < layers.count, let following = FusedActivation(layers[next].layer),
        placed.layer.canApply(following)
      {
        stepProblem.activation = following
        next += 1
      }
      stepProblem.keepsOutputGradient = problem.keepsOutputGradient && next == layers.count
      stepProblem.path = joined(problem.path, placed.path)
      let firstInner = problem.profile?.steps.count ?? 0
      let planned: (any PlannedLayer)?
      do throws(LayerError) {
        planned = try placed.layer.plan(stepProblem)
      } catch {
        throw error.at(placed.path)
      }
      if let planned {
        if firstBackward == nil, problem.needsInputGradient || trains { firstBackward = steps.count }
        let step = Step(
          layer: planned, firstParameter: parameterCount,
          inputBytes: placed.inputShape.count * MemoryLayout<Float>.stride,
          outputBytes: placed.outputShape.count * MemoryLayout<Float>.stride,
          savedBytes: (planned as? any RunsImagesApart)?.savedBytesPerImage ?? 0,
          profiled: problem.profile?.add(planned, placed, stepProblem, trains: trains, firstInner: firstInner))
        steps.append(step)
        candidates.append(
          ImageBlocks.Candidate(
            layer: planned, description: placed.layer, problem: stepProblem, inputBytes: step.inputBytes,
            outputBytes: step.outputBytes,
            outputPlane: placed.outputShape.rank == 3 ? placed.outputShape[1] * placed.outputShape[2] : 1))
      }
      parameterCount += placed.parameters.count
      isTrained = isTrained || trains
      position = next
    }
    guard !steps.isEmpty else { return nil }

    let outputBytes = steps.map { cacheLines(problem.batchSize * $0.outputBytes) }
    let turn = outputBytes.dropLast().max() ?? 0
    batchSize = problem.batchSize
    profile = problem.profile
    blocks = try ImageBlocks.groups(candidates)
    for group in blocks {
      for step in steps[group.steps] {
        if let profiled = step.profiled { problem.profile?.steps[profiled].imagesPerBlock = group.images }
      }
    }
    let blockTurn = PlannedSequential.placeInBlocks(&steps, blocks, keepsOutputs: problem.mode == .training)
    savedByteCount = PlannedSequential.place(
      &steps, outputBytes: outputBytes, keepsOutputs: problem.mode == .training, turn: turn)
    lastBackwardStep = problem.mode == .training ? firstBackward ?? steps.count : steps.count
    PlannedSequential.placeGradients(
      &steps, downTo: lastBackwardStep, needsInputGradient: problem.needsInputGradient,
      keepsOutputGradient: problem.keepsOutputGradient, turn: turn)
    blockWorkspace = 2 * turn
    stepWorkspace = blockWorkspace + 2 * blockTurn
    let layers = steps.map(\.layer) + blocks.flatMap { $0.layers + $0.lastLayers }
    workspaceByteCount = stepWorkspace + (layers.map(\.workspaceByteCount).max() ?? 0)
    self.steps = steps
  }

  var overwritesOutputGradient: Bool { steps.last?.layer.overwritesOutputGradient ?? false }
  var readsOutput: Bool { steps.last?.layer.readsOutput ?? false }

  /// Assigns block memory to the outputs of blocks that no other pass reads; returns the bytes of one of two regions,
  /// which they alternate between.
  private static func placeInBlocks(_ steps: inout [Step], _ blocks: [ImageBlocks], keepsOutputs: Bool) -> Int {
    func isTransient(_ i: Int) -> Bool {
      guard keepsOutputs, let next = steps[i + 1].layer as? any RunsImagesApart else { return true }
      return !steps[i].layer.readsOutput && !next.readsInput
    }
    var turn = 0
    for group in blocks {
      for i in group.steps.dropLast() where isTransient(i) {
        turn = max(turn, cacheLines(group.images * steps[i].outputBytes))
      }
    }
    for group in blocks {
      for i in group.steps.dropLast() where isTransient(i) { steps[i].output = .block(i % 2 * turn) }
    }
    return turn
  }

  /// Assigns each step's input, output and saved memory; returns the bytes of saved memory.
  private static func place(
    _ steps: inout [Step], outputBytes: [Int], keepsOutputs: Bool, turn: Int
  ) -> Int {
    var saved = 0
    for i in steps.indices {
      if keepsOutputs, i < steps.count - 1, !steps[i].output.isInBlock {
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
    // The output of what follows: of a whole group of blocks, whose memory must not be that of its input.
    var following = Place.output
    for i in steps.indices.dropLast().reversed() {
      if steps[i].output.isInBlock { continue }
      let next = steps[i + 1]
      if next.layer.runsInPlace, !next.output.isInBlock, next.output == following {
        steps[i].output = following
      } else {
        steps[i].output = following == .workspace(0) ? .workspace(turn) : .workspace(0)
      }
      following = steps[i].output
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
    for (i, step) in steps.enumerated() {
      for layer in [step.layer] + blocks.flatMap({ $0.layers(ofStep: i) }) {
        (layer as? any PacksParameters)?.packParameters(parameters + step.firstParameter, packed)
      }
    }
  }

  func forward(_ memory: ForwardMemory) {
    var i = 0
    var group = 0
    while i < steps.count {
      if group < blocks.count, blocks[group].steps.lowerBound == i {
        forward(blocks[group], memory)
        i = blocks[group].steps.upperBound
        group += 1
      } else {
        forward(i, steps[i].layer, fromImage: 0, memory)
        i += 1
      }
    }
  }

  /// Block after block of the batch through a group of steps.
  private func forward(_ group: ImageBlocks, _ memory: ForwardMemory) {
    var first = 0
    while first < batchSize {
      let layers = first + group.images <= batchSize ? group.layers : group.lastLayers
      for (layer, i) in zip(layers, group.steps) { forward(i, layer, fromImage: first, memory) }
      first += group.images
    }
  }

  /// A step, by a layer that is planned for the images from `first` on.
  private func forward(_ i: Int, _ layer: any PlannedLayer, fromImage first: Int, _ memory: ForwardMemory) {
    let step = steps[i]
    func locate(_ place: Place, _ imageBytes: Int) -> UnsafeMutablePointer<Float> {
      let base =
        switch place {
        case .input: UnsafeMutableRawPointer(mutating: memory.input)
        case .output: UnsafeMutableRawPointer(memory.output)
        case .saved(let offset): memory.saved + offset
        case .workspace(let offset): memory.workspace + offset
        case .block(let offset): memory.workspace + (blockWorkspace + offset)
        }
      return (place.isInBlock ? base : base + first * imageBytes).assumingMemoryBound(to: Float.self)
    }
    let start = profile.map { _ in ContinuousClock.now }
    layer.forward(
      ForwardMemory(
        input: locate(step.input, step.inputBytes), output: locate(step.output, step.outputBytes),
        parameters: memory.parameters + step.firstParameter,
        saved: memory.saved + (step.saved + first * step.savedBytes),
        workspace: memory.workspace + stepWorkspace, random: memory.random(ofInnerLayer: i)))
    if let start, let profiled = step.profiled { profile?.steps[profiled].forward += ContinuousClock.now - start }
  }

  func backward(_ memory: BackwardMemory) {
    func locate(_ place: Place) -> UnsafePointer<Float> {
      switch place {
      case .input: memory.input
      case .output: memory.output
      case .saved(let offset): UnsafePointer((memory.saved + offset).assumingMemoryBound(to: Float.self))
      case .workspace(let offset): UnsafePointer((memory.workspace + offset).assumingMemoryBound(to: Float.self))
      // Not read: what the backward pass reads is saved.
      case .block(let offset):
        UnsafePointer((memory.workspace + (blockWorkspace + offset)).assumingMemoryBound(to: Float.self))
      }
    }
    func locateGradient(_ place: Place) -> UnsafeMutablePointer<Float>? {
      switch place {
      case .input: memory.inputGradient
      case .output: memory.outputGradient
      case .saved(let offset): (memory.saved + offset).assumingMemoryBound(to: Float.self)
      case .workspace(let offset), .block(let offset):
        (memory.workspace + offset).assumingMemoryBound(to: Float.self)
      }
    }
    var i = steps.count
    while i > lastBackwardStep {
      i -= 1
      let step = steps[i]
      guard let outputGradient = locateGradient(step.outputGradient) else { return }
      let start = profile.map { _ in ContinuousClock.now }
      step.layer.backward(
        BackwardMemory(
          input: locate(step.input), output: locate(step.output), outputGradient: outputGradient,
          inputGradient: step.inputGradient.flatMap(locateGradient),
          parameters: memory.parameters + step.firstParameter,
          parameterGradients: memory.parameterGradients + step.firstParameter, saved: memory.saved + step.saved,
          workspace: memory.workspace + stepWorkspace))
      if let start, let profiled = step.profiled { profile?.steps[profiled].backward += ContinuousClock.now - start }
    }
  }
}
