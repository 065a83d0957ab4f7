/// Max pooling by its definition.
func maxPool2DForwardReference(_ shape: Pool2DShape, _ operands: MaxPool2DForward.Operands) {
  let (inputHeight, inputWidth) = (shape.inputHeight, shape.inputWidth)
  let (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
  for plane in 0..<shape.planes {
    let input = operands.input + plane * inputHeight * inputWidth
    for oy in 0..<outputHeight {
      for ox in 0..<outputWidth {
        var maximum = -Float.infinity
        var maxIndex: Int?
        for ky in 0..<shape.kernelHeight {
          for kx in 0..<shape.kernelWidth {
            let y = oy * shape.strideHeight - shape.paddingHeight + ky * shape.dilationHeight
            let x = ox * shape.strideWidth - shape.paddingWidth + kx * shape.dilationWidth
            guard y >= 0, y < inputHeight, x >= 0, x < inputWidth else { continue }
            let value = input[y * inputWidth + x]
            if maxIndex == nil || value > maximum || value.isNaN {
              maximum = value
              maxIndex = ky * shape.kernelWidth + kx
            }
          }
        }
        let output = (plane * outputHeight + oy) * outputWidth + ox
        operands.output[output] = maximum
        operands.maxIndices?[output] = Int32(maxIndex ?? 0)
      }
    }
  }
}

/// Each output's gradient is added at its window's maximum, if the index is that of an input element.
func maxPool2DBackwardReference(_ shape: Pool2DShape, _ operands: MaxPool2DBackward.Operands) {
  let (inputHeight, inputWidth) = (shape.inputHeight, shape.inputWidth)
  let (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
  for plane in 0..<shape.planes {
    let inputGradient = operands.inputGradient + plane * inputHeight * inputWidth
    inputGradient.update(repeating: 0, count: inputHeight * inputWidth)
    for oy in 0..<outputHeight {
      for ox in 0..<outputWidth {
        let output = (plane * outputHeight + oy) * outputWidth + ox
        let maxIndex = Int(operands.maxIndices[output])
        guard maxIndex >= 0, maxIndex < shape.kernelHeight * shape.kernelWidth else { continue }
        let (ky, kx) = maxIndex.quotientAndRemainder(dividingBy: shape.kernelWidth)
        let y = oy * shape.strideHeight - shape.paddingHeight + ky * shape.dilationHeight
        let x = ox * shape.strideWidth - shape.paddingWidth + kx * shape.dilationWidth
        guard y >= 0, y < inputHeight, x >= 0, x < inputWidth else { continue }
        inputGradient[y * inputWidth + x] += operands.outputGradient[output]
      }
    }
  }
}
