import Kernels

/// The gradients that a backward pass of a single layer computes.
public struct LayerGradients: Sendable, Equatable {
  /// The gradient of the loss with respect to the layer's input.
  public let input: Tensor
  /// The gradients of the loss with respect to the parameters, in the order of ``Layer/parameters(for:)``; zeros for
  /// frozen parameters and buffers.
  public let parameters: [Tensor]
}

/// Running a single layer without a model. Each call plans the layer again; a ``Model`` plans once.
extension Layer {
  /// First values for the layer's parameters.
  ///
  /// - Parameters:
  ///   - inputShape: the shape of one image.
  ///   - generator: the source of random numbers.
  public func initialParameters(
    for inputShape: Shape, using generator: inout SplitMix64
  ) throws(LayerError) -> [Tensor] {
    var tensors: [Tensor] = []
    for parameter in try parameters(for: inputShape) {
      let storage = FloatStorage(uninitialized: parameter.shape.count)
      parameter.initialization.fill(
        UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count), shape: parameter.shape,
        using: &generator)
      tensors.append(Tensor(shape: parameter.shape, storage: storage))
    }
    return tensors
  }

  /// The layer's output for a batch.
  ///
  /// - Parameters:
  ///   - input: the images, `[batch]` followed by the shape of one image.
  ///   - parameters: the parameters and buffers in the order of ``parameters(for:)``; they are not changed, not even
  ///     buffers in training: ``forward(_:updating:mode:seed:level:threads:)`` updates buffers.
  ///   - mode: whether the layer runs as in training or as in inference.
  ///   - seed: determines the random numbers, such as those of dropout.
  ///   - level: the instruction-set level; nil for the best.
  ///   - threads: how many threads share the work.
  /// - Throws: ``LayerError`` when the shapes do not fit the layer.
  public func forward(
    _ input: Tensor, parameters: [Tensor] = [], mode: PlanMode = .inference, seed: UInt64 = 0,
    level: InstructionSet? = nil, threads: Int = 1
  ) throws(LayerError) -> Tensor {
    let run = try SingleRun(
      self, input, parameters, mode: mode, needsInputGradient: false, seed: seed, level: level, threads: threads)
    return run.forward()
  }

  /// The layer's output for a batch. Updates the layer's buffers, such as the running statistics of a ``BatchNorm2D``
  /// in training, but no parameters.
  ///
  ///     let output = try BatchNorm2D().forward(images, updating: &parameters)
  ///
  /// - Parameters:
  ///   - input: the images, `[batch]` followed by the shape of one image.
  ///   - parameters: the parameters and buffers in the order of ``parameters(for:)``.
  ///   - mode: whether the layer runs as in training or as in inference.
  ///   - seed: determines the random numbers, such as those of dropout.
  ///   - level: the instruction-set level; nil for the best.
  ///   - threads: how many threads share the work.
  /// - Throws: ``LayerError`` when the shapes do not fit the layer.
  public func forward(
    _ input: Tensor, updating parameters: inout [Tensor], mode: PlanMode = .training, seed: UInt64 = 0,
    level: InstructionSet? = nil, threads: Int = 1
  ) throws(LayerError) -> Tensor {
    let run = try SingleRun(
      self, input, parameters, mode: mode, needsInputGradient: false, seed: seed, level: level, threads: threads)
    let output = run.forward()
    run.copyBuffers(to: &parameters)
    return output
  }

  /// The gradients of a loss with respect to the layer's input and parameters, given its gradient with respect to the
  /// output.
  ///
  /// - Parameters:
  ///   - input: the images, `[batch]` followed by the shape of one image.
  ///   - outputGradient: the gradient of the loss with respect to the output for that input, of the output's shape.
  ///   - parameters: the parameters and buffers in the order of ``parameters(for:)``; they are not changed.
  ///   - seed: determines the random numbers, such as those of dropout.
  ///   - level: the instruction-set level; nil for the best.
  ///   - threads: how many threads share the work.
  /// - Throws: ``LayerError`` when the shapes do not fit the layer.
  public func backward(
    _ input: Tensor, outputGradient: Tensor, parameters: [Tensor] = [], seed: UInt64 = 0,
    level: InstructionSet? = nil, threads: Int = 1
  ) throws(LayerError) -> LayerGradients {
    let run = try SingleRun(
      self, input, parameters, mode: .training, needsInputGradient: true, seed: seed, level: level, threads: threads)
    guard outputGradient.shape == run.outputShape else {
      throw .invalidValue(
        layer: kind, name: "the output gradient's shape", value: "\(outputGradient.shape)",
        expected: "\(run.outputShape)")
    }
    return run.backward(outputGradient)
  }
}

/// One run of a layer on tensors.
private struct SingleRun {
  let input: Tensor
  let outputShape: Shape
  /// The parameters, and copies of the buffers, which a run may update.
  private let parameters: [FloatStorage]
  private let roles: [ParameterRole]
  private let shapes: [Shape]
  private let seed: UInt64
  /// nil where the layer only reshapes its input.
  let planned: (any PlannedLayer)?

  init(
    _ layer: some Layer, _ input: Tensor, _ parameters: [Tensor], mode: PlanMode, needsInputGradient: Bool,
    seed: UInt64, level: InstructionSet?, threads: Int
  ) throws(LayerError) {
    guard input.shape.rank >= 1 else {
      throw .inputShape(layer: layer.kind, given: input.shape, expected: "the batch size in front")
    }
    let batchSize = input.shape[0]
    let imageShape = input.shape.element
    outputShape = try layer.outputShape(for: imageShape).batched(batchSize)
    let expected = try layer.parameters(for: imageShape)
    guard parameters.map(\.shape) == expected.map(\.shape) else {
      let shown = { (shapes: [Shape]) in "[" + shapes.map(\.description).joined(separator: ", ") + "]" }
      throw .invalidValue(
        layer: layer.kind, name: "the parameters' shapes", value: shown(parameters.map(\.shape)),
        expected: shown(expected.map(\.shape)))
    }
    self.input = input
    roles = expected.map(\.role)
    self.parameters = zip(parameters, roles).map { tensor, role in
      role == .buffer ? FloatStorage(copying: tensor.storage.pointer, count: tensor.count) : tensor.storage
    }
    self.seed = seed
    shapes = expected.map(\.shape)
    planned = try layer.plan(
      LayerProblem(
        inputShape: imageShape, batchSize: batchSize, mode: mode, needsInputGradient: needsInputGradient,
        level: level, threads: threads))
  }

  func forward() -> Tensor {
    guard let planned else { return Tensor(shape: outputShape, storage: input.storage) }
    let output = FloatStorage(uninitialized: outputShape.count)
    run(planned, output: output) { _ in }
    return Tensor(shape: outputShape, storage: output)
  }

  /// Replaces the buffers in `tensors` by their values after the pass.
  func copyBuffers(to tensors: inout [Tensor]) {
    for i in tensors.indices where roles[i] == .buffer {
      tensors[i] = Tensor(shape: shapes[i], storage: parameters[i])
    }
  }

  func backward(_ outputGradient: Tensor) -> LayerGradients {
    guard let planned else {
      return LayerGradients(input: Tensor(shape: input.shape, storage: outputGradient.storage), parameters: [])
    }
    let gradient = FloatStorage(copying: outputGradient.storage.pointer, count: outputGradient.count)
    let inputGradient = FloatStorage(uninitialized: input.count)
    let parameterGradients = shapes.map { FloatStorage(repeating: 0, count: $0.count) }
    let output = FloatStorage(uninitialized: outputShape.count)
    run(planned, output: output) { memory in
      withPointers(parameterGradients) { gradients in
        planned.backward(
          BackwardMemory(
            input: memory.input, output: UnsafePointer(memory.output), outputGradient: gradient.pointer,
            inputGradient: inputGradient.pointer, parameters: memory.parameters, parameterGradients: gradients,
            saved: memory.saved, workspace: memory.workspace))
      }
    }
    return LayerGradients(
      input: Tensor(shape: input.shape, storage: inputGradient),
      parameters: shapes.indices.map { i in
        let isTrained = roles[i] == .trainable
        return Tensor(
          shape: shapes[i],
          storage: isTrained ? parameterGradients[i] : FloatStorage(repeating: 0, count: shapes[i].count))
      })
  }

  /// Runs the forward pass, then `body` with its memory.
  private func run(_ planned: any PlannedLayer, output: FloatStorage, then body: (ForwardMemory) -> Void) {
    let saved = Workspace(byteCount: planned.savedByteCount)
    let workspace = Workspace(byteCount: planned.workspaceByteCount)
    withPointers(parameters) { pointers in
      let memory = ForwardMemory(
        input: UnsafePointer(input.storage.pointer), output: output.pointer, parameters: pointers,
        saved: saved.base, workspace: workspace.base, random: seed)
      planned.forward(memory)
      body(memory)
    }
    withExtendedLifetime((saved, workspace, output)) {}
  }

  private func withPointers(_ storages: [FloatStorage], _ body: (ParameterPointers) -> Void) {
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<Float>>.allocate(capacity: max(storages.count, 1))
    defer { pointers.deallocate() }
    for (i, storage) in storages.enumerated() { (pointers + i).initialize(to: storage.pointer) }
    withExtendedLifetime(storages) { body(ParameterPointers(pointers)) }
  }
}
