import Kernels

/// A random change of an image that leaves its class as it is: a value that says what, not how it came out.
///
/// Transforms work on colours from 0 to 1, before normalisation. What comes out follows from the image and the
/// generator alone; a ``BatchLoader`` gives every image of every epoch a generator of its own.
///
/// One's own transform changes `image.pixels` in place, or writes all of `image.scratch` and calls
/// ``WorkingImage/replace(height:width:)``.
public protocol ImageTransform: Sendable {
  /// The shape of the result for an image of `[channels, height, width]`; by default the same.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for an image that it does not work on.
  func outputShape(for shape: Shape) throws(DataError) -> Shape
  /// How many floats the scratch memory has to hold; by default those of the image or of the result, whichever has more.
  func scratchCount(for shape: Shape) -> Int
  /// Transforms an image whose shape ``outputShape(for:)`` accepted.
  func apply(to image: inout WorkingImage, using random: inout SplitMix64)
}

extension ImageTransform {
  public func outputShape(for shape: Shape) throws(DataError) -> Shape { shape }
  public func scratchCount(for shape: Shape) -> Int { 0 }
}

/// An image on its way through transforms, and scratch memory beside it.
public struct WorkingImage {
  public let channels: Int
  public private(set) var height: Int
  public private(set) var width: Int
  /// `[channels, height, width]`
  public private(set) var pixels: UnsafeMutablePointer<Float>
  /// Memory for a result or an intermediate one; it holds anything.
  public private(set) var scratch: UnsafeMutablePointer<Float>
  let kernels: ImageKernels

  init(
    shape: Shape, pixels: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, kernels: ImageKernels
  ) {
    self.kernels = kernels
    channels = shape[0]
    height = shape[1]
    width = shape[2]
    self.pixels = pixels
    self.scratch = scratch
  }

  /// The number of values.
  public var count: Int { channels * plane }
  /// The number of pixels.
  public var plane: Int { height * width }

  /// Makes what was written to ``scratch`` the image.
  public mutating func replace(height: Int, width: Int) {
    (pixels, scratch) = (scratch, pixels)
    self.height = height
    self.width = width
  }
}

extension WorkingImage {
  /// - Throws: ``DataError`` where `KERNELS_ISA` names no level.
  static func bestKernels() throws(DataError) -> ImageKernels {
    do {
      return try ImageKernels.shared.get()
    } catch {
      throw .invalidOption(name: "the level of kernels", value: "unknown", expected: "\(error)")
    }
  }
}

/// Transforms one after another, with the memory that they need for images of one shape.
final class TransformChain {
  let outputShape: Shape
  private let inputShape: Shape
  private let transforms: [any ImageTransform]
  private let first: FloatStorage
  private let second: FloatStorage
  private let kernels: ImageKernels

  /// - Throws: ``DataError`` when a transform does not work on what comes to it.
  init(_ transforms: [any ImageTransform], inputShape: Shape) throws(DataError) {
    guard inputShape.rank == 3, inputShape.dimensions.allSatisfy({ $0 > 0 }) else {
      throw .invalidOption(
        name: "the shape of images to transform", value: "\(inputShape)", expected: "[channels, height, width]")
    }
    self.inputShape = inputShape
    self.transforms = transforms
    kernels = try WorkingImage.bestKernels()
    var shape = inputShape
    var capacity = shape.count
    for transform in transforms {
      let output = try transform.outputShape(for: shape)
      guard output.rank == 3, output[0] == shape[0], output.dimensions.allSatisfy({ $0 > 0 }) else {
        throw .invalidOption(
          name: "\(type(of: transform))'s output shape", value: "\(output)", expected: "[\(shape[0]), height, width]")
      }
      capacity = max(capacity, output.count, transform.scratchCount(for: shape))
      shape = output
    }
    guard capacity <= ShapeError.largestCount, FloatStorage.fits(capacity) else {
      throw .invalidOption(
        name: "the size of a transformed image", value: "\(capacity)", expected: "what memory there is for")
    }
    outputShape = shape
    first = FloatStorage(uninitialized: capacity)
    second = FloatStorage(uninitialized: capacity)
  }

  /// Where the image is written that ``run(using:)`` transforms.
  var input: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: first.pointer, count: inputShape.count)
  }

  /// Transforms the image in ``input``; the result is valid until the next.
  func run(using random: inout SplitMix64) -> UnsafeMutablePointer<Float> {
    var image = WorkingImage(shape: inputShape, pixels: first.pointer, scratch: second.pointer, kernels: kernels)
    for transform in transforms { transform.apply(to: &image, using: &random) }
    return image.pixels
  }
}

extension Tensor {
  /// The image transformed: `[channels, height, width]`, colours from 0 to 1.
  ///
  ///     var random = SplitMix64(seed: 1)
  ///     let tilted = try image.transformed(by: RandomRotation(degrees: 15), using: &random)
  ///
  /// - Throws: ``DataError`` when a transform does not work on an image of this shape.
  public func transformed(
    by transforms: any ImageTransform..., using random: inout SplitMix64
  ) throws(DataError) -> Tensor {
    let chain = try TransformChain(transforms, inputShape: shape)
    withUnsafeBufferPointer { _ = chain.input.update(from: $0) }
    let result = chain.run(using: &random)
    let shape = chain.outputShape
    return Tensor(shape: shape, storage: FloatStorage(copying: result, count: shape.count))
  }
}
