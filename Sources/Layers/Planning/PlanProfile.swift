/// The steps of a network's plan, and how long each takes.
///
///     let profile = PlanProfile()
///     let plan = try model.plan(batchSize: 32, mode: .training, profile: profile)
///     try plan.forward(images)
///     try plan.backward(gradient)
///     for step in profile.steps { print(step.path, step.kind, step.forward, step.backward) }
///
/// A step is a layer, with an activation that is fused into it. Layers that only reshape have none. A profile belongs to
/// one plan, whose passes run one after another; the clock is read twice a step and pass.
public final class PlanProfile: @unchecked Sendable {
  /// A step of the plan.
  public struct Step: Sendable {
    /// The layer's place in the network: names or positions, such as `layer1.0.conv1`; empty for a single layer.
    public let path: String
    /// The layer's kind, with a fused addition of a residual block and the kind of a fused activation: `Conv2D + relu`,
    /// `Conv2D + add + relu`.
    public let kind: String
    /// The shape of an image of its input and of its output.
    public let inputShape: Shape
    public let outputShape: Shape
    /// The number of parameter values, those of buffers not counted.
    public let parameterCount: Int
    /// The multiply-adds of the forward pass of one image, in convolutions and linear layers.
    public let multiplyAddsPerImage: Int
    /// How often the backward pass makes as many multiply-adds: 1 for the input's gradient and 1 for the parameters'.
    public let backwardPasses: Int
    /// The rows of the kernels' tables that run its convolutions, see ``ModelPlan/convolutionKernels``.
    public let convolutionKernels: [String]
    /// The images of the blocks that pass through this and its neighbouring steps: forward, one block after the other,
    /// or in both directions, a block for each thread. nil for the whole batch.
    public internal(set) var imagesPerBlock: Int?
    /// The bytes that its forward pass saves for the backward pass, the output not counted.
    public let savedByteCount: Int
    /// The bytes of scratch memory that its passes need.
    public let workspaceByteCount: Int
    /// The steps within it, such as those of a residual block, whose times are part of its own.
    public let innerSteps: Range<Int>
    /// The time of all forward passes and of all backward passes since the profile began or was reset; where each
    /// thread takes a block of images, that of the calling thread.
    public internal(set) var forward = Duration.zero
    public internal(set) var backward = Duration.zero
  }

  /// The steps in the order in which the plan was made: those within a step come before it.
  public internal(set) var steps: [Step] = []

  /// A profile for a plan that is to be made.
  public init() {}

  /// Adds a planned layer; the steps from `firstInner` on are within it. Returns its number.
  func add(
    _ planned: any PlannedLayer, _ placed: PlacedLayer, _ problem: LayerProblem, trains: Bool, firstInner: Int
  ) -> Int {
    let isTraining = problem.mode == .training
    steps.append(
      Step(
        path: problem.path,
        kind: placed.layer.kind + (problem.hasAddend ? " + add" : "") + (problem.activation.map { " + \($0)" } ?? ""),
        inputShape: placed.inputShape, outputShape: placed.outputShape,
        parameterCount: placed.parameters.reduce(0) { $0 + ($1.role == .buffer ? 0 : $1.shape.count) },
        multiplyAddsPerImage: placed.multiplyAddsPerImage,
        backwardPasses: isTraining ? (problem.needsInputGradient ? 1 : 0) + (trains ? 1 : 0) : 0,
        convolutionKernels: planned.convolutionKernels, savedByteCount: planned.savedByteCount,
        workspaceByteCount: planned.workspaceByteCount, innerSteps: firstInner..<steps.count))
    return steps.count - 1
  }

  /// Sets all times to zero.
  public func reset() {
    for i in steps.indices { (steps[i].forward, steps[i].backward) = (.zero, .zero) }
  }

  /// What a step takes besides the steps within it.
  public func exclusiveTimes(_ step: Int) -> (forward: Duration, backward: Duration) {
    var (forward, backward) = (steps[step].forward, steps[step].backward)
    let inner = steps[step].innerSteps
    for i in inner where !inner.contains(where: { steps[$0].innerSteps.contains(i) }) {
      forward -= steps[i].forward
      backward -= steps[i].backward
    }
    return (forward, backward)
  }
}
