import KernelsISA

// Depthwise convolution with an odd square kernel, stride 1 and padding that keeps the size. A vector holds
// neighbouring pixels of an output row. A column of vectors is computed from the plane's top to its bottom: a row that has
// been loaded is added to the sums of all outputs that it belongs to, which stay in registers until their last row has
// been added. Inputs are loaded in place, once for each column of the kernel. At the sides of
// the plane, a mask sets the lanes to 0 that are outside, in a neighbouring row.

/// A column of vectors of one plane.
private struct Column<L: Lanes> {
  /// The plane; a vector before it and two behind it may be read.
  let source: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>
  /// The first pixel of the column's vectors in their rows.
  let x: Int
  let height: Int
  let width: Int
  /// Whether planes are prefetched in the order of memory, and the column's first element in that order; see
  /// `depthwisePrefetch`.
  let prefetchesInMemoryOrder: Bool
  let prefetchOffset: Int
  /// The end of the planes whose rows a store may overwrite, as they are written later.
  let targetEnd: UnsafeMutablePointer<Float>
  let scratch: UnsafeMutablePointer<Float>
  let floor: L.Vector
  let ceiling: L.Vector
  let nonTemporal: Bool

  /// A row's vector, shifted by `shift` elements, with 0 outside the plane unless `isInside`.
  @inline(always)
  func load(_ row: Int, shift: Int, isInside: Bool) -> L.Vector {
    let first = x &+ shift
    let vector = L.load(source + (row &* width &+ first))
    if isInside { return vector }
    let lanes = L.laneIndices
    let inside = (lanes .>= L.splat(Float(0 &- first))) .& (L.splat(Float(width &- first)) .> lanes)
    return L.splat(0).replacing(with: vector, where: inside)
  }

  /// Prefetches the vectors that lie one prefetch distance behind a row's.
  @inline(always)
  func prefetchRow(_ row: Int) {
    let offset = row &* (prefetchesInMemoryOrder ? L.count : width) &+ prefetchOffset
    prefetch(source + offset)
    if !prefetchesInMemoryOrder { return }
    prefetchToSecondLevel(source + (offset &+ depthwiseFarPrefetch))
    if !nonTemporal { prefetchToWrite(target + offset) }
  }

  /// Stores a row's vector with the limits applied.
  @inline(always)
  func store(_ sum: L.Vector, _ row: Int, isInside: Bool) {
    let value = L.smaller(L.larger(sum, floor), ceiling)
    let address = target + (row &* width &+ x)
    if nonTemporal {
      L.stream(value, address)
    } else if isInside {
      L.store(value, address)
    } else {
      L.storeRow(value, address, count: width, end: targetEnd, spare: scratch)
    }
  }
}

/// The least prefetch distance to the first-level cache, in elements: the next plane, or one of the planes behind it.
/// For 3×3 kernels with several vectors a row, the elements `depthwiseFarPrefetch` further are prefetched to the
/// second-level cache. (Larger kernels compute longer, and rows of one vector are read in order.)
///
/// A column of vectors skips cache lines, which the processor's own prefetching does not follow. So each row of each
/// column prefetches the next vector in the order of memory, and all prefetches together are one stream. (The weight
/// gradient of 3×3 over 128 channels at 32×32 reads 23 GB/s without either distance, 25 with the second, 30 with the
/// order of memory, and 35 with both.)
let depthwisePrefetch = 1024
let depthwiseFarPrefetch = 3072

/// The sums of the outputs of a column of vectors that the next rows belong to. Sum j is that of output row
/// `row - size/2 + j`.
private protocol ColumnSums {
  associatedtype L: Lanes
  /// The rows and columns of the kernel.
  static var size: Int { get }
  /// - Parameter weights: each in all lanes of a vector.
  init(weights: UnsafePointer<Float>, bias: Float)
  /// Computes a column of vectors from top to bottom.
  mutating func walk(_ column: Column<L>)
}

/// The sums of a 3×3 kernel. Two rows are added at a time, and columns inside the plane have code without masks.
private struct SmallSums<L: Lanes>: ColumnSums {
  @inline(always) static var size: Int { 3 }
  private var sums: InlineArray<4, L.Vector>
  private let bias: L.Vector
  private let weights: RegisterTile<3, 3, L>

  @inline(always)
  init(weights: UnsafePointer<Float>, bias: Float) {
    self.weights = RegisterTile<3, 3, L>(accumulators: weights)
    self.bias = L.splat(bias)
    sums = zeros(InlineArray<4, L.Vector>.self)
  }

  @inline(always)
  mutating func walk(_ column: Column<L>) {
    if column.x >= 1 && column.x &+ L.count < column.width {
      walk(column, isInside: true)
    } else {
      walk(column, isInside: false)
    }
  }

  @inline(always)
  private mutating func walk(_ column: Column<L>, isInside: Bool) {
    var row = 0
    while row &+ 2 <= column.height {
      add(2, column, row, isInside: isInside)
      row &+= 2
    }
    if row < column.height {
      add(1, column, row, isInside: isInside)
      row &+= 1
    }
    store(0, column, row, isInside: isInside)
  }

  /// Adds the `rows` input rows from `row` on, and stores the outputs that are then complete.
  @inline(always)
  private mutating func add(_ rows: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    column.prefetchRow(row)
    if rows > 1 { column.prefetchRow(row &+ 1) }
    // Row by row, so that a sum has the same order, and an image the same bits, as in all other kernels.
    addRow(0, column, row, isInside: isInside)
    if rows > 1 { addRow(1, column, row, isInside: isInside) }
    store(0, column, row, isInside: isInside)
    if rows > 1 { store(1, column, row, isInside: isInside) }
    for j in 0..<2 { sums[j] = sums[j &+ rows] }
    for j in 0..<rows { sums[2 &+ j] = L.splat(0) }
  }

  /// Adds row number `i` of the rows from `row` on, one column of the kernel after the other.
  @inline(always)
  private mutating func addRow(_ i: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    for tap in 0..<3 {
      let input = column.load(row &+ i, shift: tap &- 1, isInside: isInside)
      for ky in 0..<3 { sums[i &+ 2 &- ky] = L.multiplyAdd(weights.sums[ky][tap], input, sums[i &+ 2 &- ky]) }
    }
  }

  /// Stores a complete sum. (There is no loop over the sums: with branches inside, it would not be unrolled, and the
  /// sums would lie in memory.)
  @inline(always)
  private func store(_ index: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    let output = row &- 1 &+ index
    if output >= 0 { column.store(sums[index] + bias, output, isInside: isInside) }
  }
}

/// The sums of a larger kernel, with one row at a time and one code for all columns: the masks of a column are made once,
/// and cost little beside as many multiply-adds.
private struct LargeSums<let kernelSize: Int, L: Lanes>: ColumnSums {
  @inline(always) static var size: Int { kernelSize }
  private var sums: InlineArray<kernelSize, L.Vector>
  private let bias: L.Vector
  /// More than registers hold: read where they are used.
  private let weights: UnsafePointer<Float>

  @inline(always)
  init(weights: UnsafePointer<Float>, bias: Float) {
    self.weights = weights
    self.bias = L.splat(bias)
    sums = zeros(InlineArray<kernelSize, L.Vector>.self)
  }

  @inline(always)
  mutating func walk(_ column: Column<L>) {
    var row = 0
    while row < column.height {
      column.prefetchRow(row)
      // The columns are no loop: it would be too long to be unrolled, and their masks would be made in each row.
      addTap(0, column, row)
      addTap(1, column, row)
      addTap(2, column, row)
      addTap(3, column, row)
      addTap(4, column, row)
      if kernelSize > 5 {
        addTap(5, column, row)
        addTap(6, column, row)
      }
      store(0, column, row)
      for j in 0..<kernelSize &- 1 { sums[j] = sums[j &+ 1] }
      sums[kernelSize &- 1] = L.splat(0)
      row &+= 1
    }
    store(0, column, row)
    store(1, column, row)
    if kernelSize > 5 { store(2, column, row) }
  }

  /// Adds one column of the kernel.
  @inline(always)
  private mutating func addTap(_ tap: Int, _ column: Column<L>, _ row: Int) {
    let input = column.load(row, shift: tap &- kernelSize / 2, isInside: false)
    for ky in 0..<kernelSize {
      let j = kernelSize &- 1 &- ky
      sums[j] = L.multiplyAdd(L.load(weights + (ky &* kernelSize &+ tap) &* L.count), input, sums[j])
    }
  }

  /// Stores a complete sum.
  @inline(always)
  private func store(_ index: Int, _ column: Column<L>, _ row: Int) {
    let output = row &- kernelSize / 2 &+ index
    if output >= 0 { column.store(sums[index] + bias, output, isInside: false) }
  }
}

/// The arguments of `convolveDepthwise`: each channel is a plane by itself, convolved with a k × k kernel at stride 1 and
/// padding k / 2. target[plane] = limit(bias + weights ∗ source[plane / multiplier]), for planes firstPlane ..< endPlane.
struct DepthwiseArguments {
  /// All planes of the source, [image][channel].
  var source: UnsafePointer<Float>
  /// Elements of all planes of the source.
  var sourceCount: Int
  /// All planes of the target, [image][channel].
  var target: UnsafeMutablePointer<Float>
  /// The kernels of all channels of the target.
  var weights: UnsafePointer<Float>
  /// The bias of each channel of the target.
  var bias: UnsafePointer<Float>?
  /// The first plane of the target to compute.
  var firstPlane: Int
  /// The end of the planes to compute.
  var endPlane: Int
  /// Channels of the target: plane p has channel p mod channels.
  var channels: Int
  /// Target planes for each source plane.
  var multiplier: Int
  /// Rows of a plane.
  var height: Int
  /// Columns of a plane.
  var width: Int
  /// Whether the kernels are flipped by 180°, as in the input gradient.
  var isFlipped: Bool
  /// Whether the target is written with non-temporal stores; its rows are then whole, aligned vectors.
  var nonTemporal: Bool
  /// The lower limit of outputs: 0 for ReLU and ReLU6, else -infinity.
  var floor: Float
  /// The upper limit of outputs: 6 for ReLU6, else infinity.
  var ceiling: Float
  /// Memory for k · k + 4 vectors and a plane.
  var scratch: UnsafeMutablePointer<Float>
}

/// Computes planes of a 3×3 kernel with whole vectors, or with vectors of half the lanes where those hold a row.
@inline(always)
func convolveDepthwise<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseArguments>) {
  if L.count == 16 && p.pointee.width <= 8 {
    convolvePlanes(SmallSums<L.Half>.self, p)
  } else {
    convolvePlanes(SmallSums<L>.self, p)
  }
  if p.pointee.nonTemporal { isa_stream_fence() }
}

/// The rows and columns of a kernel, as a type.
enum DepthwiseKernel<let size: Int> {}

/// The same for a kernel of 5×5 or 7×7.
@inline(always)
func convolveLargeDepthwise<let size: Int, L: HalfLanes>(
  _ kernel: DepthwiseKernel<size>.Type, _ lanes: L.Type, _ p: UnsafePointer<DepthwiseArguments>
) {
  if L.count == 16 && p.pointee.width <= 8 {
    convolvePlanes(LargeSums<size, L.Half>.self, p)
  } else {
    convolvePlanes(LargeSums<size, L>.self, p)
  }
  if p.pointee.nonTemporal { isa_stream_fence() }
}

@inline(always)
private func convolvePlanes<Sums: ColumnSums>(_ sums: Sums.Type, _ p: UnsafePointer<DepthwiseArguments>) {
  typealias L = Sums.L
  let arguments = p.pointee
  let (height, width) = (arguments.height, arguments.width)
  let count = height &* width
  let weights = arguments.scratch + L.count
  let prefetchOffset = count > depthwisePrefetch ? count : depthwisePrefetch
  let prefetchesInMemoryOrder = Sums.size == 3 && width > L.count
  let copy = weights + Sums.size &* Sums.size &* L.count
  var plane = arguments.firstPlane
  while plane < arguments.endPlane {
    let channel = plane % arguments.channels
    let values = arguments.weights + channel &* Sums.size &* Sums.size
    for i in 0..<Sums.size &* Sums.size {
      L.store(L.splat(values[arguments.isFlipped ? Sums.size &* Sums.size &- 1 &- i : i]), weights + i &* L.count)
    }
    var bias: Float = 0
    if let values = arguments.bias { bias = values[channel] }
    let start = plane / arguments.multiplier &* count
    var source = arguments.source + start
    if start < L.count || start &+ count &+ 2 &* L.count > arguments.sourceCount {
      // The plane is the first or the last in memory, where vectors may not read beyond the ends: a copy is read
      // instead.
      for i in 0..<count { copy[L.count &+ i] = source[i] }
      source = UnsafePointer(copy + L.count)
    }
    var x = 0
    while x < width {
      let first = x
      if x > 0 && x &+ L.count > width { x = width &- L.count }
      let column = Column<L>(
        source: source, target: arguments.target + plane &* count, x: x, height: height, width: width,
        prefetchesInMemoryOrder: prefetchesInMemoryOrder,
        prefetchOffset: prefetchOffset &+ (prefetchesInMemoryOrder ? first &* height : x),
        targetEnd: arguments.target + arguments.endPlane &* count, scratch: arguments.scratch,
        floor: L.splat(arguments.floor), ceiling: L.splat(arguments.ceiling), nonTemporal: arguments.nonTemporal)
      var sums = Sums(weights: weights, bias: bias)
      sums.walk(column)
      x &+= L.count
    }
    plane &+= 1
  }
}
