import KernelsISA

/// target[k · targetStride + lane] = source[lane · sourceStride + k]; lanes behind the last are 0 up to the width.
struct TransposePaddedArguments {
  var source: UnsafePointer<Float>
  var sourceStride: Int
  var target: UnsafeMutablePointer<Float>
  var targetStride: Int
  var lanes: Int
  var width: Int
  var depth: Int
}

/// Turns lanes × depth to depth × lanes, with zeros up to the width.
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

/// Elements that a copy of rows asks for ahead: a plane is short for the processor to find out that it is read in order.
private let padPrefetchDistance = 512

/// Copies rows startY ..< startY + rows of planes, with zeros around what lies inside: a target row has `left` zeros, the
/// source's row, and zeros up to its width.
struct PadRowsArguments {
  var source: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  var planes: Int
  var planeStride: Int
  var sourceHeight: Int
  var sourceWidth: Int
  var startY: Int
  var rows: Int
  var left: Int
  var targetWidth: Int
  var prefetch: UnsafeMutablePointer<RowPrefetch>
}

/// Copies rows of planes with zeros around them.
///
/// Zeros are stored in whole vectors first, and the row's own elements over what of them was too much.
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
