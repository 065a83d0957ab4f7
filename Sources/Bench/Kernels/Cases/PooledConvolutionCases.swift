import Kernels

/// The passes of a convolution with 2×2 max pooling behind it.
enum PooledConvolutionCases {
  /// Operations from which the reference, which makes them one by one, would take more than a second.
  private static let mostFlops = 4e8

  /// None for shapes that only the reference computes, or that would take it long.
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let shape = Conv2DShape(shape)
    let problem = Conv2DForward.Problem(shape: shape, activation: .relu)
    guard shape.outputHeight % 2 == 0, shape.outputWidth % 2 == 0, shape.precision == .direct,
      Double(2 * shape.multiplyAdds) <= mostFlops,
      Conv2DMaxPool2DForward.kernels.contains(where: { !$0.isReference && $0.accepts(problem) }),
      Conv2DMaxPool2DBackwardData.kernels.contains(where: { !$0.isReference && $0.accepts(shape) }),
      Conv2DMaxPool2DBackwardWeights.kernels.contains(where: { !$0.isReference && $0.accepts(shape) })
    else { return [] }
    let (inputs, weights, outputs) = (shape.inputCount, shape.weightCount, shape.pooledOutputCount)
    let work = Work(
      flops: 2 * shape.multiplyAdds, leastFlops: 2 * shape.insideMultiplyAdds,
      words: inputs + weights + outputs + shape.pooledIndexCount)
    // Numbers from 0 to 3, as the forward pass stores, and now and then that of an output without a gradient.
    func indices(_ memory: CaseMemory) -> UnsafePointer<Int32> { memory.indices(shape.pooledIndexCount, below: 5) }
    return [
      OperationCase<Conv2DMaxPool2DForward>(
        shape: name, problem: problem, work: work, terms: weights / shape.outputChannels,
        makeOperands: { memory in
          .init(input: memory.numbers(inputs), weights: memory.numbers(weights), output: memory.output(outputs))
        }),
      OperationCase<Conv2DMaxPool2DBackwardData>(
        shape: name, problem: shape, work: work, terms: weights / (shape.inputChannels / shape.groups),
        makeOperands: { memory in
          .init(
            outputGradient: memory.numbers(outputs), maxIndices: indices(memory), weights: memory.numbers(weights),
            inputGradient: memory.output(inputs))
        }),
      OperationCase<Conv2DMaxPool2DBackwardWeights>(
        shape: name, problem: shape, work: work, terms: outputs / shape.outputChannels,
        makeOperands: { memory in
          .init(
            input: memory.numbers(inputs), outputGradient: memory.numbers(outputs), maxIndices: indices(memory),
            weightGradient: memory.output(weights), biasGradient: memory.output(shape.outputChannels))
        }),
    ]
  }
}
