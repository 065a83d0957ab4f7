import Kernels

/// Activations, sums, losses and optimiser steps on an array; bias, learned slopes, factors of channels and batch assembly on
/// planes of images.
///
/// A function such as exp counts as one operation.
enum ElementwiseCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let count = shape["n"]
    return ActivationCases.cases("\(shape)", count) + LossCases.elements("\(shape)", count)
      + OptimizerCases.cases("\(shape)", count)
  }

  /// Bias, learned slopes, factors of channels and batch assembly.
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
      OperationCase<PReLUForward>(
        shape: name, problem: problem, work: Work(flops: 2 * count, words: 2 * count + channels)
      ) { memory in
        .init(input: memory.numbers(count), weight: memory.numbers(channels), output: memory.output(count))
      },
      OperationCase<PReLUBackward>(
        shape: name, problem: problem, work: Work(flops: 4 * count, words: 3 * count + 2 * channels),
        terms: batch * plane
      ) { memory in
        .init(
          input: memory.numbers(count), outputGradient: memory.numbers(count), weight: memory.numbers(channels),
          inputGradient: memory.output(count), weightGradient: memory.output(channels))
      },
      OperationCase<ChannelScaling>(
        shape: name, problem: problem, work: Work(flops: 2 * count, words: 2 * count + 2 * channels)
      ) { memory in
        .init(
          input: memory.numbers(count), scales: memory.numbers(channels), offsets: memory.numbers(channels),
          output: memory.output(count))
      },
      OperationCase<BatchAssembly>(
        shape: name, problem: .init(batch: batch, channels: channels, plane: plane),
        work: Work(flops: 3 * Double(count), bytes: Double(5 * count + 4 * batch))
      ) { memory in
        .init(
          images: memory.bytes(count), indices: memory.indices(batch, below: batch), scales: memory.numbers(channels),
          offsets: memory.numbers(channels), output: memory.output(count))
      },
    ] + ActivationCases.products(name, .init(rows: batch * channels, columns: plane))
  }
}
