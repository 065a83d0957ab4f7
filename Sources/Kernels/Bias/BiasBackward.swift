import KernelsISA

/// The gradient of a bias: the sum of its channel's output gradients over batch and plane.
///
/// The order of the sum depends only on the level and the problem: lane by lane over the vectors of a plane and over
/// the images, then the lanes of the vector by halves. Threads share the channels.
public enum BiasBackward: KernelOperation {
  public static let name = "bias"
  public static let pass = "backward-weights"
  public typealias Problem = ChannelsProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var outputGradient: UnsafePointer<Float>
    /// `[channels]`, overwritten.
    public var biasGradient: UnsafeMutablePointer<Float>

    public init(outputGradient: UnsafePointer<Float>, biasGradient: UnsafeMutablePointer<Float>) {
      self.outputGradient = outputGradient
      self.biasGradient = biasGradient
    }
  }

  public static let kernels: [Kernel<BiasBackward>] = {
    let levels = Kernel<BiasBackward>.levelRows(
      "channels", Levels.biasBackward, work: { Work(bytes: $0.count * 4, pieces: $0.channels) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.channels)
          var arguments = BiasBackwardArguments(
            outputGradient: operands.outputGradient, biasGradient: operands.biasGradient, batch: problem.batch,
            channels: problem.channels, plane: problem.plane, firstChannel: range.lowerBound,
            endChannel: range.upperBound)
          body(&arguments)
        }
      })
    let reference = Kernel<BiasBackward>.reference { problem, operands in
      for channel in 0..<problem.channels {
        var sum = 0.0
        for image in 0..<problem.batch {
          for i in 0..<problem.plane {
            sum += Double(operands.outputGradient[(image * problem.channels + channel) * problem.plane + i])
          }
        }
        operands.biasGradient[channel] = Float(sum)
      }
    }
    return levels + [reference]
  }()
}

/// The arguments of the level functions of ``BiasBackward``.
struct BiasBackwardArguments {
  /// `[batch, channels, plane]`
  var outputGradient: UnsafePointer<Float>
  /// `[channels]`
  var biasGradient: UnsafeMutablePointer<Float>
  var batch: Int
  var channels: Int
  var plane: Int
  /// The first channel that is summed.
  var firstChannel: Int
  /// The channel after the last that is summed.
  var endChannel: Int
}

@inline(always)
func sumChannels<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BiasBackwardArguments>) {
  if p.pointee.plane == 1 {
    sumColumns(lanes, p)
  } else {
    sumPlanes(lanes, p)
  }
}

/// Sums planes of one value: the channels are contiguous, so each lane of a vector sums another channel. The rows of
/// the batch are added to four sums in turn, which hides the latency of the additions. The last rows, where a whole
/// vector could reach beyond the array, are added to the first sum.
@inline(always)
private func sumColumns<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BiasBackwardArguments>) {
  let channels = p.pointee.channels
  if channels == 0 { return }
  let batch = p.pointee.batch
  let total = batch &* channels
  let lastRows = (L.count &+ channels &- 1) / channels
  let rowsInFours = Swift.max(batch &- lastRows, 0) / 4 &* 4
  var channel = p.pointee.firstChannel
  while channel < p.pointee.endChannel {
    let width = Swift.min(L.count, p.pointee.endChannel &- channel)
    var sums = InlineArray<4, L.Vector>(repeating: L.splat(0))
    var row = 0
    while row < rowsInFours {
      let values = p.pointee.outputGradient + row &* channels + channel
      for i in 0..<4 { sums[i] += L.load(values + i &* channels) }
      row &+= 4
    }
    while row < batch {
      let start = row &* channels &+ channel
      let isWhole = start &+ L.count <= total
      let values = p.pointee.outputGradient + start
      sums[0] += isWhole ? L.load(values) : L.load(values, first: width)
      row &+= 1
    }
    L.store((sums[0] + sums[1]) + (sums[2] + sums[3]), p.pointee.biasGradient + channel, first: width)
    channel &+= L.count
  }
}

/// Channels of a block, whose planes are read one after the other.
private let channelBlock = 16

/// Sums larger planes: a block of channels image by image, so that long runs of memory are read in order. The last
/// vector of a plane overlaps the one before it, or reaches into the next plane; lanes that are counted elsewhere are
/// replaced by 0.
@inline(always)
private func sumPlanes<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BiasBackwardArguments>) {
  let plane = p.pointee.plane
  let total = p.pointee.batch &* p.pointee.channels &* plane
  let isBeyond = L.laneIndices .>= L.splat(Float(plane))
  var channel = p.pointee.firstChannel
  while channel < p.pointee.endChannel {
    let remaining = p.pointee.endChannel &- channel
    let count = remaining < channelBlock ? remaining : channelBlock
    var sums = zeros(InlineArray<16, L.Vector>.self)
    var image = 0
    while image < p.pointee.batch {
      var i = 0
      while i < count {
        let start = (image &* p.pointee.channels &+ channel &+ i) &* plane
        let values = p.pointee.outputGradient + start
        if plane < L.count {
          let last = start &+ L.count <= total ? L.load(values) : L.load(values, first: plane)
          sums[i] += last.replacing(with: L.splat(0), where: isBeyond)
        } else {
          sums[i] += planeSum(lanes, values, count: plane)
        }
        i &+= 1
      }
      image &+= 1
    }
    var i = 0
    while i < count {
      p.pointee.biasGradient[channel &+ i] = L.total(sums[i])
      i &+= 1
    }
    channel &+= count
  }
}

/// The prefetch distance, in elements.
private let prefetchDistance = 1024

/// The lane by lane sum of a plane of at least one vector. Four sums hide the latency of the additions.
@inline(always)
private func planeSum<L: Lanes>(_ lanes: L.Type, _ values: UnsafePointer<Float>, count: Int) -> L.Vector {
  let whole = count / L.count &* L.count
  var (a, b, c, d) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
  var i = 0
  while i &+ 4 &* L.count <= whole {
    var line = 0
    while line < 4 &* L.count {
      prefetch(values + (i &+ line &+ prefetchDistance))
      line &+= 16
    }
    a += L.load(values + i)
    b += L.load(values + i + L.count)
    c += L.load(values + i + 2 &* L.count)
    d += L.load(values + i + 3 &* L.count)
    i &+= 4 &* L.count
  }
  while i < whole {
    a += L.load(values + i)
    i &+= L.count
  }
  if whole < count {
    let final = count &- L.count
    let isCounted = L.splat(Float(whole &- final)) .> L.laneIndices
    d += L.load(values + final).replacing(with: L.splat(0), where: isCounted)
  }
  return (a + b) + (c + d)
}
