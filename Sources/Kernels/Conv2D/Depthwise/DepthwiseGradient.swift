import KernelsISA

// The weight gradient of a depthwise convolution with an odd square kernel, stride 1 and padding that keeps the size. A
// vector holds neighbouring pixels of a row, and every lane sums its own products: dw[ky][kx] = Σ x[row][column + kx -
// k/2] · dy[row + k/2 - ky][column]. A column of vectors is read from the plane's top to its bottom, with the sums of
// some rows of the kernel in registers. A loaded input is multiplied with as many rows of the gradient, a row of the
// gradient with as many shifted inputs as the kernel has columns.

/// A column of vectors of one plane and of its gradient.
private struct Column<L: Lanes> {
  /// The planes; a vector before them and two behind them may be read.
  let source: UnsafePointer<Float>
  let gradient: UnsafePointer<Float>
  /// The first pixel of the column's vectors in their rows.
  let x: Int
  /// The first lane that counts: the column on the left has summed the lanes before.
  let firstLane: Int
  let height: Int
  let width: Int
  /// Whether planes are prefetched in the order of memory, and the column's first element in that order; see
  /// `depthwisePrefetch`.
  let prefetchesInMemoryOrder: Bool
  let prefetchOffset: Int

  /// Prefetches the vectors that lie one prefetch distance behind a row's.
  @inline(always)
  func prefetchRow(_ row: Int) {
    let offset = row &* (prefetchesInMemoryOrder ? L.count : width) &+ prefetchOffset
    prefetch(source + offset)
    prefetch(gradient + offset)
    if !prefetchesInMemoryOrder { return }
    prefetchToSecondLevel(source + (offset &+ depthwiseFarPrefetch))
    prefetchToSecondLevel(gradient + (offset &+ depthwiseFarPrefetch))
  }

  /// A row's inputs, shifted by `shift` elements; 0 outside the plane and in lanes where the gradient does not count.
  @inline(always)
  func input(_ row: Int, shift: Int, isInside: Bool) -> L.Vector {
    let first = x &+ shift
    let vector = L.load(source + (row &* width &+ first))
    if isInside { return vector }
    let (before, end) = (0 &- first, width &- (shift > 0 ? first : x))
    return masked(vector, first: before > firstLane ? before : firstLane, end: end)
  }

  /// A row's gradients; 0 outside the plane and in lanes that do not count.
  @inline(always)
  func gradient(_ row: Int, isInside: Bool) -> L.Vector {
    let vector = L.load(gradient + (row &* width &+ x))
    return isInside ? vector : masked(vector, first: firstLane, end: width &- x)
  }

  @inline(always)
  private func masked(_ vector: L.Vector, first: Int, end: Int) -> L.Vector {
    let lanes = L.laneIndices
    let inside = (lanes .>= L.splat(Float(first))) .& (L.splat(Float(end)) .> lanes)
    return L.splat(0).replacing(with: vector, where: inside)
  }
}

/// The sums of some rows of the kernel: sum [i][tap] is that of row `first + i` and column `tap`.
private protocol GradientSums {
  associatedtype L: Lanes
  /// The rows and columns of the kernel.
  static var size: Int { get }
  /// Rows of the kernel that are summed together.
  static var rows: Int { get }
  /// The sums that `storeAccumulators` wrote.
  init(accumulators memory: UnsafePointer<Float>)
  func storeAccumulators(to memory: UnsafeMutablePointer<Float>)
  /// Adds all rows of a column of vectors.
  mutating func walk(_ column: Column<L>, first: Int)
}

/// The sums of a 3×3 kernel, all at once. Columns inside the plane have code without masks.
private struct SmallSums<L: Lanes>: GradientSums {
  @inline(always) static var size: Int { 3 }
  @inline(always) static var rows: Int { 3 }
  private var tile: RegisterTile<3, 3, L>

  @inline(always) init(accumulators memory: UnsafePointer<Float>) { tile = RegisterTile(accumulators: memory) }
  @inline(always) func storeAccumulators(to memory: UnsafeMutablePointer<Float>) { tile.storeAccumulators(to: memory) }

  @inline(always)
  mutating func walk(_ column: Column<L>, first: Int) {
    if column.firstLane == 0 && column.x >= 1 && column.x &+ L.count < column.width {
      walk(column, isInside: true)
    } else {
      walk(column, isInside: false)
    }
  }

  /// Input row r meets gradient rows r + 1 - i, i in 0 ..< 3.
  @inline(always)
  private mutating func walk(_ column: Column<L>, isInside: Bool) {
    var row = 0
    while row < 1 && row < column.height {
      add(row, column, isInside: isInside, isWhole: false)
      row &+= 1
    }
    while row < column.height &- 1 {
      add(row, column, isInside: isInside, isWhole: true)
      row &+= 1
    }
    while row < column.height {
      add(row, column, isInside: isInside, isWhole: false)
      row &+= 1
    }
  }

  /// Adds the products of an input row with the gradient rows that it meets. `isWhole`: none of them is outside the
  /// plane.
  @inline(always)
  private mutating func add(_ row: Int, _ column: Column<L>, isInside: Bool, isWhole: Bool) {
    var gradients = zeros(InlineArray<3, L.Vector>.self)
    for i in 0..<3 {
      if isWhole || (row &+ 1 >= i && row &+ 1 &- i < column.height) {
        gradients[i] = column.gradient(row &+ 1 &- i, isInside: isInside)
      }
    }
    column.prefetchRow(row)
    // The columns are no loop: it would be too long to be unrolled.
    addTap(0, gradients, row, column, isInside: isInside, isWhole: isWhole)
    addTap(1, gradients, row, column, isInside: isInside, isWhole: isWhole)
    addTap(2, gradients, row, column, isInside: isInside, isWhole: isWhole)
  }

  /// Adds one column of the kernel.
  @inline(always)
  private mutating func addTap(
    _ tap: Int, _ gradients: InlineArray<3, L.Vector>, _ row: Int, _ column: Column<L>, isInside: Bool, isWhole: Bool
  ) {
    let input = column.input(row, shift: tap &- 1, isInside: isInside)
    for i in 0..<3 {
      if isWhole || (row &+ 1 >= i && row &+ 1 &- i < column.height) {
        tile.sums[i][tap] = L.multiplyAdd(gradients[i], input, tile.sums[i][tap])
      }
    }
  }
}

/// The sums of some rows of a larger kernel, with one code for all rows and columns of the plane: the masks of a column are
/// made once, and cost little beside as many multiply-adds.
private struct LargeSums<let kernelRows: Int, let kernelSize: Int, L: Lanes>: GradientSums {
  @inline(always) static var size: Int { kernelSize }
  @inline(always) static var rows: Int { kernelRows }
  private var tile: RegisterTile<kernelRows, kernelSize, L>

  @inline(always) init(accumulators memory: UnsafePointer<Float>) { tile = RegisterTile(accumulators: memory) }
  @inline(always) func storeAccumulators(to memory: UnsafeMutablePointer<Float>) { tile.storeAccumulators(to: memory) }

  /// Input row r meets gradient rows r + k/2 - first - i, i in 0 ..< rows.
  @inline(always)
  mutating func walk(_ column: Column<L>, first: Int) {
    var row = 0
    while row < column.height {
      column.prefetchRow(row)
      var inputs = zeros(InlineArray<kernelSize, L.Vector>.self)
      for tap in 0..<kernelSize { inputs[tap] = column.input(row, shift: tap &- kernelSize / 2, isInside: false) }
      let above = row &+ kernelSize / 2 &- first
      if above >= kernelRows &- 1 && above < column.height {
        for i in 0..<kernelRows { add(i, inputs, column, above) }
      } else {
        // No loop: with branches inside, it would not be unrolled, and the sums would lie in memory.
        addIfInside(0, inputs, column, above)
        if kernelRows > 1 { addIfInside(1, inputs, column, above) }
        if kernelRows > 2 { addIfInside(2, inputs, column, above) }
        if kernelRows > 3 { addIfInside(3, inputs, column, above) }
        if kernelRows > 4 { addIfInside(4, inputs, column, above) }
      }
      row &+= 1
    }
  }

  /// Adds the products with the gradient row that one row of the kernel meets.
  @inline(always)
  private mutating func add(
    _ i: Int, _ inputs: InlineArray<kernelSize, L.Vector>, _ column: Column<L>, _ above: Int
  ) {
    let gradient = column.gradient(above &- i, isInside: false)
    for tap in 0..<kernelSize { tile.sums[i][tap] = L.multiplyAdd(gradient, inputs[tap], tile.sums[i][tap]) }
  }

  @inline(always)
  private mutating func addIfInside(
    _ i: Int, _ inputs: InlineArray<kernelSize, L.Vector>, _ column: Column<L>, _ above: Int
  ) {
    if above >= i && above &- i < column.height { add(i, inputs, column, above) }
  }
}

/// The kernel rows whose sums fit the registers, and the kernel's size, as a type.
enum DepthwiseGradientPart<let rows: Int, let size: Int> {}

/// The arguments of `accumulateDepthwiseGradient`: the weight gradient of channels firstChannel ..< endChannel, summed
/// over some images.
struct DepthwiseGradientArguments {
  /// The input, from the first image on.
  var source: UnsafePointer<Float>
  /// The output gradient, from the first image on.
  var gradient: UnsafePointer<Float>
  var images: Int
  /// Channels of the gradient.
  var channels: Int
  /// Gradient planes for each source plane.
  var multiplier: Int
  /// The first channel to compute.
  var firstChannel: Int
  /// The end of the channels to compute.
  var endChannel: Int
  /// Rows of an input plane.
  var height: Int
  /// Columns of an input plane.
  var width: Int
  /// The weight gradient of all channels.
  var target: UnsafeMutablePointer<Float>
  /// Memory for at most k · (k + 2) vectors a channel, then two planes and six vectors.
  var sums: UnsafeMutablePointer<Float>
}

/// Sums image by image and channel by channel, then sums the lanes.
@inline(always)
private func accumulateGradient<Sums: GradientSums>(
  _ sums: Sums.Type, _ p: UnsafePointer<DepthwiseGradientArguments>
) {
  typealias L = Sums.L
  let (rows, size) = (Sums.rows, Sums.size)
  let a = p.pointee
  let (height, width) = (a.height, a.width)
  let count = height &* width
  let prefetchOffset = count > depthwisePrefetch ? count : depthwisePrefetch
  let prefetchesInMemoryOrder = size == 3 && width > L.count
  // Elements of a channel's sums, for a multiple of `rows` rows of the kernel.
  let kernelSums = (size &+ rows &- 1) / rows &* rows &* size &* L.count
  let copy = a.sums + (a.endChannel &- a.firstChannel) &* kernelSums
  let sourceCount = a.images &* (a.channels / a.multiplier) &* count
  for i in 0..<(a.endChannel &- a.firstChannel) &* kernelSums { a.sums[i] = 0 }
  var image = 0
  while image < a.images {
    var channel = a.firstChannel
    while channel < a.endChannel {
      let start = (image &* (a.channels / a.multiplier) &+ channel / a.multiplier) &* count
      let gradientStart = (image &* a.channels &+ channel) &* count
      var source = a.source + start
      var gradient = a.gradient + gradientStart
      // The planes are the first or the last in memory, where vectors may not read beyond the ends: copies are read
      // instead. Small planes of several images are. The gradient has no less memory before and behind its plane than
      // the source has.
      if start < L.count || sourceCount &- start < count &+ 2 &* L.count {
        let second = copy + (count &+ 3 &* L.count)
        for i in 0..<count {
          copy[L.count &+ i] = source[i]
          second[L.count &+ i] = gradient[i]
        }
        source = UnsafePointer(copy + L.count)
        gradient = UnsafePointer(second + L.count)
      }
      var sums = a.sums + (channel &- a.firstChannel) &* kernelSums
      var first = 0
      while first < size {
        var x = 0
        while x < width {
          let last = x > 0 && x &+ L.count > width ? width &- L.count : x
          let column = Column<L>(
            source: source, gradient: gradient, x: last, firstLane: x &- last, height: height, width: width,
            prefetchesInMemoryOrder: prefetchesInMemoryOrder,
            prefetchOffset: prefetchOffset &+ (prefetchesInMemoryOrder ? x &* height : last))
          var tile = Sums(accumulators: sums)
          tile.walk(column, first: first)
          tile.storeAccumulators(to: sums)
          x &+= L.count
        }
        first &+= rows
        sums += rows &* size &* L.count
      }
      channel &+= 1
    }
    image &+= 1
  }
  var channel = a.firstChannel
  while channel < a.endChannel {
    let sums = a.sums + (channel &- a.firstChannel) &* kernelSums
    let target = a.target + channel &* size &* size
    var i = 0
    while i < size &* size {
      target[i] = L.sum(L.load(sums + i &* L.count))
      i &+= 1
    }
    channel &+= 1
  }
}

/// Computes with whole vectors, or with vectors of half the lanes where those hold a row: for a 3×3 kernel.
@inline(always)
func accumulateDepthwiseGradient<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<DepthwiseGradientArguments>) {
  if L.count == 16 && p.pointee.width <= 8 {
    accumulateGradient(SmallSums<L.Half>.self, p)
  } else {
    accumulateGradient(SmallSums<L>.self, p)
  }
}

/// The same for a kernel of 5×5 or 7×7.
@inline(always)
func accumulateLargeDepthwiseGradient<let rows: Int, let size: Int, L: HalfLanes>(
  _ part: DepthwiseGradientPart<rows, size>.Type, _ lanes: L.Type, _ p: UnsafePointer<DepthwiseGradientArguments>
) {
  if L.count == 16 && p.pointee.width <= 8 {
    accumulateGradient(LargeSums<rows, size, L.Half>.self, p)
  } else {
    accumulateGradient(LargeSums<rows, size, L>.self, p)
  }
}
