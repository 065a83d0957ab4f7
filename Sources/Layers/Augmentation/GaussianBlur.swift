import Foundation

/// Blurs an image with a Gaussian of random width, `sigma` uniform in a range, mirrored at the borders.
///
/// As torchvision's: weights exp(−½(x/σ)²) at the whole numbers up to half the kernel's size, divided by their sum.
public struct GaussianBlur: ImageTransform {
  /// Odd numbers.
  public var kernelSize: Size2D
  public var sigma: ClosedRange<Double>

  public init(_ kernelSize: any Size2DConvertible, sigma: ClosedRange<Double> = 0.1...2) {
    self.kernelSize = kernelSize.size2D
    self.sigma = sigma
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    let (height, width) = (kernelSize.height, kernelSize.width)
    guard height > 0, width > 0, height % 2 == 1, width % 2 == 1, height / 2 < shape[1], width / 2 < shape[2] else {
      throw .invalidOption(
        name: "the kernel size of GaussianBlur", value: "\(kernelSize)",
        expected: "odd numbers whose halves are less than the image's \(Size2D(shape[1], shape[2]))")
    }
    guard sigma.lowerBound > 0, sigma.upperBound.isFinite else {
      throw .invalidOption(name: "the sigma of GaussianBlur", value: "\(sigma)", expected: "above 0")
    }
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    let sigma = random.uniform(self.sigma)
    let (height, width) = (image.height, image.width)
    let rows = image.channels * height
    // Along the rows, from pixels to scratch.
    withWeights(kernelSize.width, sigma) { weights in
      let half = kernelSize.width / 2
      for row in 0..<rows {
        let (source, result) = (image.pixels + row * width, image.scratch + row * width)
        for x in 0..<width {
          var sum: Float = 0
          if x >= half, x + half < width {
            for i in 0..<weights.count { sum += weights[i] * source[x - half + i] }
          } else {
            for i in 0..<weights.count { sum += weights[i] * source[mirrored(x - half + i, width)] }
          }
          result[x] = sum
        }
      }
    }
    // Along the columns, and back.
    withWeights(kernelSize.height, sigma) { weights in
      let half = kernelSize.height / 2
      for channel in 0..<image.channels {
        for y in 0..<height {
          let result = image.pixels + (channel * height + y) * width
          result.update(repeating: 0, count: width)
          for i in 0..<weights.count {
            let source = image.scratch + (channel * height + mirrored(y - half + i, height)) * width
            let weight = weights[i]
            for x in 0..<width { result[x] += weight * source[x] }
          }
        }
      }
    }
  }

  private func withWeights(_ count: Int, _ sigma: Double, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { weights in
      func weight(_ i: Int) -> Double {
        let distance = Double(i - count / 2) / sigma
        return exp(-0.5 * distance * distance)
      }
      var sum = 0.0
      for i in 0..<count { sum += weight(i) }
      for i in 0..<count { weights[i] = Float(weight(i) / sum) }
      body(weights)
    }
  }

  private func mirrored(_ x: Int, _ count: Int) -> Int {
    x < 0 ? -x : x < count ? x : 2 * (count - 1) - x
  }
}
