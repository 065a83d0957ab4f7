import Kernels

/// A group or layer normalisation. Saves the statistics of each group.
final class PlannedGroupNorm: PlannedLayer {
  let savedByteCount: Int
  let workspaceByteCount: Int
  private let hasWeight: Bool
  private let hasBias: Bool
  private let needsParameterGradients: Bool
  private let forward: Plan<GroupNormForward>
  private let backward: Plan<GroupNormBackward>?

  init(
    _ groups: GroupNormProblem, hasWeight: Bool, hasBias: Bool, _ problem: LayerProblem, _ kind: String
  ) throws(LayerError) {
    self.hasWeight = hasWeight
    self.hasBias = hasBias
    needsParameterGradients = problem.needsParameterGradients
    forward = try problem.kernel(GroupNormForward.self, groups, for: kind)
    backward = try problem.backwardKernel(GroupNormBackward.self, groups, for: kind)
    savedByteCount = 3 * groups.batch * groups.groups * MemoryLayout<Float>.stride
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      GroupNormForward.Operands(
        input: memory.input, weight: hasWeight ? UnsafePointer(memory.parameters[0]) : nil,
        bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil, output: memory.output,
        statistics: memory.saved.assumingMemoryBound(to: Float.self)),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    backward?.run(
      GroupNormBackward.Operands(
        input: memory.input, outputGradient: memory.outputGradient,
        weight: hasWeight ? UnsafePointer(memory.parameters[0]) : nil,
        bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil,
        statistics: UnsafePointer(memory.saved.assumingMemoryBound(to: Float.self)),
        inputGradient: memory.inputGradient,
        weightGradient: hasWeight && needsParameterGradients ? memory.parameterGradients[0] : nil,
        biasGradient: hasBias && needsParameterGradients ? memory.parameterGradients[1] : nil),
      workspace: memory.workspace)
  }
}
