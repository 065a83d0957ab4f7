import KernelsISA

/// A batch of images for a network, gathered by index from a set of byte images and normalised by channel:
/// output = (byte · (1/255)) · scale + offset.
///
/// Each product is rounded before the next step, so that a byte becomes what ``ChannelScaling`` makes of the colour
/// byte · (1/255); all levels give the same bits.
public enum BatchAssembly: KernelOperation {
  public static let name = "batch-assembly"

  /// `batch` images of `channels` planes of `plane` bytes each.
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
    /// The whole set, `[images, channels, plane]`.
    public var images: UnsafePointer<UInt8>
    /// The image of the set that each image of the batch is: `batch` indices, each at least 0 and below the number of
    /// images.
    public var indices: UnsafePointer<Int32>
    /// What the colours of each channel, 0 to 1, are multiplied by: `[channels]`.
    public var scales: UnsafePointer<Float>
    /// What is then added: `[channels]`.
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
        let parts = Work(bytes: problem.batch * elements * 5, pieces: problem.batch).parts(threads: threads)
        let output = StreamedOutput(items: problem.batch, itemCount: elements, level: level)
        return PreparedKernel(workspaceByteCount: parts * output.byteCount) { operands, workspace in
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.batch)
            let own = workspace + part * output.byteCount
            var image = range.lowerBound
            while image < range.upperBound {
              let count = min(range.upperBound - image, output.chunk ?? range.count)
              let target = operands.output + image * elements
              var arguments = BatchAssemblyArguments(
                images: operands.images, indices: operands.indices + image, output: output.target(target, own),
                batch: count, channels: problem.channels, plane: problem.plane, scales: operands.scales,
                offsets: operands.offsets)
              function(&arguments)
              image += count
              // With one image at a time, the next is known.
              let next = image < range.upperBound ? operands.images + Int(operands.indices[image]) * elements : nil
              output.store(count, own, to: target, prefetching: PrefetchRange(first: next, byteCount: elements))
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
          let colour = Float(source[i]) * colourOfByte
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

/// A byte's colour is byte · this, from 0 to 1.
private let colourOfByte: Float = 1 / 255

struct BatchAssemblyArguments {
  var images: UnsafePointer<UInt8>
  /// One an image of the batch.
  var indices: UnsafePointer<Int32>
  var output: UnsafeMutablePointer<Float>
  var batch: Int
  var channels: Int
  var plane: Int
  /// One a channel.
  var scales: UnsafePointer<Float>
  /// One a channel.
  var offsets: UnsafePointer<Float>
}

/// The same for every level: LLVM's loop vectoriser widens bytes to floats in the level's own instructions, where
/// Swift's conversions of integer vectors are calls or go through scalars.
@inline(always)
func assemble(_ p: UnsafePointer<BatchAssemblyArguments>) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  let (scales, offsets) = (p.pointee.scales, p.pointee.offsets)
  var image = 0
  while image < p.pointee.batch {
    var source = p.pointee.images + Int(p.pointee.indices[image]) &* channels &* plane
    var destination = p.pointee.output + image &* channels &* plane
    if plane == 1 {
      var i = 0
      while i < channels {
        destination[i] = Float(source[i]) * colourOfByte * scales[i] + offsets[i]
        i &+= 1
      }
    } else {
      var channel = 0
      while channel < channels {
        let (scale, offset) = (scales[channel], offsets[channel])
        var i = 0
        while i < plane {
          destination[i] = Float(source[i]) * colourOfByte * scale + offset
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
