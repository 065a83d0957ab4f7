import Kernels

/// What a plan is made to do.
public enum PlanMode: Hashable, Sendable {
  /// Forward and backward: what a backward pass needs is kept.
  case training
  /// Forward only.
  case inference
}

/// What a layer plans for: the input, the batch, and how to run.
public struct LayerProblem: Sendable {
  /// The shape of one image that comes in.
  public var inputShape: Shape
  /// The number of images of a run.
  public var batchSize: Int
  public var mode: PlanMode
  /// Whether a training pass computes what an inference does, see ``Frozen/inEvaluationMode``: no random numbers are drawn, and what
  /// the layer keeps, such as running statistics, is used and stays as it is. The backward pass is that of such a forward
  /// pass.
  public var inEvaluationMode = false
  /// Whether ``BackwardMemory/inputGradient`` is to be computed.
  public var needsInputGradient: Bool
  /// Whether ``BackwardMemory/parameterGradients`` are to be computed; what a layer writes there nevertheless is ignored.
  public var needsParameterGradients = true
  /// Which of the layer's parameters are frozen for now, see ``Model/freeze(_:)-(String...)``, in the order of
  /// ``Layer/parameters(for:)``; empty where none is. Their gradients may be computed, but are ignored.
  private(set) var frozenParameters: [Bool] = []
  /// Whether ``BackwardMemory/outputGradient`` should be left as it is. A layer that cannot says so by
  /// ``PlannedLayer/overwritesOutputGradient``.
  public var keepsOutputGradient = false
  /// What the layer applies to its outputs as it stores them, and its backward pass starts with. Only asked of layers that
  /// say that they can, see ``Layer/canApply(_:)``.
  public var activation: FusedActivation?
  /// The instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  public var level: InstructionSet?
  /// How many threads share the work of a kernel. Results do not depend on it.
  public var threads: Int

  public init(
    inputShape: Shape, batchSize: Int, mode: PlanMode, needsInputGradient: Bool = true,
    activation: FusedActivation? = nil, level: InstructionSet? = nil, threads: Int = 1
  ) {
    self.inputShape = inputShape
    self.batchSize = batchSize
    self.mode = mode
    self.needsInputGradient = needsInputGradient
    self.activation = activation
    self.level = level
    self.threads = threads
  }

  /// Whether there are parameters whose gradients a pass computes, among those of the layer.
  func trains(_ parameters: [ParameterDescription]) -> Bool {
    guard needsParameterGradients else { return false }
    guard frozenParameters.count == parameters.count else { return parameters.contains { $0.role == .trained } }
    return zip(parameters, frozenParameters).contains { $0.role == .trained && !$1 }
  }

  /// Freezes parameters of the layer; where they are all that it trains, it need not compute gradients of parameters.
  mutating func freeze(_ isFrozen: some Collection<Bool>, of parameters: [ParameterDescription]) {
    guard isFrozen.count == parameters.count, isFrozen.contains(true) else {
      frozenParameters = []
      return
    }
    frozenParameters = Array(isFrozen)
    if !trains(parameters) { needsParameterGradients = false }
  }

  /// Keeps of the frozen parameters those of a layer within, whose first parameter has a position among all `count`.
  mutating func narrowFrozen(to parameters: [ParameterDescription], from first: Int, of count: Int) {
    // A layer of the caller's own may hand on what it was asked for itself: then all is computed, and some of it ignored.
    guard frozenParameters.count == count, first + parameters.count <= count else {
      frozenParameters = []
      return
    }
    freeze(frozenParameters[first..<first + parameters.count], of: parameters)
  }

  /// Whether the forward pass is that of an inference, in whichever mode.
  public var runsAsInference: Bool { mode == .inference || inEvaluationMode }

  /// Plans a kernel at this level and number of threads.
  /// - Throws: ``LayerError/kernel(layer:_:)`` when the kernel rejects its problem.
  public func kernel<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, for layer: String
  ) throws(LayerError) -> Plan<Op> {
    do {
      return try Plan<Op>(problem, level: level, threads: threads)
    } catch {
      throw .kernel(layer: layer, error)
    }
  }

  /// Plans a kernel of the backward pass; nil for inference, or where `isNeeded` is false.
  public func backwardKernel<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, for layer: String, if isNeeded: Bool = true
  ) throws(LayerError) -> Plan<Op>? {
    guard mode == .training, isNeeded else { return nil }
    return try kernel(operation, problem, for: layer)
  }
}
