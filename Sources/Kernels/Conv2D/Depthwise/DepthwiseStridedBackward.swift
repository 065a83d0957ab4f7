import KernelsISA

// The input gradient of a depthwise convolution with a 3×3 kernel, stride 2 and padding 1. A vector holds neighbouring
// gradients of an output row. They are those of as many even columns of the input, by the kernel's second column, and of
// as many odd ones, by its third; the odd ones also take the kernel's first column times the gradients one further to
// the right. An even row of the input meets one row of gradients, an odd row that one and the next.

/// The arguments of `convolveDepthwiseStridedBackward`: planes firstPlane ..< endPlane, of an even width.
struct DepthwiseStridedBackwardArguments {
  /// All planes of the output gradient, [image][channel].
  var source: UnsafePointer<Float>
  /// Elements of all planes of the output gradient.
  var sourceCount: Int
  /// All planes of the input gradient, [image][channel].
  var target: UnsafeMutablePointer<Float>
  /// The 3×3 kernels of all channels.
  var weights: UnsafePointer<Float>
  /// The first plane to compute.
  var firstPlane: Int
  /// The end of the planes to compute.
  var endPlane: Int
  /// Plane p has channel p mod channels.
  var channels: Int
  /// Rows of a plane of the target.
  var height: Int
  /// Columns of a plane of the target, an even number.
  var width: Int
  /// Whether the target is written with non-temporal stores; its rows are then whole cache lines, and aligned.
  var nonTemporal: Bool
  /// Memory for a vector, and a plane of the source with two vectors behind it.
  var scratch: UnsafeMutablePointer<Float>
}

/// Computes planes with whole vectors, or with vectors of half the lanes where those hold a row of gradients.
@inline(always)
func convolveDepthwiseStridedBackward<L: HalfLanes>(
  _ lanes: L.Type, _ p: UnsafePointer<DepthwiseStridedBackwardArguments>
) {
  if L.count == 16 && p.pointee.width <= 16 {
    convolvePlanes(L.Half.self, p)
  } else {
    convolvePlanes(lanes, p)
  }
  if p.pointee.nonTemporal { isa_stream_fence() }
}

@inline(always)
private func convolvePlanes<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseStridedBackwardArguments>) {
  let arguments = p.pointee
  let width = arguments.width / 2
  let count = (arguments.height &+ 1) / 2 &* width
  let targetCount = arguments.height &* arguments.width
  var plane = arguments.firstPlane
  while plane < arguments.endPlane {
    let start = plane &* count
    var source = arguments.source + start
    if start &+ count &+ 2 &* L.count > arguments.sourceCount {
      // Vectors may not read beyond the last plane in memory: a copy is read instead.
      let copy = arguments.scratch + L.count
      L.copyRow(source, copy, count: count)
      source = UnsafePointer(copy)
    }
    let kernel = StridedBackwardKernel(
      lanes, weights: arguments.weights + plane % arguments.channels &* 9, arguments)
    var target = arguments.target + plane &* targetCount
    var y = 0
    while y < arguments.height {
      kernel.convolveRows(
        source, target, isWhole: y &+ 1 < arguments.height, isLast: y &+ 2 >= arguments.height)
      source += width
      target += 2 &* arguments.width
      y &+= 2
    }
    plane &+= 1
  }
}

/// Neighbouring gradients of a row, and those one further to the right.
private struct StridedGradients<L: HalfLanes> {
  var here: L.Vector
  var right: L.Vector

  /// - Parameter inside: the gradients that the row has from `row` on.
  @inline(always)
  init(_ row: UnsafePointer<Float>, inside: Int) {
    here = L.load(row)
    right = L.load(row + 1)
    if inside <= L.count { right = L.clip(right, first: inside &- 1, fill: 0) }
  }
}

private struct StridedBackwardKernel<L: HalfLanes> {
  private let weights: RegisterTile<3, 3, L>
  /// Columns of a plane of the target.
  private let width: Int
  private let nonTemporal: Bool
  private let targetEnd: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>

  @inline(always)
  init(_ lanes: L.Type, weights values: UnsafePointer<Float>, _ arguments: DepthwiseStridedBackwardArguments) {
    weights = RegisterTile<3, 3, L>(splatting: values)
    width = arguments.width
    nonTemporal = arguments.nonTemporal
    targetEnd = arguments.target + arguments.endPlane &* (arguments.height &* arguments.width)
    scratch = arguments.scratch
  }

  /// Adds a row of gradients, times a row of the kernel, to the sums of even and odd columns. In the order of all other
  /// kernels, which decides a sum's bits: by rows and columns of the output.
  @inline(always)
  private func add(_ row: Int, _ gradients: StridedGradients<L>, _ even: inout L.Vector, _ odd: inout L.Vector) {
    even = L.multiplyAdd(weights.sums[row][1], gradients.here, even)
    odd = L.multiplyAdd(weights.sums[row][2], gradients.here, odd)
    odd = L.multiplyAdd(weights.sums[row][0], gradients.right, odd)
  }

  /// Computes two rows of inputs, from a row of gradients and the next.
  ///
  /// - Parameters:
  ///   - isWhole: whether the target has the second row.
  ///   - isLast: whether there is no next row of gradients.
  @inline(always)
  func convolveRows(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, isWhole: Bool, isLast: Bool
  ) {
    let gradients = width / 2
    var x = 0
    while x < gradients {
      // The last vectors of a row end with it and overlap those before.
      if x > 0 { x = min(x, gradients &- L.count) }
      let row = source + x
      let address = target + 2 &* x
      prefetch(row + depthwisePrefetch)
      let here = StridedGradients<L>(row, inside: gradients &- x)
      var (even, odd) = (L.splat(0), L.splat(0))
      add(1, here, &even, &odd)
      store(even, odd, address)
      if isWhole {
        (even, odd) = (L.splat(0), L.splat(0))
        add(2, here, &even, &odd)
        if !isLast { add(0, StridedGradients<L>(row + gradients, inside: gradients &- x), &even, &odd) }
        store(even, odd, address + width)
      }
      x &+= L.count
    }
  }

  /// Stores two vectors of even and odd columns. Adds 0 as the other kernels add a bias: a product that underflows can
  /// make a sum of -0.
  @inline(always)
  private func store(_ even: L.Vector, _ odd: L.Vector, _ address: UnsafeMutablePointer<Float>) {
    let (low, high) = L.interleave(even + L.splat(0), odd + L.splat(0))
    if nonTemporal {
      L.stream(low, address)
      L.stream(high, address + L.count)
    } else if width >= 2 &* L.count {
      L.store(low, address)
      L.store(high, address + L.count)
    } else {
      L.storeRow(low, address, count: width, end: targetEnd, spare: scratch)
      if width > L.count {
        L.storeRow(high, address + L.count, count: width &- L.count, end: targetEnd, spare: scratch)
      }
    }
  }
}

/// The input gradient of a depthwise convolution with stride 2.
private struct DepthwiseStridedBackward: Sendable {
  let function: LevelFunction<DepthwiseStridedBackwardArguments>
  let shape: Conv2DShape
  let parts: Int
  /// Bytes of each thread's workspace.
  let threadByteCount: Int
  let nonTemporal: Bool

  init(_ level: InstructionSet, _ shape: Conv2DShape, threads: Int) {
    function = Levels.convDepthwiseStridedBackward[level]
    self.shape = shape
    parts = shape.parts(threads: threads)
    threadByteCount = cacheLines((shape.outputPlane + 3 * level.lanes) * 4)
    // The last two vectors of a row end with it and may overlap those before; they, too, are whole cache lines then.
    nonTemporal = Streaming.pays(outputCount: shape.inputCount) && shape.inputWidth % 16 == 0 && shape.inputWidth >= 32
  }

  func run(_ operands: Conv2DBackwardData.Operands, _ workspace: UnsafeMutableRawPointer) {
    Parallel.run(parts: parts) { part in
      let planes = Parallel.range(part, of: parts, items: shape.batch * shape.inputChannels)
      var arguments = DepthwiseStridedBackwardArguments(
        source: operands.outputGradient, sourceCount: shape.outputCount, target: operands.inputGradient,
        weights: operands.weights, firstPlane: planes.lowerBound, endPlane: planes.upperBound,
        channels: shape.inputChannels, height: shape.inputHeight, width: shape.inputWidth,
        nonTemporal: nonTemporal && Streaming.isAligned(operands.inputGradient),
        scratch: (workspace + part * threadByteCount).assumingMemoryBound(to: Float.self))
      function(&arguments)
    }
  }
}

/// The rows `depthwise` of the input gradient's table for 3×3 kernels with stride 2.
func depthwiseStridedBackwardDataKernels() -> [Kernel<Conv2DBackwardData>] {
  InstructionSet.allCases.map { level in
    Kernel(
      algorithm: "depthwise", level: level, tile: "3x3s2",
      terms: { $0.depthwiseStridedTerms(.depthwiseRows, level, $1) },
      prepare: { shape, threads in
        let gradient = DepthwiseStridedBackward(level, shape, threads: threads)
        return PreparedKernel(workspaceByteCount: gradient.parts * gradient.threadByteCount) { operands, workspace in
          gradient.run(operands, workspace)
        }
      })
  }
}
