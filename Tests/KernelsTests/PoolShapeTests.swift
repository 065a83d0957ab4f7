import Kernels
import Testing

@Suite struct PoolShapeTests {
  /// (input, kernel, stride, padding, dilation, ceilMode) → PyTorch's output size.
  static let sizes: [(Int, Int, Int, Int, Int, Bool, Int)] = [
    (28, 2, 2, 0, 1, false, 14), (5, 2, 2, 0, 1, false, 2), (5, 2, 2, 0, 1, true, 3),
    (112, 3, 2, 1, 1, false, 56), (112, 3, 2, 0, 1, true, 56), (7, 3, 2, 1, 1, true, 4),
    // The last window would start in the right padding: it is dropped.
    (4, 2, 3, 1, 1, true, 2), (2, 2, 2, 1, 1, true, 2), (6, 2, 5, 1, 1, true, 2), (1, 1, 3, 0, 1, true, 1),
    (10, 3, 1, 0, 2, false, 6), (10, 3, 3, 1, 2, true, 4), (3, 4, 1, 2, 1, false, 4),
  ]

  @Test("output sizes follow PyTorch's rules", arguments: sizes.indices)
  func outputSizes(index: Int) throws {
    let (input, kernel, stride, padding, dilation, ceilMode, expected) = Self.sizes[index]
    let shape = Pool2DShape(
      batch: 1, channels: 1, inputHeight: 8, inputWidth: input, kernelHeight: 1, kernelWidth: kernel, strideHeight: 1,
      strideWidth: stride, paddingWidth: padding, dilationWidth: dilation, ceilMode: ceilMode)
    #expect(shape.outputWidth == expected)
    #expect(shape.outputHeight == 8)
    try MaxPool2DForward.validate(shape)
  }

  @Test("a wrong parameter is named, with what would be right")
  func validation() {
    func check(
      _ parameter: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout Pool2DShape) -> Void
    ) {
      var shape = Pool2DShape(
        batch: 1, channels: 2, inputHeight: 8, inputWidth: 8, kernelHeight: 3, kernelWidth: 3, strideHeight: 2,
        strideWidth: 2)
      change(&shape)
      let error = #expect(throws: KernelError.self, sourceLocation: sourceLocation) {
        try MaxPool2DForward.validate(shape)
      }
      guard case .invalidParameter(_, let name, _, _) = error else {
        Issue.record("\(parameter): \(String(describing: error))", sourceLocation: sourceLocation)
        return
      }
      #expect(name == parameter, sourceLocation: sourceLocation)
      #expect(throws: KernelError.self) { try MaxPool2DBackward.validate(shape) }
    }
    check("batch") { $0.batch = -1 }
    check("channels") { $0.channels = 0 }
    check("inputHeight") { $0.inputHeight = 0 }
    check("inputWidth") { $0.inputWidth = -3 }
    check("kernelHeight") { $0.kernelHeight = 0 }
    check("kernelWidth") { $0.kernelWidth = 9 }
    check("strideHeight") { $0.strideHeight = 0 }
    check("strideWidth") { $0.strideWidth = -1 }
    check("paddingHeight") { $0.paddingHeight = 2 }
    check("paddingWidth") { $0.paddingWidth = -1 }
    check("dilationHeight") { $0.dilationHeight = 0 }
    // An extent of 9.
    check("kernelWidth") { $0.dilationWidth = 4 }
    // Taps at -1 and 2 of a row of 2.
    check("paddingWidth") {
      $0.inputWidth = 2
      $0.kernelWidth = 2
      $0.dilationWidth = 3
      $0.paddingWidth = 1
    }
  }

  @Test("average pooling has no dilation")
  func averageDilation() {
    let shape = Pool2DShape(
      batch: 1, channels: 1, inputHeight: 8, inputWidth: 8, kernelHeight: 2, kernelWidth: 2, strideHeight: 1,
      strideWidth: 1, dilationWidth: 2)
    #expect(throws: KernelError.self) { try AveragePool2DForward.validate(shape) }
    #expect(throws: KernelError.self) { try AveragePool2DBackward.validate(shape) }
  }

  @Test("sizes that can't be addressed are errors, not overflows")
  func tooLarge() {
    let side = Int(Int32.max)
    let shape = Pool2DShape(
      batch: 1, channels: 1, inputHeight: side, inputWidth: side, kernelHeight: 1, kernelWidth: 1, strideHeight: 1,
      strideWidth: 1)
    #expect(throws: KernelError.tooLarge(operation: "max-pool2d")) { try MaxPool2DForward.validate(shape) }
    let adaptive = AdaptivePool2DShape(
      batch: Int.max, channels: 1, inputHeight: 2, inputWidth: 2, outputHeight: 1, outputWidth: 1)
    #expect(throws: KernelError.self) { try AdaptiveAveragePool2DForward.validate(adaptive) }
    #expect(throws: KernelError.self) { try AdaptiveAveragePool2DBackward.validate(adaptive) }
    #expect(throws: KernelError.self) {
      try GlobalAveragePool2DForward.validate(.init(batch: 1, channels: 0, inputHeight: 2, inputWidth: 2))
    }
    #expect(throws: KernelError.self) {
      try AdaptiveAveragePool2DForward.validate(
        .init(batch: 1, channels: 1, inputHeight: 2, inputWidth: 2, outputHeight: 0, outputWidth: 1))
    }
  }
}
