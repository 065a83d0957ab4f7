import KernelsISA

// 2×2 max pooling of what the `images` kernels compute, and its gradient, while the images are still innermost: a window
// is four vectors, and nothing has to be shuffled. What a plane holds before pooling never leaves the caches.

/// The arguments of `poolImages`: target = limit(the largest of each window of source + bias). Of equal values the first in
/// scan order is the largest, and a NaN is larger than all values before it. The limits keep the order of values, so that
/// the largest alone is limited; the bias is added before, as rounding may make values equal.
struct BatchPoolArguments {
  /// The bias of each channel.
  var bias: UnsafePointer<Float>
  /// Sums without bias, [channel][row][column][image], of 2 · height rows and 2 · width columns.
  var source: UnsafePointer<Float>
  /// Elements from a channel of the source to the next.
  var sourceChannelStride: Int
  /// The maxima, [channel][row][column][image]; may begin where the source does.
  var target: UnsafeMutablePointer<Float>
  /// Elements from a channel of the target to the next.
  var targetChannelStride: Int
  /// Receives the number of each maximum in its window, in scan order, or 4 where it has no gradient; nil for nothing.
  var indices: UnsafeMutablePointer<Int32>?
  /// Elements of the indices from a channel to the next.
  var indexChannelStride: Int
  var channels: Int
  /// Rows and columns of windows.
  var height: Int
  var width: Int
  /// The lower limit of maxima: 0 for ReLU and ReLU6, else -infinity.
  var floor: Float
  /// The upper limit of maxima: 6 for ReLU6, else infinity.
  var ceiling: Float
  /// Maxima up to `lowest` and from `highest` on have no gradient: those that the activation has cut off. NaN for no limit.
  var lowest: Float
  var highest: Float
}

/// Stores the largest vector of each window, lane by lane.
@inline(always)
func poolImages<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<BatchPoolArguments>) {
  let arguments = p.pointee
  let below = 2 &* arguments.width &* L.count
  let (lowest, highest) = (L.splat(arguments.lowest), L.splat(arguments.highest))
  let (floor, ceiling) = (L.splat(arguments.floor), L.splat(arguments.ceiling))
  for channel in 0..<arguments.channels {
    let bias = L.splat(arguments.bias[channel])
    var source = arguments.source + channel &* arguments.sourceChannelStride
    var target = arguments.target + channel &* arguments.targetChannelStride
    var indices = arguments.indices.map { $0 + channel &* arguments.indexChannelStride }
    for _ in 0..<arguments.height {
      var x = 0
      while x < arguments.width {
        var maximum = L.load(source) + bias
        let values = (
          L.load(source + L.count) + bias, L.load(source + below) + bias, L.load(source + (below &+ L.count)) + bias
        )
        let second = L.replacesMaximum(values.0, maximum)
        maximum = L.select(maximum, values.0, where: second)
        let third = L.replacesMaximum(values.1, maximum)
        maximum = L.select(maximum, values.1, where: third)
        let fourth = L.replacesMaximum(values.2, maximum)
        maximum = L.select(maximum, values.2, where: fourth)
        maximum = L.smaller(L.larger(maximum, floor), ceiling)
        L.store(maximum, target)
        if let current = indices {
          var index = L.Indices(repeating: 0)
          index = L.select(index, 1, where: second)
          index = L.select(index, 2, where: third)
          index = L.select(index, 3, where: fourth)
          index = L.select(index, 4, where: (lowest .>= maximum) .| (maximum .>= highest))
          L.store(index, current)
          indices = current + BatchPooling.imagesOfIndices
        }
        source += 2 &* L.count
        target += L.count
        x &+= 1
      }
      source += below
    }
  }
}

/// The arguments of `unpoolImages`, the gradient of `poolImages`.
struct BatchUnpoolArguments {
  /// The gradients of the maxima, [channel][row][column][image].
  var gradient: UnsafePointer<Float>
  /// Elements from a channel of the gradients to the next.
  var gradientChannelStride: Int
  /// What `poolImages` stored.
  var indices: UnsafePointer<Int32>
  /// Elements of the indices from a channel to the next.
  var indexChannelStride: Int
  /// Receives the gradients of 2 · height rows and 2 · width columns.
  var target: UnsafeMutablePointer<Float>
  /// Elements of the target from a channel, a row and a column to the next.
  var channelStride: Int
  var rowStride: Int
  var columnStride: Int
  var channels: Int
  /// Rows and columns of windows.
  var height: Int
  var width: Int
  /// A vector for each channel, to which its gradients are added; nil for nothing.
  var sums: UnsafeMutablePointer<Float>?
}

/// Stores each gradient at its window's maximum and zeros at the other elements.
@inline(always)
func unpoolImages<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<BatchUnpoolArguments>) {
  let arguments = p.pointee
  let zero = L.splat(0)
  for channel in 0..<arguments.channels {
    var gradient = arguments.gradient + channel &* arguments.gradientChannelStride
    var indices = arguments.indices + channel &* arguments.indexChannelStride
    let plane = arguments.target + channel &* arguments.channelStride
    var sum = zero
    for y in 0..<arguments.height {
      var target = plane + 2 &* y &* arguments.rowStride
      var x = 0
      while x < arguments.width {
        let value = L.load(gradient)
        let index: L.Indices = L.load(indices)
        let below = target + arguments.rowStride
        L.store(L.select(zero, value, where: L.equal(index, 0)), target)
        L.store(L.select(zero, value, where: L.equal(index, 1)), target + arguments.columnStride)
        L.store(L.select(zero, value, where: L.equal(index, 2)), below)
        L.store(L.select(zero, value, where: L.equal(index, 3)), below + arguments.columnStride)
        sum = sum + L.select(value, zero, where: L.equal(index, 4))
        gradient += L.count
        indices += BatchPooling.imagesOfIndices
        target += 2 &* arguments.columnStride
        x &+= 1
      }
    }
    if let sums = arguments.sums {
      let address = sums + channel &* L.count
      L.store(L.load(UnsafePointer(address)) + sum, address)
    }
  }
}

/// The 2×2 max pooling behind a convolution by `images`, at one level.
struct BatchPooling: Sendable {
  let pool: LevelFunction<BatchPoolArguments>
  let unpool: LevelFunction<BatchUnpoolArguments>
  let limits: (floor: Float, ceiling: Float)
  /// Outputs that have no gradient, as `BatchPoolArguments` describes them.
  let gradientLimits: (lowest: Float, highest: Float)

  /// The images that the indices are stored in groups of, whatever the lanes of a vector.
  static let imagesOfIndices = 16

  init(_ level: InstructionSet, _ activation: FusedActivation?) {
    pool = Levels.convImagesPool[level]
    unpool = Levels.convImagesUnpool[level]
    limits = activation.limits
    gradientLimits = activation.gradientLimits
  }
}

extension FusedActivation? {
  /// Outputs up to the first and from the second on have no gradient; NaN where there is no limit.
  var gradientLimits: (lowest: Float, highest: Float) {
    switch self {
    case nil: (.nan, .nan)
    case .relu: (0, .nan)
    case .relu6: (0, 6)
    }
  }
}

/// Where the indices of a convolution's pooled outputs are.
struct PooledIndices {
  let channels: Int
  /// Windows of a plane.
  let plane: Int

  /// The index of image `image`, channel and window in memory.
  func offset(image: Int, channel: Int, window: Int) -> Int {
    let images = BatchPooling.imagesOfIndices
    return ((image / images * channels + channel) * plane + window) * images + image % images
  }
}

/// A row `images` of the pooled forward pass's table.
func pooledForwardKernel(_ tile: BatchTile) -> Kernel<Conv2DMaxPool2DForward> {
  Kernel(
    algorithm: "images", level: tile.level, tile: tile.name,
    terms: { problem, machine in
      let shape = problem.shape
      guard shape.kernelCount > 1, shape.groups == 1 else { return nil }
      return BatchGeometry(forward: shape).terms(tile, machine)
    },
    prepare: { problem, threads in
      let parts = problem.shape.parts(threads: threads)
      let convolution = BatchInnermost(
        tile: tile, geometry: BatchGeometry(forward: problem.shape), isBackward: false, activation: problem.activation,
        threads: parts, pools: true)
      return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount(parts: parts)) { operands, workspace in
        convolution.run(
          source: operands.input, weights: operands.weights, bias: operands.bias, target: operands.output,
          indices: operands.maxIndices, parts: parts, workspace: workspace)
      }
    })
}

/// A row `images` of the pooled input gradient's table. The source, the planes before pooling, has to be small enough for
/// one band.
func pooledBackwardDataKernel(_ tile: BatchTile) -> Kernel<Conv2DMaxPool2DBackwardData> {
  Kernel(
    algorithm: "images", level: tile.level, tile: tile.name,
    terms: { shape, machine in
      let geometry = BatchGeometry(backward: shape)
      guard shape.kernelCount > 1, shape.groups == 1, geometry.bandRows(lanes: tile.level.lanes) >= shape.inputHeight
      else { return nil }
      return geometry.terms(tile, machine)
    },
    prepare: { shape, threads in
      let parts = shape.parts(threads: threads)
      let convolution = BatchInnermost(
        tile: tile, geometry: BatchGeometry(backward: shape), isBackward: true, activation: nil, threads: parts,
        pools: true)
      return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount(parts: parts)) { operands, workspace in
        convolution.run(
          source: operands.outputGradient, weights: operands.weights, bias: nil, target: operands.inputGradient,
          indices: UnsafeMutablePointer(mutating: operands.maxIndices), parts: parts, workspace: workspace)
      }
    })
}
