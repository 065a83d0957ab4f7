import Kernels

/// Activations, sums, losses and optimiser steps on an array, bias and batch assembly on planes of images.
///
/// A function such as exp counts as one operation.
enum ElementwiseCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let count = shape["n"]
    return activations("\(shape)", count) + LossCases.elements("\(shape)", count)
      + OptimizerCases.cases("\(shape)", count)
  }

  private static func activations(_ shape: String, _ count: Int) -> [any KernelCase] {
    let problem = ElementwiseProblem(count: count)
    func forward<Op: KernelOperation>(_ operation: Op.Type, _ agreement: Agreement) -> any KernelCase
    where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseOperands {
      OperationCase<Op>(
        shape: shape, problem: problem, work: Work(flops: count, words: 2 * count), agreement: agreement
      ) { memory in
        .init(input: memory.numbers(count), output: memory.output(count))
      }
    }
    func backward<Op: KernelOperation>(_ operation: Op.Type, flops: Int) -> any KernelCase
    where Op.Problem == ElementwiseProblem, Op.Operands == ElementwiseBackwardOperands {
      OperationCase<Op>(shape: shape, problem: problem, work: Work(flops: flops * count, words: 3 * count)) { memory in
        .init(
          output: memory.numbers(count), outputGradient: memory.numbers(count), inputGradient: memory.output(count))
      }
    }
    return [
      forward(ReLUForward.self, .exact), backward(ReLUBackward.self, flops: 1),
      forward(TanhForward.self, .close), backward(TanhBackward.self, flops: 3),
      forward(SigmoidForward.self, .close), backward(SigmoidBackward.self, flops: 3),
      forward(ExpForward.self, .close),
      OperationCase<AddForward>(
        shape: shape, problem: .init(count: count, relu: true), work: Work(flops: 2 * count, words: 3 * count)
      ) { memory in
        .init(a: memory.numbers(count), b: memory.numbers(count), output: memory.output(count))
      },
    ]
  }

  /// Bias and batch assembly.
  static func planeCases(_ shape: KernelShape) -> [any KernelCase] {
    let name = "\(shape)"
    let (batch, channels, plane) = (shape["mb"], shape["ic"], shape["ih"] * shape["iw"])
    let count = batch * channels * plane
    let problem = ChannelsProblem(batch: batch, channels: channels, plane: plane)
    return [
      OperationCase<BiasForward>(
        shape: name, problem: problem, work: Work(flops: count, words: 2 * count + channels)
      ) { memory in
        .init(input: memory.numbers(count), bias: memory.numbers(channels), output: memory.output(count))
      },
      OperationCase<BiasBackward>(
        shape: name, problem: problem, work: Work(flops: count, words: count + channels), terms: batch * plane
      ) { memory in
        .init(outputGradient: memory.numbers(count), biasGradient: memory.output(channels))
      },
      OperationCase<BatchAssembly>(
        shape: name, problem: .init(batch: batch, channels: channels, plane: plane),
        work: Work(flops: 2 * Double(count), bytes: Double(5 * count + 4 * batch))
      ) { memory in
        .init(
          images: memory.bytes(count), indices: memory.indices(batch, below: batch), scale: 0x1p-7, offset: -1,
          output: memory.output(count))
      },
    ]
  }
}
