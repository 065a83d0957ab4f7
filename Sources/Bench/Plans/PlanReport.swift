import Layers

/// The result file of `bench plan`, schema `bench.plan/1`. Times are means over the timed steps.
struct PlanReport: Encodable {
  var schema = "bench.plan/1"
  let machine: MachineReport
  let model: String
  let batchSize: Int
  let inference: Bool
  let precision: String
  /// The time that making the plan took.
  let planSeconds: Double
  /// How many steps or predictions were timed.
  let timedSteps: Int
  /// A whole step or prediction; null where none was timed.
  let stepSeconds: JSONNumber
  let steps: [PlannedStep]
}

/// A step of the plan: a layer, or what a layer with others in it does besides them.
struct PlannedStep: Encodable {
  let layer: String
  let kind: String
  let outputShape: [Int]
  let kernels: [String]
  /// The images of the blocks that a batch passes the step in; null for the whole batch.
  let imagesPerBlock: Int?
  let savedBytes: Int
  let parameters: Int
  /// Of the forward and the backward pass of the whole batch.
  let flops: Double
  let forwardSeconds: Double
  let backwardSeconds: Double

  init(_ profile: PlanProfile, _ number: Int, batchSize: Int, timedSteps: Int) {
    let step = profile.steps[number]
    let isLeaf = step.innerSteps.isEmpty
    let times = profile.exclusiveTimes(number)
    let count = Double(max(timedSteps, 1))
    layer = step.path
    kind = isLeaf ? step.kind : "\(step.kind), the rest"
    outputShape = step.outputShape.dimensions
    kernels = isLeaf ? step.convolutionKernels : []
    imagesPerBlock = step.imagesPerBlock
    savedBytes = isLeaf ? step.savedByteCount : 0
    parameters = isLeaf ? step.parameterCount : 0
    flops = isLeaf ? 2 * Double(step.multiplyAddsPerImage * batchSize) * Double(1 + step.backwardPasses) : 0
    forwardSeconds = times.forward / .seconds(1) / count
    backwardSeconds = times.backward / .seconds(1) / count
  }

  /// The cells of the table; `isTimed`: whether it has times.
  func cells(isTimed: Bool, peakGflops: Double) -> [String] {
    let seconds = forwardSeconds + backwardSeconds
    let plan = [
      layer, kind, outputShape.map { "\($0)" }.joined(separator: "×"), Figure.fixed(flops / 1e6, 1),
      (kernels + (imagesPerBlock.map { ["blocks of \($0) images"] } ?? [])).joined(separator: " "),
    ]
    guard isTimed else { return plan }
    let gflops = flops / max(seconds, 1e-12) / 1e9
    return plan.dropLast() + [
      Figure.fixed(forwardSeconds * 1e6, 1), Figure.fixed(backwardSeconds * 1e6, 1),
      flops > 0 ? Figure.fixed(gflops, 1) : "", flops > 0 ? Figure.percent(gflops / peakGflops) : "",
    ] + plan.suffix(1)
  }
}
