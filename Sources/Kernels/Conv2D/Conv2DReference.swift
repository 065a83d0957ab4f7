/// The definition of the convolution, one output after the other.
func referenceConv2DForward(_ problem: Conv2DForward.Problem, _ operands: Conv2DForward.Operands) {
  let s = problem.shape
  for n in 0..<s.batch {
    for oc in 0..<s.outputChannels {
      for oy in 0..<s.outputHeight {
        for ox in 0..<s.outputWidth {
          var sum: Float = 0
          s.forEachTap(oc, oy, ox) { ic, y, x, weight in
            sum +=
              operands.input[((n * s.inputChannels + ic) * s.inputHeight + y) * s.inputWidth + x]
              * operands.weights[weight]
          }
          if let bias = operands.bias { sum += bias[oc] }
          let index = ((n * s.outputChannels + oc) * s.outputHeight + oy) * s.outputWidth + ox
          if problem.hasAddend, let addend = operands.addend {
            sum += addend[index]
            // As of `AddForward`: no negative zero.
            if problem.activation != nil, sum <= 0 { sum = 0 }
          }
          operands.output[index] = problem.activation.limit(sum)
        }
      }
    }
  }
}

/// The gradient of each output, added to the inputs that the output was summed from.
func referenceConv2DBackwardData(_ s: Conv2DShape, _ operands: Conv2DBackwardData.Operands) {
  operands.inputGradient.update(repeating: 0, count: s.inputCount)
  for n in 0..<s.batch {
    for oc in 0..<s.outputChannels {
      for oy in 0..<s.outputHeight {
        for ox in 0..<s.outputWidth {
          let gradient =
            operands.outputGradient[((n * s.outputChannels + oc) * s.outputHeight + oy) * s.outputWidth + ox]
          s.forEachTap(oc, oy, ox) { ic, y, x, weight in
            operands.inputGradient[((n * s.inputChannels + ic) * s.inputHeight + y) * s.inputWidth + x] +=
              gradient * operands.weights[weight]
          }
        }
      }
    }
  }
}

/// The gradient of each weight: the sum of the output gradients times the inputs that the weight was multiplied with.
func referenceConv2DBackwardWeights(_ s: Conv2DShape, _ operands: Conv2DBackwardWeights.Operands) {
  operands.weightGradient.update(repeating: 0, count: s.weightCount)
  operands.biasGradient?.update(repeating: 0, count: s.outputChannels)
  for n in 0..<s.batch {
    for oc in 0..<s.outputChannels {
      for oy in 0..<s.outputHeight {
        for ox in 0..<s.outputWidth {
          let gradient =
            operands.outputGradient[((n * s.outputChannels + oc) * s.outputHeight + oy) * s.outputWidth + ox]
          s.forEachTap(oc, oy, ox) { ic, y, x, weight in
            operands.weightGradient[weight] +=
              gradient * operands.input[((n * s.inputChannels + ic) * s.inputHeight + y) * s.inputWidth + x]
          }
          operands.biasGradient?[oc] += gradient
        }
      }
    }
  }
}

extension Conv2DShape {
  /// Calls `body` for each input that an output is summed from, with the index of the weight that it is multiplied
  /// with.
  func forEachTap(
    _ oc: Int, _ oy: Int, _ ox: Int, _ body: (_ ic: Int, _ y: Int, _ x: Int, _ weight: Int) -> Void
  ) {
    let group = oc / groupOutputChannels
    for c in 0..<groupInputChannels {
      for ky in 0..<kernelHeight {
        for kx in 0..<kernelWidth {
          let y = oy * strideHeight - paddingHeight + ky * dilationHeight
          let x = ox * strideWidth - paddingWidth + kx * dilationWidth
          guard y >= 0, y < inputHeight, x >= 0, x < inputWidth else { continue }
          body(
            group * groupInputChannels + c, y, x,
            ((oc * groupInputChannels + c) * kernelHeight + ky) * kernelWidth + kx)
        }
      }
    }
  }
}
