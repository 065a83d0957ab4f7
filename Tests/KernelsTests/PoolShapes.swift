import Kernels

/// The shapes that the pooling tests walk.
enum PoolShapes {
  static let channels = [1, 3, 5, 6, 7, 13, 17]

  /// 2×2 windows with stride 2 over every width to 40: whole and partial vectors, leftover rows and columns.
  static let twoByTwo: [Pool2DShape] = (1...40).flatMap { width in
    [2, 3, 5, 10].map { height in
      Pool2DShape(
        batch: 1 + width % 3, channels: channels[(width + height) % 7], inputHeight: height, inputWidth: width,
        kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2, ceilMode: (width + height) % 4 == 0)
    }
  }

  /// Kernels 1 to 4 with strides 1 to 3, padding, dilation and ceilMode, different along each axis.
  static func windows(maximumDilation: Int) -> [Pool2DShape] {
    var shapes: [Pool2DShape] = []
    for width in 1...40 {
      for variant in 0..<12 {
        let i = width * 12 + variant
        let (kernelHeight, kernelWidth) = (1 + variant / 3, 1 + (variant + width) % 4)
        shapes.append(
          Pool2DShape(
            batch: 1 + i % 2, channels: channels[i % 7], inputHeight: 1 + (i * 7) % 13, inputWidth: width,
            kernelHeight: kernelHeight, kernelWidth: kernelWidth, strideHeight: 1 + i % 3, strideWidth: 1 + variant % 3,
            paddingHeight: kernelHeight / 2 * (i / 2 % 2), paddingWidth: kernelWidth / 2 * (i / 3 % 2),
            dilationHeight: 1 + i / 5 % maximumDilation, dilationWidth: 1 + i / 7 % maximumDilation,
            ceilMode: i % 2 == 0, countIncludePad: i / 4 % 2 == 0))
      }
    }
    return shapes
  }

  /// 3×3 windows at strides 1 and 2 over every width to 50, with borders that cut them and without.
  static let threeByThree: [Pool2DShape] = (1...50).flatMap { width in
    (0..<4).map { variant in
      let (stride, padding) = (1 + variant % 2, variant / 2)
      return Pool2DShape(
        batch: 1 + width % 2, channels: channels[(width + variant) % 7], inputHeight: 1 + (width * 3 + variant) % 23,
        inputWidth: width, kernelHeight: 3, kernelWidth: 3, strideHeight: stride, strideWidth: stride,
        paddingHeight: padding, paddingWidth: padding, ceilMode: width % 3 == 0, countIncludePad: width % 4 < 2)
    }
  }

  /// Windows side by side over every width to 50, with leftover rows and columns.
  static let tiles: [Pool2DShape] = (1...50).flatMap { width in
    [(3, 3), (2, 3), (4, 4), (4, 2)].map { height, kernelWidth in
      Pool2DShape(
        batch: 1 + width % 2, channels: channels[(width + height) % 7], inputHeight: height + width * 3 % 11,
        inputWidth: width, kernelHeight: height, kernelWidth: kernelWidth, strideHeight: height,
        strideWidth: kernelWidth)
    }
  }

  /// Shapes that are large enough for several threads.
  static let large = Pool2DShape(
    batch: 13, channels: 17, inputHeight: 33, inputWidth: 40, kernelHeight: 3, kernelWidth: 3, strideHeight: 2,
    strideWidth: 2, paddingHeight: 1, paddingWidth: 1)
  static let largeTwoByTwo = Pool2DShape(
    batch: 23, channels: 17, inputHeight: 28, inputWidth: 28, kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
    strideWidth: 2)

  /// The valid ones of the shapes above for an operation.
  static func valid<Op: KernelOperation>(for operation: Op.Type, maximumDilation: Int = 3) -> [Pool2DShape]
  where Op.Problem == Pool2DShape {
    (twoByTwo + threeByThree + tiles + windows(maximumDilation: maximumDilation) + [large, largeTwoByTwo])
      .filter { (try? Op.validate($0)) != nil }
  }
}

extension Pool2DShape {
  var inputCount: Int { batch * channels * inputHeight * inputWidth }
  var outputCount: Int { batch * channels * outputHeight * outputWidth }
}
