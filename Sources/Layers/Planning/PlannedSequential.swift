import Kernels

/// The layers of a ``Sequential``, planned together.
///
/// It assigns all memory. For training, the outputs between layers are saved, one after another, and gradients
/// alternate between two regions of the workspace. For inference, the outputs alternate between these regions, and
/// layers that can run in place do. Batches pass through some layers in blocks, see ``ImageBlocks``; what only the next
/// of these layers reads is kept for one block. An activation after a layer that can fuse it becomes part of that
/// layer, and so does max pooling after a convolution where that pays (``PooledConv2D``), and in inference what is
/// around a depthwise convolution (``InvertedBottleneck``); layers that only reshape disappear, and the backward pass
/// ends at the first layer with parameters to train unless the input's gradient is needed.
final class PlannedSequential: PlannedLayer, PacksParameters, AddsAddend {
  let addsAddend: Bool
  let savedByteCount: Int
  let workspaceByteCount: Int
  private let steps: [Step]
  /// The steps that a batch passes in blocks of images.
  private let blocks: [ImageBlocks]
  private let batchSize: Int
  private let profile: PlanProfile?
  /// The byte offset of the memory for outputs of a block, and its bytes, for each of the threads that run blocks.
  private let blockWorkspace: Int
  private let blockWorkspaceBytes: Int
  /// The index of the last step that the backward pass runs.
  private let lastBackwardStep: Int
  /// The byte offset of the workspace that the steps use one after the other, and its bytes, for each of the threads.
  private let stepWorkspace: Int
  private let stepWorkspaceBytes: Int

  var convolutionKernels: [String] {
    steps.enumerated().flatMap { i, step in
      // A convolution's forward pass is the one of a block, and so is its input's gradient where blocks pass backward.
      guard let group = blocks.first(where: { $0.steps.contains(i) }) else { return step.layer.convolutionKernels }
      let ofBlock = group.layers[i - group.steps.lowerBound].convolutionKernels
      let ofBatch = group.passesBackward ? group.parameterLayer(ofStep: i) : step.layer
      let apart = group.passesBackward ? ofBlock : Array(ofBlock.prefix(1))
      return apart + (ofBatch?.convolutionKernels.dropFirst() ?? [])
    }
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
      // An addend, and the activation of its sums, are the last layer's.
      stepProblem.hasAddend = false
      if problem.hasAddend { stepProblem.activation = nil }
      stepProblem.narrowFrozen(to: placed.parameters, from: parameterCount, of: allParameters)
      let trains = stepProblem.trains(placed.parameters)
      stepProblem.needsInputGradient = problem.needsInputGradient || isTrained
      var next = position + 1
      if let pooled = try PooledConv2D.front(of: layers[position...], stepProblem) {
        placed = try PlacedLayer(pooled.layer, path: placed.path, inputShape: placed.inputShape)
        next = position + pooled.count
      } else if let bottleneck = try InvertedBottleneck.front(of: layers[position...], stepProblem) {
        placed = try PlacedLayer(bottleneck.layer, path: placed.path, inputShape: placed.inputShape)
        next = position + bottleneck.count
      } else if next < layers.count, let following = FusedActivation(layers[next].layer),
        placed.layer.canApply(following)
      {
        stepProblem.activation = following
        next += 1
      }
      if problem.hasAddend, next == layers.count, next == position + 1, placed.layer is Conv2D {
        stepProblem.hasAddend = true
        stepProblem.activation = problem.activation
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
          ImageBlocks.Candidate(layer: planned, placed: placed, problem: stepProblem, trains: trains))
      }
      parameterCount += placed.parameters.count
      isTrained = isTrained || trains
      position = next
    }
    guard let lastStep = steps.last else { return nil }
    addsAddend = problem.hasAddend && (lastStep.layer as? any AddsAddend)?.addsAddend == true

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
    let threads = blocks.map(\.threads).max() ?? 1
    blockWorkspace = 2 * turn
    blockWorkspaceBytes = 2 * blockTurn
    stepWorkspace = PlannedSequential.placeGradients(
      &steps, blocks, downTo: lastBackwardStep, needsInputGradient: problem.needsInputGradient,
      keepsOutputGradient: problem.keepsOutputGradient, outputBytes: outputBytes, turn: turn,
      kept: blockWorkspace + threads * blockWorkspaceBytes)
    stepWorkspaceBytes = cacheLines(
      blocks.flatMap { $0.layers + $0.lastLayers }.map(\.workspaceByteCount).max() ?? 0)
    let ofBatch = steps.map(\.layer) + blocks.flatMap { $0.parameterLayers.compactMap(\.self) }
    workspaceByteCount =
      stepWorkspace + max(ofBatch.map(\.workspaceByteCount).max() ?? 0, threads * stepWorkspaceBytes)
    self.steps = steps
  }

  var overwritesOutputGradient: Bool { lastLayers.contains(where: \.overwritesOutputGradient) }
  var readsOutput: Bool { lastLayers.contains(where: \.readsOutput) }
  /// The layers that may run the last step.
  private var lastLayers: [any PlannedLayer] {
    steps.suffix(1).map(\.layer) + blocks.flatMap { $0.layers(ofStep: steps.count - 1) }
  }

  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters) {
    for (i, step) in steps.enumerated() {
      for layer in [step.layer] + blocks.flatMap({ $0.layers(ofStep: i) }) {
        (layer as? any PacksParameters)?.packParameters(parameters + step.firstParameter, packed)
      }
    }
  }

  // MARK: The passes

  func forward(_ memory: ForwardMemory) {
    var i = 0
    var group = 0
    while i < steps.count {
      if group < blocks.count, blocks[group].steps.lowerBound == i {
        forward(blocks[group], memory)
        i = blocks[group].steps.upperBound
        group += 1
      } else {
        forward(i, steps[i].layer, .whole, memory)
        i += 1
      }
    }
  }

  /// Images that a step runs for.
  private struct Block {
    var firstImage = 0
    /// The number of the thread that runs it.
    var thread = 0
    static let whole = Block()
  }

  /// The blocks of the batch through a group of steps, in turn or side by side.
  private func forward(_ group: ImageBlocks, _ memory: ForwardMemory) {
    func run(_ block: Int, thread: Int) {
      let layers = group.layers(ofBlock: block, batch: batchSize)
      for (layer, i) in zip(layers, group.steps) {
        forward(i, layer, Block(firstImage: block * group.images, thread: thread), memory)
      }
    }
    if group.threads > 1 {
      runInParallel(parts: group.threads) { run($0, thread: $0) }
    } else {
      for block in 0..<(batchSize + group.images - 1) / group.images { run(block, thread: 0) }
    }
  }

  /// A step, by a layer that is planned for the images of the block.
  private func forward(_ i: Int, _ layer: any PlannedLayer, _ block: Block, _ memory: ForwardMemory) {
    let step = steps[i]
    func locate(_ place: Place, _ imageBytes: Int) -> UnsafeMutablePointer<Float> {
      let base =
        switch place {
        case .input: UnsafeMutableRawPointer(mutating: memory.input)
        case .output: UnsafeMutableRawPointer(memory.output)
        case .saved(let offset): memory.saved + offset
        case .workspace(let offset): memory.workspace + offset
        case .block(let offset): memory.workspace + (blockWorkspace + block.thread * blockWorkspaceBytes + offset)
        }
      return (place.isInBlock ? base : base + block.firstImage * imageBytes).assumingMemoryBound(to: Float.self)
    }
    var own = ForwardMemory(
      input: locate(step.input, step.inputBytes), output: locate(step.output, step.outputBytes),
      parameters: memory.parameters + step.firstParameter,
      saved: memory.saved + (step.saved + block.firstImage * step.savedBytes),
      workspace: memory.workspace + (stepWorkspace + block.thread * stepWorkspaceBytes),
      random: memory.random(ofInnerLayer: i))
    if addsAddend, i == steps.count - 1 {
      own.addend = memory.addend.map { $0 + block.firstImage * step.outputBytes / MemoryLayout<Float>.stride }
    }
    let start = startTime(block)
    layer.forward(own)
    if let start, let profiled = step.profiled { profile?.steps[profiled].forward += ContinuousClock.now - start }
  }

  /// The time, where a profile is kept: of blocks side by side, that of the calling thread's.
  private func startTime(_ block: Block) -> ContinuousClock.Instant? {
    profile == nil || block.thread > 0 ? nil : ContinuousClock.now
  }

  func backward(_ memory: BackwardMemory) {
    var i = steps.count
    while i > lastBackwardStep {
      i -= 1
      if let group = blocks.first(where: { $0.passesBackward && $0.steps.contains(i) }) {
        backward(group, memory)
        i = group.steps.lowerBound
      } else {
        backward(i, steps[i].layer, .whole, memory)
      }
    }
  }

  /// The blocks of the batch backward through a group of steps, side by side, and then the gradients of the parameters.
  private func backward(_ group: ImageBlocks, _ memory: BackwardMemory) {
    let first = max(group.steps.lowerBound, lastBackwardStep)
    runInParallel(parts: group.threads) { thread in
      let layers = group.layers(ofBlock: thread, batch: batchSize)
      var i = group.steps.upperBound
      while i > first {
        i -= 1
        let block = Block(firstImage: thread * group.images, thread: thread)
        backward(i, layers[i - group.steps.lowerBound], block, memory)
      }
    }
    var i = group.steps.upperBound
    while i > first {
      i -= 1
      if let layer = group.parameterLayer(ofStep: i) { backward(i, layer, .whole, memory, toInput: false) }
    }
  }

  private func backward(
    _ i: Int, _ layer: any PlannedLayer, _ block: Block, _ memory: BackwardMemory, toInput: Bool = true
  ) {
    let step = steps[i]
    func locate(_ place: Place, _ imageBytes: Int) -> UnsafePointer<Float> {
      let base =
        switch place {
        case .input: UnsafeRawPointer(memory.input)
        case .output: UnsafeRawPointer(memory.output)
        case .saved(let offset): UnsafeRawPointer(memory.saved + offset)
        case .workspace(let offset): UnsafeRawPointer(memory.workspace + offset)
        // Not read: what the backward pass reads is saved.
        case .block(let offset): UnsafeRawPointer(memory.workspace + (blockWorkspace + offset))
        }
      return (place.isInBlock ? base : base + block.firstImage * imageBytes).assumingMemoryBound(to: Float.self)
    }
    func locateGradient(_ place: Place, _ imageBytes: Int) -> UnsafeMutablePointer<Float>? {
      let base: UnsafeMutableRawPointer? =
        switch place {
        case .input: UnsafeMutableRawPointer(memory.inputGradient)
        case .output: UnsafeMutableRawPointer(memory.outputGradient)
        case .saved(let offset): memory.saved + offset
        case .workspace(let offset), .block(let offset): memory.workspace + offset
        }
      return base.map { ($0 + block.firstImage * imageBytes).assumingMemoryBound(to: Float.self) }
    }
    guard let outputGradient = locateGradient(step.outputGradient, step.outputBytes) else { return }
    let start = startTime(block)
    layer.backward(
      BackwardMemory(
        input: locate(step.input, step.inputBytes), output: locate(step.output, step.outputBytes),
        outputGradient: outputGradient,
        inputGradient: toInput ? step.inputGradient.flatMap { locateGradient($0, step.inputBytes) } : nil,
        parameters: memory.parameters + step.firstParameter,
        parameterGradients: memory.parameterGradients + step.firstParameter,
        saved: memory.saved + (step.saved + block.firstImage * step.savedBytes),
        workspace: memory.workspace + (stepWorkspace + block.thread * stepWorkspaceBytes)))
    if let start, let profiled = step.profiled { profile?.steps[profiled].backward += ContinuousClock.now - start }
  }
}
