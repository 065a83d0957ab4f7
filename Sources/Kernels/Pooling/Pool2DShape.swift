import KernelsISA

/// Windows that slide over the planes of `[batch, channels, inputHeight, inputWidth]`.
///
/// Sizes follow PyTorch's rules. Windows may extend into the padding: it is never the maximum of max pooling, and zeros to
/// average pooling.
public struct Pool2DShape: Equatable, Hashable, Sendable {
  public var batch: Int
  public var channels: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var kernelHeight: Int
  public var kernelWidth: Int
  public var strideHeight: Int
  public var strideWidth: Int
  /// Rows of padding above and as many below, at most half of the kernel's height.
  public var paddingHeight: Int
  /// Columns of padding on the left and as many on the right, at most half of the kernel's width.
  public var paddingWidth: Int
  /// Rows from one row of the window to the next; 1 for average pooling.
  public var dilationHeight: Int
  /// Columns from one column of the window to the next; 1 for average pooling.
  public var dilationWidth: Int
  /// Whether a last window that starts inside the input or the left (upper) padding, but extends beyond the padded input,
  /// has an output.
  public var ceilMode: Bool
  /// Whether average pooling divides by the size of the window with the padding that it covers, in place of the number of
  /// input elements. Elements beyond the padded input, which `ceilMode` lets a window cover, never count.
  public var countIncludePad: Bool

  public init(
    batch: Int, channels: Int, inputHeight: Int, inputWidth: Int, kernelHeight: Int, kernelWidth: Int,
    strideHeight: Int, strideWidth: Int, paddingHeight: Int = 0, paddingWidth: Int = 0,
    dilationHeight: Int = 1, dilationWidth: Int = 1, ceilMode: Bool = false, countIncludePad: Bool = true
  ) {
    self.batch = batch
    self.channels = channels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
    self.dilationHeight = dilationHeight
    self.dilationWidth = dilationWidth
    self.ceilMode = ceilMode
    self.countIncludePad = countIncludePad
  }

  /// Rows of the output; below 1 where the window does not fit.
  public var outputHeight: Int { vertical.outputs }
  /// Columns of the output; below 1 where the window does not fit.
  public var outputWidth: Int { horizontal.outputs }
  /// Planes of the input and of the output.
  var planes: Int { batch &* channels }

  var vertical: PoolAxis {
    PoolAxis(
      input: inputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight, ceilMode: ceilMode)
  }
  var horizontal: PoolAxis {
    PoolAxis(
      input: inputWidth, kernel: kernelWidth, stride: strideWidth, padding: paddingWidth,
      dilation: dilationWidth, ceilMode: ceilMode)
  }

  /// Checks that each output is defined and that all sizes can be addressed.
  ///
  /// - Parameter maximumDilation: 1 for an operation without dilation.
  /// - Throws: ``KernelError`` for the first parameter that is out of range.
  func validate(_ operation: String, maximumDilation: Int = Int(Int32.max)) throws(KernelError) {
    try require(operation, "batch", batch, in: 0...Int.max)
    try require(operation, "channels", channels, in: 1...Int.max)
    try vertical.validate(operation, "Height", maximumDilation: maximumDilation)
    try horizontal.validate(operation, "Width", maximumDilation: maximumDilation)
    _ = try product(operation, limit: Int(Int32.max), kernelHeight, kernelWidth)
    for sizes in [(inputHeight, inputWidth), (outputHeight, outputWidth)] {
      try product(operation, limit: Int(Int32.max), channels, sizes.0, sizes.1)
      try product(operation, batch, channels, sizes.0, sizes.1, MemoryLayout<Float>.stride)
    }
    // The padded plane bounds the scratch memory, which is a small multiple of it.
    try product(operation, inputHeight + 2 * paddingHeight, inputWidth + 2 * paddingWidth)
    try product(
      operation, limit: mostOperations, batch, channels, outputHeight, outputWidth, kernelHeight, kernelWidth)
  }

  /// Whether the windows are 2×2 at stride 2 and lie inside the input. At most its last row and column are in none.
  var is2x2: Bool { vertical.isPairs && horizontal.isPairs }

  /// Whether the windows are 3×3 at stride 1 or 2, the same along both axes.
  var is3x3: Bool {
    vertical.isOverlapping3 && horizontal.isOverlapping3 && strideHeight == geometry.strideWidth
  }

  /// Whether the windows lie side by side inside the input: the stride is the kernel's size.
  var isDisjoint: Bool { vertical.isDisjoint && horizontal.isDisjoint }

  /// The shape of the planes as level functions read it. A single column of outputs has a stride of 1.
  var geometry: PoolGeometry {
    let inside = horizontal.inside
    return PoolGeometry(
      planes: planes, inputHeight: inputHeight, inputWidth: inputWidth,
      outputHeight: outputHeight, outputWidth: outputWidth, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
      strideHeight: strideHeight, strideWidth: outputWidth == 1 ? 1 : strideWidth, paddingHeight: paddingHeight,
      paddingWidth: paddingWidth, dilationHeight: dilationHeight, dilationWidth: dilationWidth,
      insideFirst: inside.lowerBound, insideEnd: inside.upperBound, countIncludePad: countIncludePad,
      isPrepared: false)
  }
}

/// The windows along one axis.
struct PoolAxis {
  var input: Int
  var kernel: Int
  var stride: Int
  var padding: Int
  var dilation: Int
  var ceilMode: Bool

  /// Elements that a window spans, with those that dilation skips.
  var extent: Int { (kernel &- 1) &* dilation &+ 1 }

  /// The number of outputs, PyTorch's `pooling_output_shape`: with `ceilMode` the last window must start inside the input or
  /// the left padding.
  var outputs: Int {
    let stride = max(stride, 1)
    let steps = input &+ 2 &* padding &- extent &+ (ceilMode ? stride &- 1 : 0)
    if steps < 0 { return 0 }
    let count = steps / stride &+ 1
    return ceilMode && (count &- 1) &* stride >= input &+ padding ? count &- 1 : count
  }

  /// The range of outputs whose windows lie inside the input.
  var inside: Range<Int> {
    let outputs = outputs
    let first = min((padding &+ stride &- 1) / stride, outputs)
    let lastStart = input &+ padding &- extent
    let end = lastStart < 0 ? 0 : lastStart / stride &+ 1
    return first..<max(first, min(end, outputs))
  }

  /// Whether the windows are the pairs of elements 0–1, 2–3, … inside the input.
  var isPairs: Bool {
    kernel == 2 && stride == 2 && padding == 0 && dilation == 1 && 2 &* outputs <= input
  }

  /// Whether the windows lie side by side inside the input: the stride is the kernel's size.
  var isDisjoint: Bool { kernel == stride && padding == 0 && dilation == 1 && kernel &* outputs <= input }

  /// Whether the windows have three elements and neighbours overlap.
  var isOverlapping3: Bool { kernel == 3 && dilation == 1 && stride <= 2 }

  func validate(_ operation: String, _ axis: String, maximumDilation: Int) throws(KernelError) {
    let sizes = 1...Int(Int32.max)
    try require(operation, "input\(axis)", input, in: sizes)
    try require(operation, "kernel\(axis)", kernel, in: sizes)
    try require(operation, "stride\(axis)", stride, in: sizes)
    try require(operation, "dilation\(axis)", dilation, in: 1...maximumDilation)
    try require(operation, "padding\(axis)", padding, in: 0...kernel / 2)
    guard outputs >= 1 else {
      throw .invalidParameter(
        operation: operation, parameter: "kernel\(axis)", value: "\(kernel)",
        expected: "a window of at most \(input &+ 2 &* padding) elements, the padded input; it has \(extent)")
    }
    // A dilated window that starts in the padding can skip a short input between two taps. As the window fits into the
    // padded input, its kernel has at most two elements and the padding at most one.
    var output = 0
    while dilation > input, output < outputs, output &* stride < padding {
      let before = padding &- output &* stride
      let tap = (before &+ dilation &- 1) / dilation
      guard tap < kernel, tap &* dilation &- before < input else {
        throw .invalidParameter(
          operation: operation, parameter: "padding\(axis)", value: "\(padding)",
          expected: "windows that hold an element of the input; window \(output) holds none")
      }
      output &+= 1
    }
  }
}
