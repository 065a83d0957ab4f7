/// The divisor of a window's sum, PyTorch's `avg_pool2d` formula: the size of the window clipped to the padded input, or to
/// the input.
func averagePoolDivisor(_ shape: Pool2DShape, _ oy: Int, _ ox: Int) -> Float {
  let top = oy * shape.strideHeight - shape.paddingHeight
  let left = ox * shape.strideWidth - shape.paddingWidth
  let bottom = min(top + shape.kernelHeight, shape.inputHeight + shape.paddingHeight)
  let right = min(left + shape.kernelWidth, shape.inputWidth + shape.paddingWidth)
  if shape.countIncludePad { return Float((bottom - top) * (right - left)) }
  let rows = min(bottom, shape.inputHeight) - max(top, 0)
  let columns = min(right, shape.inputWidth) - max(left, 0)
  return Float(rows * columns)
}

/// Average pooling by its definition.
func averagePool2DForwardReference(_ shape: Pool2DShape, _ operands: AveragePool2DForward.Operands) {
  let (inputHeight, inputWidth) = (shape.inputHeight, shape.inputWidth)
  let (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
  for plane in 0..<shape.planes {
    let input = operands.input + plane * inputHeight * inputWidth
    for oy in 0..<outputHeight {
      for ox in 0..<outputWidth {
        var sum: Float = 0
        for ky in 0..<shape.kernelHeight {
          for kx in 0..<shape.kernelWidth {
            let y = oy * shape.strideHeight - shape.paddingHeight + ky
            let x = ox * shape.strideWidth - shape.paddingWidth + kx
            guard y >= 0, y < inputHeight, x >= 0, x < inputWidth else { continue }
            sum += input[y * inputWidth + x]
          }
        }
        operands.output[(plane * outputHeight + oy) * outputWidth + ox] = sum / averagePoolDivisor(shape, oy, ox)
      }
    }
  }
}

/// Each output's gradient, divided by the divisor, is added to the elements of its window.
func averagePool2DBackwardReference(_ shape: Pool2DShape, _ operands: AveragePool2DBackward.Operands) {
  let (inputHeight, inputWidth) = (shape.inputHeight, shape.inputWidth)
  let (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
  for plane in 0..<shape.planes {
    let inputGradient = operands.inputGradient + plane * inputHeight * inputWidth
    inputGradient.update(repeating: 0, count: inputHeight * inputWidth)
    for oy in 0..<outputHeight {
      for ox in 0..<outputWidth {
        let gradient = operands.outputGradient[(plane * outputHeight + oy) * outputWidth + ox]
        let windowGradient = gradient / averagePoolDivisor(shape, oy, ox)
        for ky in 0..<shape.kernelHeight {
          for kx in 0..<shape.kernelWidth {
            let y = oy * shape.strideHeight - shape.paddingHeight + ky
            let x = ox * shape.strideWidth - shape.paddingWidth + kx
            guard y >= 0, y < inputHeight, x >= 0, x < inputWidth else { continue }
            inputGradient[y * inputWidth + x] += windowGradient
          }
        }
      }
    }
  }
}
