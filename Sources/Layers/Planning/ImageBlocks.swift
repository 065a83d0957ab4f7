import Kernels

/// A planned layer whose forward pass treats each image apart from the others, and whose backward pass does but for the
/// gradients of parameters, so that a batch can pass through it in blocks of images.
protocol RunsImagesApart: PlannedLayer {
  /// The bytes that the forward pass saves of each image, one image after another.
  var savedBytesPerImage: Int { get }
  /// Whether the backward pass reads the forward pass's input.
  var readsInput: Bool { get }
  /// Whether blocks of a large batch are as fast as the whole: a linear layer would read its weights for each.
  var runsInManyBlocks: Bool { get }
}

extension RunsImagesApart {
  var savedBytesPerImage: Int { 0 }
  var runsInManyBlocks: Bool { true }
}

/// Neighbouring layers of a ``PlannedSequential`` that a batch passes through depth first: a block of images goes
/// through all of them at once, so that what one layer writes is still in the caches when the next reads it. An image's
/// bits do not depend on the batch, and so not on the blocks.
///
/// A small batch is divided among the threads, one block each, which passes forward and backward: threads are waited
/// for once a group, not once a kernel, and find what they read in their own processor's caches. Gradients of
/// parameters are sums over images; layers of the whole batch compute them behind. A large batch passes forward in
/// blocks that follow one after the other.
struct ImageBlocks {
  /// The steps of the sequence.
  let steps: Range<Int>
  /// The images of a block.
  let images: Int
  /// How many threads take a block each; 1 where blocks follow one after the other.
  let threads: Int
  /// The layers planned for a block, and for the rest of the batch behind the last whole one; empty where there is
  /// none.
  let layers: [any PlannedLayer]
  let lastLayers: [any PlannedLayer]
  /// Where blocks pass backward, the layers planned for the whole batch that compute the gradients of their parameters;
  /// nil for layers without. Empty where blocks do not pass backward.
  let parameterLayers: [(any PlannedLayer)?]

  /// A step of the sequence, and what a plan of it for another number of images is made from.
  struct Candidate {
    let layer: any PlannedLayer
    let placed: PlacedLayer
    let problem: LayerProblem
    /// Whether the backward pass computes gradients of its parameters.
    let trains: Bool

    /// Bytes that it reads of an image.
    var inputBytes: Int { placed.inputShape.count * MemoryLayout<Float>.stride }
    /// Bytes that it writes of an image.
    var outputBytes: Int { placed.outputShape.count * MemoryLayout<Float>.stride }
    /// Outputs of a channel, or of an image where it has no planes.
    var outputPlane: Int { placed.outputShape.rank == 3 ? placed.outputShape[1] * placed.outputShape[2] : 1 }
    /// Whether threads that take an image each fetch less from each other's caches than threads that take an output
    /// each: the layer's parameters, which a step has changed, or else its input and output.
    var movesLessByImages: Bool { parameterBytes <= problem.batchSize * (inputBytes + outputBytes) }
    private var parameterBytes: Int { placed.parameters.reduce(0) { $0 + $1.shape.count * MemoryLayout<Float>.stride } }
  }

  var passesBackward: Bool { !parameterLayers.isEmpty }

  /// The layers of a block, which are others for the last one where it has fewer images.
  func layers(ofBlock block: Int, batch: Int) -> [any PlannedLayer] {
    (block + 1) * images <= batch ? layers : lastLayers
  }

  /// The layers that run a step of the sequence in blocks; none for a step of another group.
  func layers(ofStep i: Int) -> [any PlannedLayer] {
    guard steps.contains(i) else { return [] }
    return [layers[i - steps.lowerBound]] + (lastLayers.isEmpty ? [] : [lastLayers[i - steps.lowerBound]])
  }

  /// The layer that computes the gradients of a step's parameters, where blocks pass backward and it has any.
  func parameterLayer(ofStep i: Int) -> (any PlannedLayer)? {
    passesBackward && steps.contains(i) ? parameterLayers[i - steps.lowerBound] : nil
  }

  /// The groups of neighbouring steps for which blocks pay.
  static func groups(_ steps: [Candidate]) throws(LayerError) -> [ImageBlocks] {
    let groups = try divided(steps)
    return groups.isEmpty ? try consecutive(steps) : groups
  }

  /// The longest runs of at least two steps of which each is a member.
  private static func runs(_ steps: [Candidate], of isMember: (Candidate) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var first = 0
    while first < steps.count {
      let end = steps[first...].firstIndex { !isMember($0) } ?? steps.count
      if end - first >= 2 { runs.append(first..<end) }
      first = max(end, first + 1)
    }
    return runs
  }

  // MARK: A block for each thread

  private static func divided(_ steps: [Candidate]) throws(LayerError) -> [ImageBlocks] {
    var groups: [ImageBlocks] = []
    for run in runs(steps, of: { $0.layer is any RunsImagesApart && $0.movesLessByImages }) {
      let members = steps[run]
      guard let images = imagesOfThread(members), let problem = members.first?.problem else { continue }
      func blockProblem(_ step: Candidate, _ count: Int) -> LayerProblem {
        var problem = step.problem
        problem.batchSize = count
        problem.threads = 1
        problem.needsParameterGradients = false
        problem.imagesOfBlock = images
        return problem
      }
      let rest = problem.batchSize % images
      var parameterLayers: [(any PlannedLayer)?] = []
      if problem.mode == .training {
        for step in members { parameterLayers.append(try parameterLayer(step, imagesOfBlock: images)) }
      }
      groups.append(
        ImageBlocks(
          steps: run, images: images, threads: problem.batchSize / images + (rest == 0 ? 0 : 1),
          layers: try plan(members) { blockProblem($0, images) },
          lastLayers: rest == 0 ? [] : try plan(members) { blockProblem($0, rest) }, parameterLayers: parameterLayers))
    }
    return groups
  }

  /// The images of a thread's block; nil where there is one thread, where blocks would be too unequal, where they leave
  /// the second-level cache, and where they are too little work.
  private static func imagesOfThread(_ steps: ArraySlice<Candidate>) -> Int? {
    guard let problem = steps.first?.problem, problem.threads > 1, problem.batchSize > 1 else { return nil }
    let (batch, threads) = (problem.batchSize, problem.threads)
    let group = PooledConv2D.images
    func isEven(_ images: Int, _ percent: Int) -> Bool { 100 * batch >= percent * images * threads }
    var images = (batch + threads - 1) / threads
    let rounded = (images + group - 1) / group * group
    if images >= group, isEven(rounded, 80) { images = rounded }
    guard images < batch, isEven(images, 70), images >= leastImagesOfThread(problem.mode) else { return nil }
    let isPooled = steps.contains { $0.placed.layer is PooledConv2D }
    guard !isPooled || images.isMultiple(of: group) || batch.isMultiple(of: group) else { return nil }

    let outputBytes = steps.reduce(0) { $0 + $1.outputBytes } * (problem.mode == .training ? 2 : 1)
    let inputBytes = steps.first?.inputBytes ?? 0
    guard images * (inputBytes + outputBytes) <= Machine.current.secondLevelBytes else { return nil }
    let parts = partsWorthSharing(
      multiplyAdds: batch * steps.reduce(0) { $0 + $1.placed.multiplyAddsPerImage },
      bytes: batch * (inputBytes + outputBytes), threads: threads)
    return parts == threads ? images : nil
  }

  /// One image a thread gains nothing in a training step (the tutorial CNN, two threads of Zen 4): fetching the
  /// parameters that the other thread has changed takes as long.
  private static func leastImagesOfThread(_ mode: PlanMode) -> Int { mode == .training ? 2 : 1 }

  /// The layer of the whole batch that computes the gradients of a step's parameters from the output's gradient, on
  /// which the blocks have done the activation's.
  private static func parameterLayer(
    _ step: Candidate, imagesOfBlock: Int
  ) throws(LayerError) -> (any PlannedLayer)? {
    guard step.trains else { return nil }
    var problem = step.problem
    problem.profile = nil
    problem.activation = nil
    problem.needsInputGradient = false
    problem.imagesOfBlock = imagesOfBlock
    return try step.placed.layer.plan(problem)
  }

  // MARK: One block after the other

  private static func consecutive(_ steps: [Candidate]) throws(LayerError) -> [ImageBlocks] {
    var groups: [ImageBlocks] = []
    for run in runs(steps, of: { ($0.layer as? any RunsImagesApart)?.runsInManyBlocks ?? false }) {
      let members = steps[run]
      guard let images = imagesOfBlock(members), let problem = members.first?.problem else { continue }
      func blockProblem(_ step: Candidate, _ count: Int) -> LayerProblem {
        var problem = step.problem
        problem.batchSize = count
        // The backward pass is that of the whole batch; what saves nothing for it runs as in inference.
        if (step.layer as? any RunsImagesApart)?.savedBytesPerImage == 0 { problem.mode = .inference }
        return problem
      }
      let rest = problem.batchSize % images
      groups.append(
        ImageBlocks(
          steps: run, images: images, threads: 1, layers: try plan(members) { blockProblem($0, images) },
          lastLayers: rest == 0 ? [] : try plan(members) { blockProblem($0, rest) }, parameterLayers: []))
    }
    return groups
  }

  /// The images of one block of many, so many that every block's data begins at a cache line; nil where the whole batch
  /// stays in the caches, or has few blocks.
  ///
  /// What a layer reads and writes of a block is to fit the threads' share of the last cache, but a block has at least
  /// `leastImages`.
  private static func imagesOfBlock(_ steps: ArraySlice<Candidate>) -> Int? {
    guard let problem = steps.first?.problem else { return nil }
    let perImage = steps.map { $0.inputBytes + $0.outputBytes }.max() ?? 0
    let share = Machine.current.thirdLevelBytes * problem.threads
    guard perImage > 0, problem.batchSize > 4 * share / perImage else { return nil }
    let least = leastImages(steps, problem)
    let images = max(share / perImage / least, 1) * least
    return problem.batchSize >= 2 * images ? images : nil
  }

  /// The images of the smallest block: 16 for each thread, because weights are packed for every block. In inference,
  /// where a predictor packs them once, fewer images with large planes are enough work.
  private static func leastImages(_ steps: ArraySlice<Candidate>, _ problem: LayerProblem) -> Int {
    let most = 16 * problem.threads
    let isAligned = steps.allSatisfy { $0.inputBytes % 64 == 0 && $0.outputBytes % 64 == 0 }
    guard problem.mode == .inference, isAligned else { return most }
    let plane = max(steps.map(\.outputPlane).min() ?? 1, 1)
    return min((outputsWorthBlocks * problem.threads + plane - 1) / plane, most)
  }

  /// Outputs of a channel that are enough work for a thread.
  private static let outputsWorthBlocks = 2048

  private static func plan(
    _ steps: ArraySlice<Candidate>, _ problem: (Candidate) -> LayerProblem
  ) throws(LayerError) -> [any PlannedLayer] {
    var layers: [any PlannedLayer] = []
    for step in steps {
      var problem = problem(step)
      problem.profile = nil
      // A layer that runs for the batch runs for a part of it.
      if let layer = try step.placed.layer.plan(problem) { layers.append(layer) }
    }
    return layers
  }
}
