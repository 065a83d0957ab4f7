import KernelsISA

/// The arguments of `transposePadded`:
/// target[k · targetStride + lane] = source[lane · sourceStride + k], and 0 for the lanes from `lanes` to `width`.
struct TransposePaddedArguments {
  var source: UnsafePointer<Float>
  /// Elements from a lane's values to the next lane's.
  var sourceStride: Int
  var target: UnsafeMutablePointer<Float>
  /// Elements from a row of the target to the next.
  var targetStride: Int
  /// Lanes of the source, the columns of the target.
  var lanes: Int
  /// Columns of the target with the zeros behind the lanes.
  var width: Int
  /// Values of each lane, the rows of the target.
  var depth: Int
}

/// Transposes lanes × depth to depth × width.
@inline(always)
func transposePadded<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<TransposePaddedArguments>) {
  let target = p.pointee.target
  let stride = p.pointee.targetStride
  let depth = p.pointee.depth
  let columns = p.pointee.lanes
  let width = p.pointee.width
  if columns < width {
    var k = 0
    while k < depth {
      var lane = columns
      while lane < width {
        target[k &* stride &+ lane] = 0
        lane &+= 1
      }
      k &+= 1
    }
  }
  L.transpose(p.pointee.source, p.pointee.sourceStride, rows: columns, columns: depth, target, stride)
}

/// Elements between a load and its prefetch. A plane ends before the processor's own prefetching has found the stream.
private let padPrefetchDistance = 512

/// The arguments of `padRows`, which copies rows startY ..< startY + rows of planes with their padding: a row of the
/// target is `left` zeros, the source's row, and zeros up to `targetWidth`.
struct PadRowsArguments {
  var source: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  var planes: Int
  /// Elements from a plane of the source to the next.
  var planeStride: Int
  var sourceHeight: Int
  var sourceWidth: Int
  /// The source row of the first row of the target; rows outside the source are zeros.
  var startY: Int
  /// Rows of each plane of the target.
  var rows: Int
  /// Zeros before each row.
  var left: Int
  /// Elements of a row of the target.
  var targetWidth: Int
  /// Lines to prefetch meanwhile, some at each row.
  var prefetch: UnsafeMutablePointer<RowPrefetch>
}

/// Copies rows of planes with zeros around them. Zeros are stored in whole vectors first; the copy of the row then
/// overwrites the excess.
@inline(always)
func padRows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PadRowsArguments>) {
  let zero = L.splat(0)
  let width = p.pointee.targetWidth
  let left = min(p.pointee.left, width)
  let count = min(p.pointee.sourceWidth, width &- left)
  var target = p.pointee.target
  var plane = 0
  while plane < p.pointee.planes {
    let source = p.pointee.source + plane &* p.pointee.planeStride
    var row = 0
    while row < p.pointee.rows {
      let y = p.pointee.startY &+ row
      RowPrefetch.advance(p.pointee.prefetch)
      let isInside = y >= 0 && y < p.pointee.sourceHeight
      let first = isInside ? left : width
      let last = isInside ? left &+ count : width
      if width >= L.count {
        var i = 0
        while i < first {
          L.store(zero, target + min(i, width &- L.count))
          i &+= L.count
        }
        i = width
        while i > last {
          L.store(zero, target + max(i &- L.count, 0))
          i &-= L.count
        }
      } else {
        var i = 0
        while i < width {
          target[i] = 0
          i &+= 1
        }
      }
      if isInside {
        let from = source + y &* p.pointee.sourceWidth
        if count >= L.count {
          var i = 0
          while i < count {
            let j = min(i, count &- L.count)
            prefetchToWrite(from + (j &+ padPrefetchDistance))
            L.store(L.load(from + j), target + (left &+ j))
            i &+= L.count
          }
        } else {
          L.copy(from, target + left, first: count)
        }
      }
      target += width
      row &+= 1
    }
    plane &+= 1
  }
}
