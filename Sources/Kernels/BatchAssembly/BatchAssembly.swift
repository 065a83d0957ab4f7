import KernelsISA

/// Gathers a batch of images by index from a set of byte images, and normalises them by channel:
/// output = (byte · (1/255)) · scale + offset.
///
/// Each product is rounded before the next step, so that the result has the bits that ``ChannelScaling`` computes from
/// the colour byte · (1/255). All levels give the same bits.
public enum BatchAssembly: KernelOperation {
  public static let name = "batch-assembly"

  /// `batch` images of `channels` planes of `plane` pixels each.
  public struct Problem: Sendable, Hashable {
    public var batch: Int
    public var channels: Int
    public var plane: Int

    public init(batch: Int, channels: Int, plane: Int) {
      self.batch = batch
      self.channels = channels
      self.plane = plane
    }
  }

  public struct Operands {
    /// The whole set of images, `[images, channels, plane]`.
    public var images: UnsafePointer<UInt8>
    /// `[batch]`: the index in the set of each image of the batch, at least 0 and below the number of images.
    public var indices: UnsafePointer<Int32>
    /// `[channels]`: the factor of a channel's colours, which are 0 to 1.
    public var scales: UnsafePointer<Float>
    /// `[channels]`: added to the products.
    public var offsets: UnsafePointer<Float>
    /// `[batch, channels, plane]`
    public var output: UnsafeMutablePointer<Float>

    public init(
      images: UnsafePointer<UInt8>, indices: UnsafePointer<Int32>, scales: UnsafePointer<Float>,
      offsets: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
      self.images = images
      self.indices = indices
      self.scales = scales
      self.offsets = offsets
      self.output = output
    }
  }

  public static let kernels: [Kernel<BatchAssembly>] = {
    let levels = InstructionSet.allCases.map { level in
      let function = Levels.batchAssembly[level]
      return Kernel<BatchAssembly>(algorithm: "elementwise", level: level) { problem, threads in
        let elements = problem.channels * problem.plane
        let bytes = elements * (MemoryLayout<Float>.stride + bytesOfRandomByte)
        let parts = Work(bytes: problem.batch * bytes, pieces: problem.batch).parts(threads: threads)
        let output = StreamedOutput(items: problem.batch, itemCount: elements, level: level)
        return PreparedKernel(workspaceByteCount: parts * output.byteCount) { operands, workspace in
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.batch)
            let threadWorkspace = workspace + part * output.byteCount
            var image = range.lowerBound
            while image < range.upperBound {
              let count = min(range.upperBound - image, output.chunk ?? range.count)
              let target = operands.output + image * elements
              var arguments = BatchAssemblyArguments(
                images: operands.images, indices: operands.indices + image,
                output: output.target(target, threadWorkspace),
                batch: count, channels: problem.channels, plane: problem.plane, scales: operands.scales,
                offsets: operands.offsets)
              function(&arguments)
              image += count
              // The first image of the next chunk is prefetched.
              let next = image < range.upperBound ? operands.images + Int(operands.indices[image]) * elements : nil
              output.store(
                count, threadWorkspace, to: target, prefetching: PrefetchRange(first: next, byteCount: elements))
            }
            output.finish()
          }
        }
      }
    }
    let reference = Kernel<BatchAssembly>.reference { problem, operands in
      let elements = problem.channels * problem.plane
      for image in 0..<problem.batch {
        let source = operands.images + Int(operands.indices[image]) * elements
        for i in 0..<elements {
          let channel = i / problem.plane
          let colour = Float(source[i]) * colourScale
          operands.output[image * elements + i] = colour * operands.scales[channel] + operands.offsets[channel]
        }
      }
    }
    return levels + [reference]
  }()

  /// - Throws: ``KernelError`` for negative sizes, and for more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "batch", problem.batch, in: 0...Int(Int32.max))
    try require(name, "channels", problem.channels, in: 0...Int(Int32.max))
    try require(name, "plane", problem.plane, in: 0...Int(Int32.max))
    _ = try product(name, problem.channels, problem.plane, Swift.max(problem.batch, 1), MemoryLayout<Float>.stride)
  }
}

/// A byte's colour, 0 to 1, is byte · colourScale.
private let colourScale: Float = 1 / 255

/// A byte of an image somewhere in memory takes as long as so many bytes of a cache.
private let bytesOfRandomByte = 16

/// How many images ahead of the current one are prefetched, and at most how many bytes of each: the processor itself
/// follows the rest.
private let imagesAhead = 2
private let mostPrefetchedBytes = 4096

/// The arguments of the level functions of ``BatchAssembly``.
struct BatchAssemblyArguments {
  /// `[images, channels, plane]`
  var images: UnsafePointer<UInt8>
  /// `[batch]`
  var indices: UnsafePointer<Int32>
  /// `[batch, channels, plane]`
  var output: UnsafeMutablePointer<Float>
  var batch: Int
  var channels: Int
  var plane: Int
  /// `[channels]`
  var scales: UnsafePointer<Float>
  /// `[channels]`
  var offsets: UnsafePointer<Float>
}

/// Prefetches the beginning of an image of the batch.
@inline(always)
private func prefetchImage(_ p: UnsafePointer<BatchAssemblyArguments>, _ image: Int) {
  let bytes = p.pointee.channels &* p.pointee.plane
  let source = p.pointee.images + Int(p.pointee.indices[image]) &* bytes
  var offset = 0
  while offset < Swift.min(bytes, mostPrefetchedBytes) {
    prefetch(source + offset)
    offset &+= 64
  }
}

/// The body does without `Lanes`: LLVM's loop vectoriser compiles the conversion of bytes to floats to each level's
/// instructions, whereas Swift's conversions of integer vectors are calls or go through scalars.
@inline(always)
func assemble(_ p: UnsafePointer<BatchAssemblyArguments>) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  let (scales, offsets) = (p.pointee.scales, p.pointee.offsets)
  var image = 0
  while image < Swift.min(imagesAhead, p.pointee.batch) {
    prefetchImage(p, image)
    image &+= 1
  }
  image = 0
  while image < p.pointee.batch {
    if image &+ imagesAhead < p.pointee.batch { prefetchImage(p, image &+ imagesAhead) }
    var source = p.pointee.images + Int(p.pointee.indices[image]) &* channels &* plane
    var destination = p.pointee.output + image &* channels &* plane
    if plane == 1 {
      var i = 0
      while i < channels {
        destination[i] = Float(source[i]) * colourScale * scales[i] + offsets[i]
        i &+= 1
      }
    } else {
      var channel = 0
      while channel < channels {
        let (scale, offset) = (scales[channel], offsets[channel])
        var i = 0
        while i < plane {
          destination[i] = Float(source[i]) * colourScale * scale + offset
          i &+= 1
        }
        source += plane
        destination += plane
        channel &+= 1
      }
    }
    image &+= 1
  }
}
