import Kernels

/// Losses of elements, and of rows of classes.
///
/// A function such as exp counts as one operation.
enum LossCases {
  /// Losses and their gradients, as of one image.
  static func elements(_ shape: String, _ count: Int) -> [any KernelCase] {
    func loss<Op: KernelOperation>(
      _ operation: Op.Type, flops: Int, outputs: ClosedRange<Int> = -4...4, targets: ClosedRange<Int> = -4...4,
      agreement: Agreement = .close
    ) -> any KernelCase where Op.Problem == ElementLossProblem, Op.Operands == ElementLossOperands {
      OperationCase<Op>(
        shape: shape, problem: .init(rows: 1, columns: count),
        work: Work(flops: flops * count, words: 3 * count + 1), agreement: agreement
      ) { memory in
        .init(
          outputs: memory.numbers(count, in: outputs), targets: memory.numbers(count, in: targets),
          rowLosses: memory.output(1), gradients: memory.output(count))
      }
    }
    return [
      loss(SquaredError.self, flops: 4, agreement: .exact), loss(AbsoluteError.self, flops: 3, agreement: .exact),
      loss(SmoothL1Error.self, flops: 6), loss(HuberError.self, flops: 6),
      // Outputs are logarithms of probabilities here.
      loss(KullbackLeibler.self, flops: 5, outputs: -8...0, targets: 0...1),
      loss(KullbackLeiblerOfLogarithms.self, flops: 5, outputs: -8...0, targets: -4...0),
      loss(BinaryCrossEntropy.self, flops: 12, targets: 0...1),
      loss(SigmoidFocalLoss.self, flops: 26, targets: 0...1),
    ]
  }

  /// Losses with all that they can do, and what they are put together from.
  static func rows(_ name: String, _ problem: RowsProblem) -> [any KernelCase] {
    let (rows, columns) = (problem.rows, problem.columns)
    let count = rows * columns
    let targets = CrossEntropyTargetsProblem(rows: rows, columns: columns, labelSmoothing: 0.125)
    return [
      OperationCase<SoftmaxCrossEntropyOfLabels>(
        shape: name, problem: targets, work: Work(flops: 9 * count, words: 2 * count + columns + 3 * rows),
        agreement: .close
      ) { memory in
        .init(
          logits: memory.numbers(count), targets: memory.indices(rows, below: columns),
          classWeights: memory.numbers(columns, in: 0...2), losses: memory.output(rows),
          logitGradients: memory.output(count), predictions: memory.integerOutput(rows),
          gradientScale: 1 / Float(rows))
      },
      OperationCase<SoftmaxCrossEntropyOfProbabilities>(
        shape: name, problem: targets, work: Work(flops: 10 * count, words: 3 * count + 2 * rows), agreement: .close
      ) { memory in
        .init(
          logits: memory.numbers(count), targets: memory.numbers(count, in: 0...1), losses: memory.output(rows),
          logitGradients: memory.output(count), predictions: memory.integerOutput(rows),
          gradientScale: 1 / Float(count))
      },
      OperationCase<SoftmaxFocalLoss>(
        shape: name, problem: .init(rows: rows, columns: columns),
        work: Work(flops: 6 * count, words: 2 * count + 3 * rows), agreement: .close
      ) { memory in
        .init(
          logits: memory.numbers(count), labels: memory.indices(rows, below: columns), losses: memory.output(rows),
          logitGradients: memory.output(count), predictions: memory.integerOutput(rows),
          gradientScale: 1 / Float(rows))
      },
      OperationCase<NegativeLogLikelihoodOfLabels>(
        shape: name, problem: .init(rows: rows, columns: columns), work: Work(flops: rows, words: count + 3 * rows)
      ) { memory in
        .init(
          outputs: memory.numbers(count), labels: memory.indices(rows, below: columns), losses: memory.output(rows),
          gradients: memory.output(count))
      },
      OperationCase<OneHot>(
        shape: name, problem: .init(rows: rows, columns: columns), work: Work(flops: 0, words: count + rows)
      ) { memory in
        .init(labels: memory.indices(rows, below: columns), output: memory.output(count))
      },
      // A comparison is an operation.
      OperationCase<RowArgmax>(shape: name, problem: problem, work: Work(flops: count, words: count + rows)) { memory in
        .init(input: memory.numbers(count), output: memory.integerOutput(rows))
      },
    ]
  }
}
