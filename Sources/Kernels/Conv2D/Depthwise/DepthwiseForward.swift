import KernelsISA

// Depthwise convolution with an odd square kernel, stride 1 and padding that keeps the size. A vector holds neighbouring
// outputs of a row, and a column of vectors is walked from the plane's top to its bottom, two rows at a time: a row that
// has been loaded is added to the sums of all outputs that it belongs to, and those sums stay in registers until their
// last row has been added. Inputs are loaded in offset, once for each column of the kernel; at the sides of the plane the
// lanes that reach outside, into a neighbouring row, are replaced with 0.

/// A column of vectors of one plane.
private struct Column<L: Lanes> {
  /// The plane; a vector before it and two behind it can be read.
  let source: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>
  let x: Int
  let height: Int
  let width: Int
  /// Whether planes are asked for in the order of memory, and where the column's part begins; see `depthwisePrefetch`.
  let prefetchesInMemoryOrder: Bool
  let prefetchOffset: Int
  /// A store may reach into the rows that are written next, up to here.
  let targetEnd: UnsafeMutablePointer<Float>
  let scratch: UnsafeMutablePointer<Float>
  let floor: L.Vector
  let ceiling: L.Vector
  let nonTemporal: Bool

  /// A row's vector, moved by as many elements.
  @inline(always)
  func load(_ row: Int, shift: Int, isInside: Bool) -> L.Vector {
    let first = x &+ shift
    let vector = L.load(source + (row &* width &+ first))
    if isInside { return vector }
    let lanes = L.laneIndices
    let outside = (L.splat(Float(0 &- first)) .> lanes) .| (lanes .>= L.splat(Float(width &- first)))
    return vector.replacing(with: L.splat(0), where: outside)
  }

  @inline(always)
  func prefetchRow(_ row: Int) {
    let offset = row &* (prefetchesInMemoryOrder ? L.count : width) &+ prefetchOffset
    prefetch(source + offset)
    if !prefetchesInMemoryOrder { return }
    prefetchToSecondLevel(source + (offset &+ depthwiseFarPrefetch))
    if !nonTemporal { prefetchToWrite(target + offset) }
  }

  @inline(always)
  func store(_ sum: L.Vector, _ row: Int, isInside: Bool) {
    let value = L.smaller(L.larger(sum, floor), ceiling)
    let address = target + (row &* width &+ x)
    if nonTemporal {
      L.stream(value, address)
    } else if isInside || width >= L.count || address + L.count <= targetEnd {
      L.store(value, address)
    } else {
      L.store(value, scratch)
      L.copy(scratch, address, first: width)
    }
  }
}

/// The least distance in elements at which planes are asked for prefetchOffset, to come to the first-level cache while as much is
/// computed: the next plane, or one of those behind it. From there, `depthwiseFarPrefetch` elements further are asked for
/// to come to the second, where the kernel is 3×3 and rows have several vectors. (Larger kernels compute for longer, and
/// rows of one vector are read in order.) Columns of vectors leave out lines, which the processor's own prefetching does
/// not follow; so each row of each column asks for the next vector in the order of memory, and the requests are one
/// stream. (The weight gradient of 3×3 over 128 channels at 32×32 reads 23 GB/s without either, 25 with the second, 30
/// with the order, and 35 with both.)
let depthwisePrefetch = 1024
let depthwiseFarPrefetch = 3072

/// How many rows and columns a kernel has.
enum DepthwiseKernel<let size: Int> {}

/// The sums of the outputs that the next rows belong to: sum j is that of output row - size/2 + j.
private struct Sums<let size: Int, L: Lanes> {
  private var sums: InlineArray<8, L.Vector>
  private let bias: L.Vector
  /// Each weight in all lanes of a vector. Nine stay in registers; more are read where they are used.
  private let memory: UnsafePointer<Float>
  private let registers: RegisterTile<3, 3, L>

  @inline(always)
  init(_ kernel: DepthwiseKernel<size>.Type, _ lanes: L.Type, weights: UnsafePointer<Float>, bias: Float) {
    memory = weights
    registers = RegisterTile<3, 3, L>(accumulators: weights)
    self.bias = L.splat(bias)
    sums = zeros(InlineArray<8, L.Vector>.self)
  }

  /// Adds `rows` rows from `row` on, and stores the outputs that are complete then.
  @inline(always)
  mutating func add(_ rows: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    column.prefetchRow(row)
    if rows > 1 { column.prefetchRow(row &+ 1) }
    // Row by row, so that sums have the order of all convolutions: an image then has the same bits from other kernels.
    addRow(0, column, row, isInside: isInside)
    if rows > 1 { addRow(1, column, row, isInside: isInside) }
    store(0, column, row, isInside: isInside)
    if rows > 1 { store(1, column, row, isInside: isInside) }
    for j in 0..<size &- 1 { sums[j] = sums[j &+ rows] }
    for j in 0..<rows { sums[size &- 1 &+ j] = L.splat(0) }
  }

  /// Adds one of the rows from `row` on, the kernel's columns one after the other.
  @inline(always)
  private mutating func addRow(_ i: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    addTap(0, i, column, row, isInside: isInside)
    addTap(1, i, column, row, isInside: isInside)
    addTap(2, i, column, row, isInside: isInside)
    if size > 3 {
      addTap(3, i, column, row, isInside: isInside)
      addTap(4, i, column, row, isInside: isInside)
    }
    if size > 5 {
      addTap(5, i, column, row, isInside: isInside)
      addTap(6, i, column, row, isInside: isInside)
    }
  }

  @inline(always)
  private mutating func addTap(_ tap: Int, _ i: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    let input = column.load(row &+ i, shift: tap &- size / 2, isInside: isInside)
    for ky in 0..<size {
      let weight = size == 3 ? registers.sums[ky][tap] : L.load(memory + (ky &* size &+ tap) &* L.count)
      let j = i &+ size &- 1 &- ky
      sums[j] = L.multiplyAdd(weight, input, sums[j])
    }
  }

  /// Stores a complete sum. (One by one: a loop over sums with branches inside would not be unrolled, and the sums would
  /// lie in memory.)
  @inline(always)
  private func store(_ index: Int, _ column: Column<L>, _ row: Int, isInside: Bool) {
    let output = row &- size / 2 &+ index
    if output >= 0 { column.store(sums[index] + bias, output, isInside: isInside) }
  }

  /// Walks a column of vectors.
  @inline(always)
  mutating func walk(_ column: Column<L>, isInside: Bool) {
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
    if size > 3 { store(1, column, row, isInside: isInside) }
    if size > 5 { store(2, column, row, isInside: isInside) }
  }
}

/// "depthwise": each channel is a plane of its own, convolved with a k × k kernel at stride 1 and padding k / 2.
/// target[plane] = limit(bias + weights ∗ source[plane / multiplier]), for planes firstPlane ..< endPlane.
struct DepthwiseArguments {
  /// All planes.
  var source: UnsafePointer<Float>
  /// Elements of all.
  var sourceCount: Int
  /// All planes.
  var target: UnsafeMutablePointer<Float>
  var weights: UnsafePointer<Float>
  var bias: UnsafePointer<Float>?
  var firstPlane: Int
  var endPlane: Int
  /// Of the target: a plane's channel is its remainder by this.
  var channels: Int
  /// Target planes for each source plane.
  var multiplier: Int
  var height: Int
  var width: Int
  /// The weights are turned by 180°
  var isFlipped: Bool
  /// The target is stored past the caches; its rows are whole, aligned vectors.
  var nonTemporal: Bool
  var floor: Float
  var ceiling: Float
  /// k · k + 4 vectors and a plane.
  var scratch: UnsafeMutablePointer<Float>
}

@inline(always)
func convolveDepthwise<let size: Int, L: HalfLanes>(
  _ kernel: DepthwiseKernel<size>.Type, _ lanes: L.Type, _ p: UnsafePointer<DepthwiseArguments>
) {
  if L.count == 16 && p.pointee.width <= 8 {
    convolvePlanes(kernel, L.Half.self, p)
  } else {
    convolvePlanes(kernel, lanes, p)
  }
  if p.pointee.nonTemporal { isa_stream_fence() }
}

@inline(always)
private func convolvePlanes<let size: Int, L: Lanes>(
  _ kernel: DepthwiseKernel<size>.Type, _ lanes: L.Type, _ p: UnsafePointer<DepthwiseArguments>
) {
  let arguments = p.pointee
  let (height, width) = (arguments.height, arguments.width)
  let count = height &* width
  let weights = arguments.scratch + L.count
  let prefetchOffset = count > depthwisePrefetch ? count : depthwisePrefetch
  let prefetchesInMemoryOrder = size == 3 && width > L.count
  let copy = weights + size &* size &* L.count
  var plane = arguments.firstPlane
  while plane < arguments.endPlane {
    let channel = plane % arguments.channels
    let values = arguments.weights + channel &* size &* size
    for i in 0..<size &* size {
      L.store(L.splat(values[arguments.isFlipped ? size &* size &- 1 &- i : i]), weights + i &* L.count)
    }
    var bias: Float = 0
    if let values = arguments.bias { bias = values[channel] }
    let start = plane / arguments.multiplier &* count
    var source = arguments.source + start
    if start < L.count || start &+ count &+ 2 &* L.count > arguments.sourceCount {
      // A plane at the ends of the memory: vectors may not reach over them.
      for i in 0..<count { copy[L.count &+ i] = source[i] }
      source = UnsafePointer(copy + L.count)
    }
    var x = 0
    while x < width {
      let first = x
      if x > 0 && x &+ L.count > width { x = width &- L.count }
      let column = Column<L>(
        source: source, target: arguments.target + plane &* count, x: x, height: height, width: width,
        prefetchesInMemoryOrder: prefetchesInMemoryOrder, prefetchOffset: prefetchOffset &+ (prefetchesInMemoryOrder ? first &* height : x),
        targetEnd: arguments.target + arguments.endPlane &* count, scratch: arguments.scratch,
        floor: L.splat(arguments.floor), ceiling: L.splat(arguments.ceiling), nonTemporal: arguments.nonTemporal)
      var sums = Sums(kernel, lanes, weights: weights, bias: bias)
      if x >= size / 2 && x &+ L.count &+ size / 2 <= width {
        sums.walk(column, isInside: true)
      } else {
        sums.walk(column, isInside: false)
      }
      x &+= L.count
    }
    plane &+= 1
  }
}
