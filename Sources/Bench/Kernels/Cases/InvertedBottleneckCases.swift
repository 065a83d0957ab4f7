import Kernels

/// Depthwise convolutions between two 1×1 convolutions.
enum InvertedBottleneckCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let shape = InvertedBottleneckShape(shape)
    let (inputs, outputs, hidden) = (shape.inputCount, shape.outputCount, shape.depthwise.inputChannels)
    let counts = [hidden * shape.inputChannels, shape.depthwise.weightCount, hidden * shape.outputChannels]
    let padding = shape.depthwise.multiplyAdds - shape.depthwise.insideMultiplyAdds
    let work = Work(
      flops: 2 * shape.multiplyAdds, leastFlops: 2 * (shape.multiplyAdds - padding),
      words: inputs + counts.reduce(0, +) + outputs)
    return [
      OperationCase<InvertedBottleneckForward>(
        shape: name, problem: shape, work: work,
        // Four numbers at a time are multiplied, of at most 4 each.
        terms: 16 * shape.inputChannels * shape.depthwise.kernelHeight * shape.depthwise.kernelWidth * hidden,
        makeOperands: { memory in
          .init(
            input: memory.numbers(inputs),
            weights: .init(
              expansion: memory.numbers(counts[0]), depthwise: memory.numbers(counts[1]),
              projection: memory.numbers(counts[2])), output: memory.output(outputs))
        })
    ]
  }
}
