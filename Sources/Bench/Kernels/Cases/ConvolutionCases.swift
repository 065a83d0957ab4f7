import Kernels

/// The passes of a convolution.
enum ConvolutionCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let shape = Conv2DShape(shape)
    let (inputs, weights, outputs) = (shape.inputCount, shape.weightCount, shape.outputCount)
    let work = Work(
      flops: 2 * shape.multiplyAdds, leastFlops: 2 * shape.insideMultiplyAdds, words: inputs + weights + outputs)
    var cases: [any KernelCase] = []
    // Integers that transforms round: sums over the results would not find them exact either.
    let isDirect = shape.precision == .direct
    func add<Op>(_ one: OperationCase<Op>) {
      var one = one
      if !isDirect {
        one.agreement = .transformed(terms: one.terms)
        one.checksum = nil
      }
      cases.append(one)
    }
    let forward = OperationCase<Conv2DForward>(
      shape: name, problem: .init(shape: shape), work: work, terms: weights / shape.outputChannels,
      checksum: { Checksum.convolution(shape, input: $0.input, weights: $0.weights, output: UnsafePointer($0.output)) },
      makeOperands: { memory in
        .init(input: memory.numbers(inputs), weights: memory.numbers(weights), output: memory.output(outputs))
      })
    let backwardData = OperationCase<Conv2DBackwardData>(
      shape: name, problem: shape, work: work, terms: weights / (shape.inputChannels / shape.groups),
      checksum: {
        Checksum.inputGradient(
          shape, outputGradient: $0.outputGradient, weights: $0.weights, inputGradient: UnsafePointer($0.inputGradient))
      },
      makeOperands: { memory in
        .init(
          outputGradient: memory.numbers(outputs), weights: memory.numbers(weights),
          inputGradient: memory.output(inputs))
      })
    let backwardWeights = OperationCase<Conv2DBackwardWeights>(
      shape: name, problem: shape, work: work, terms: outputs / shape.outputChannels,
      checksum: {
        Checksum.weightGradient(
          shape, input: $0.input, outputGradient: $0.outputGradient, weightGradient: UnsafePointer($0.weightGradient))
      },
      makeOperands: { memory in
        .init(
          input: memory.numbers(inputs), outputGradient: memory.numbers(outputs),
          weightGradient: memory.output(weights))
      })
    add(forward)
    add(backwardData)
    add(backwardWeights)
    return cases
  }
}

extension Conv2DShape {
  /// Multiply-adds whose input is not padding.
  var insideMultiplyAdds: Int {
    func taps(_ input: Int, _ outputs: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> Int {
      (0..<outputs).reduce(0) { sum, output in
        sum + (0..<kernel).count { (0..<input).contains(output * stride + $0 * dilation - padding) }
      }
    }
    return batch * outputChannels * (inputChannels / groups)
      * taps(inputHeight, outputHeight, kernelHeight, strideHeight, paddingHeight, dilationHeight)
      * taps(inputWidth, outputWidth, kernelWidth, strideWidth, paddingWidth, dilationWidth)
  }
}
