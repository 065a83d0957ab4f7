import Kernels

/// A ``BranchSet`` planned as a whole: the branches, and the memory of their outputs and gradients.
///
/// Each branch writes its output to a separate buffer, which is kept for the backward pass only where the branch reads
/// it there. In inference a branch of two that ends with a convolution adds the other's output in that convolution's
/// store. Input gradients are summed in the order of the branches, those of identity branches last.
final class PlannedBranches: PlannedLayer, PacksParameters {
  let savedByteCount: Int
  let workspaceByteCount: Int
  let overwritesOutputGradient: Bool
  let readsOutput: Bool

  var convolutionKernels: [String] { branches.flatMap { $0.layer?.convolutionKernels ?? [] } }

  private let combination: BranchCombination
  private let branches: [Branch]
  private let batchSize: Int
  private let inputCount: Int
  /// The size of one image's output, in floats.
  private let outputCount: Int
  private let sum: Plan<AddForward>?
  private let lastSum: Plan<AddForward>?
  /// The one of two branches that adds the other's output to its own; nil where none does.
  private let addingBranch: Int?
  /// The fused activation, for a single branch, which has no sum to fuse it into.
  private let forwardReLU: Plan<ReLUForward>?
  private let forwardReLU6: Plan<ReLU6Forward>?
  private let gradientSum: Plan<AddForward>?
  private let backwardActivation: FusedActivationGradient
  private let needsInputGradient: Bool
  private let needsGradients: Bool
  // Byte offsets in the workspace.
  private let gradientCopy: Int
  private let otherInputGradient: Int
  private let innerWorkspace: Int

  private struct Branch {
    /// nil for an identity branch.
    let layer: (any PlannedLayer)?
    let firstParameter: Int
    /// The size of one image's output, in floats.
    let outputCount: Int
    let savesOutput: Bool
    /// The byte offset of its output, in the saved memory if it is saved, else in the workspace.
    let output: Int
    /// The byte offset of what it saves, in the saved memory.
    let saved: Int
    /// Whether its backward pass gets a copy of the output gradient, because it overwrites it and other branches read
    /// it later.
    let copiesGradient: Bool
  }

  init(_ description: BranchSet, _ problem: LayerProblem) throws(LayerError) {
    let kind = description.kind
    let outputShape = try description.outputShape(for: problem.inputShape)
    combination = description.combination
    batchSize = problem.batchSize
    inputCount = problem.inputShape.count
    outputCount = outputShape.count
    needsInputGradient = problem.mode == .training && problem.needsInputGradient
    func bytes(_ count: Int) -> Int { cacheLines(problem.batchSize * count * MemoryLayout<Float>.stride) }

    let trains = problem.mode == .training
    var branches: [Branch] = []
    var firstParameter = 0
    var saved = 0
    var workspace = 0
    var inner = 0
    var copies = false
    // Only the last branch to read the gradient of a sum may overwrite it; identity branches read it after all others.
    var planned: [(any PlannedLayer)?] = []
    let parameters = try description.parameters(for: problem.inputShape)
    var parameterCount = 0
    let addsInBranch =
      problem.mode == .inference && description.combination == .sum && description.branches.count == 2
    var addingBranch: Int?
    for (i, branch) in description.branches.enumerated() {
      let own = try branch.layer.parameters(for: problem.inputShape)
      var branchProblem = problem
      let mayAdd = branch.layer is Conv2D || branch.layer is Sequential
      branchProblem.hasAddend = addsInBranch && addingBranch == nil && mayAdd
      branchProblem.activation = branchProblem.hasAddend ? problem.activation : nil
      branchProblem.path = joined(problem.path, branch.path)
      branchProblem.narrowFrozen(to: own, from: parameterCount, of: parameters.count)
      parameterCount += own.count
      branchProblem.keepsOutputGradient = description.combination == .sum
      do throws(LayerError) {
        planned.append(try branchProblem.planBranch(branch.layer))
      } catch {
        throw error.at(branch.path)
      }
      if let layer = planned.last as? any AddsAddend, layer.addsAddend { addingBranch = i }
    }
    let lastPlanned = planned.lastIndex { $0 != nil } ?? 0
    let handsOn = planned.contains { $0 == nil }
    for (i, branch) in description.branches.enumerated() {
      let count = try branch.layer.outputShape(for: problem.inputShape).count
      let layer = planned[i]
      let savesOutput = trains && layer?.readsOutput == true
      let isRead = problem.keepsOutputGradient || i < lastPlanned || (handsOn && needsInputGradient)
      let copiesGradient =
        description.combination == .sum && trains && isRead && layer?.overwritesOutputGradient == true
      copies = copies || copiesGradient
      var output = 0
      if layer != nil, savesOutput {
        output = saved
        saved += bytes(count)
      } else if layer != nil, i != addingBranch {
        output = workspace
        workspace += bytes(count)
      }
      branches.append(
        Branch(
          layer: layer, firstParameter: firstParameter, outputCount: count, savesOutput: savesOutput, output: output,
          saved: saved, copiesGradient: copiesGradient))
      saved += cacheLines(layer?.savedByteCount ?? 0)
      inner = max(inner, layer?.workspaceByteCount ?? 0)
      firstParameter += try branch.layer.parameters(for: problem.inputShape).count
    }
    needsGradients = trains && (needsInputGradient || problem.trains(parameters))

    let elements = problem.batchSize * outputShape.count
    let isSum = description.combination == .sum
    sum =
      isSum && branches.count > 2
      ? try problem.kernel(AddForward.self, AddForward.Problem(count: elements), for: kind) : nil
    lastSum =
      isSum && branches.count > 1 && addingBranch == nil
      ? try problem.kernel(
        AddForward.self, AddForward.Problem(count: elements, activation: problem.activation), for: kind)
      : nil
    forwardReLU =
      branches.count == 1 && problem.activation == .relu
      ? try problem.kernel(ReLUForward.self, ElementwiseProblem(count: elements), for: kind) : nil
    forwardReLU6 =
      branches.count == 1 && problem.activation == .relu6
      ? try problem.kernel(ReLU6Forward.self, ElementwiseProblem(count: elements), for: kind) : nil
    gradientSum = try problem.backwardKernel(
      AddForward.self, AddForward.Problem(count: problem.batchSize * problem.inputShape.count), for: kind,
      if: problem.needsInputGradient && branches.count > 1)
    backwardActivation = try FusedActivationGradient(problem, count: elements, for: kind)

    // A branch's slice of a concatenation's gradient is copied, too: it is not contiguous.
    let largest = branches.map(\.outputCount).max() ?? 0
    var end = workspace
    gradientCopy = end
    if trains, copies || !isSum { end += bytes(largest) }
    otherInputGradient = end
    if needsInputGradient { end += bytes(problem.inputShape.count) }
    innerWorkspace = end
    let kernels = [sum, lastSum, gradientSum].map { $0?.workspaceByteCount ?? 0 }
    let activations = max(
      forwardReLU?.workspaceByteCount ?? 0, forwardReLU6?.workspaceByteCount ?? 0,
      backwardActivation.workspaceByteCount)
    workspaceByteCount = end + max(inner, kernels.max() ?? 0, activations)
    savedByteCount = saved
    overwritesOutputGradient =
      problem.activation != nil
      || (isSum && branches.contains { $0.layer?.overwritesOutputGradient == true && !$0.copiesGradient })
    readsOutput = problem.activation != nil
    self.branches = branches
    self.addingBranch = addingBranch
  }

  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters) {
    for branch in branches {
      (branch.layer as? any PacksParameters)?.packParameters(parameters + branch.firstParameter, packed)
    }
  }

  func forward(_ memory: ForwardMemory) {
    let inner = memory.workspace + innerWorkspace
    if let adding = addingBranch {
      let other = run(1 - adding, memory)
      _ = run(adding, memory, output: memory.output, addend: other)
      return
    }
    var start = 0
    var previous: UnsafePointer<Float>?
    for (i, branch) in branches.enumerated() {
      let result = run(i, memory)
      switch combination {
      case .sum:
        if let first = previous {
          let kernel = i == branches.count - 1 ? lastSum : sum
          kernel?.run(AddForward.Operands(a: first, b: result, output: memory.output), workspace: inner)
          previous = UnsafePointer(memory.output)
        } else if branches.count == 1 {
          let operands = ElementwiseOperands(input: result, output: memory.output)
          if let forwardReLU {
            forwardReLU.run(operands, workspace: inner)
          } else if let forwardReLU6 {
            forwardReLU6.run(operands, workspace: inner)
          } else {
            memory.output.update(from: result, count: batchSize * outputCount)
          }
        } else {
          previous = result
        }
      case .concatenation:
        for image in 0..<batchSize {
          (memory.output + image * outputCount + start)
            .update(from: result + image * branch.outputCount, count: branch.outputCount)
        }
        start += branch.outputCount
      case .product: break
      }
    }
  }

  /// Runs a branch; returns its output, which for an identity branch is the input.
  /// - Parameters:
  ///   - output: where the output goes; nil for the branch's own memory.
  ///   - addend: what a branch that adds is to add.
  private func run(
    _ i: Int, _ memory: ForwardMemory, output: UnsafeMutablePointer<Float>? = nil, addend: UnsafePointer<Float>? = nil
  ) -> UnsafePointer<Float> {
    let branch = branches[i]
    guard let layer = branch.layer else { return memory.input }
    let base = branch.savesOutput ? memory.saved : memory.workspace
    let output = output ?? (base + branch.output).assumingMemoryBound(to: Float.self)
    var own = ForwardMemory(
      input: memory.input, output: output, parameters: memory.parameters + branch.firstParameter,
      saved: memory.saved + branch.saved, workspace: memory.workspace + innerWorkspace,
      random: memory.random(ofInnerLayer: i))
    own.addend = addend
    layer.forward(own)
    return UnsafePointer(output)
  }

  func backward(_ memory: BackwardMemory) {
    guard needsGradients else { return }
    let inner = memory.workspace + innerWorkspace
    let gradient = memory.outputGradient
    backwardActivation.run(memory, workspace: inner)
    let copy = (memory.workspace + gradientCopy).assumingMemoryBound(to: Float.self)
    let other = (memory.workspace + otherInputGradient).assumingMemoryBound(to: Float.self)
    var isFirst = true
    var start = 0
    for branch in branches {
      let slice = start
      start += branch.outputCount
      guard let layer = branch.layer else { continue }
      var branchGradient = gradient
      if combination == .concatenation {
        copySlice(of: gradient, from: slice, branch.outputCount, to: copy)
        branchGradient = copy
      } else if branch.copiesGradient {
        copy.update(from: gradient, count: batchSize * outputCount)
        branchGradient = copy
      }
      let base = branch.savesOutput ? memory.saved : memory.workspace
      let inputGradient = memory.inputGradient.map { isFirst ? $0 : other }
      layer.backward(
        BackwardMemory(
          input: memory.input, output: UnsafePointer((base + branch.output).assumingMemoryBound(to: Float.self)),
          outputGradient: branchGradient, inputGradient: inputGradient,
          parameters: memory.parameters + branch.firstParameter,
          parameterGradients: memory.parameterGradients + branch.firstParameter, saved: memory.saved + branch.saved,
          workspace: inner))
      if let total = memory.inputGradient, !isFirst { add(other, to: total, inner) }
      isFirst = false
    }
    guard let total = memory.inputGradient else { return }
    start = 0
    for branch in branches {
      let slice = start
      start += branch.outputCount
      guard branch.layer == nil else { continue }
      var handedOn = gradient
      if combination == .concatenation {
        copySlice(of: gradient, from: slice, branch.outputCount, to: copy)
        handedOn = copy
      }
      if isFirst {
        total.update(from: handedOn, count: batchSize * inputCount)
      } else {
        add(handedOn, to: total, inner)
      }
      isFirst = false
    }
  }

  private func copySlice(
    of gradient: UnsafeMutablePointer<Float>, from start: Int, _ count: Int, to copy: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<batchSize {
      (copy + image * count).update(from: gradient + image * outputCount + start, count: count)
    }
  }

  private func add(
    _ gradient: UnsafeMutablePointer<Float>, to total: UnsafeMutablePointer<Float>,
    _ workspace: UnsafeMutableRawPointer
  ) {
    gradientSum?.run(
      AddForward.Operands(a: UnsafePointer(total), b: UnsafePointer(gradient), output: total), workspace: workspace)
  }
}
