import Kernels

/// Optimiser steps with all that they can do but Nesterov's momentum, and what is done with gradients and weights
/// around them. The same data is stepped again and again, by small steps.
enum OptimizerCases {
  private static let range = -4...4
  private static let squares = 0...4

  static func cases(_ shape: String, _ count: Int) -> [any KernelCase] {
    steps(shape, count) + gradients(shape, count)
  }

  private static func steps(_ shape: String, _ count: Int) -> [any KernelCase] {
    [
      OperationCase<SGDStep>(
        shape: shape, problem: .init(count: count, momentum: 0.9), work: Work(flops: 4 * count, words: 5 * count)
      ) { memory in
        .init(
          parameters: memory.state(count, in: range), gradients: memory.numbers(count, in: range),
          velocity: memory.state(count, in: range), learningRate: 0x1p-10, isFirst: false)
      },
      OperationCase<AdamStep>(
        shape: shape, problem: .init(count: count), work: Work(flops: 13 * count, words: 7 * count)
      ) { memory in
        .init(
          parameters: memory.state(count, in: range), gradients: memory.numbers(count, in: range),
          firstMoments: memory.state(count, in: range), secondMoments: memory.state(count, in: squares),
          learningRate: 0x1p-10, step: 3)
      },
      OperationCase<NAdamStep>(
        shape: shape, problem: .init(count: count), work: Work(flops: 15 * count, words: 7 * count)
      ) { memory in
        .init(
          parameters: memory.state(count, in: range), gradients: memory.numbers(count, in: range),
          firstMoments: memory.state(count, in: range), secondMoments: memory.state(count, in: squares),
          learningRate: 0x1p-10, step: 3, momentumProduct: 0.125)
      },
      OperationCase<RAdamStep>(
        shape: shape, problem: .init(count: count), work: Work(flops: 12 * count, words: 7 * count)
      ) { memory in
        .init(
          parameters: memory.state(count, in: range), gradients: memory.numbers(count, in: range),
          firstMoments: memory.state(count, in: range), secondMoments: memory.state(count, in: squares),
          learningRate: 0x1p-10, step: 100)
      },
      OperationCase<RMSpropStep>(
        shape: shape, problem: .init(count: count, momentum: 0.9, centered: true),
        work: Work(flops: 16 * count, words: 9 * count)
      ) { memory in
        .init(
          parameters: memory.state(count, in: range), gradients: memory.numbers(count, in: range),
          squares: memory.state(count, in: squares), velocity: memory.state(count, in: range),
          means: memory.state(count, in: range), learningRate: 0x1p-10)
      },
      OperationCase<AdagradStep>(
        shape: shape, problem: .init(count: count), work: Work(flops: 7 * count, words: 5 * count)
      ) { memory in
        .init(
          parameters: memory.state(count, in: range), gradients: memory.numbers(count, in: range),
          sums: memory.state(count, in: squares), learningRate: 0x1p-10)
      },
    ]
  }

  private static func gradients(_ shape: String, _ count: Int) -> [any KernelCase] {
    let problem = ElementwiseProblem(count: count)
    return [
      OperationCase<GradientNorm>(
        shape: shape, problem: problem, work: Work(flops: 2 * count, words: count + 1), terms: count
      ) { memory in
        .init(values: memory.numbers(count), norm: memory.output(1))
      },
      OperationCase<GradientClip>(
        shape: shape, problem: problem, work: Work(flops: count, words: 2 * count)
      ) { memory in
        .init(values: memory.state(count, in: range), limit: 3)
      },
      OperationCase<GradientAccumulation>(
        shape: shape, problem: problem, work: Work(flops: 2 * count, words: 3 * count)
      ) { memory in
        let sum = memory.state(count, in: range)
        return .init(accumulated: UnsafePointer(sum), gradients: memory.numbers(count, in: range), sum: sum, scale: 0.5)
      },
      OperationCase<WeightAverageStep>(
        shape: shape, problem: .init(count: count), work: Work(flops: 3 * count, words: 3 * count)
      ) { memory in
        let values = UnsafeMutablePointer(mutating: memory.numbers(count, in: range))
        return .init(averages: memory.state(count, in: range), values: values, fraction: 0.25)
      },
    ]
  }
}
