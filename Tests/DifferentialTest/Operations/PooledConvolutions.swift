import Kernels

/// Compares a pooled convolution's outputs with those of a convolution and of max pooling.
func separateForward(
  _ problem: Conv2DPoolProblem, _ operands: Conv2DPoolForward.Operands, _ level: InstructionSet
) throws -> String? {
  let shape = problem.shape
  var all = [Float](repeating: .nan, count: shape.outputCount)
  var pooled = [Float](repeating: .nan, count: problem.outputCount)
  let convolution = try Plan<Conv2DForward>(.init(shape: shape, activation: problem.relu ? .relu : nil), level: level)
  let pooling = try Plan<MaxPool2DForward>(
    Pool2DShape(
      batch: shape.batch, channels: shape.outputChannels, inputHeight: shape.outputHeight,
      inputWidth: shape.outputWidth, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2),
    level: level)
  let workspace = Workspace(byteCount: max(convolution.workspaceByteCount, pooling.workspaceByteCount))
  all.withUnsafeMutableBufferPointer { all in
    pooled.withUnsafeMutableBufferPointer { pooled in
      guard let all = all.baseAddress, let pooled = pooled.baseAddress else { return }
      convolution.run(
        .init(input: operands.input, weights: operands.weights, bias: operands.bias, output: all),
        workspace: workspace)
      pooling.run(.init(input: all, output: pooled, positions: nil), workspace: workspace)
    }
  }
  return bitDifference(operands.output, pooled, pooled.count * 4, isFloat: true)
}

/// Compares a pooled convolution's input gradient with that of a convolution whose output gradient is what pooling's
/// backward pass makes of the choices.
func separateInputGradient(
  _ problem: Conv2DPoolProblem, _ operands: Conv2DPoolBackward.Operands, _ level: InstructionSet
) throws -> String? {
  guard let result = operands.inputGradient else { return nil }
  let shape = problem.shape
  let (height, width) = (shape.outputHeight, shape.outputWidth)
  var all = [Float](repeating: 0, count: shape.outputCount)
  for output in 0..<problem.outputCount where operands.choices[output] < 4 {
    let place = Int(operands.choices[output])
    let (pixel, row) = (output % problem.outputWidth, output / problem.outputWidth)
    let (oy, plane) = (row % problem.outputHeight, row / problem.outputHeight)
    all[(plane * height + 2 * oy + place / 2) * width + 2 * pixel + place % 2] = operands.outputGradient[output]
  }
  var gradient = [Float](repeating: .nan, count: shape.inputCount)
  let plan = try Plan<Conv2DBackwardData>(shape, level: level)
  let workspace = Workspace(byteCount: plan.workspaceByteCount)
  all.withUnsafeBufferPointer { all in
    gradient.withUnsafeMutableBufferPointer { gradient in
      guard let all = all.baseAddress, let gradient = gradient.baseAddress else { return }
      plan.run(
        .init(outputGradient: all, weights: operands.weights, inputGradient: gradient), workspace: workspace)
    }
  }
  return bitDifference(result, gradient, gradient.count * 4, isFloat: true)
}
