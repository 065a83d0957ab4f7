import Kernels

/// Functions of each value of an array, dropout, and the sum and the product of two arrays.
///
/// A function such as exp counts as one operation.
enum ActivationCases {
  static func cases(_ shape: String, _ count: Int) -> [any KernelCase] {
    func forward<Op: KernelOperation>(
      _ operation: Op.Type, _ problem: Op.Problem, _ agreement: Agreement = .close
    ) -> any KernelCase where Op.Operands == ElementwiseOperands {
      OperationCase<Op>(
        shape: shape, problem: problem, work: Work(flops: count, words: 2 * count), agreement: agreement
      ) { memory in
        .init(input: memory.numbers(count), output: memory.output(count))
      }
    }
    func backward<Op: KernelOperation>(
      _ operation: Op.Type, _ problem: Op.Problem, flops: Int, _ agreement: Agreement = .close
    ) -> any KernelCase where Op.Operands: ElementwiseGradientOperands {
      OperationCase<Op>(
        shape: shape, problem: problem, work: Work(flops: flops * count, words: 3 * count), agreement: agreement
      ) { memory in
        .init(
          values: memory.numbers(count), outputGradient: memory.numbers(count), inputGradient: memory.output(count))
      }
    }
    let plain = ElementwiseProblem(count: count)
    let (leaky, elu) = (LeakyReLUProblem(count: count), ELUProblem(count: count))
    let softplus = SoftplusProblem(count: count)
    return [
      forward(ReLUForward.self, plain, .exact), backward(ReLUBackward.self, plain, flops: 1, .exact),
      forward(ReLU6Forward.self, plain, .exact), backward(ReLU6Backward.self, plain, flops: 1, .exact),
      forward(TanhForward.self, plain), backward(TanhBackward.self, plain, flops: 3, .exact),
      forward(SigmoidForward.self, plain), backward(SigmoidBackward.self, plain, flops: 3, .exact),
      forward(ExpForward.self, plain),
      forward(LeakyReLUForward.self, leaky, .exact), backward(LeakyReLUBackward.self, leaky, flops: 1, .exact),
      forward(ELUForward.self, elu), backward(ELUBackward.self, elu, flops: 3),
      forward(GELUForward.self, plain), backward(GELUBackward.self, plain, flops: 6),
      forward(GELUTanhForward.self, plain), backward(GELUTanhBackward.self, plain, flops: 8),
      forward(SiLUForward.self, plain), backward(SiLUBackward.self, plain, flops: 5),
      forward(SoftplusForward.self, softplus), backward(SoftplusBackward.self, softplus, flops: 3),
      forward(HardSwishForward.self, plain), backward(HardSwishBackward.self, plain, flops: 3),
      forward(SELUForward.self, plain), backward(SELUBackward.self, plain, flops: 3),
      forward(MishForward.self, plain), backward(MishBackward.self, plain, flops: 8),
      forward(HardSigmoidForward.self, plain, .exact), backward(HardSigmoidBackward.self, plain, flops: 1, .exact),
      OperationCase<DropoutForward>(
        shape: shape, problem: .init(count: count, probability: 0.5), work: Work(flops: count, words: 2 * count)
      ) { memory in
        .init(input: memory.numbers(count), output: memory.output(count), key: 1)
      },
      OperationCase<AddForward>(
        shape: shape, problem: .init(count: count, activation: .relu), work: Work(flops: 2 * count, words: 3 * count)
      ) { memory in
        .init(a: memory.numbers(count), b: memory.numbers(count), output: memory.output(count))
      },
    ] + products(shape, .init(count: count))
  }

  /// The product of rows with a factor for each, or of two arrays.
  static func products(_ shape: String, _ problem: MultiplyProblem) -> [any KernelCase] {
    let (rows, count) = (problem.rows, problem.rows * problem.columns)
    return [
      OperationCase<MultiplyForward>(
        shape: shape, problem: problem, work: Work(flops: count, words: 2 * count + rows)
      ) { memory in
        .init(a: memory.numbers(count), b: memory.numbers(rows), output: memory.output(count))
      },
      OperationCase<MultiplyBackward>(
        shape: shape, problem: problem, work: Work(flops: 3 * count, words: 3 * count + 2 * rows),
        terms: problem.columns
      ) { memory in
        .init(
          a: memory.numbers(count), b: memory.numbers(rows), outputGradient: memory.numbers(count),
          aGradient: memory.output(count), bGradient: memory.output(rows))
      },
    ]
  }
}
