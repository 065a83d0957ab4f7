import Kernels

/// A convolution, the activation fused into it and 2×2 max pooling as one layer: the planes before pooling, and their
/// gradients, never leave the caches.
///
/// It pays where the convolution's passes compute fast with images innermost, which pools whole vectors. An image has
/// the same bits as with layers apart, and so have the weights' gradients; the bias's gradient is summed in another
/// order.
struct PooledConv2D: Layer {
  let convolution: Conv2D
  let activation: FusedActivation?

  /// The convolution with pooling at the front of `layers`, and how many of them it replaces; nil where there is none
  /// or it does not pay.
  static func front(
    of layers: ArraySlice<PlacedLayer>, _ problem: LayerProblem
  ) throws(LayerError) -> (layer: PooledConv2D, count: Int)? {
    guard let first = layers.first, let convolution = first.layer as? Conv2D, convolution.groups == 1
    else { return nil }
    var rest = layers.dropFirst()
    let activation = rest.first.flatMap { FusedActivation($0.layer) }
    if activation != nil { rest = rest.dropFirst() }
    guard let pooling = rest.first?.layer as? MaxPool2D, pooling.halves, first.outputShape[1].isMultiple(of: 2),
      first.outputShape[2].isMultiple(of: 2)
    else { return nil }
    let layer = PooledConv2D(convolution: convolution, activation: activation)
    guard try layer.pays(problem) else { return nil }
    return (layer, layers.count - rest.count + 1)
  }

  /// Whether the weight gradient alone would compute with images innermost, and the other passes about as fast so as
  /// otherwise, with vectors that are nearly all full.
  ///
  /// The bias's gradient has other bits where it pays, so the costs are those of one machine wherever the plan runs, as
  /// a weight gradient's are.
  private func pays(_ problem: LayerProblem) throws(LayerError) -> Bool {
    let images = PooledConv2D.images
    guard problem.batchSize >= images,
      problem.batchSize.isMultiple(of: images) || problem.batchSize >= 10 * images,
      let shape = try convolution.kernelShape(problem)
    else { return false }
    let forward = Conv2DForward.Problem(shape: shape, activation: activation)
    guard try costOfImages(Conv2DForward.self, forward, problem) <= PooledConv2D.costOfPooling,
      try isComputed(Conv2DMaxPool2DForward.self, forward, problem)
    else { return false }
    if problem.mode == .inference { return true }
    if problem.needsParameterGradients {
      guard try costOfImages(Conv2DBackwardWeights.self, shape, problem) <= 1,
        try isComputed(Conv2DMaxPool2DBackwardWeights.self, shape, problem)
      else { return false }
    }
    if problem.needsInputGradient {
      guard try costOfImages(Conv2DBackwardData.self, shape, problem) <= PooledConv2D.costOfPooling,
        try isComputed(Conv2DMaxPool2DBackwardData.self, shape, problem)
      else { return false }
    }
    return true
  }

  /// The images that fill vectors.
  static let images = 16

  /// How much longer a pass may take than by other kernels: what pooling, activation and bias apart take of a step.
  private static let costOfPooling = 1.1

  /// Whether the operation has a kernel that computes with images innermost.
  private func isComputed<Op: KernelOperation>(
    _ operation: Op.Type, _ kernelProblem: Op.Problem, _ problem: LayerProblem
  ) throws(LayerError) -> Bool {
    try !problem.kernel(operation, kernelProblem, for: kind).kernel.isReference
  }

  /// The cost with images innermost over that of the kernel that would be chosen; infinite where none computes so.
  private func costOfImages<Op: KernelOperation>(
    _ operation: Op.Type, _ kernelProblem: Op.Problem, _ problem: LayerProblem
  ) throws(LayerError) -> Double {
    let level = try problem.kernel(operation, kernelProblem, for: kind).kernel.level
    func chosen(of isCandidate: (Kernel<Op>) -> Bool) -> Kernel<Op>? {
      Op.cheapest(of: { $0.level == level && !$0.isReference && isCandidate($0) }, for: kernelProblem, .zen5)
    }
    guard let best = chosen(of: { _ in true }), let images = chosen(of: { $0.algorithm == "images" }) else {
      return .infinity
    }
    guard best.algorithm != "images", let least = best.cost(kernelProblem, .zen5) else { return 1 }
    return images.cost(kernelProblem, .zen5).map { $0 / max(least, 1) } ?? .infinity
  }

  var kind: String { convolution.kind + (activation.map { " + \($0)" } ?? "") + " + MaxPool2D" }

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try convolution.outputShape(for: inputShape)
    return [shape[0], shape[1] / 2, shape[2] / 2]
  }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try convolution.parameters(for: inputShape)
  }

  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try convolution.multiplyAddsPerImage(for: inputShape)
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    guard let shape = try convolution.kernelShape(problem) else { return nil }
    if let images = problem.imagesOfBlock, problem.batchSize <= images, !images.isMultiple(of: PooledConv2D.images) {
      return try PlannedConvolutionThenPooling(shape, activation, hasBias: convolution.bias, problem, kind)
    }
    return try PlannedPooledConv2D(shape, activation, hasBias: convolution.bias, problem, kind)
  }
}

/// Saves where in each window the maximum is.
private final class PlannedPooledConv2D: PlannedLayer, RunsImagesApart {
  let workspaceByteCount: Int
  let savedByteCount: Int
  let savedBytesPerImage: Int
  private let hasBias: Bool
  /// Where blocks of few images passed forward, which save indices image after image: the transposition of 16 images.
  private let interleaving: Plan<Transposition>?
  /// The bytes of what it writes, at the beginning of the workspace.
  private let indexBytes: Int
  private let forward: Plan<Conv2DMaxPool2DForward>
  private let backwardWeights: Plan<Conv2DMaxPool2DBackwardWeights>?
  private let backwardData: Plan<Conv2DMaxPool2DBackwardData>?

  init(
    _ shape: Conv2DShape, _ activation: FusedActivation?, hasBias: Bool, _ problem: LayerProblem, _ kind: String
  ) throws(LayerError) {
    self.hasBias = hasBias
    forward = try problem.kernel(
      Conv2DMaxPool2DForward.self, Conv2DForward.Problem(shape: shape, activation: activation), for: kind)
    backwardWeights = try problem.backwardKernel(
      Conv2DMaxPool2DBackwardWeights.self, shape, for: kind, if: problem.needsParameterGradients)
    backwardData = try problem.backwardKernel(
      Conv2DMaxPool2DBackwardData.self, shape, for: kind, if: problem.needsInputGradient)
    // Also where another layer computes the weights' gradient, see `ImageBlocks`.
    let savesIndices = problem.mode == .training
    savedByteCount = savesIndices ? shape.pooledIndexCount * MemoryLayout<Int32>.stride : 0
    savedBytesPerImage =
      savesIndices ? shape.pooledOutputCount / max(shape.batch, 1) * MemoryLayout<Int32>.stride : 0
    let isInterleaved = problem.imagesOfBlock?.isMultiple(of: PooledConv2D.images) ?? true
    let groups = shape.batch / PooledConv2D.images
    let perImage = shape.pooledOutputCount / max(shape.batch, 1)
    interleaving =
      isInterleaved
      ? nil
      : try problem.kernel(
        Transposition.self, .init(batch: groups, rows: PooledConv2D.images, columns: perImage), for: kind)
    indexBytes = isInterleaved ? 0 : cacheLines(savedByteCount)
    workspaceByteCount =
      indexBytes
      + max(
        max(forward.workspaceByteCount, interleaving?.workspaceByteCount ?? 0),
        backwardWeights?.workspaceByteCount ?? 0, backwardData?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }
  var readsInput: Bool { backwardWeights != nil }

  var convolutionKernels: [String] {
    [forward.kernel.name] + [backwardData?.kernel.name, backwardWeights?.kernel.name].compactMap(\.self)
  }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      Conv2DMaxPool2DForward.Operands(
        input: memory.input, weights: memory.parameters[0], bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil,
        output: memory.output,
        maxIndices: savedByteCount == 0 ? nil : memory.saved.assumingMemoryBound(to: Int32.self)),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    var indices = UnsafePointer(memory.saved.assumingMemoryBound(to: Int32.self))
    let workspace = memory.workspace + indexBytes
    if let interleaving {
      interleaving.run(
        Transposition.Operands(
          input: UnsafePointer(memory.saved.assumingMemoryBound(to: Float.self)),
          output: memory.workspace.assumingMemoryBound(to: Float.self)),
        workspace: workspace)
      indices = UnsafePointer(memory.workspace.assumingMemoryBound(to: Int32.self))
    }
    backwardWeights?.run(
      Conv2DMaxPool2DBackwardWeights.Operands(
        input: memory.input, outputGradient: memory.outputGradient, maxIndices: indices,
        weightGradient: memory.parameterGradients[0], biasGradient: hasBias ? memory.parameterGradients[1] : nil),
      workspace: workspace)
    guard let inputGradient = memory.inputGradient else { return }
    backwardData?.run(
      Conv2DMaxPool2DBackwardData.Operands(
        outputGradient: memory.outputGradient, maxIndices: indices, weights: memory.parameters[0],
        inputGradient: inputGradient),
      workspace: workspace)
  }
}

/// The same for a thread's block of images that do not fill vectors: convolution and pooling one after the other, with
/// the plane between them in the workspace. The indices are saved image after image, and the backward pass does the
/// activation's gradient in place on the output's.
private final class PlannedConvolutionThenPooling: PlannedLayer, RunsImagesApart {
  let workspaceByteCount: Int
  let savedByteCount: Int
  let savedBytesPerImage: Int
  private let hasBias: Bool
  private let planeBytes: Int
  private let convolution: Plan<Conv2DForward>
  private let pooling: Plan<MaxPool2DForward>
  private let backwardActivation: FusedActivationGradient
  private let backwardPooling: Plan<MaxPool2DBackward>?
  private let backwardData: Plan<Conv2DBackwardData>?

  init(
    _ shape: Conv2DShape, _ activation: FusedActivation?, hasBias: Bool, _ problem: LayerProblem, _ kind: String
  ) throws(LayerError) {
    self.hasBias = hasBias
    let windows = Pool2DShape(
      batch: shape.batch, channels: shape.outputChannels, inputHeight: shape.outputHeight,
      inputWidth: shape.outputWidth, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2)
    var activationProblem = problem
    activationProblem.activation = activation
    convolution = try problem.kernel(
      Conv2DForward.self, Conv2DForward.Problem(shape: shape, activation: activation), for: kind)
    pooling = try problem.kernel(MaxPool2DForward.self, windows, for: kind)
    backwardActivation = try FusedActivationGradient(activationProblem, count: shape.pooledOutputCount, for: kind)
    backwardPooling = try problem.backwardKernel(
      MaxPool2DBackward.self, windows, for: kind, if: problem.needsInputGradient)
    backwardData = try problem.backwardKernel(
      Conv2DBackwardData.self, shape, for: kind, if: problem.needsInputGradient)
    savedByteCount = problem.mode == .training ? shape.pooledOutputCount * MemoryLayout<Int32>.stride : 0
    savedBytesPerImage = savedByteCount / max(shape.batch, 1)
    planeBytes = cacheLines(shape.outputCount * MemoryLayout<Float>.stride)
    workspaceByteCount =
      planeBytes
      + max(
        max(convolution.workspaceByteCount, pooling.workspaceByteCount, backwardActivation.workspaceByteCount),
        backwardPooling?.workspaceByteCount ?? 0, backwardData?.workspaceByteCount ?? 0)
  }

  var readsInput: Bool { false }

  var convolutionKernels: [String] {
    [convolution.kernel.name] + [backwardData?.kernel.name].compactMap(\.self)
  }

  func forward(_ memory: ForwardMemory) {
    let plane = memory.workspace.assumingMemoryBound(to: Float.self)
    convolution.run(
      Conv2DForward.Operands(
        input: memory.input, weights: memory.parameters[0], bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil,
        output: plane),
      workspace: memory.workspace + planeBytes)
    pooling.run(
      MaxPool2DForward.Operands(
        input: plane, output: memory.output,
        maxIndices: savedByteCount == 0 ? nil : memory.saved.assumingMemoryBound(to: Int32.self)),
      workspace: memory.workspace + planeBytes)
  }

  func backward(_ memory: BackwardMemory) {
    let workspace = memory.workspace + planeBytes
    backwardActivation.run(memory, workspace: workspace)
    guard let inputGradient = memory.inputGradient else { return }
    let plane = memory.workspace.assumingMemoryBound(to: Float.self)
    backwardPooling?.run(
      MaxPool2DBackward.Operands(
        outputGradient: memory.outputGradient, maxIndices: memory.saved.assumingMemoryBound(to: Int32.self),
        inputGradient: plane),
      workspace: workspace)
    backwardData?.run(
      Conv2DBackwardData.Operands(
        outputGradient: plane, weights: memory.parameters[0], inputGradient: inputGradient),
      workspace: workspace)
  }
}
