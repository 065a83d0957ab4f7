extension Conv2DShape {
  /// Whether each output depends on the inputs of a single pixel: a 1×1 kernel without stride or padding.
  var isPointwise: Bool {
    kernelCount == 1 && strideHeight == 1 && strideWidth == 1 && paddingHeight == 0 && paddingWidth == 0
  }

  /// The same convolution with all pixels in one row, if it is pointwise; tiles then cross the ends of rows.
  var collapsed: Conv2DShape {
    guard isPointwise else { return self }
    var shape = self
    shape.inputWidth = inputPlane
    shape.inputHeight = 1
    return shape
  }

  /// The same convolution of `batch` images.
  func with(batch: Int) -> Conv2DShape {
    var shape = self
    shape.batch = batch
    return shape
  }

  /// The number of phases of the input gradient: remainders of the input's coordinates by the strides.
  var phaseCount: Int { min(strideHeight, inputHeight) * min(strideWidth, inputWidth) }

  var forwardY: ConvAxis {
    .forward(
      input: inputHeight, output: outputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight)
  }

  var forwardX: ConvAxis {
    .forward(
      input: inputWidth, output: outputWidth, kernel: kernelWidth, stride: strideWidth, padding: paddingWidth,
      dilation: dilationWidth)
  }

  var backwardYs: [ConvAxis] {
    ConvAxis.backwardPhases(
      input: inputHeight, output: outputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight)
  }

  var backwardXs: [ConvAxis] {
    ConvAxis.backwardPhases(
      input: inputWidth, output: outputWidth, kernel: kernelWidth, stride: strideWidth, padding: paddingWidth,
      dilation: dilationWidth)
  }

  func backwardY(phase: Int) -> ConvAxis {
    .backward(
      input: inputHeight, output: outputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight, phase: phase)
  }

  func backwardX(phase: Int) -> ConvAxis {
    .backward(
      input: inputWidth, output: outputWidth, kernel: kernelWidth, stride: strideWidth, padding: paddingWidth,
      dilation: dilationWidth, phase: phase)
  }
}
