import KernelsISA

/// The gradients of ``PReLUForward``. With the output gradient g, the input gradient is g where x > 0, else slope·g, also where x
/// is NaN; the gradient of a channel's slope is the sum of x·g over the values that are not above 0.
///
/// The order of the sum for a slope depends on the level and the problem alone. The batch is divided into segments, at most 16,
/// such that segments · channels is about 64. In a segment, each plane is summed lane by lane in runs of 8192 values, or of 128
/// images if a plane is one pixel; the lanes of a run are added in Float, runs and segments in Double. Segments and channels are
/// partitioned among threads.
public enum PReLUBackward: KernelOperation {
  public static let name = "prelu"
  public static let pass = "backward-data"
  public typealias Problem = ChannelsProblem

  public struct Operands {
    /// `[batch, channels, plane]`, the input of the forward pass.
    public var input: UnsafePointer<Float>
    /// `[batch, channels, plane]`
    public var outputGradient: UnsafePointer<Float>
    /// The slopes, `[channels]`.
    public var weight: UnsafePointer<Float>
    /// `[batch, channels, plane]`; may be the output gradient's memory, but must not overlap it otherwise. Nil if not wanted.
    public var inputGradient: UnsafeMutablePointer<Float>?
    /// `[channels]`; nil if not wanted.
    public var weightGradient: UnsafeMutablePointer<Float>?

    public init(
      input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weight: UnsafePointer<Float>,
      inputGradient: UnsafeMutablePointer<Float>?, weightGradient: UnsafeMutablePointer<Float>?
    ) {
      self.input = input
      self.outputGradient = outputGradient
      self.weight = weight
      self.inputGradient = inputGradient
      self.weightGradient = weightGradient
    }
  }

  /// The number of segments of the batch.
  private static func segments(_ problem: Problem) -> Int {
    max(min(64 / max(problem.channels, 1), 16, problem.batch), 1)
  }

  /// `segments`: threads compute channels of segments of the batch; a vector holds neighbouring pixels of a channel, or
  /// neighbouring channels if a plane is one pixel.
  public static let kernels: [Kernel<PReLUBackward>] =
    InstructionSet.allCases.map { level in
      let function = Levels.preluBackward[level]
      return Kernel(algorithm: "segments", level: level) { problem, threads in
        let segments = segments(problem)
        let parts = Work(bytes: problem.count * 12, pieces: segments * problem.channels).parts(threads: threads)
        let byteCount = segments > 1 ? segments * problem.channels * MemoryLayout<Double>.stride : 0
        return PreparedKernel(workspaceByteCount: byteCount) { operands, workspace in
          run(function, problem, segments: segments, parts: parts, operands, workspace)
        }
      }
    } + [.reference(reference)]

  private static func run(
    _ function: LevelFunction<PReLUBackwardArguments>, _ problem: Problem, segments: Int, parts: Int,
    _ operands: Operands, _ workspace: UnsafeMutableRawPointer
  ) {
    let channels = problem.channels
    let sums = segments > 1 ? workspace.assumingMemoryBound(to: Double.self) : nil
    Parallel.run(parts: parts) { part in
      // An item is a channel of a segment.
      let items = Parallel.range(part, of: parts, items: segments * channels)
      withRowScratch { scratch in
        var item = items.lowerBound
        while item < items.upperBound {
          let (segment, firstChannel) = (item / channels, item % channels)
          let endChannel = min(channels, firstChannel + items.upperBound - item)
          let images = Parallel.range(segment, of: segments, items: problem.batch)
          var arguments = PReLUBackwardArguments(
            input: operands.input, outputGradient: operands.outputGradient, weight: operands.weight,
            inputGradient: operands.inputGradient, sums: sums.map { $0 + segment * channels },
            weightGradient: operands.weightGradient, channels: channels, plane: problem.plane,
            firstImage: images.lowerBound, endImage: images.upperBound, firstChannel: firstChannel,
            endChannel: endChannel, scratch: scratch)
          function(&arguments)
          item += endChannel - firstChannel
        }
      }
    }
    guard let sums, let weightGradient = operands.weightGradient else { return }
    for channel in 0..<channels {
      var total = 0.0
      for segment in 0..<segments { total += sums[segment * channels + channel] }
      weightGradient[channel] = Float(total)
    }
  }

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    for channel in 0..<problem.channels {
      let slope = operands.weight[channel]
      var sum = 0.0
      for image in 0..<problem.batch {
        for i in 0..<problem.plane {
          let offset = (image * problem.channels + channel) * problem.plane + i
          let (x, gradient) = (operands.input[offset], operands.outputGradient[offset])
          if !(x > 0) { sum += Double(x) * Double(gradient) }
          operands.inputGradient?[offset] = x > 0 ? gradient : gradient * slope
        }
      }
      operands.weightGradient?[channel] = Float(sum)
    }
  }
}

/// Values of a plane that are summed in Float before the sum is added in Double.
private let runLength = 8192

/// Images of one-pixel planes that are summed in Float before the sum is added in Double.
private let imagesAtOnce = 128

/// Channels that are computed together: their planes of an image are contiguous.
private let channelBlock = 16

/// The arguments of ``preluBackward(_:_:)``: some channels of a segment; arrays as in ``PReLUBackward/Operands``.
struct PReLUBackwardArguments {
  var input: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  /// `[channels]`: the slopes.
  var weight: UnsafePointer<Float>
  /// The input's shape; may be the output gradient's memory. Nil if not wanted.
  var inputGradient: UnsafeMutablePointer<Float>?
  /// `[channels]`: the segment's sum of each channel; nil if there is one segment.
  var sums: UnsafeMutablePointer<Double>?
  /// `[channels]`, written if `sums` is nil; nil if not wanted.
  var weightGradient: UnsafeMutablePointer<Float>?
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// The segment's first image.
  var firstImage: Int
  /// The image behind the segment's last.
  var endImage: Int
  /// The first channel to compute.
  var firstChannel: Int
  /// The channel behind the last to compute.
  var endChannel: Int
  /// Scratch memory of a vector.
  var scratch: UnsafeMutablePointer<Float>
}

@inline(always)
func preluBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PReLUBackwardArguments>) {
  if p.pointee.plane == 1 {
    columns(lanes, p)
  } else {
    planes(lanes, p)
  }
}

/// Stores the sum of a channel.
@inline(always)
private func storeGradient(_ p: UnsafePointer<PReLUBackwardArguments>, _ channel: Int, _ sum: Double) {
  if let sums = p.pointee.sums {
    sums[channel] = sum
  } else if let weightGradient = p.pointee.weightGradient {
    weightGradient[channel] = Float(sum)
  }
}

/// Planes of several pixels, one after the other.
@inline(always)
private func planes<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PReLUBackwardArguments>) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  var channel = p.pointee.firstChannel
  while channel < p.pointee.endChannel {
    let left = p.pointee.endChannel &- channel
    let count = left < channelBlock ? left : channelBlock
    var sums = zeros(InlineArray<16, Double>.self)
    var image = p.pointee.firstImage
    while image < p.pointee.endImage {
      var i = 0
      while i < count {
        let start = (image &* channels &+ channel &+ i) &* plane
        let slope = p.pointee.weight[channel &+ i]
        var done = 0
        while done < plane {
          let length = plane &- done < runLength ? plane &- done : runLength
          sums[i] += Double(sum(lanes, p, from: start &+ done, count: length, slope: slope))
          done &+= length
        }
        i &+= 1
      }
      image &+= 1
    }
    var i = 0
    while i < count {
      storeGradient(p, channel &+ i, sums[i])
      i &+= 1
    }
    channel &+= count
  }
}

/// Writes the input gradients of a run of values, and returns the sum of x·g over those that are not above 0.
@inline(always)
private func sum<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<PReLUBackwardArguments>, from start: Int, count: Int, slope: Float
) -> Float {
  let input = p.pointee.input + start
  let outputGradient = p.pointee.outputGradient + start
  let inputGradient = p.pointee.inputGradient.map { $0 + start }
  var (first, second) = (L.splat(0), L.splat(0))
  var i = 0
  while i &+ 2 &* L.count <= count {
    let (x0, g0) = (L.load(input + i), L.load(outputGradient + i))
    let (x1, g1) = (L.load(input + i + L.count), L.load(outputGradient + i + L.count))
    if let inputGradient {
      L.store(gradient(lanes, x0, g0, L.splat(slope)), inputGradient + i)
      L.store(gradient(lanes, x1, g1, L.splat(slope)), inputGradient + i + L.count)
    }
    first += term(lanes, x0, g0)
    second += term(lanes, x1, g1)
    i &+= 2 &* L.count
  }
  while i < count {
    let left = count &- i < L.count ? count &- i : L.count
    // The lanes behind the last value hold 0 and add nothing.
    let (x, g) = (L.load(input + i, first: left), L.load(outputGradient + i, first: left))
    if let inputGradient {
      L.store(gradient(lanes, x, g, L.splat(slope)), inputGradient + i, first: left)
    }
    first += term(lanes, x, g)
    i &+= L.count
  }
  return L.total(first + second)
}

/// Planes of one pixel: a vector holds neighbouring channels of an image, and each lane sums a channel.
@inline(always)
private func columns<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PReLUBackwardArguments>) {
  let channels = p.pointee.channels
  var channel = p.pointee.firstChannel
  while channel < p.pointee.endChannel {
    let left = p.pointee.endChannel &- channel
    let width = left < L.count ? left : L.count
    let slope = L.load(p.pointee.weight + channel, first: width)
    var sums = zeros(InlineArray<16, Double>.self)
    var image = p.pointee.firstImage
    while image < p.pointee.endImage {
      let end = p.pointee.endImage &- image < imagesAtOnce ? p.pointee.endImage : image &+ imagesAtOnce
      var sum = L.splat(0)
      while image < end {
        let start = image &* channels &+ channel
        let x = L.load(p.pointee.input + start, first: width)
        let g = L.load(p.pointee.outputGradient + start, first: width)
        if let inputGradient = p.pointee.inputGradient {
          L.store(gradient(lanes, x, g, slope), inputGradient + start, first: width)
        }
        sum += term(lanes, x, g)
        image &+= 1
      }
      L.store(sum, p.pointee.scratch)
      var lane = 0
      while lane < L.count {
        sums[lane] += Double(p.pointee.scratch[lane])
        lane &+= 1
      }
    }
    var lane = 0
    while lane < width {
      storeGradient(p, channel &+ lane, sums[lane])
      lane &+= 1
    }
    channel &+= L.count
  }
}

/// The input gradients of a vector.
@inline(always)
private func gradient<L: Lanes>(_ lanes: L.Type, _ x: L.Vector, _ g: L.Vector, _ slope: L.Vector) -> L.Vector {
  (g * slope).replacing(with: g, where: x .> L.splat(0))
}

/// The terms of the slope's gradient.
@inline(always)
private func term<L: Lanes>(_ lanes: L.Type, _ x: L.Vector, _ g: L.Vector) -> L.Vector {
  (x * g).replacing(with: L.splat(0), where: x .> L.splat(0))
}
