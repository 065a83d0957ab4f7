import Kernels
import Layers

/// The problems of `bench kernels`: the tutorial CNN's, a convolution with many channels, and square matrix products.
enum KernelCases {
  /// All problems, or in a quick run the small ones.
  static func all(quick: Bool) -> [any KernelCase] {
    let batches = quick ? [4] : [4, 32]
    var cases: [any KernelCase] = (quick ? [512] : [512, 1024]).map(gemm)
    for batch in batches {
      let shapes = [
        Conv2DShape(
          batch: batch, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernelHeight: 5,
          kernelWidth: 5),
        Conv2DShape(
          batch: batch, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernelHeight: 5,
          kernelWidth: 5),
        Conv2DShape(
          batch: batch, inputChannels: 64, inputHeight: 32, inputWidth: 32, outputChannels: 64, kernelHeight: 3,
          kernelWidth: 3, paddingHeight: 1, paddingWidth: 1),
      ]
      cases += shapes.flatMap(convolutions)
    }
    for batch in batches {
      cases += maxPools(batch: batch, channels: 6, side: 28) + maxPools(batch: batch, channels: 16, side: 10)
      cases += relu(batch: batch, channels: 6, side: 28)
    }
    return cases
  }

  private static func gemm(_ size: Int) -> any KernelCase {
    let count = size * size
    return OperationCase<GEMM>(
      shape: "m\(size)n\(size)k\(size)", problem: GEMM.Problem(rows: size, columns: size, depth: size),
      flops: 2 * Double(count * size), bytes: Double(3 * count * 4)
    ) {
      var random = SplitMix64(seed: 1)
      let a = Words(count: count, random: &random)
      let b = Words(count: count, random: &random)
      let c = Words(count: count)
      return CaseData(.init(a: a.constant, b: b.constant, c: c.pointer), inputs: [a, b], outputs: [c])
    }
  }

  private static func convolutions(_ shape: Conv2DShape) -> [any KernelCase] {
    let inputs = shape.batch * shape.inputChannels * shape.inputHeight * shape.inputWidth
    let kernel = shape.inputChannels / shape.groups * shape.kernelHeight * shape.kernelWidth
    let weights = shape.outputChannels * kernel
    let outputs = shape.batch * shape.outputChannels * shape.outputHeight * shape.outputWidth
    let flops = 2 * Double(outputs * kernel)
    let bytes = Double((inputs + weights + outputs) * 4)
    let name =
      "mb\(shape.batch)ic\(shape.inputChannels)ih\(shape.inputHeight)oc\(shape.outputChannels)kh\(shape.kernelHeight)"
      + (shape.paddingHeight > 0 ? "ph\(shape.paddingHeight)" : "")
    return [
      OperationCase<Conv2DForward>(shape: name, problem: .init(shape: shape), flops: flops, bytes: bytes) {
        var random = SplitMix64(seed: 1)
        let input = Words(count: inputs, random: &random)
        let weight = Words(count: weights, random: &random)
        let output = Words(count: outputs)
        return CaseData(
          .init(input: input.constant, weights: weight.constant, output: output.pointer), inputs: [input, weight],
          outputs: [output])
      },
      OperationCase<Conv2DBackwardData>(shape: name, problem: shape, flops: flops, bytes: bytes) {
        var random = SplitMix64(seed: 1)
        let gradient = Words(count: outputs, random: &random)
        let weight = Words(count: weights, random: &random)
        let result = Words(count: inputs)
        return CaseData(
          .init(outputGradient: gradient.constant, weights: weight.constant, inputGradient: result.pointer),
          inputs: [gradient, weight], outputs: [result])
      },
      OperationCase<Conv2DBackwardWeights>(shape: name, problem: shape, flops: flops, bytes: bytes) {
        var random = SplitMix64(seed: 1)
        let input = Words(count: inputs, random: &random)
        let gradient = Words(count: outputs, random: &random)
        let result = Words(count: weights)
        return CaseData(
          .init(input: input.constant, outputGradient: gradient.constant, weightGradient: result.pointer),
          inputs: [input, gradient], outputs: [result])
      },
    ]
  }

  /// Windows of 2×2 without overlap.
  private static func maxPools(batch: Int, channels: Int, side: Int) -> [any KernelCase] {
    let shape = Pool2DShape(
      batch: batch, channels: channels, inputHeight: side, inputWidth: side, kernelHeight: 2, kernelWidth: 2,
      strideHeight: 2, strideWidth: 2)
    let inputs = batch * channels * side * side
    let outputs = inputs / 4
    let bytes = Double((inputs + 2 * outputs) * 4)
    let name = "mb\(batch)ic\(channels)ih\(side)kh2sh2"
    return [
      // Three comparisons an output.
      OperationCase<MaxPool2DForward>(shape: name, problem: shape, flops: Double(3 * outputs), bytes: bytes) {
        var random = SplitMix64(seed: 1)
        let input = Words(count: inputs, random: &random)
        let output = Words(count: outputs)
        let positions = Words(count: outputs)
        return CaseData(
          .init(input: input.constant, output: output.pointer, positions: positions.integers), inputs: [input],
          outputs: [output, positions])
      },
      OperationCase<MaxPool2DBackward>(shape: name, problem: shape, flops: 0, bytes: bytes) {
        var random = SplitMix64(seed: 1)
        let gradient = Words(count: outputs, random: &random)
        let positions = Words(count: outputs)
        for i in 0..<outputs { positions.integers[i] = Int32.random(in: 0...3, using: &random) }
        let result = Words(count: inputs)
        return CaseData(
          .init(
            outputGradient: gradient.constant, positions: UnsafePointer(positions.integers),
            inputGradient: result.pointer), inputs: [gradient, positions], outputs: [result])
      },
    ]
  }

  private static func relu(batch: Int, channels: Int, side: Int) -> [any KernelCase] {
    let count = batch * channels * side * side
    let problem = ElementwiseProblem(count: count)
    let name = "mb\(batch)ic\(channels)ih\(side)"
    return [
      OperationCase<ReLUForward>(
        shape: name, problem: problem, flops: Double(count), bytes: Double(2 * count * 4)
      ) {
        var random = SplitMix64(seed: 1)
        let input = Words(count: count, random: &random)
        let output = Words(count: count)
        return CaseData(.init(input: input.constant, output: output.pointer), inputs: [input], outputs: [output])
      },
      OperationCase<ReLUBackward>(
        shape: name, problem: problem, flops: Double(count), bytes: Double(3 * count * 4)
      ) {
        var random = SplitMix64(seed: 1)
        let output = Words(count: count, random: &random)
        let gradient = Words(count: count, random: &random)
        let result = Words(count: count)
        return CaseData(
          .init(output: output.constant, outputGradient: gradient.constant, inputGradient: result.pointer),
          inputs: [output, gradient], outputs: [result])
      },
    ]
  }
}
