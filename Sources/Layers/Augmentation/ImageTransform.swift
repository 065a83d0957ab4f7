import Kernels

/// The description of a random transform of an image that does not change its class.
///
/// Transforms work on colours from 0 to 1, before normalisation. The result depends on the image and the generator
/// alone; a ``BatchLoader`` has a separate generator for every image of every epoch.
///
/// Your own transform changes `image.pixels` in place, or writes the result to `image.scratch` and calls
/// ``WorkingImage/replace(height:width:)``.
public protocol ImageTransform: Sendable {
  /// The shape of the result for an image of `[channels, height, width]`; by default unchanged.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for an image shape or an option that is not valid.
  func outputShape(for shape: Shape) throws(DataError) -> Shape
  /// The number of floats that the scratch memory must hold. It always holds at least the image and the result; by
  /// default no more is needed.
  func scratchCount(for shape: Shape) -> Int
  /// Transforms an image whose shape ``outputShape(for:)`` accepted.
  func apply(to image: inout WorkingImage, using random: inout SplitMix64)
}

extension ImageTransform {
  public func outputShape(for shape: Shape) throws(DataError) -> Shape { shape }
  public func scratchCount(for shape: Shape) -> Int { 0 }
}

/// An image that is being transformed, with scratch memory.
public struct WorkingImage {
  /// The number of channels.
  public let channels: Int
  /// The number of rows.
  public private(set) var height: Int
  /// The number of columns.
  public private(set) var width: Int
  /// The image, `[channels, height, width]`.
  public private(set) var pixels: UnsafeMutablePointer<Float>
  /// Memory for results and intermediate values; uninitialised.
  public private(set) var scratch: UnsafeMutablePointer<Float>
  /// The number of epochs before this one; 0 where there are no epochs.
  public let epoch: Int
  /// A seed that is the same for the image in every epoch, and another for every image: for a random choice that holds
  /// for the whole training.
  public let imageSeed: UInt64
  let kernels: ImageKernels

  init(
    shape: Shape, pixels: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, epoch: Int = 0,
    imageSeed: UInt64 = 0, kernels: ImageKernels
  ) {
    self.epoch = epoch
    self.imageSeed = imageSeed
    self.kernels = kernels
    channels = shape[0]
    height = shape[1]
    width = shape[2]
    self.pixels = pixels
    self.scratch = scratch
  }

  /// The number of values of the image.
  public var count: Int { channels * plane }
  /// The number of pixels of the image.
  public var plane: Int { height * width }

  /// Makes the content of ``scratch``, `[channels, height, width]` with the given sizes, the image.
  public mutating func replace(height: Int, width: Int) {
    (pixels, scratch) = (scratch, pixels)
    self.height = height
    self.width = width
  }
}

extension WorkingImage {
  /// - Throws: ``DataError`` if `KERNELS_ISA` is not a valid level.
  static func bestKernels() throws(DataError) -> ImageKernels {
    do {
      return try ImageKernels.shared.get()
    } catch {
      throw .invalidOption(name: "the level of kernels", value: "unknown", expected: "\(error)")
    }
  }
}

/// A sequence of transforms, planned for one image shape, with its memory.
final class TransformChain {
  let outputShape: Shape
  private let inputShape: Shape
  private let transforms: [any ImageTransform]
  private let first: FloatStorage
  private let second: FloatStorage
  private let kernels: ImageKernels

  /// - Throws: ``DataError`` if a transform does not accept the shape that the previous one produces.
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

  /// The memory for the image that ``run(using:)`` transforms.
  var input: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: first.pointer, count: inputShape.count)
  }

  /// Transforms the image in ``input``; the result is valid until the next run.
  ///
  /// - Parameters:
  ///   - random: the generator of this image in this epoch.
  ///   - epoch: the number of epochs before this one.
  ///   - imageSeed: the seed of the image, the same in every epoch.
  func run(using random: inout SplitMix64, epoch: Int = 0, imageSeed: UInt64 = 0) -> UnsafeMutablePointer<Float> {
    var image = WorkingImage(
      shape: inputShape, pixels: first.pointer, scratch: second.pointer, epoch: epoch, imageSeed: imageSeed,
      kernels: kernels)
    for transform in transforms { transform.apply(to: &image, using: &random) }
    return image.pixels
  }
}

extension Tensor {
  /// The transformed image; both are `[channels, height, width]`, colours from 0 to 1.
  ///
  ///     var random = SplitMix64(seed: 1)
  ///     let tilted = try image.transformed(by: RandomRotation(degrees: 15), using: &random)
  ///
  /// - Throws: ``DataError`` if a transform does not accept an image of this shape.
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
