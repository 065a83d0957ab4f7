/// The values of the padding around an image, PyTorch's padding modes.
public enum PaddingMode: String, Hashable, Sendable, CaseIterable {
  /// Zeros.
  case zeros
  /// The image mirrored at its first and last pixels, which are not repeated.
  case reflect
  /// Copies of the outermost pixels.
  case replicate
  /// The pixels from the other end of the axis.
  case circular

  /// The pixel in 0 ..< count whose value the pixel at `position` has, inside or outside the image; nil for a zero.
  @inline(__always)
  func source(_ position: Int, count: Int) -> Int? {
    if position >= 0 && position < count { return position }
    switch self {
    case .zeros: return nil
    case .reflect: return position < 0 ? -position : 2 &* (count &- 1) &- position
    case .replicate: return position < 0 ? 0 : count &- 1
    case .circular: return position < 0 ? position &+ count : position &- count
    }
  }
}

/// Planes to which rows and columns are added on all sides.
public struct Pad2DShape: Hashable, Sendable {
  /// Images × channels.
  public var planes: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int
  public var mode: PaddingMode

  public init(
    planes: Int, inputHeight: Int, inputWidth: Int, top: Int, bottom: Int, left: Int, right: Int,
    mode: PaddingMode = .zeros
  ) {
    self.planes = planes
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
    self.mode = mode
  }

  public var outputHeight: Int { inputHeight + top + bottom }
  public var outputWidth: Int { inputWidth + left + right }

  /// The largest padding on one side of an axis of `count` pixels.
  public static func largestPadding(_ mode: PaddingMode, count: Int) -> Int {
    switch mode {
    case .zeros, .replicate: 1 << 30
    case .reflect: count - 1
    case .circular: count
    }
  }

  func validate(_ operation: String) throws(KernelError) {
    try require(operation, "planes", planes, in: 0...Int.max)
    let sizes = 1...Int(Int32.max)
    try require(operation, "inputHeight", inputHeight, in: sizes)
    try require(operation, "inputWidth", inputWidth, in: sizes)
    let largestHeight = Pad2DShape.largestPadding(mode, count: inputHeight)
    let largestWidth = Pad2DShape.largestPadding(mode, count: inputWidth)
    try require(operation, "top", top, in: 0...largestHeight)
    try require(operation, "bottom", bottom, in: 0...largestHeight)
    try require(operation, "left", left, in: 0...largestWidth)
    try require(operation, "right", right, in: 0...largestWidth)
    _ = try product(operation, planes, outputHeight, outputWidth, MemoryLayout<Float>.stride)
  }

  fileprivate func parts(threads: Int) -> Int {
    Work(bytes: planes * (inputHeight * inputWidth + outputHeight * outputWidth) * 4, pieces: planes)
      .parts(threads: threads)
  }
}

/// Copies planes and fills the padding around them.
public enum Pad2DForward: KernelOperation {
  public typealias Problem = Pad2DShape
  public static let name = "pad2d"

  public struct Operands {
    /// `[planes, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[planes, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.output = output
    }
  }

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.validate(name) }

  /// `rows`: rows are copied by the C library, the padding is written pixel by pixel. One kernel serves all levels.
  public static let kernels: [Kernel<Pad2DForward>] = [
    Kernel(algorithm: "rows", level: .lowest) { shape, threads in
      let parts = shape.parts(threads: threads)
      return PreparedKernel { operands, _ in
        Parallel.run(parts: parts) { part in
          for plane in Parallel.range(part, of: parts, items: shape.planes) { pad(shape, plane, operands) }
        }
      }
    },
    .reference { shape, operands in
      for plane in 0..<shape.planes {
        for y in 0..<shape.outputHeight {
          for x in 0..<shape.outputWidth {
            let row = shape.mode.source(y - shape.top, count: shape.inputHeight)
            let column = shape.mode.source(x - shape.left, count: shape.inputWidth)
            var value: Float = 0
            if let row, let column {
              value = operands.input[(plane * shape.inputHeight + row) * shape.inputWidth + column]
            }
            operands.output[(plane * shape.outputHeight + y) * shape.outputWidth + x] = value
          }
        }
      }
    },
  ]

  private static func pad(_ shape: Pad2DShape, _ plane: Int, _ operands: Operands) {
    let (height, width) = (shape.inputHeight, shape.inputWidth)
    let input = operands.input + plane * height * width
    var output = operands.output + plane * shape.outputHeight * shape.outputWidth
    for y in 0..<shape.outputHeight {
      if let row = shape.mode.source(y - shape.top, count: height) {
        let source = input + row * width
        for x in 0..<shape.left { output[x] = shape.mode.source(x - shape.left, count: width).map { source[$0] } ?? 0 }
        (output + shape.left).update(from: source, count: width)
        for x in width..<(width + shape.right) {
          output[shape.left + x] = shape.mode.source(x, count: width).map { source[$0] } ?? 0
        }
      } else {
        output.update(repeating: 0, count: shape.outputWidth)
      }
      output += shape.outputWidth
    }
  }
}

/// The gradient of padding: each pixel's gradient is the sum of the gradients of its copies, in scan order.
public enum Pad2DBackward: KernelOperation {
  public typealias Problem = Pad2DShape
  public static let name = "pad2d"
  public static let pass = "backward-data"

  public struct Operands {
    /// `[planes, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[planes, inputHeight, inputWidth]`
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>) {
      self.outputGradient = outputGradient
      self.inputGradient = inputGradient
    }
  }

  public static func validate(_ problem: Problem) throws(KernelError) { try problem.validate(name) }

  /// `rows`: the gradients of a row are added to the input row that it was copied from. One kernel serves all levels.
  public static let kernels: [Kernel<Pad2DBackward>] = [
    Kernel(algorithm: "rows", level: .lowest) { shape, threads in
      let parts = shape.parts(threads: threads)
      return PreparedKernel { operands, _ in
        Parallel.run(parts: parts) { part in
          for plane in Parallel.range(part, of: parts, items: shape.planes) { addCopies(shape, plane, operands) }
        }
      }
    },
    .reference { shape, operands in
      operands.inputGradient.update(repeating: 0, count: shape.planes * shape.inputHeight * shape.inputWidth)
      for plane in 0..<shape.planes {
        for y in 0..<shape.outputHeight {
          for x in 0..<shape.outputWidth {
            guard let row = shape.mode.source(y - shape.top, count: shape.inputHeight),
              let column = shape.mode.source(x - shape.left, count: shape.inputWidth)
            else { continue }
            operands.inputGradient[(plane * shape.inputHeight + row) * shape.inputWidth + column] +=
              operands.outputGradient[(plane * shape.outputHeight + y) * shape.outputWidth + x]
          }
        }
      }
    },
  ]

  private static func addCopies(_ shape: Pad2DShape, _ plane: Int, _ operands: Operands) {
    let (height, width) = (shape.inputHeight, shape.inputWidth)
    let target = operands.inputGradient + plane * height * width
    var gradient = operands.outputGradient + plane * shape.outputHeight * shape.outputWidth
    if shape.mode == .zeros {
      for y in 0..<height {
        (target + y * width).update(from: gradient + (shape.top + y) * shape.outputWidth + shape.left, count: width)
      }
      return
    }
    target.update(repeating: 0, count: height * width)
    for y in 0..<shape.outputHeight {
      if let row = shape.mode.source(y - shape.top, count: height) {
        let sums = target + row * width
        for x in 0..<shape.left {
          if let column = shape.mode.source(x - shape.left, count: width) { sums[column] += gradient[x] }
        }
        let middle = gradient + shape.left
        for x in 0..<width { sums[x] += middle[x] }
        for x in width..<(width + shape.right) {
          if let column = shape.mode.source(x, count: width) { sums[column] += middle[x] }
        }
      }
      gradient += shape.outputWidth
    }
  }
}
