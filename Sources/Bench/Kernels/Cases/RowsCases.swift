import Kernels

/// The softmax family, on rows of classes.
///
/// A function such as exp counts as one operation.
enum RowsCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let problem = RowsProblem(shape)
    let count = problem.rows * problem.columns
    func forward<Op: KernelOperation>(_ operation: Op.Type) -> any KernelCase
    where Op.Problem == RowsProblem, Op.Operands == RowsOperands {
      OperationCase<Op>(
        shape: name, problem: problem, work: Work(flops: 5 * count, words: 2 * count), agreement: .close
      ) { memory in
        .init(input: memory.numbers(count), output: memory.output(count))
      }
    }
    func backward<Op: KernelOperation>(_ operation: Op.Type, outputs: ClosedRange<Int>) -> any KernelCase
    where Op.Problem == RowsProblem, Op.Operands == RowsBackwardOperands {
      OperationCase<Op>(
        shape: name, problem: problem, work: Work(flops: 4 * count, words: 3 * count), agreement: .close
      ) { memory in
        .init(
          output: memory.numbers(count, in: outputs), outputGradient: memory.numbers(count),
          inputGradient: memory.output(count))
      }
    }
    let loss = OperationCase<SoftmaxCrossEntropy>(
      shape: name,
      problem: .init(rows: problem.rows, columns: problem.columns, gradientScale: 1 / Float(problem.rows)),
      work: Work(flops: 6 * count, words: 2 * count + 3 * problem.rows), agreement: .close
    ) { memory in
      .init(
        logits: memory.numbers(count), labels: memory.indices(problem.rows, below: problem.columns),
        losses: memory.output(problem.rows), logitGradients: memory.output(count),
        predictions: memory.integerOutput(problem.rows))
    }
    return LossCases.rows(name, problem) + [
      forward(SoftmaxForward.self), backward(SoftmaxBackward.self, outputs: 0...1),
      // Logarithms of probabilities.
      forward(LogSoftmaxForward.self), backward(LogSoftmaxBackward.self, outputs: -4...0), loss,
    ]
  }

  /// The same along the channels of images, and dropout of whole channels.
  static func channelCases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let problem = ChannelsProblem(batch: shape["mb"], channels: shape["ic"], plane: shape["ih"] * shape["iw"])
    let count = problem.batch * problem.channels * problem.plane
    func forward<Op: KernelOperation>(_ operation: Op.Type) -> any KernelCase
    where Op.Problem == ChannelsProblem, Op.Operands == RowsOperands {
      OperationCase<Op>(
        shape: name, problem: problem, work: Work(flops: 5 * count, words: 2 * count), agreement: .close
      ) { memory in
        .init(input: memory.numbers(count), output: memory.output(count))
      }
    }
    func backward<Op: KernelOperation>(_ operation: Op.Type, outputs: ClosedRange<Int>) -> any KernelCase
    where Op.Problem == ChannelsProblem, Op.Operands == RowsBackwardOperands {
      OperationCase<Op>(
        shape: name, problem: problem, work: Work(flops: 4 * count, words: 3 * count), agreement: .close
      ) { memory in
        .init(
          output: memory.numbers(count, in: outputs), outputGradient: memory.numbers(count),
          inputGradient: memory.output(count))
      }
    }
    return [
      forward(SoftmaxChannelsForward.self), backward(SoftmaxChannelsBackward.self, outputs: 0...1),
      forward(LogSoftmaxChannelsForward.self), backward(LogSoftmaxChannelsBackward.self, outputs: -4...0),
      OperationCase<DropoutForward>(
        shape: name, problem: .init(count: count, sharing: problem.plane, probability: 0.5),
        work: Work(flops: count, words: 2 * count)
      ) { memory in
        .init(input: memory.numbers(count), output: memory.output(count), key: 1)
      },
    ]
  }
}
