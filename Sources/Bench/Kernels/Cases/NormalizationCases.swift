import Kernels

/// Normalisation, upsampling, and the transposition that makes channels neighbours.
///
/// Weights and biases are −1, 0 or 1: larger ones would cancel to outputs near 0 with the rounding errors of large values.
enum NormalizationCases {
  /// Of planes: over the batch, with ReLU; by groups of channels; planes doubled in height and width; and the channels of
  /// each pixel made neighbours.
  static func planeCases(_ shape: KernelShape) -> [any KernelCase] {
    let (batch, channels, plane) = (shape["mb"], shape["ic"], shape["ih"] * shape["iw"])
    let groups = [32, 16, 8, 4, 2].first { channels.isMultiple(of: $0) && channels > $0 } ?? 1
    return batchCases(
      "\(shape)", BatchNormProblem(batch: batch, channels: channels, plane: plane, relu: true))
      + groupCases(
        "\(shape)", GroupNormProblem(batch: batch, groups: groups, channels: channels / groups, plane: plane))
      + upsampleCases(
        "\(shape)",
        UpsampleProblem(
          planes: batch * channels, inputHeight: shape["ih"], inputWidth: shape["iw"], scaleHeight: 2, scaleWidth: 2))
      + bilinearCases(
        "\(shape)",
        BilinearProblem(
          planes: batch * channels, inputHeight: shape["ih"], inputWidth: shape["iw"], outputHeight: 2 * shape["ih"],
          outputWidth: 2 * shape["iw"], alignCorners: false))
      + [transpositionCase("\(shape)", .init(batch: batch, rows: channels, columns: plane))]
  }

  /// Of rows: layer normalisation.
  static func rowCases(_ shape: KernelShape) -> [any KernelCase] {
    groupCases("\(shape)", GroupNormProblem(batch: shape["mb"], groups: 1, channels: shape["ic"], plane: 1))
  }

  private static func batchCases(_ shape: String, _ problem: BatchNormProblem) -> [any KernelCase] {
    let channels = problem.channels
    let values = problem.batch * problem.plane
    let count = values * channels
    return [
      OperationCase<BatchNormForward>(
        shape: shape, problem: problem, work: Work(flops: 7 * count, words: 2 * count + 5 * channels),
        agreement: .close
      ) { memory in
        .init(
          input: memory.numbers(count), weight: memory.numbers(channels, in: -1...1),
          bias: memory.numbers(channels, in: -1...1),
          output: memory.output(count), statistics: memory.output(3 * channels))
      },
      OperationCase<BatchNormBackward>(
        shape: shape, problem: problem, work: Work(flops: 10 * count, words: 3 * count + 7 * channels),
        agreement: .sum(terms: values)
      ) { memory in
        .init(
          input: memory.numbers(count), outputGradient: memory.numbers(count),
          weight: memory.numbers(channels, in: -1...1),
          bias: memory.numbers(channels, in: -1...1), statistics: statistics(channels, memory),
          inputGradient: memory.output(count), weightGradient: memory.output(channels),
          biasGradient: memory.output(channels))
      },
      OperationCase<BatchNormInference>(
        shape: shape, problem: problem, work: Work(flops: 3 * count, words: 2 * count + 4 * channels),
        agreement: .close
      ) { memory in
        .init(
          input: memory.numbers(count), weight: memory.numbers(channels, in: -1...1),
          bias: memory.numbers(channels, in: -1...1),
          runningMean: memory.numbers(channels), runningVariance: memory.numbers(channels, in: 1...4),
          output: memory.output(count))
      },
      OperationCase<BatchNormInferenceBackward>(
        shape: shape, problem: problem, work: Work(flops: 7 * count, words: 3 * count + 6 * channels),
        agreement: .sum(terms: values)
      ) { memory in
        .init(
          input: memory.numbers(count), outputGradient: memory.numbers(count),
          weight: memory.numbers(channels, in: -1...1),
          bias: memory.numbers(channels, in: -1...1),
          runningMean: memory.numbers(channels), runningVariance: memory.numbers(channels, in: 1...4),
          inputGradient: memory.output(count), weightGradient: memory.output(channels),
          biasGradient: memory.output(channels))
      },
    ]
  }

  private static func groupCases(_ shape: String, _ problem: GroupNormProblem) -> [any KernelCase] {
    let (rows, channels) = (problem.batch * problem.groups, problem.groups * problem.channels)
    let count = problem.batch * channels * problem.plane
    return [
      OperationCase<GroupNormForward>(
        shape: shape, problem: problem, work: Work(flops: 7 * count, words: 2 * count + 2 * channels + 3 * rows),
        agreement: .close
      ) { memory in
        .init(
          input: memory.numbers(count), weight: memory.numbers(channels, in: -1...1),
          bias: memory.numbers(channels, in: -1...1),
          output: memory.output(count), statistics: memory.output(3 * rows))
      },
      OperationCase<GroupNormBackward>(
        shape: shape, problem: problem, work: Work(flops: 12 * count, words: 3 * count + 4 * channels + 3 * rows),
        agreement: .sum(terms: max(problem.batch, problem.channels) * problem.plane)
      ) { memory in
        .init(
          input: memory.numbers(count), outputGradient: memory.numbers(count),
          weight: memory.numbers(channels, in: -1...1),
          bias: memory.numbers(channels, in: -1...1), statistics: statistics(rows, memory),
          inputGradient: memory.output(count),
          weightGradient: memory.output(channels), biasGradient: memory.output(channels))
      },
    ]
  }

  /// Means, what is left of them, and inverse deviations, as a forward pass could have saved them.
  private static func statistics(_ count: Int, _ memory: CaseMemory) -> UnsafePointer<Float> {
    memory.numbers(3 * count, in: 0...1)
  }

  private static func transpositionCase(_ shape: String, _ problem: Transposition.Problem) -> any KernelCase {
    let count = problem.batch * problem.rows * problem.columns
    return OperationCase<Transposition>(shape: shape, problem: problem, work: Work(flops: 0, words: 2 * count)) {
      .init(input: $0.numbers(count), output: $0.output(count))
    }
  }

  private static func upsampleCases(_ shape: String, _ problem: UpsampleProblem) -> [any KernelCase] {
    let inputs = problem.planes * problem.inputHeight * problem.inputWidth
    return [
      OperationCase<UpsampleForward>(shape: shape, problem: problem, work: Work(flops: 4 * inputs, words: 5 * inputs)) {
        .init(input: $0.numbers(inputs), output: $0.output(4 * inputs))
      },
      OperationCase<UpsampleBackward>(
        shape: shape, problem: problem, work: Work(flops: 3 * inputs, words: 5 * inputs)
      ) {
        .init(outputGradient: $0.numbers(4 * inputs), inputGradient: $0.output(inputs))
      },
    ]
  }

  /// Planes doubled in height and width.
  private static func bilinearCases(_ shape: String, _ problem: BilinearProblem) -> [any KernelCase] {
    let inputs = problem.planes * problem.inputHeight * problem.inputWidth
    // Two products and a sum for each output, along the rows of half of them, too.
    return [
      OperationCase<BilinearUpsampleForward>(
        shape: shape, problem: problem, work: Work(flops: 18 * inputs, words: 5 * inputs), agreement: .close
      ) {
        .init(input: $0.numbers(inputs), output: $0.output(4 * inputs))
      },
      OperationCase<BilinearUpsampleBackward>(
        shape: shape, problem: problem, work: Work(flops: 18 * inputs, words: 5 * inputs), agreement: .sum(terms: 16)
      ) {
        .init(outputGradient: $0.numbers(4 * inputs), inputGradient: $0.output(inputs))
      },
    ]
  }
}
