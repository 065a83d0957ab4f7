/// The sizes of a two-dimensional convolution (a cross-correlation, as neural networks use the word) of images `[batch,
/// inputChannels, inputHeight, inputWidth]` with weights `[outputChannels, inputChannels / groups, kernelHeight,
/// kernelWidth]`.
public struct Conv2DShape: Sendable, Hashable {
  public var batch: Int
  public var inputChannels: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var outputChannels: Int
  public var kernelHeight: Int
  public var kernelWidth: Int
  /// Input rows from one output row's window to the next.
  public var strideHeight: Int
  public var strideWidth: Int
  /// Rows of zeros above the image, and as many below it.
  public var paddingHeight: Int
  public var paddingWidth: Int
  /// Input rows from one row of the kernel to the next.
  public var dilationHeight: Int
  public var dilationWidth: Int
  /// The number of groups that input and output channels fall into; an output channel is summed over the input channels
  /// of its own group. With as many groups as input channels the convolution is depthwise.
  public var groups: Int
  /// The arithmetic that a kernel may use.
  public var precision: Precision

  public init(
    batch: Int, inputChannels: Int, inputHeight: Int, inputWidth: Int, outputChannels: Int, kernelHeight: Int,
    kernelWidth: Int, strideHeight: Int = 1, strideWidth: Int = 1, paddingHeight: Int = 0, paddingWidth: Int = 0,
    dilationHeight: Int = 1, dilationWidth: Int = 1, groups: Int = 1, precision: Precision = .direct
  ) {
    self.batch = batch
    self.inputChannels = inputChannels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputChannels = outputChannels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
    self.dilationHeight = dilationHeight
    self.dilationWidth = dilationWidth
    self.groups = groups
    self.precision = precision
  }

  public var outputHeight: Int {
    (inputHeight + 2 * paddingHeight - dilationHeight * (kernelHeight - 1) - 1) / strideHeight + 1
  }

  public var outputWidth: Int {
    (inputWidth + 2 * paddingWidth - dilationWidth * (kernelWidth - 1) - 1) / strideWidth + 1
  }

  /// Multiply-adds of one pass over the batch.
  public var multiplyAdds: Int {
    batch * outputChannels * outputHeight * outputWidth * groupInputChannels * kernelHeight * kernelWidth
  }

  /// Elements of the input, of the weights and of the output.
  public var inputCount: Int { batch * inputChannels * inputPlane }
  public var weightCount: Int { outputChannels * depth }
  public var outputCount: Int { batch * outputChannels * outputPlane }

  /// Bytes of each thread's workspace that a kernel's smallest unit of work may take: a band of one row of windows over
  /// a group's channels, a panel of weights, or a depthwise plane. For nearly all shapes the unit is far smaller than 4
  /// MB, to which kernels cut their work. Where a row has hundreds of thousands of elements, as sound has, the copy of
  /// a band of one row may take twice the bytes of an image.
  var workspaceLimit: Int {
    max(32 << 20, 8 * (inputChannels * inputPlane + outputChannels * outputPlane))
  }

  var inputPlane: Int { inputHeight * inputWidth }
  var outputPlane: Int { outputHeight * outputWidth }
  var groupInputChannels: Int { inputChannels / groups }
  var groupOutputChannels: Int { outputChannels / groups }
  var kernelCount: Int { kernelHeight * kernelWidth }
  /// Terms of the sum that makes one output.
  var depth: Int { groupInputChannels * kernelCount }

  func validate(_ operation: String) throws(KernelError) {
    let large = 1 << 30
    try require(operation, "batch", batch, in: 0...large)
    try require(operation, "groups", groups, in: 1...large)
    try require(operation, "inputChannels", inputChannels, in: 1...large)
    try require(operation, "outputChannels", outputChannels, in: 1...large)
    for (parameter, channels) in [("inputChannels", inputChannels), ("outputChannels", outputChannels)]
    where channels % groups != 0 {
      throw .invalidParameter(
        operation: operation, parameter: parameter, value: "\(channels)", expected: "a multiple of groups, \(groups)")
    }
    try require(operation, "inputHeight", inputHeight, in: 1...large)
    try require(operation, "inputWidth", inputWidth, in: 1...large)
    try require(operation, "kernelHeight", kernelHeight, in: 1...large)
    try require(operation, "kernelWidth", kernelWidth, in: 1...large)
    try require(operation, "strideHeight", strideHeight, in: 1...large)
    try require(operation, "strideWidth", strideWidth, in: 1...large)
    try require(operation, "paddingHeight", paddingHeight, in: 0...large)
    try require(operation, "paddingWidth", paddingWidth, in: 0...large)
    try require(operation, "dilationHeight", dilationHeight, in: 1...large)
    try require(operation, "dilationWidth", dilationWidth, in: 1...large)
    for (parameter, kernel, dilation, padded) in [
      ("kernelHeight", kernelHeight, dilationHeight, inputHeight + 2 * paddingHeight),
      ("kernelWidth", kernelWidth, dilationWidth, inputWidth + 2 * paddingWidth),
    ] where (kernel - 1) * dilation + 1 > padded {
      throw .invalidParameter(
        operation: operation, parameter: parameter, value: "\(kernel) at dilation \(dilation)",
        expected: "a window of at most the padded input's \(padded)")
    }
    // Offsets inside an image are stored in 32 bits, with room for padding.
    let limit = Int(Int32.max) / 4
    _ = try product(
      operation, limit: limit, inputChannels, inputHeight + 2 * paddingHeight, inputWidth + 2 * paddingWidth)
    _ = try product(
      operation, limit: limit, outputChannels, outputHeight + 2 * (kernelHeight - 1) * dilationHeight,
      outputWidth + 2 * (kernelWidth - 1) * dilationWidth)
    _ = try product(operation, limit: limit, outputChannels, inputChannels / groups, kernelHeight, kernelWidth)
    // From here on, counts of elements, bytes and multiply-adds are added up without overflow checks.
    _ = try product(operation, limit: Int.max >> 6, batch, inputChannels, inputHeight, inputWidth)
    _ = try product(
      operation, limit: Int.max >> 6, batch, outputChannels, outputHeight, outputWidth, inputChannels / groups,
      kernelHeight, kernelWidth)
  }
}
