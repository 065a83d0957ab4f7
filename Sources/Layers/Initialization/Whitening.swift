/// Weights of a whitening first convolution: over the patches of given images, its outputs are uncorrelated and have
/// (nearly) equal variance, although neighbouring pixels are correlated.
///
///     let images = …                                     // [count, 3, 32, 32], some thousands, as the model gets them
///     let weights = try Whitening.weights(images, kernelSize: 2)      // [24, 3, 2, 2]
///     try model.setParameter("0.weight", to: weights)
///
/// The patches' covariance has eigenvectors e of eigenvalues λ. The kernels are e/√(λ + ε), the largest λ first,
/// followed by their negatives, so that a following ReLU loses no information. Page ("How to train your ResNet", part
/// 8, 2019) and Jordan ("94 % on CIFAR-10 in 3.29 seconds on a single GPU", 2024) begin their networks with such a
/// layer, which they do not train.
public enum Whitening {
  /// The weights `[2·C·kernel height·kernel width, C, kernel height, kernel width]` of a convolution on images `[count,
  /// C, height, width]`, from all their patches.
  ///
  /// It takes (C · kernel height · kernel width)²/2 multiply-adds for each patch, in Double; a few thousand images
  /// suffice.
  ///
  /// - Parameters:
  ///   - images: images as the convolution gets them, normalised.
  ///   - kernelSize: the convolution's kernel size, in pixels.
  ///   - epsilon: added to the eigenvalues, so that directions with a smaller variance, which are mostly noise, are not
  ///     amplified.
  /// - Throws: ``LayerError`` for images of another shape or smaller than the kernel, and an epsilon that is not above
  ///   0.
  public static func weights(
    _ images: Tensor, kernelSize: any Size2DConvertible, epsilon: Double = 5e-4
  ) throws(LayerError) -> Tensor {
    let size = kernelSize.size2D
    let shape = images.shape
    guard shape.rank == 4, shape.count > 0, 1...shape[2] ~= size.height, 1...shape[3] ~= size.width else {
      throw .inputShape(
        layer: "Whitening", given: shape,
        expected: "[count, channels, height, width], at least 1 of each and at least the kernel's \(size)")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw .invalidValue(layer: "Whitening", name: "epsilon", value: "\(epsilon)", expected: "a number above 0")
    }
    let count = shape[1] * size.height * size.width
    guard count <= 512 else {
      throw .invalidValue(
        layer: "Whitening", name: "kernelSize", value: "\(size)",
        expected: "at most 512 numbers in a patch, not \(count)")
    }
    let covariance = PatchCovariance(images, size).matrix
    guard covariance.allSatisfy({ $0.isFinite }) else {
      throw .invalidValue(layer: "Whitening", name: "images", value: "\(images)", expected: "finite numbers")
    }
    let eigen = SymmetricEigen(covariance, size: count)
    var kernels: [Float] = []
    for sign in [1.0, -1] {
      for (value, vector) in zip(eigen.values, eigen.vectors) {
        let scale = sign / (max(value, 0) + epsilon).squareRoot()
        kernels += vector.map { Float(scale * $0) }
      }
    }
    var weights = Tensor(
      shape: [2 * count, shape[1], size.height, size.width], storage: FloatStorage(uninitialized: kernels.count))
    weights.withUnsafeMutableBufferPointer { _ = $0.update(from: kernels) }
    return weights
  }
}

/// The covariance of all patches of images, in Double.
struct PatchCovariance {
  /// The covariance matrix, row by row; only the upper triangle with the diagonal is set.
  let matrix: [Double]

  init(_ images: Tensor, _ size: Size2D) {
    let (channels, height, width) = (images.shape[1], images.shape[2], images.shape[3])
    let count = channels * size.height * size.width
    var patch = [Double](repeating: 0, count: count)
    var sums = [Double](repeating: 0, count: count)
    var products = [Double](repeating: 0, count: count * count)
    let patches = images.shape[0] * (height - size.height + 1) * (width - size.width + 1)
    images.withUnsafeBufferPointer { pixels in
      patch.withUnsafeMutableBufferPointer { patch in
        for image in 0..<images.shape[0] {
          for y in 0...(height - size.height) {
            for x in 0...(width - size.width) {
              var i = 0
              for channel in 0..<channels {
                for row in 0..<size.height {
                  let first = ((image * channels + channel) * height + y + row) * width + x
                  for column in 0..<size.width {
                    patch[i] = Double(pixels[first + column])
                    i += 1
                  }
                }
              }
              PatchCovariance.add(patch, &sums, &products)
            }
          }
        }
      }
    }
    for i in 0..<count {
      for j in i..<count {
        let mean = sums[i] / Double(patches) * (sums[j] / Double(patches))
        products[i * count + j] = products[i * count + j] / Double(patches) - mean
      }
    }
    matrix = products
  }

  private static func add(
    _ patch: UnsafeMutableBufferPointer<Double>, _ sums: inout [Double], _ products: inout [Double]
  ) {
    let count = patch.count
    sums.withUnsafeMutableBufferPointer { sums in
      products.withUnsafeMutableBufferPointer { products in
        for i in 0..<count {
          let value = patch[i]
          sums[i] += value
          let row = UnsafeMutableBufferPointer(rebasing: products[(i * count)..<((i + 1) * count)])
          for j in i..<count { row[j] += value * patch[j] }
        }
      }
    }
  }
}
