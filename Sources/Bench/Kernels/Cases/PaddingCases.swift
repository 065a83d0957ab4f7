import Kernels

/// Rows and columns put around planes: one on each side, mirrored.
enum PaddingCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let pool = GlobalPoolShape(shape)
    let padding = min(1, pool.inputHeight - 1, pool.inputWidth - 1)
    let shape = Pad2DShape(
      planes: pool.batch * pool.channels, inputHeight: pool.inputHeight, inputWidth: pool.inputWidth, top: padding,
      bottom: padding, left: padding, right: padding, mode: .reflect)
    let inputs = shape.planes * shape.inputHeight * shape.inputWidth
    let outputs = shape.planes * shape.outputHeight * shape.outputWidth
    return [
      OperationCase<Pad2DForward>(shape: name, problem: shape, work: Work(flops: 0, words: inputs + outputs)) {
        .init(input: $0.numbers(inputs), output: $0.output(outputs))
      },
      OperationCase<Pad2DBackward>(shape: name, problem: shape, work: Work(flops: inputs, words: inputs + outputs)) {
        .init(outputGradient: $0.numbers(outputs), inputGradient: $0.output(inputs))
      },
    ]
  }
}
