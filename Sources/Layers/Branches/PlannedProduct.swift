import Kernels

/// Branches whose outputs are multiplied, planned as a whole: the branches, and the memory of their outputs and
/// gradients.
///
/// Outputs of the result's shape are multiplied first, in the branches' order, then those with one value for each
/// channel. The backward pass reverses the multiplications: from each saved partial product and saved output it
/// computes the gradients of both.
final class PlannedProduct: PlannedLayer, PacksParameters {
  let savedByteCount: Int
  let workspaceByteCount: Int

  var convolutionKernels: [String] { branches.flatMap { $0.layer?.convolutionKernels ?? [] } }

  private let branches: [Branch]
  /// The branches' indices in the order in which their outputs are multiplied.
  private let order: [Int]
  /// One multiplication for each branch after the first.
  private let steps: [Step]
  private let batchSize: Int
  private let inputCount: Int
  /// The size of one image's output, in floats.
  private let outputCount: Int
  private let gradientSum: Plan<AddForward>?
  private let trains: Bool
  private let needsGradients: Bool
  // Byte offsets in the workspace.
  private let productGradient: Int
  private let branchGradient: Int
  private let otherInputGradient: Int
  private let innerWorkspace: Int

  private struct Branch {
    /// nil for an identity branch.
    let layer: (any PlannedLayer)?
    let firstParameter: Int
    /// The byte offset of its output, in the saved memory when training, else in the workspace.
    let output: Int
    /// The byte offset of what it saves, in the saved memory.
    let saved: Int
  }

  private struct Step {
    let forward: Plan<MultiplyForward>
    let backward: Plan<MultiplyBackward>?
    /// The byte offset of the partial product in the saved memory; nil where it is written to the output.
    let product: Int?
  }

  init(_ description: BranchSet, _ problem: LayerProblem) throws(LayerError) {
    let kind = description.kind
    let outputShape = try description.outputShape(for: problem.inputShape)
    batchSize = problem.batchSize
    inputCount = problem.inputShape.count
    outputCount = outputShape.count
    trains = problem.mode == .training
    func bytes(_ count: Int) -> Int { cacheLines(problem.batchSize * count * MemoryLayout<Float>.stride) }

    var branches: [Branch] = []
    var counts: [Int] = []
    var (saved, workspace, inner, firstParameter) = (0, 0, 0, 0)
    let parameters = try description.parameters(for: problem.inputShape)
    for branch in description.branches {
      let own = try branch.layer.parameters(for: problem.inputShape)
      var branchProblem = problem
      branchProblem.activation = nil
      branchProblem.path = joined(problem.path, branch.path)
      branchProblem.narrowFrozen(to: own, from: firstParameter, of: parameters.count)
      branchProblem.keepsOutputGradient = false
      let layer: (any PlannedLayer)?
      do throws(LayerError) {
        layer = try branchProblem.planBranch(branch.layer)
      } catch {
        throw error.at(branch.path)
      }
      let count = try branch.layer.outputShape(for: problem.inputShape).count
      counts.append(count)
      var output = 0
      if layer != nil, trains {
        output = saved
        saved += bytes(count)
      } else if layer != nil {
        output = workspace
        workspace += bytes(count)
      }
      branches.append(Branch(layer: layer, firstParameter: firstParameter, output: output, saved: saved))
      saved += cacheLines(layer?.savedByteCount ?? 0)
      inner = max(inner, layer?.workspaceByteCount ?? 0)
      firstParameter += own.count
    }
    let full = outputShape.count
    let order = counts.indices.filter { counts[$0] == full } + counts.indices.filter { counts[$0] != full }

    var steps: [Step] = []
    for (i, branch) in order.enumerated().dropFirst() {
      let rows = problem.batchSize * counts[branch]
      let product = MultiplyProblem(rows: rows, columns: counts[branch] == full ? 1 : full / counts[branch])
      let isSaved = trains && i < order.count - 1
      steps.append(
        Step(
          forward: try problem.kernel(MultiplyForward.self, product, for: kind),
          backward: try problem.backwardKernel(MultiplyBackward.self, product, for: kind),
          product: isSaved ? saved : nil))
      if isSaved { saved += bytes(full) }
    }
    gradientSum = try problem.backwardKernel(
      AddForward.self, AddForward.Problem(count: problem.batchSize * problem.inputShape.count), for: kind,
      if: problem.needsInputGradient && branches.count > 1)
    needsGradients = trains && (problem.needsInputGradient || problem.trains(parameters))

    var end = workspace
    productGradient = end
    if trains { end += bytes(full) }
    branchGradient = end
    if trains, order.count > 1 { end += bytes(order.dropFirst().map { counts[$0] }.max() ?? 0) }
    otherInputGradient = end
    if trains, problem.needsInputGradient { end += bytes(problem.inputShape.count) }
    innerWorkspace = end
    let kernels = steps.map { max($0.forward.workspaceByteCount, $0.backward?.workspaceByteCount ?? 0) }
    workspaceByteCount = end + max(inner, kernels.max() ?? 0, gradientSum?.workspaceByteCount ?? 0)
    savedByteCount = saved
    self.branches = branches
    self.order = order
    self.steps = steps
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters) {
    for branch in branches {
      (branch.layer as? any PacksParameters)?.packParameters(parameters + branch.firstParameter, packed)
    }
  }

  /// A branch's output in memory.
  private func output(
    _ branch: Branch, _ input: UnsafePointer<Float>, _ saved: UnsafeMutableRawPointer,
    _ workspace: UnsafeMutableRawPointer
  ) -> UnsafePointer<Float> {
    guard branch.layer != nil else { return input }
    return UnsafePointer(((trains ? saved : workspace) + branch.output).assumingMemoryBound(to: Float.self))
  }

  func forward(_ memory: ForwardMemory) {
    let inner = memory.workspace + innerWorkspace
    func output(_ i: Int) -> UnsafePointer<Float> {
      self.output(branches[i], memory.input, memory.saved, memory.workspace)
    }
    for (i, branch) in branches.enumerated() {
      branch.layer?.forward(
        ForwardMemory(
          input: memory.input, output: UnsafeMutablePointer(mutating: output(i)),
          parameters: memory.parameters + branch.firstParameter, saved: memory.saved + branch.saved, workspace: inner,
          random: memory.random(ofInnerLayer: i)))
    }
    var product = output(order[0])
    if steps.isEmpty { memory.output.update(from: product, count: batchSize * outputCount) }
    for (step, branch) in zip(steps, order.dropFirst()) {
      let target = step.product.map { (memory.saved + $0).assumingMemoryBound(to: Float.self) } ?? memory.output
      step.forward.run(
        MultiplyForward.Operands(a: product, b: output(branch), output: target), workspace: inner)
      product = UnsafePointer(target)
    }
  }

  func backward(_ memory: BackwardMemory) {
    guard needsGradients else { return }
    let inner = memory.workspace + innerWorkspace
    func floats(_ offset: Int) -> UnsafeMutablePointer<Float> {
      (memory.workspace + offset).assumingMemoryBound(to: Float.self)
    }
    func output(_ i: Int) -> UnsafePointer<Float> {
      self.output(branches[i], memory.input, memory.saved, memory.workspace)
    }
    let rest = floats(productGradient)
    var isFirst = true
    if steps.isEmpty { rest.update(from: memory.outputGradient, count: batchSize * outputCount) }
    var gradient = UnsafePointer(memory.outputGradient)
    for i in steps.indices.reversed() {
      let branch = order[i + 1]
      let before =
        i == 0
        ? output(order[0])
        : UnsafePointer((memory.saved + (steps[i - 1].product ?? 0)).assumingMemoryBound(to: Float.self))
      steps[i].backward?.run(
        MultiplyBackward.Operands(
          a: before, b: output(branch), outputGradient: gradient, aGradient: rest, bGradient: floats(branchGradient)),
        workspace: inner)
      gradient = UnsafePointer(rest)
      backward(branch, floats(branchGradient), output(branch), memory, &isFirst)
    }
    backward(order[0], rest, output(order[0]), memory, &isFirst)
  }

  /// Runs a branch's backward pass and adds its input gradient to the sum.
  private func backward(
    _ i: Int, _ gradient: UnsafeMutablePointer<Float>, _ output: UnsafePointer<Float>, _ memory: BackwardMemory,
    _ isFirst: inout Bool
  ) {
    let inner = memory.workspace + innerWorkspace
    let other = (memory.workspace + otherInputGradient).assumingMemoryBound(to: Float.self)
    let branch = branches[i]
    var inputGradient = gradient
    if let layer = branch.layer {
      let own = memory.inputGradient.map { isFirst ? $0 : other }
      layer.backward(
        BackwardMemory(
          input: memory.input, output: output, outputGradient: gradient, inputGradient: own,
          parameters: memory.parameters + branch.firstParameter,
          parameterGradients: memory.parameterGradients + branch.firstParameter, saved: memory.saved + branch.saved,
          workspace: inner))
      guard let own else { return }
      inputGradient = own
    }
    guard let total = memory.inputGradient else { return }
    if isFirst {
      isFirst = false
      if inputGradient != total { total.update(from: inputGradient, count: batchSize * inputCount) }
    } else {
      gradientSum?.run(
        AddForward.Operands(a: UnsafePointer(total), b: UnsafePointer(inputGradient), output: total), workspace: inner)
    }
  }
}
