import KernelsISA

// Depthwise convolution with any kernel, stride, dilation and padding. A vector holds neighbouring outputs of a row, and
// a tile eight rows of such vectors: each weight is loaded once for all of them. A padded copy of the plane, in which the
// columns that neighbouring outputs read are neighbours (`InputView`), makes each tap one load.

/// The arguments of `convolveDepthwiseRows`: some rows of one plane's outputs.
struct DepthwiseRowsArguments {
  /// The origin of the first output in the view of the plane.
  var source: UnsafePointer<Float>
  /// The offset of each tap from an output's origin, in the order of summation.
  var taps: UnsafePointer<Int32>
  /// The number of taps.
  var depth: Int
  /// Elements of the view from the origin of an output to that of the output below it.
  var rowStride: Int
  var target: UnsafeMutablePointer<Float>
  var rows: Int
  /// Outputs of a row.
  var width: Int
  /// The end of the outputs that a store may overwrite, as they are written later.
  var targetEnd: UnsafeMutablePointer<Float>
  /// The plane's weights, in the order of summation.
  var weights: UnsafePointer<Float>
  var bias: Float
  /// The lower limit of outputs: 0 for ReLU and ReLU6, else -infinity.
  var floor: Float
  /// The upper limit of outputs: 6 for ReLU6, else infinity.
  var ceiling: Float
  /// Memory for a vector.
  var scratch: UnsafeMutablePointer<Float>
}

/// Computes rows with whole vectors, or with vectors of half the lanes where those hold a row.
@inline(always)
func convolveDepthwiseRows<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseRowsArguments>) {
  if L.count == 16 && p.pointee.width <= 8 {
    convolveRows(L.Half.self, p)
  } else {
    convolveRows(lanes, p)
  }
}

/// Computes the rows in tiles of eight, four or one. The last tile ends with the last row and overlaps the one before.
@inline(always)
private func convolveRows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseRowsArguments>) {
  let arguments = p.pointee
  var row = 0
  while row < arguments.rows {
    if arguments.rows >= 8 {
      row = min(row, arguments.rows &- 8)
      convolveTileRows(RowTile<8>.self, lanes, arguments, row)
      row &+= 8
    } else if arguments.rows >= 4 {
      row = min(row, arguments.rows &- 4)
      convolveTileRows(RowTile<4>.self, lanes, arguments, row)
      row &+= 4
    } else {
      convolveTileRows(RowTile<1>.self, lanes, arguments, row)
      row &+= 1
    }
  }
}

/// The number of rows of a tile, as a type.
private enum RowTile<let rows: Int> {}

/// Computes all columns of a tile's rows; the last vector of a row ends with it and overlaps the one before.
@inline(always)
private func convolveTileRows<let rows: Int, L: Lanes>(
  _ tile: RowTile<rows>.Type, _ lanes: L.Type, _ arguments: DepthwiseRowsArguments, _ row: Int
) {
  var x = 0
  while x < arguments.width {
    if x > 0 { x = min(x, arguments.width &- L.count) }
    let origin = arguments.source + (row &* arguments.rowStride &+ x)
    var sums = zeros(InlineArray<rows, L.Vector>.self)
    for k in 0..<arguments.depth {
      let weight = L.splat(arguments.weights[k])
      let source = origin + Int(arguments.taps[k])
      for i in 0..<rows {
        sums[i] = L.multiplyAdd(weight, L.load(source + i &* arguments.rowStride), sums[i])
      }
    }
    let bias = L.splat(arguments.bias)
    let (floor, ceiling) = (L.splat(arguments.floor), L.splat(arguments.ceiling))
    let target = arguments.target + (row &* arguments.width &+ x)
    let storesWhole =
      arguments.width >= L.count || !(arguments.targetEnd < target + ((rows &- 1) &* arguments.width &+ L.count))
    // Two loops: with a branch inside, a loop is not unrolled, and the sums lie in memory.
    if storesWhole {
      for i in 0..<rows {
        L.store(L.smaller(L.larger(sums[i] + bias, floor), ceiling), target + i &* arguments.width)
      }
    } else {
      for i in 0..<rows {
        L.store(L.smaller(L.larger(sums[i] + bias, floor), ceiling), arguments.scratch)
        L.copy(arguments.scratch, target + i &* arguments.width, first: arguments.width)
      }
    }
    x &+= L.count
  }
}

/// The forward pass of a depthwise convolution by rows.
private struct DepthwiseRows: Sendable {
  let function: LevelFunction<DepthwiseRowsArguments>
  let copyPadded: LevelFunction<PaddedInputArguments>
  let shape: Conv2DShape
  let view: InputView
  /// Planes whose copies are made together.
  let planes: Int
  let taps: OffsetTable
  let limits: (floor: Float, ceiling: Float)
  let parts: Int
  /// Bytes of each thread's workspace: a vector, and the copies of a band of `planes` planes.
  let threadByteCount: Int
  private let vectorByteCount: Int

  init(
    _ function: LevelFunction<DepthwiseRowsArguments>, level: InstructionSet, problem: Conv2DForward.Problem,
    threads: Int
  ) {
    self.function = function
    copyPadded = Levels.convCopyPadded[level]
    shape = problem.shape
    planes = shape.depthwisePlanes(level)
    let view = shape.depthwiseView(level, planes: planes)
    self.view = view
    taps = OffsetTable(view.y.taps.flatMap { row in view.x.taps.map { view.tap(0, row.shift, $0.shift) } })
    limits = problem.activation.limits
    parts = shape.parts(threads: threads)
    vectorByteCount = cacheLines(level.lanes * 4)
    threadByteCount = vectorByteCount + cacheLines(view.copyCount * 4)
    if planChecksAreActive { checkReach(lanes: shape.depthwiseLanes(level, width: shape.outputWidth)) }
  }

  var workspaceByteCount: Int { parts * threadByteCount }

  /// Checks that the last vector of a plane's first band, which has the most rows, reads inside the view.
  private func checkReach(lanes: Int) {
    let start = view.isCopied ? 0 : view.y.start * shape.inputWidth + view.x.start
    let last = start + view.origin(view.bandRows - 1, max(shape.outputWidth - lanes, 0)) + taps.highest
    planCheck(
      "inputs of a plane", offset: last, count: lanes, allocated: view.planeStride)
  }

  func run(_ operands: Conv2DForward.Operands, _ workspace: UnsafeMutableRawPointer) {
    Parallel.run(parts: parts) { part in
      let threadPlanes = Parallel.range(part, of: parts, items: shape.batch * shape.inputChannels)
      let scratch = (workspace + part * threadByteCount).assumingMemoryBound(to: Float.self)
      let copy = scratch + vectorByteCount / 4
      let targetEnd = operands.output + threadPlanes.upperBound * shape.groupOutputChannels * shape.outputPlane
      var view = view
      var first = threadPlanes.lowerBound
      while first < threadPlanes.upperBound {
        view.channels = min(planes, threadPlanes.upperBound - first)
        let source = operands.input + first * shape.inputPlane
        for band in 0..<view.bands {
          let base = view.base(of: source, band: band, copy: copy, copyPadded: copyPadded)
          for output in first * shape.groupOutputChannels..<(first + view.channels) * shape.groupOutputChannels {
            let channel = output % shape.outputChannels
            var arguments = DepthwiseRowsArguments(
              source: base + (output / shape.groupOutputChannels - first) * view.planeStride, taps: taps.base,
              depth: taps.count, rowStride: view.bandRows > 1 ? view.origin(1, 0) : 0,
              target: operands.output + (output * shape.outputPlane + band * view.bandRows * shape.outputWidth),
              rows: view.rows(ofBand: band), width: shape.outputWidth,
              targetEnd: view.bands == 1 ? targetEnd : operands.output + (output + 1) * shape.outputPlane,
              weights: operands.weights + channel * shape.kernelCount, bias: operands.bias.map { $0[channel] } ?? 0,
              floor: limits.floor, ceiling: limits.ceiling, scratch: scratch)
            function(&arguments)
          }
        }
        first += view.channels
      }
    }
  }
}

extension Conv2DShape {
  /// The view of planes that a vector of neighbouring outputs reads. The padding on the left is widened to whole vectors of
  /// each phase, so that what copies store, and most of what tiles load, is aligned.
  fileprivate func depthwiseView(_ level: InstructionSet, planes: Int) -> InputView {
    var x = forwardX
    let unit = strideWidth * level.lanes
    let left = (paddingWidth + unit - 1) / unit * unit
    x.start = -left
    x.taps = x.taps.map { ($0.kernel, $0.shift + left - paddingWidth) }
    // Bands of eight rows, if a plane's copy would leave the first-level cache.
    func view(bands: Int) -> InputView {
      InputView(
        y: forwardY, x: x, channels: planes, lanes: level.lanes, skipsRows: false, minimumBands: bands,
        rowAlignment: level.lanes)
    }
    let whole = view(bands: 1)
    return whole.planeStride <= Self.depthwiseCopyLimit ? whole : view(bands: (outputHeight + 7) / 8)
  }

  /// Elements of the copies that are made together, half of a first-level cache of 32 KB.
  private static let depthwiseCopyLimit = 4 << 10

  /// The number of planes whose copies are made together.
  fileprivate func depthwisePlanes(_ level: InstructionSet) -> Int {
    max(1, min(Self.depthwiseCopyLimit / max(depthwiseView(level, planes: 1).copyCount, 1), 16))
  }

  /// What is counted of a depthwise pass by rows; nil where another kernel computes it, or where it is not depthwise.
  fileprivate func depthwiseRowsTerms(_ level: InstructionSet, _ machine: Machine) -> CostTerms? {
    guard groups == inputChannels, depthwiseSize(level) == nil, outputCount > 0, kernelCount > 1 else { return nil }
    let view = depthwiseView(level, planes: 1)
    guard view.copyCount * 4 <= workspaceLimit else { return nil }
    let lanes = depthwiseLanes(level, width: outputWidth)
    let rows = outputHeight >= 8 ? 8 : outputHeight >= 4 ? 4 : 1
    let latency = BatchGeometry.multiplyAddLatency / Double(rows)
    let perStep = max(1 / machine.multiplyAdds(lanes: level.lanes), 1 / machine.loads(lanes: level.lanes), latency)
    let tiles = Double((outputHeight + rows - 1) / rows) * Double((outputWidth + lanes - 1) / lanes)
    let planes = Double(batch * outputChannels)
    let steps = planes * tiles * Double(rows * kernelCount) * perStep
    return CostTerms(
      .depthwiseRows,
      [steps, planes * tiles, planes * Double(view.bands * view.copyCount), planes * Double(view.bands), 0, 0, 0, 0])
  }
}

/// The rows `depthwise` of the forward pass's table for kernels, strides, dilations and padding of all kinds.
func depthwiseRowsForwardKernels() -> [Kernel<Conv2DForward>] {
  InstructionSet.allCases.map { level in
    Kernel(
      algorithm: "depthwise", level: level, tile: "rows",
      terms: { $0.shape.depthwiseRowsTerms(level, $1) },
      prepare: { problem, threads in
        let convolution = DepthwiseRows(
          Levels.convDepthwiseRows[level], level: level, problem: problem, threads: threads)
        return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount) { operands, workspace in
          convolution.run(operands, workspace)
        }
      })
  }
}
