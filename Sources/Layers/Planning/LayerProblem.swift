import Kernels

/// The passes that a plan is made for.
public enum PlanMode: Hashable, Sendable {
  /// Forward and backward: the forward pass saves what the backward pass needs.
  case training
  /// Forward only.
  case inference
}

/// The problem that a layer plans: input shape, batch size, passes, level and threads.
public struct LayerProblem: Sendable {
  /// The shape of one input image.
  public var inputShape: Shape
  /// The number of images in a run.
  public var batchSize: Int
  /// The passes that the plan is made for.
  public var mode: PlanMode
  /// Whether a training pass computes what inference does, see ``Frozen/inEvaluationMode``: no random numbers are
  /// drawn, and buffers, such as running statistics, are used and not updated. The backward pass is that of this
  /// forward pass.
  public var inEvaluationMode = false
  /// Whether ``BackwardMemory/inputGradient`` is to be computed.
  public var needsInputGradient: Bool
  /// Whether ``BackwardMemory/parameterGradients`` are to be computed; where false, a layer may still write there, and
  /// it is ignored.
  public var needsParameterGradients = true
  /// Which of the layer's parameters are currently frozen, see ``Model/freeze(_:)-(String...)``, in the order of
  /// ``Layer/parameters(for:)``; empty where none are. Their gradients may be computed, but are ignored.
  private(set) var frozenParameters: [Bool] = []
  /// Whether ``BackwardMemory/outputGradient`` should not be overwritten. A layer that overwrites it all the same says
  /// so by ``PlannedLayer/overwritesOutputGradient``.
  public var keepsOutputGradient = false
  /// The activation to fuse: the forward pass applies it to the outputs, and the backward pass starts with its
  /// gradient. Set only for layers whose ``Layer/canApply(_:)`` says that they can.
  public var activation: FusedActivation?
  /// Whether a layer that can is to add ``ForwardMemory/addend`` to its outputs, before the activation; see ``AddsAddend``.
  var hasAddend = false
  /// Where threads take a block of the batch each, see ``ImageBlocks``: the images of a block; nil elsewhere.
  var imagesOfBlock: Int?
  /// The kernels that layers with equal problems share; nil where each plans its own.
  var sharedPlans: SharedPlans?
  /// What lists and times the steps of the plan; nil for nothing.
  var profile: PlanProfile?
  /// The layer's place in the network, for the profile.
  var path = ""
  /// The arithmetic that convolutions may use, where a layer does not say.
  public var precision = Precision.fast
  /// The instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  public var level: InstructionSet?
  /// The number of threads that share the work of a kernel. Results do not depend on it.
  public var threads: Int

  /// A problem without frozen parameters or a fused activation.
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

  /// Whether a backward pass computes the gradient of any of the layer's `parameters`.
  func trains(_ parameters: [ParameterDescription]) -> Bool {
    guard needsParameterGradients else { return false }
    guard frozenParameters.count == parameters.count else { return parameters.contains { $0.role == .trainable } }
    return zip(parameters, frozenParameters).contains { $0.role == .trainable && !$1 }
  }

  /// Marks parameters of the layer as frozen; where they are all of its trainable ones, parameter gradients are not
  /// needed.
  mutating func freeze(_ isFrozen: some Collection<Bool>, of parameters: [ParameterDescription]) {
    guard isFrozen.count == parameters.count, isFrozen.contains(true) else {
      frozenParameters = []
      return
    }
    frozenParameters = Array(isFrozen)
    if !trains(parameters) { needsParameterGradients = false }
  }

  /// Narrows the frozen parameters to those of an inner layer, whose parameters start at position `first` of all
  /// `count`.
  mutating func narrowFrozen(to parameters: [ParameterDescription], from first: Int, of count: Int) {
    // A caller's own layer may pass its problem to an inner layer unchanged: then all gradients are computed, and some
    // ignored.
    guard frozenParameters.count == count, first + parameters.count <= count else {
      frozenParameters = []
      return
    }
    freeze(frozenParameters[first..<first + parameters.count], of: parameters)
  }

  /// Whether the forward pass is that of inference, in either mode.
  public var runsAsInference: Bool { mode == .inference || inEvaluationMode }

  /// Plans a branch of a layer; with a profile as a sequence, whose steps are listed.
  func planBranch(_ layer: any Layer) throws(LayerError) -> (any PlannedLayer)? {
    try profile == nil || layer is Sequential ? layer.plan(self) : Sequential(layer).plan(self)
  }

  /// Plans a kernel at this level and number of threads. Within one plan of a network, equal problems have one kernel.
  /// - Throws: ``LayerError/kernel(layer:_:)`` when the kernel rejects its problem.
  public func kernel<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, for layer: String
  ) throws(LayerError) -> Plan<Op> {
    do {
      if let sharedPlans { return try sharedPlans.plan(problem, level: level, threads: threads) }
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
