import Kernels

/// The options and checks that the batch normalisations have in common.
struct BatchNormalization {
  let layer: String
  let epsilon: Float
  let momentum: Float?
  let affine: Bool
  let tracks: Bool
  let usesRunning: Bool

  func check() throws(LayerError) {
    try checkEpsilon(epsilon, layer: layer)
    guard tracks || !usesRunning else {
      throw .invalidValue(
        layer: layer, name: "usesRunningStatistics", value: "true",
        expected: "false where there are none, as tracksRunningStatistics is false")
    }
    if let momentum, !momentum.isFinite {
      throw .invalidValue(layer: layer, name: "momentum", value: "\(momentum)", expected: "a finite number, or nil")
    }
  }

  func parameters(channels: Int) -> [ParameterDescription] {
    let parameters = affine ? affineParameters(shape: [channels], bias: true) : []
    guard tracks else { return parameters }
    return parameters + [
      ParameterDescription(name: "running_mean", shape: [channels], initialization: .constant(0), role: .buffer),
      ParameterDescription(name: "running_var", shape: [channels], initialization: .constant(1), role: .buffer),
      ParameterDescription(
        name: "num_batches_tracked", shape: [], initialization: .constant(0), role: .buffer, storedType: .int64),
    ]
  }
}

/// The `weight` and `bias` of a normalisation.
func affineParameters(shape: Shape, bias: Bool) -> [ParameterDescription] {
  let weight = ParameterDescription(name: "weight", shape: shape, initialization: .constant(1))
  return bias ? [weight, ParameterDescription(name: "bias", shape: shape, initialization: .constant(0))] : [weight]
}

func checkEpsilon(_ epsilon: Float, layer: String) throws(LayerError) {
  guard epsilon.isFinite, epsilon >= 0 else {
    throw .invalidValue(
      layer: layer, name: "epsilon", value: "\(epsilon)", expected: "a finite number that is at least 0")
  }
}

/// A batch normalisation by the batch's statistics, which it saves, or by running ones. The backward pass recomputes
/// where the fused ReLU was active from the input and the statistics, so it does not read the output.
final class PlannedBatchNorm: PlannedLayer {
  let savedByteCount: Int
  let workspaceByteCount: Int
  private let momentum: Float?
  private let affine: Bool
  private let tracks: Bool
  private let needsParameterGradients: Bool
  /// Normalises by the batch's statistics; nil where running statistics are used.
  private let forward: Plan<BatchNormForward>?
  private let inference: Plan<BatchNormInference>?
  private let backward: Plan<BatchNormBackward>?
  private let inferenceBackward: Plan<BatchNormInferenceBackward>?

  init(
    _ normalization: BatchNormalization, channels: Int, plane: Int, _ problem: LayerProblem
  ) throws(LayerError) {
    let layer = normalization.layer
    momentum = normalization.momentum
    affine = normalization.affine
    tracks = normalization.tracks
    needsParameterGradients = problem.needsParameterGradients
    let problemOfKernels = BatchNormProblem(
      batch: problem.batchSize, channels: channels, plane: plane, epsilon: normalization.epsilon,
      relu: problem.activation == .relu)
    if tracks, problem.runsAsInference || normalization.usesRunning {
      forward = nil
      backward = nil
      inference = try problem.kernel(BatchNormInference.self, problemOfKernels, for: layer)
      inferenceBackward = try problem.backwardKernel(
        BatchNormInferenceBackward.self, problemOfKernels, for: layer,
        if: problem.needsInputGradient || (affine && problem.needsParameterGradients))
      savedByteCount = 0
    } else {
      guard problem.batchSize != 1 || plane != 1 else {
        throw .invalidValue(
          layer: layer, name: "the number of values of each channel", value: "1",
          expected: "more than 1, as their variance is needed: a larger batch, or larger images")
      }
      forward = try problem.kernel(BatchNormForward.self, problemOfKernels, for: layer)
      backward = try problem.backwardKernel(BatchNormBackward.self, problemOfKernels, for: layer)
      inference = nil
      inferenceBackward = nil
      savedByteCount = 3 * channels * MemoryLayout<Float>.stride
    }
    workspaceByteCount = max(
      max(forward?.workspaceByteCount ?? 0, inference?.workspaceByteCount ?? 0),
      max(backward?.workspaceByteCount ?? 0, inferenceBackward?.workspaceByteCount ?? 0))
  }

  var runsInPlace: Bool { inference != nil }
  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  /// The index of the running mean among the layer's parameters and buffers.
  private var firstBuffer: Int { affine ? 2 : 0 }

  func forward(_ memory: ForwardMemory) {
    let weight = affine ? UnsafePointer(memory.parameters[0]) : nil
    let bias = affine ? UnsafePointer(memory.parameters[1]) : nil
    if let inference {
      inference.run(
        BatchNormInference.Operands(
          input: memory.input, weight: weight, bias: bias, runningMean: memory.parameters[firstBuffer],
          runningVariance: memory.parameters[firstBuffer + 1], output: memory.output),
        workspace: memory.workspace)
      return
    }
    var share = 0.0
    if tracks {
      let batches = memory.parameters[firstBuffer + 2]
      batches[0] += 1
      share = momentum.map(Double.init) ?? 1 / Double(batches[0])
    }
    forward?.run(
      BatchNormForward.Operands(
        input: memory.input, weight: weight, bias: bias, output: memory.output,
        statistics: memory.saved.assumingMemoryBound(to: Float.self),
        runningMean: tracks ? memory.parameters[firstBuffer] : nil,
        runningVariance: tracks ? memory.parameters[firstBuffer + 1] : nil, momentum: share),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    let hasGradients = affine && needsParameterGradients
    let weight = affine ? UnsafePointer(memory.parameters[0]) : nil
    let bias = affine ? UnsafePointer(memory.parameters[1]) : nil
    let weightGradient = hasGradients ? memory.parameterGradients[0] : nil
    let biasGradient = hasGradients ? memory.parameterGradients[1] : nil
    if let inferenceBackward {
      inferenceBackward.run(
        BatchNormInferenceBackward.Operands(
          input: memory.input, outputGradient: memory.outputGradient, weight: weight, bias: bias,
          runningMean: memory.parameters[firstBuffer], runningVariance: memory.parameters[firstBuffer + 1],
          inputGradient: memory.inputGradient, weightGradient: weightGradient, biasGradient: biasGradient),
        workspace: memory.workspace)
      return
    }
    backward?.run(
      BatchNormBackward.Operands(
        input: memory.input, outputGradient: memory.outputGradient, weight: weight, bias: bias,
        statistics: UnsafePointer(memory.saved.assumingMemoryBound(to: Float.self)),
        inputGradient: memory.inputGradient, weightGradient: weightGradient, biasGradient: biasGradient),
      workspace: memory.workspace)
  }
}
