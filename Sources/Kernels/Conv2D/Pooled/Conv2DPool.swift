/// A convolution whose outputs go through ReLU, where that is asked for, and max pooling in 2×2 windows at stride 2.
public struct Conv2DPoolProblem: Sendable, Hashable {
  public var shape: Conv2DShape
  public var relu: Bool

  public init(shape: Conv2DShape, relu: Bool) {
    self.shape = shape
    self.relu = relu
  }

  /// The pooled plane: a last odd row or column of the convolution's outputs is left out.
  public var outputHeight: Int { shape.outputHeight / 2 }
  public var outputWidth: Int { shape.outputWidth / 2 }
  /// Elements of the pooled output.
  public var outputCount: Int { shape.batch * shape.outputChannels * outputHeight * outputWidth }

  fileprivate func validate(_ operation: String) throws(KernelError) {
    try shape.validate(operation)
    try require(operation, "outputHeight", shape.outputHeight, in: 2...Int.max)
    try require(operation, "outputWidth", shape.outputWidth, in: 2...Int.max)
  }
}

/// output = maxPool(relu(convolution(input, weights) + bias)), 2×2 windows at stride 2; the same bits as
/// ``Conv2DForward`` and ``MaxPool2DForward`` give one after the other.
public enum Conv2DPoolForward: KernelOperation {
  public static let name = "conv2d-pool"
  public typealias Problem = Conv2DPoolProblem

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`
    public var weights: UnsafePointer<Float>
    /// `[outputChannels]`
    public var bias: UnsafePointer<Float>?
    /// `[batch, outputChannels, outputHeight / 2, outputWidth / 2]`
    public var output: UnsafeMutablePointer<Float>
    /// For each output the way of its gradient: to the place 0 to 3 in its window, in scan order, or 4 for nowhere, where
    /// ReLU made it 0. nil where no gradient is wanted.
    public var choices: UnsafeMutablePointer<UInt8>?

    public init(
      input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>, choices: UnsafeMutablePointer<UInt8>?
    ) {
      self.input = input
      self.weights = weights
      self.bias = bias
      self.output = output
      self.choices = choices
    }
  }

  public static let kernels: [Kernel<Conv2DPoolForward>] =
    InstructionSet.allCases.map { conv2DPoolForwardKernel($0) } + [.reference(referenceConv2DPoolForward)]

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.validate(name) }
}

/// The gradients of weights, bias and input of ``Conv2DPoolForward`` from that of its pooled output.
///
/// The input gradient has the bits of the separate kernels. The weights' sum over the batch is cut in other places than
/// ``Conv2DBackwardWeights`` cuts it, by the problem alone as there.
public enum Conv2DPoolBackward: KernelOperation {
  public static let name = "conv2d-pool"
  public static let pass = "backward"
  public typealias Problem = Conv2DPoolProblem

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`
    public var weights: UnsafePointer<Float>
    /// `[batch, outputChannels, outputHeight / 2, outputWidth / 2]`
    public var outputGradient: UnsafePointer<Float>
    /// What the forward pass wrote.
    public var choices: UnsafePointer<UInt8>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`, overwritten
    public var weightGradient: UnsafeMutablePointer<Float>
    /// `[outputChannels]`, overwritten
    public var biasGradient: UnsafeMutablePointer<Float>?
    /// `[batch, inputChannels, inputHeight, inputWidth]`, overwritten; nil where it is not wanted.
    public var inputGradient: UnsafeMutablePointer<Float>?

    public init(
      input: UnsafePointer<Float>, weights: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
      choices: UnsafePointer<UInt8>, weightGradient: UnsafeMutablePointer<Float>,
      biasGradient: UnsafeMutablePointer<Float>? = nil, inputGradient: UnsafeMutablePointer<Float>? = nil
    ) {
      self.input = input
      self.weights = weights
      self.outputGradient = outputGradient
      self.choices = choices
      self.weightGradient = weightGradient
      self.biasGradient = biasGradient
      self.inputGradient = inputGradient
    }
  }

  public static let kernels: [Kernel<Conv2DPoolBackward>] =
    InstructionSet.allCases.map { conv2DPoolBackwardKernel($0) } + [.reference(referenceConv2DPoolBackward)]

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.validate(name) }
}

/// The reference's convolution, then each window's winner as max pooling defines it.
private func referenceConv2DPoolForward(_ problem: Conv2DPoolProblem, _ operands: Conv2DPoolForward.Operands) {
  let (shape, width) = (problem.shape, problem.shape.outputWidth)
  let all = UnsafeMutablePointer<Float>.allocate(capacity: max(shape.outputCount, 1))
  defer { all.deallocate() }
  referenceConv2DForward(
    .init(shape: shape, activation: problem.relu ? .relu : nil),
    .init(input: operands.input, weights: operands.weights, bias: operands.bias, output: all))
  var output = 0
  for plane in 0..<shape.batch * shape.outputChannels {
    for oy in 0..<problem.outputHeight {
      for ox in 0..<problem.outputWidth {
        let window = all + plane * shape.outputPlane + 2 * oy * width + 2 * ox
        var winner = 0
        for place in 1..<4 {
          let value = window[place / 2 * width + place % 2]
          if value > window[winner / 2 * width + winner % 2] || value.isNaN { winner = place }
        }
        let value = window[winner / 2 * width + winner % 2]
        operands.output[output] = value
        operands.choices?[output] = problem.relu && value <= 0 ? 4 : UInt8(winner)
        output += 1
      }
    }
  }
}

/// The convolution's output gradients, of which each window has at most one, then the references of its passes.
private func referenceConv2DPoolBackward(_ problem: Conv2DPoolProblem, _ operands: Conv2DPoolBackward.Operands) {
  let (shape, width) = (problem.shape, problem.shape.outputWidth)
  let all = UnsafeMutablePointer<Float>.allocate(capacity: max(shape.outputCount, 1))
  defer { all.deallocate() }
  all.update(repeating: 0, count: shape.outputCount)
  var output = 0
  for plane in 0..<shape.batch * shape.outputChannels {
    for oy in 0..<problem.outputHeight {
      for ox in 0..<problem.outputWidth {
        let place = Int(operands.choices[output])
        if place < 4 {
          all[plane * shape.outputPlane + (2 * oy + place / 2) * width + 2 * ox + place % 2] =
            operands.outputGradient[output]
        }
        output += 1
      }
    }
  }
  referenceConv2DBackwardWeights(
    shape,
    .init(
      input: operands.input, outputGradient: all, weightGradient: operands.weightGradient,
      biasGradient: operands.biasGradient))
  if let inputGradient = operands.inputGradient {
    referenceConv2DBackwardData(
      shape, .init(outputGradient: all, weights: operands.weights, inputGradient: inputGradient))
  }
}
