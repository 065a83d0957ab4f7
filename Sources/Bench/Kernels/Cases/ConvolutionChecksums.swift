import Kernels

// In the sums below, x are inputs, w weights and y outputs; r, s and q are random factors of output channels, images and
// input channels; o is the place of an output, k that of a weight, i = o·stride + k·dilation − padding that of an input.

extension Checksum {
  /// Σ s[n]·r[c]·y[n, c, o] over images n and output channels c is, at every o, the convolution of Σ s[n]·x[n] with
  /// Σ r[c]·w[c].
  static func convolution(
    _ shape: Conv2DShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, output: UnsafePointer<Float>
  ) -> Bool {
    let (s, r) = (factors(shape.batch, seed: 2), factors(shape.outputChannels, seed: 3))
    guard let sums = sumOfPlanes(output, s, r, plane: shape.outputPlane) else { return false }
    let x = sumOfImages(input, s, count: shape.inputChannels * shape.inputPlane)
    var w = [Int](repeating: 0, count: shape.inputChannels * shape.taps)
    shape.forEachFilter { output, input, filter in
      for tap in 0..<shape.taps {
        w[input * shape.taps + tap] &+= r[output] &* integer(weights[filter * shape.taps + tap])
      }
    }
    var expected = [Int](repeating: 0, count: sums.count)
    shape.forEachTap { output, tap, input in
      for channel in 0..<shape.inputChannels {
        expected[output] &+= x[channel * shape.inputPlane + input] &* w[channel * shape.taps + tap]
      }
    }
    return sums == expected
  }

  /// Σ s[n]·q[c]·dx[n, c, i] over images n and input channels c is, at every i, the input gradient of Σ s[n]·dy[n] and
  /// Σ q[c]·w[·, c].
  static func inputGradient(
    _ shape: Conv2DShape, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    inputGradient: UnsafePointer<Float>
  ) -> Bool {
    let (s, q) = (factors(shape.batch, seed: 2), factors(shape.inputChannels, seed: 3))
    guard let sums = sumOfPlanes(inputGradient, s, q, plane: shape.inputPlane) else { return false }
    let dy = sumOfImages(outputGradient, s, count: shape.outputChannels * shape.outputPlane)
    var w = [Int](repeating: 0, count: shape.outputChannels * shape.taps)
    shape.forEachFilter { output, input, filter in
      for tap in 0..<shape.taps {
        w[output * shape.taps + tap] &+= q[input] &* integer(weights[filter * shape.taps + tap])
      }
    }
    var expected = [Int](repeating: 0, count: sums.count)
    shape.forEachTap { output, tap, input in
      for channel in 0..<shape.outputChannels {
        expected[input] &+= dy[channel * shape.outputPlane + output] &* w[channel * shape.taps + tap]
      }
    }
    return sums == expected
  }

  /// Σ r[c]·q[d]·dw[c, d, k] over output channels c and their group's input channels d is, at every k, the weight
  /// gradient of Σ q[d]·x[n, d] and Σ r[c]·dy[n, c], summed over images and groups.
  static func weightGradient(
    _ shape: Conv2DShape, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    weightGradient: UnsafePointer<Float>
  ) -> Bool {
    let (r, q) = (factors(shape.outputChannels, seed: 2), factors(shape.inputChannels / shape.groups, seed: 3))
    guard let sums = sumOfPlanes(weightGradient, r, q, plane: shape.taps) else { return false }
    var expected = [Int](repeating: 0, count: shape.taps)
    var x = [Int](repeating: 0, count: shape.inputPlane)
    var dy = [Int](repeating: 0, count: shape.outputPlane)
    let groupOutputs = shape.outputChannels / shape.groups
    for part in 0..<shape.batch * shape.groups {
      let group = part % shape.groups
      sumOfChannels(input + part * q.count * shape.inputPlane, q[...], into: &x)
      let factors = r[(group * groupOutputs)..<((group + 1) * groupOutputs)]
      sumOfChannels(outputGradient + part * groupOutputs * shape.outputPlane, factors, into: &dy)
      shape.forEachTap { output, tap, input in expected[tap] &+= dy[output] &* x[input] }
    }
    return sums == expected
  }

  /// The sum of images times factors, element by element; an image has `count` elements.
  private static func sumOfImages(_ values: UnsafePointer<Float>, _ factors: [Int], count: Int) -> [Int] {
    var sums = [Int](repeating: 0, count: count)
    sumOfChannels(values, factors[...], into: &sums)
    return sums
  }

  /// The sum of planes times factors, as large as a plane.
  private static func sumOfChannels(
    _ values: UnsafePointer<Float>, _ factors: ArraySlice<Int>, into sums: inout [Int]
  ) {
    for i in sums.indices { sums[i] = 0 }
    for (index, factor) in factors.enumerated() {
      let plane = values + index * sums.count
      for i in sums.indices { sums[i] &+= factor &* integer(plane[i]) }
    }
  }

  /// The sum of `[first, second, plane]` results times both factors; nil where a result is no integer.
  private static func sumOfPlanes(
    _ values: UnsafePointer<Float>, _ first: [Int], _ second: [Int], plane: Int
  ) -> [Int]? {
    var sums = [Int](repeating: 0, count: plane)
    for i in first.indices {
      for j in second.indices {
        let factor = first[i] &* second[j]
        let results = values + (i * second.count + j) * plane
        for place in 0..<plane {
          guard let value = result(results[place]) else { return nil }
          sums[place] &+= factor &* value
        }
      }
    }
    return sums
  }
}

extension Conv2DShape {
  fileprivate var inputPlane: Int { inputHeight * inputWidth }
  fileprivate var outputPlane: Int { outputHeight * outputWidth }
  fileprivate var taps: Int { kernelHeight * kernelWidth }

  /// Output and input channel of each of the weights' planes.
  fileprivate func forEachFilter(_ body: (_ output: Int, _ input: Int, _ filter: Int) -> Void) {
    let (groupInputs, groupOutputs) = (inputChannels / groups, outputChannels / groups)
    for output in 0..<outputChannels {
      for input in 0..<groupInputs {
        body(output, output / groupOutputs * groupInputs + input, output * groupInputs + input)
      }
    }
  }

  /// The places of a plane's outputs, the kernel's taps, and the inputs that they meet, but for padding.
  @inline(__always)
  fileprivate func forEachTap(_ body: (_ output: Int, _ tap: Int, _ input: Int) -> Void) {
    for oy in 0..<outputHeight {
      for ky in 0..<kernelHeight {
        let y = oy * strideHeight + ky * dilationHeight - paddingHeight
        guard y >= 0, y < inputHeight else { continue }
        for ox in 0..<outputWidth {
          for kx in 0..<kernelWidth {
            let x = ox * strideWidth + kx * dilationWidth - paddingWidth
            guard x >= 0, x < inputWidth else { continue }
            body(oy * outputWidth + ox, ky * kernelWidth + kx, y * inputWidth + x)
          }
        }
      }
    }
  }
}
