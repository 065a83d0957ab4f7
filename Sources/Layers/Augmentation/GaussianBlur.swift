import Foundation
import Kernels

/// Blurs an image with a Gaussian of random standard deviation σ, uniform in a range; the image is reflected at its
/// borders.
///
/// As torchvision's: weights exp(−½(x/σ)²) at integers x up to half the kernel size, divided by their sum. Weights
/// below 2⁻²⁶ of the central one are skipped: they are below Float's rounding.
public struct GaussianBlur: ImageTransform {
  /// The kernel's height and width, in pixels; odd numbers.
  public var kernelSize: Size2D
  /// The range of σ, in pixels.
  public var sigma: ClosedRange<Double>

  /// A blur, by default with torchvision's range of σ.
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
    // exp(−½(x/σ)²) is 2⁻²⁶ where x is √(52·ln 2)·σ.
    let reach = 6.003_64 * sigma
    func taps(_ size: Int) -> Int { Double(size / 2) <= reach ? size : 2 * Int(reach) + 1 }
    let (rows, columns) = (taps(kernelSize.height), taps(kernelSize.width))
    if rows == 1, columns == 1 { return }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows + columns) { weights in
      let ofColumns = UnsafeMutableBufferPointer(rebasing: weights[..<columns])
      let ofRows = UnsafeMutableBufferPointer(rebasing: weights[columns...])
      write(ofColumns, sigma)
      if rows == columns { _ = ofRows.update(fromContentsOf: ofColumns) } else { write(ofRows, sigma) }
      image.kernels.blur(
        image.pixels, planes: image.channels, height: image.height, width: image.width,
        columnWeights: UnsafeBufferPointer(ofColumns), rowWeights: UnsafeBufferPointer(ofRows), scratch: image.scratch)
    }
  }

  /// Writes symmetric weights that add up to 1.
  private func write(_ weights: UnsafeMutableBufferPointer<Float>, _ sigma: Double) {
    let half = weights.count / 2
    withUnsafeTemporaryAllocation(of: Double.self, capacity: half + 1) { ofDistance in
      var sum = 1.0
      ofDistance[0] = 1
      for i in 1..<max(half + 1, 1) {
        let distance = Double(i) / sigma
        ofDistance[i] = exp(-0.5 * distance * distance)
        sum += 2 * ofDistance[i]
      }
      for i in 0..<weights.count { weights[i] = Float(ofDistance[abs(i - half)] / sum) }
    }
  }
}
