import Kernels

/// Pooling by windows, by maximum and by mean, both passes.
enum PoolingCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let shape = Pool2DShape(shape)
    let inputs = shape.batch * shape.channels * shape.inputHeight * shape.inputWidth
    let outputs = shape.batch * shape.channels * shape.outputHeight * shape.outputWidth
    let window = shape.kernelHeight * shape.kernelWidth
    return [
      // A comparison is an operation.
      OperationCase<MaxPool2DForward>(
        shape: name, problem: shape, work: Work(flops: outputs * (window - 1), words: inputs + 2 * outputs)
      ) { memory in
        .init(
          input: memory.numbers(inputs), output: memory.output(outputs), maxIndices: memory.integerOutput(outputs))
      },
      OperationCase<MaxPool2DBackward>(
        shape: name, problem: shape, work: Work(flops: outputs, words: inputs + 2 * outputs)
      ) { memory in
        .init(
          outputGradient: memory.numbers(outputs), maxIndices: indicesInside(shape, outputs, memory),
          inputGradient: memory.output(inputs))
      },
      OperationCase<AveragePool2DForward>(
        shape: name, problem: shape, work: Work(flops: outputs * window, words: inputs + outputs), agreement: .close
      ) { memory in
        .init(input: memory.numbers(inputs), output: memory.output(outputs))
      },
      OperationCase<AveragePool2DBackward>(
        shape: name, problem: shape, work: Work(flops: outputs * window, words: inputs + outputs), agreement: .close
      ) { memory in
        .init(outputGradient: memory.numbers(outputs), inputGradient: memory.output(inputs))
      },
    ]
  }

  static func adaptiveCases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let shape = AdaptivePool2DShape(shape)
    let inputs = shape.batch * shape.channels * shape.inputHeight * shape.inputWidth
    let outputs = shape.batch * shape.channels * shape.outputHeight * shape.outputWidth
    // Windows overlap where the sizes do not divide; each element is in one at least.
    let work = Work(flops: max(inputs, outputs), words: inputs + outputs)
    return [
      OperationCase<AdaptiveAveragePool2DForward>(shape: name, problem: shape, work: work, agreement: .close) {
        .init(input: $0.numbers(inputs), output: $0.output(outputs))
      },
      OperationCase<AdaptiveAveragePool2DBackward>(shape: name, problem: shape, work: work, agreement: .close) {
        .init(outputGradient: $0.numbers(outputs), inputGradient: $0.output(inputs))
      },
      OperationCase<AdaptiveMaxPool2DForward>(
        shape: name, problem: shape, work: Work(flops: max(inputs, outputs), words: inputs + 2 * outputs)
      ) {
        .init(input: $0.numbers(inputs), output: $0.output(outputs), indices: $0.integerOutput(outputs))
      },
      OperationCase<AdaptiveMaxPool2DBackward>(
        shape: name, problem: shape, work: Work(flops: outputs, words: inputs + 2 * outputs), terms: 16
      ) {
        .init(
          outputGradient: $0.numbers(outputs),
          indices: $0.integers(outputs) { _, random in
            Int32.random(in: 0..<Int32(shape.inputHeight * shape.inputWidth), using: &random)
          }, inputGradient: $0.output(inputs))
      },
    ]
  }

  static func globalCases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let shape = GlobalPoolShape(shape)
    let outputs = shape.batch * shape.channels
    let inputs = outputs * shape.inputHeight * shape.inputWidth
    let work = Work(flops: inputs, words: inputs + outputs)
    return [
      OperationCase<GlobalAveragePool2DForward>(shape: name, problem: shape, work: work, agreement: .close) {
        .init(input: $0.numbers(inputs), output: $0.output(outputs))
      },
      OperationCase<GlobalAveragePool2DBackward>(shape: name, problem: shape, work: work, agreement: .close) {
        .init(outputGradient: $0.numbers(outputs), inputGradient: $0.output(inputs))
      },
    ]
  }

  /// For each output the index of an element of its window that is not padding.
  private static func indicesInside(_ shape: Pool2DShape, _ outputs: Int, _ memory: CaseMemory) -> UnsafePointer<Int32>
  {
    func taps(_ output: Int, _ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Range<Int> {
      let first = output * stride - padding
      return max(0, -first)..<min(kernel, input - first)
    }
    let rows = (0..<shape.outputHeight).map {
      taps($0, shape.inputHeight, shape.kernelHeight, shape.strideHeight, shape.paddingHeight)
    }
    let columns = (0..<shape.outputWidth).map {
      taps($0, shape.inputWidth, shape.kernelWidth, shape.strideWidth, shape.paddingWidth)
    }
    return memory.integers(outputs) { output, random in
      let row = Int.random(in: rows[output / columns.count % rows.count], using: &random)
      let column = Int.random(in: columns[output % columns.count], using: &random)
      return Int32(row * shape.kernelWidth + column)
    }
  }
}
