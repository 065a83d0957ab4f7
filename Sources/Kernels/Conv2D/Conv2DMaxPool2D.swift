// A convolution, an activation and 2×2 max pooling with stride 2 in one pass. The plane between convolution and pooling,
// four times as large as what comes out, is never stored, and neither is its gradient: of each window the passes keep the
// place of the maximum.

extension Conv2DShape {
  /// The number of indices of a pooled convolution. They are stored as [image / 16][channel][row][column][image % 16], with
  /// room for whole groups of 16 images.
  public var pooledIndexCount: Int {
    (batch + BatchPooling.imagesOfIndices - 1) / BatchPooling.imagesOfIndices * BatchPooling.imagesOfIndices
      * outputChannels * (outputPlane / 4)
  }

  /// Elements of the pooled output.
  public var pooledOutputCount: Int { batch * outputChannels * (outputPlane / 4) }

  /// Validates the convolution, whose output windows have to cover.
  func validatePooled(_ operation: String) throws(KernelError) {
    try validate(operation)
    for (parameter, size) in [("outputHeight", outputHeight), ("outputWidth", outputWidth)] where size % 2 != 0 {
      throw .invalidParameter(operation: operation, parameter: parameter, value: "\(size)", expected: "an even number")
    }
  }
}

/// output = the largest of each 2×2 windows of activation(convolution(input, weights) + bias).
///
/// Of equal values the first in scan order is the largest, and a NaN is larger than all values before it.
public enum Conv2DMaxPool2DForward: KernelOperation {
  public static let name = "conv2d-max-pool2d"
  public typealias Problem = Conv2DForward.Problem

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`
    public var weights: UnsafePointer<Float>
    /// `[outputChannels]`
    public var bias: UnsafePointer<Float>?
    /// `[batch, outputChannels, outputHeight / 2, outputWidth / 2]`
    public var output: UnsafeMutablePointer<Float>
    /// Receives, for the backward passes, the number of each maximum in its window, 0 to 3 in scan order, or 4 where the
    /// activation's gradient is 0: ``Conv2DShape/pooledIndexCount`` elements, of which those of images behind the last
    /// have no meaning. nil if no gradient will be computed.
    public var maxIndices: UnsafeMutablePointer<Int32>?

    public init(
      input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>, maxIndices: UnsafeMutablePointer<Int32>? = nil
    ) {
      self.input = input
      self.weights = weights
      self.bias = bias
      self.output = output
      self.maxIndices = maxIndices
    }
  }

  public static let kernels: [Kernel<Conv2DMaxPool2DForward>] =
    Levels.batchTiles().map(pooledForwardKernel) + [.reference(referenceConv2DMaxPool2DForward)]

  /// - Throws: ``KernelError`` when the shape is not valid, when windows do not cover its outputs, and for an addend.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try problem.shape.validatePooled(name)
    guard !problem.hasAddend else {
      throw .invalidParameter(operation: name, parameter: "hasAddend", value: "true", expected: "false")
    }
  }
}

/// The input's gradient of ``Conv2DMaxPool2DForward``.
public enum Conv2DMaxPool2DBackwardData: KernelOperation {
  public static let name = "conv2d-max-pool2d"
  public static let pass = "backward-data"
  public typealias Problem = Conv2DShape

  public struct Operands {
    /// `[batch, outputChannels, outputHeight / 2, outputWidth / 2]`
    public var outputGradient: UnsafePointer<Float>
    /// What the forward pass stored.
    public var maxIndices: UnsafePointer<Int32>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`
    public var weights: UnsafePointer<Float>
    /// `[batch, inputChannels, inputHeight, inputWidth]`; overwritten.
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(
      outputGradient: UnsafePointer<Float>, maxIndices: UnsafePointer<Int32>, weights: UnsafePointer<Float>,
      inputGradient: UnsafeMutablePointer<Float>
    ) {
      self.outputGradient = outputGradient
      self.maxIndices = maxIndices
      self.weights = weights
      self.inputGradient = inputGradient
    }
  }

  public static let kernels: [Kernel<Conv2DMaxPool2DBackwardData>] =
    Levels.batchTiles().map(pooledBackwardDataKernel) + [.reference(referenceConv2DMaxPool2DBackwardData)]

  public static func validate(_ shape: Conv2DShape) throws(KernelError) { try shape.validatePooled(name) }
}

/// The gradients of weights and bias of ``Conv2DMaxPool2DForward``.
public enum Conv2DMaxPool2DBackwardWeights: KernelOperation {
  public static let name = "conv2d-max-pool2d"
  public static let pass = "backward-weights"
  public typealias Problem = Conv2DShape

  public struct Operands {
    /// `[batch, inputChannels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, outputChannels, outputHeight / 2, outputWidth / 2]`
    public var outputGradient: UnsafePointer<Float>
    /// What the forward pass stored.
    public var maxIndices: UnsafePointer<Int32>
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`; overwritten.
    public var weightGradient: UnsafeMutablePointer<Float>
    /// `[outputChannels]`; overwritten.
    public var biasGradient: UnsafeMutablePointer<Float>?

    public init(
      input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, maxIndices: UnsafePointer<Int32>,
      weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>? = nil
    ) {
      self.input = input
      self.outputGradient = outputGradient
      self.maxIndices = maxIndices
      self.weightGradient = weightGradient
      self.biasGradient = biasGradient
    }
  }

  public static let kernels: [Kernel<Conv2DMaxPool2DBackwardWeights>] =
    Levels.batchGradientTiles().map(pooledBackwardWeightsKernel)
    + [.reference(referenceConv2DMaxPool2DBackwardWeights)]

  public static func validate(_ shape: Conv2DShape) throws(KernelError) { try shape.validatePooled(name) }
}

// MARK: The definitions

extension Conv2DShape {
  /// Calls `body` for each window of each plane: image, channel, the window's row and column, and its place in the pooled
  /// output.
  fileprivate func forEachWindow(_ body: (_ n: Int, _ oc: Int, _ y: Int, _ x: Int, _ window: Int) -> Void) {
    let (height, width) = (outputHeight / 2, outputWidth / 2)
    for n in 0..<batch {
      for oc in 0..<outputChannels {
        for y in 0..<height {
          for x in 0..<width { body(n, oc, y, x, ((n * outputChannels + oc) * height + y) * width + x) }
        }
      }
    }
  }

  fileprivate func indexOffset(_ n: Int, _ oc: Int, _ y: Int, _ x: Int) -> Int {
    PooledIndices(channels: outputChannels, plane: outputPlane / 4)
      .offset(image: n, channel: oc, window: y * (outputWidth / 2) + x)
  }

  /// Calls `body` for each window whose maximum has a gradient, with the row and column of that maximum.
  fileprivate func forEachMaximum(
    _ indices: UnsafePointer<Int32>, _ body: (_ n: Int, _ oc: Int, _ oy: Int, _ ox: Int, _ window: Int) -> Void
  ) {
    forEachWindow { n, oc, y, x, window in
      let index = Int(indices[indexOffset(n, oc, y, x)])
      guard 0...3 ~= index else { return }
      body(n, oc, 2 * y + index / 2, 2 * x + index % 2, window)
    }
  }
}

func referenceConv2DMaxPool2DForward(
  _ problem: Conv2DForward.Problem, _ operands: Conv2DMaxPool2DForward.Operands
) {
  let s = problem.shape
  let limits = problem.activation.gradientLimits
  s.forEachWindow { n, oc, y, x, window in
    var maximum = -Float.infinity
    var index: Int32 = 0
    for i in 0..<4 {
      var sum: Float = 0
      s.forEachTap(oc, 2 * y + i / 2, 2 * x + i % 2) { ic, inputY, inputX, weight in
        sum +=
          operands.input[((n * s.inputChannels + ic) * s.inputHeight + inputY) * s.inputWidth + inputX]
          * operands.weights[weight]
      }
      if let bias = operands.bias { sum += bias[oc] }
      let value = problem.activation.limit(sum)
      if i == 0 || value > maximum || value.isNaN { (maximum, index) = (value, Int32(i)) }
    }
    operands.output[window] = maximum
    if limits.lowest >= maximum || maximum >= limits.highest { index = 4 }
    operands.maxIndices?[s.indexOffset(n, oc, y, x)] = index
  }
}

func referenceConv2DMaxPool2DBackwardData(_ s: Conv2DShape, _ operands: Conv2DMaxPool2DBackwardData.Operands) {
  operands.inputGradient.update(repeating: 0, count: s.inputCount)
  s.forEachMaximum(operands.maxIndices) { n, oc, oy, ox, window in
    s.forEachTap(oc, oy, ox) { ic, y, x, weight in
      operands.inputGradient[((n * s.inputChannels + ic) * s.inputHeight + y) * s.inputWidth + x] +=
        operands.outputGradient[window] * operands.weights[weight]
    }
  }
}

func referenceConv2DMaxPool2DBackwardWeights(
  _ s: Conv2DShape, _ operands: Conv2DMaxPool2DBackwardWeights.Operands
) {
  operands.weightGradient.update(repeating: 0, count: s.weightCount)
  operands.biasGradient?.update(repeating: 0, count: s.outputChannels)
  s.forEachMaximum(operands.maxIndices) { n, oc, oy, ox, window in
    s.forEachTap(oc, oy, ox) { ic, y, x, weight in
      operands.weightGradient[weight] +=
        operands.outputGradient[window]
        * operands.input[((n * s.inputChannels + ic) * s.inputHeight + y) * s.inputWidth + x]
    }
    operands.biasGradient?[oc] += operands.outputGradient[window]
  }
}
