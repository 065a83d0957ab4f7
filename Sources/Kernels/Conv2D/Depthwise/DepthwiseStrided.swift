import KernelsISA

// Depthwise convolution with a 3×3 kernel, stride 2 and padding 1, as MobileNets halve their planes. A vector holds
// neighbouring outputs of a row. The even and odd columns of an input row are the second and third column of the kernel;
// the first is the odd ones, moved by a lane. Two rows of the input are read at once, from left to right, as they lie in
// memory. The second one meets the outputs above it and those below it, whose sums it begins.

/// The arguments of `convolveDepthwiseStrided`: planes firstPlane ..< endPlane, of an even width.
struct DepthwiseStridedArguments {
  /// All planes of the source, [image][channel].
  var source: UnsafePointer<Float>
  /// Elements of all planes of the source.
  var sourceCount: Int
  /// All planes of the target, [image][channel].
  var target: UnsafeMutablePointer<Float>
  /// The 3×3 kernels of all channels.
  var weights: UnsafePointer<Float>
  /// The bias of each channel.
  var bias: UnsafePointer<Float>?
  /// The first plane to compute.
  var firstPlane: Int
  /// The end of the planes to compute.
  var endPlane: Int
  /// Plane p has channel p mod channels.
  var channels: Int
  /// Rows of a plane of the source.
  var height: Int
  /// Columns of a plane of the source, an even number.
  var width: Int
  /// The lower limit of outputs: 0 for ReLU and ReLU6, else -infinity.
  var floor: Float
  /// The upper limit of outputs: 6 for ReLU6, else infinity.
  var ceiling: Float
  /// Memory for the vectors of a row of outputs and one more, and a plane of the source with two vectors behind it.
  var scratch: UnsafeMutablePointer<Float>
}

/// Computes planes with whole vectors, or with vectors of half the lanes where those hold a row of outputs.
@inline(always)
func convolveDepthwiseStrided<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseStridedArguments>) {
  if L.count == 16 && p.pointee.width <= 16 {
    convolvePlanes(L.Half.self, p)
  } else {
    convolvePlanes(lanes, p)
  }
}

@inline(always)
private func convolvePlanes<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseStridedArguments>) {
  let arguments = p.pointee
  let width = arguments.width / 2
  let count = arguments.height &* arguments.width
  let outputs = (arguments.height &+ 1) / 2 &* width
  let copy = arguments.scratch + ((width &+ L.count &- 1) / L.count &+ 1) &* L.count
  var plane = arguments.firstPlane
  while plane < arguments.endPlane {
    let channel = plane % arguments.channels
    let start = plane &* count
    var source = arguments.source + start
    if start &+ count &+ 2 &* L.count > arguments.sourceCount {
      // Vectors may not read beyond the last plane in memory: a copy is read instead.
      L.copyRow(source, copy, count: count)
      source = UnsafePointer(copy)
    }
    let kernel = StridedKernel(
      lanes, weights: arguments.weights + channel &* 9, bias: arguments.bias.map { $0[channel] } ?? 0, arguments)
    var target = arguments.target + plane &* outputs
    var y = 0
    while y < arguments.height {
      kernel.convolveRow(source, target, isFirst: y == 0, isLast: y &+ 1 == arguments.height)
      source += 2 &* arguments.width
      target += width
      y &+= 2
    }
    plane &+= 1
  }
}

/// The inputs of a row that neighbouring outputs multiply with the three columns of the kernel.
struct StridedTaps<L: HalfLanes> {
  var before: L.Vector
  var even: L.Vector
  var odd: L.Vector

  /// - Parameter last: the input before the first one at `row`.
  @inline(always)
  init(_ row: UnsafePointer<Float>, before last: Float) {
    let columns = L.deinterleave(L.load(row), L.load(row + L.count))
    (even, odd) = columns
    before = L.shiftedUp(columns.odd, first: last)
  }
}

private struct StridedKernel<L: HalfLanes> {
  private let weights: RegisterTile<3, 3, L>
  private let bias: L.Vector
  private let floor: L.Vector
  private let ceiling: L.Vector
  /// Columns of a plane of the source.
  private let width: Int
  private let targetEnd: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>

  @inline(always)
  init(
    _ lanes: L.Type, weights values: UnsafePointer<Float>, bias: Float, _ arguments: DepthwiseStridedArguments
  ) {
    weights = RegisterTile<3, 3, L>(splatting: values)
    self.bias = L.splat(bias)
    floor = L.splat(arguments.floor)
    ceiling = L.splat(arguments.ceiling)
    width = arguments.width
    targetEnd = arguments.target + arguments.endPlane &* ((arguments.height &+ 1) / 2 &* (arguments.width / 2))
    scratch = arguments.scratch
  }

  /// Adds a row of inputs, times a row of the kernel.
  @inline(always)
  private func add(_ row: Int, _ taps: StridedTaps<L>, _ sum: L.Vector) -> L.Vector {
    var sum = L.multiplyAdd(weights.sums[row][0], taps.before, sum)
    sum = L.multiplyAdd(weights.sums[row][1], taps.even, sum)
    return L.multiplyAdd(weights.sums[row][2], taps.odd, sum)
  }

  /// Computes a row of outputs. Rows above and below the plane are not added.
  ///
  /// - Parameters:
  ///   - source: the row of the source at the kernel's second row.
  ///   - isFirst: whether no row is above it.
  ///   - isLast: whether no row is below it.
  @inline(always)
  func convolveRow(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, isFirst: Bool, isLast: Bool
  ) {
    let outputs = width / 2
    // The sums of the row's outputs so far, then of those below it.
    var sums = scratch + L.count
    var x = 0
    while x < outputs {
      // The last vector of a row ends with it and overlaps the one before.
      if x > 0 { x = min(x, outputs &- L.count) }
      let row = source + 2 &* x
      prefetch(row + depthwisePrefetch)
      prefetch(row + (depthwisePrefetch &+ L.count))
      var sum = L.splat(0)
      if !isFirst { sum = L.load(sums) }
      sum = add(1, StridedTaps<L>(row, before: x == 0 ? 0 : row[-1]), sum)
      if !isLast {
        let below = row + width
        prefetch(below + depthwisePrefetch)
        prefetch(below + (depthwisePrefetch &+ L.count))
        let taps = StridedTaps<L>(below, before: x == 0 ? 0 : below[-1])
        sum = add(2, taps, sum)
        L.store(add(0, taps, L.splat(0)), sums)
      }
      let value = L.smaller(L.larger(sum + bias, floor), ceiling)
      L.storeRow(value, target + x, count: outputs, end: targetEnd, spare: scratch)
      sums += L.count
      x &+= L.count
    }
  }
}

/// The forward pass of a depthwise convolution with stride 2.
private struct DepthwiseStrided: Sendable {
  let function: LevelFunction<DepthwiseStridedArguments>
  let shape: Conv2DShape
  let limits: (floor: Float, ceiling: Float)
  let parts: Int
  /// Bytes of each thread's workspace.
  let threadByteCount: Int

  init(_ level: InstructionSet, _ problem: Conv2DForward.Problem, threads: Int) {
    function = Levels.convDepthwiseStrided[level]
    shape = problem.shape
    limits = problem.activation.limits
    parts = shape.parts(threads: threads)
    threadByteCount = cacheLines((shape.inputPlane + shape.outputWidth + 5 * level.lanes) * 4)
  }

  func run(_ operands: Conv2DForward.Operands, _ workspace: UnsafeMutableRawPointer) {
    Parallel.run(parts: parts) { part in
      let planes = Parallel.range(part, of: parts, items: shape.batch * shape.inputChannels)
      var arguments = DepthwiseStridedArguments(
        source: operands.input, sourceCount: shape.inputCount, target: operands.output, weights: operands.weights,
        bias: operands.bias, firstPlane: planes.lowerBound, endPlane: planes.upperBound,
        channels: shape.inputChannels, height: shape.inputHeight, width: shape.inputWidth, floor: limits.floor,
        ceiling: limits.ceiling, scratch: (workspace + part * threadByteCount).assumingMemoryBound(to: Float.self))
      function(&arguments)
    }
  }
}

extension Conv2DShape {
  /// What is counted of a depthwise pass with stride 2; nil where the kernels do not compute it: with other kernels,
  /// strides or padding, several output channels of an input channel, or an odd number of columns.
  func depthwiseStridedTerms(_ model: CostModel, _ level: InstructionSet, _ machine: Machine) -> CostTerms? {
    guard groups == inputChannels, groups == outputChannels, kernelHeight == 3, kernelWidth == 3, strideHeight == 2,
      strideWidth == 2, dilationHeight == 1, dilationWidth == 1, paddingHeight == 1, paddingWidth == 1,
      inputWidth % 2 == 0, outputCount > 0,
      // Scratch memory has a copy of the last plane in memory.
      inputPlane * 8 <= workspaceLimit
    else { return nil }
    let lanes = depthwiseLanes(level, width: outputWidth)
    let perStep = max(1 / machine.multiplyAdds(lanes: level.lanes), 1 / machine.loads(lanes: level.lanes))
    let vectors = batch * outputChannels * outputHeight * ((outputWidth + lanes - 1) / lanes)
    return CostTerms(
      model, [Double(vectors * kernelCount) * perStep, Double(batch * outputChannels), 0, 0, 0, 0, 0, 0])
  }
}

/// The rows `depthwise` of the forward pass's table for 3×3 kernels with stride 2.
func depthwiseStridedForwardKernels() -> [Kernel<Conv2DForward>] {
  InstructionSet.allCases.map { level in
    Kernel(
      algorithm: "depthwise", level: level, tile: "3x3s2",
      terms: { $0.shape.depthwiseStridedTerms(.depthwiseRows, level, $1) },
      prepare: { problem, threads in
        let convolution = DepthwiseStrided(level, problem, threads: threads)
        return PreparedKernel(workspaceByteCount: convolution.parts * convolution.threadByteCount) {
          operands, workspace in convolution.run(operands, workspace)
        }
      })
  }
}
