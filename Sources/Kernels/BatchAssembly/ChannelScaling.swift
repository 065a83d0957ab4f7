import KernelsISA

/// Multiplies each channel by its scale and adds its offset: output = input · scale + offset. The product is rounded
/// before the offset is added, so all levels give the same bits.
public enum ChannelScaling: KernelOperation {
  public static let name = "channel-scaling"
  public typealias Problem = ChannelsProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[channels]`
    public var scales: UnsafePointer<Float>
    /// `[channels]`; nil to add nothing.
    public var offsets: UnsafePointer<Float>?
    /// `[batch, channels, plane]`; may be exactly the input's memory, but not overlap it otherwise.
    public var output: UnsafeMutablePointer<Float>

    public init(
      input: UnsafePointer<Float>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>
    ) {
      self.input = input
      self.scales = scales
      self.offsets = offsets
      self.output = output
    }
  }

  public static let kernels: [Kernel<ChannelScaling>] = {
    let levels = Kernel<ChannelScaling>.levelRows(
      "elementwise", Levels.channelScaling, work: { Work(bytes: $0.count * 8, pieces: $0.batch) },
      run: { body, problem, parts, operands in
        let image = problem.channels * problem.plane
        let nonTemporal =
          problem.plane % 16 == 0
          && Streaming.streams(problem.batch * image, from: operands.input, to: operands.output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.batch)
          var arguments = ChannelScalingArguments(
            input: operands.input + range.lowerBound * image, output: operands.output + range.lowerBound * image,
            batch: range.count, channels: problem.channels, plane: problem.plane, scales: operands.scales,
            offsets: operands.offsets, nonTemporal: nonTemporal)
          body(&arguments)
        }
      })
    let reference = Kernel<ChannelScaling>.reference { problem, operands in
      for i in 0..<problem.batch * problem.channels * problem.plane {
        let channel = i / problem.plane % problem.channels
        let product = operands.input[i] * operands.scales[channel]
        operands.output[i] = operands.offsets.map { product + $0[channel] } ?? product
      }
    }
    return levels + [reference]
  }()
}

/// The arguments of the level functions of ``ChannelScaling``.
struct ChannelScalingArguments {
  /// `[batch, channels, plane]`
  var input: UnsafePointer<Float>
  /// `[batch, channels, plane]`; may be the input's memory.
  var output: UnsafeMutablePointer<Float>
  var batch: Int
  var channels: Int
  var plane: Int
  /// `[channels]`
  var scales: UnsafePointer<Float>
  /// `[channels]`; nil to add nothing.
  var offsets: UnsafePointer<Float>?
  /// Whether the output is stored non-temporally: it is then other memory, and its planes are whole, aligned vectors.
  var nonTemporal: Bool
}

@inline(always)
func scale<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ChannelScalingArguments>) {
  if p.pointee.nonTemporal {
    scale(lanes, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    scale(lanes, p, nonTemporal: false)
  }
}

@inline(always)
func scale<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ChannelScalingArguments>, nonTemporal: Bool) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  let scales = p.pointee.scales
  var input = p.pointee.input
  var output = p.pointee.output
  var image = 0
  while image < p.pointee.batch {
    if plane == 1 {
      scaleFeatures(lanes, input, output, scales, p.pointee.offsets, count: channels)
      input += channels
      output += channels
    } else {
      var channel = 0
      while channel < channels {
        let factor = scales[channel]
        if let offsets = p.pointee.offsets {
          let term = offsets[channel]
          var i = 0
          while i &+ L.count <= plane {
            L.store(L.load(input + i) * L.splat(factor) + L.splat(term), output + i, nonTemporal: nonTemporal)
            i &+= L.count
          }
          while i < plane {
            output[i] = input[i] * factor + term
            i &+= 1
          }
        } else {
          var i = 0
          while i &+ L.count <= plane {
            L.store(L.load(input + i) * L.splat(factor), output + i, nonTemporal: nonTemporal)
            i &+= L.count
          }
          while i < plane {
            output[i] = input[i] * factor
            i &+= 1
          }
        }
        input += plane
        output += plane
        channel &+= 1
      }
    }
    image &+= 1
  }
}

/// Scales one image whose channels are single values.
@inline(always)
private func scaleFeatures<L: Lanes>(
  _ lanes: L.Type, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
  _ scales: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>?, count: Int
) {
  var i = 0
  if let offsets {
    while i &+ L.count <= count {
      L.store(L.load(input + i) * L.load(scales + i) + L.load(offsets + i), output + i)
      i &+= L.count
    }
    while i < count {
      output[i] = input[i] * scales[i] + offsets[i]
      i &+= 1
    }
  } else {
    while i &+ L.count <= count {
      L.store(L.load(input + i) * L.load(scales + i), output + i)
      i &+= L.count
    }
    while i < count {
      output[i] = input[i] * scales[i]
      i &+= 1
    }
  }
}
