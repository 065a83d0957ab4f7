import KernelsISA

/// Outputs of a row whose positions are computed at a time. Positions of 32 bits start anew with each block, so that
/// the rounding errors of the steps add up over 64 outputs at most.
let rotationBlock = 64

/// Outputs whose source offsets are computed before their pixels are copied: with their masks 8 KB, which stay in the
/// first-level cache.
let rotationBand = 1024

/// The arguments of the level functions of ``ImageRotation``.
struct ImageRotationArguments {
  /// `[channels, height, width]`
  var source: UnsafePointer<Float>
  /// `[channels, height, width]`; does not overlap the source.
  var destination: UnsafeMutablePointer<Float>
  /// `[channels]`: the value outside of the image.
  var fill: UnsafePointer<Float>
  var channels: Int
  var height: Int
  var width: Int
  /// The position of the first output in the source, in pixels · 2³².
  var startX, startY: Int64
  /// The step of the position from one column of the output to the next, in pixels · 2³².
  var columnX, columnY: Int64
  /// The step of the position from one row of the output to the next, in pixels · 2³².
  var rowX, rowY: Int64
  /// The fraction bits of a position of 32 bits.
  var fractionBits: Int32
  /// Scratch memory: for nearest 2 · `bandCount` elements, for bilinear 10 · `rotationBlock`.
  var scratch: UnsafeMutablePointer<Int32>
  /// Nearest: the elements of a band, padded by a vector.
  var bandCount: Int
  /// Bilinear: `[channels, height + 2, width + 2]`, a copy of the source with a border of one pixel.
  var padded: UnsafeMutablePointer<Float>
}

/// The positions in the source of a vector of outputs, in units of 2⁻ᵇⁱᵗˢ pixels, and the step to the next vector.
private struct RotationPositions<L: Lanes> {
  var x, y: L.Bits
  let stepX, stepY: L.Bits

  @inline(always) init(_ p: UnsafePointer<ImageRotationArguments>, row: Int, column: Int) {
    let shift = Int64(32 &- p.pointee.fractionBits)
    let half = (1 as Int64) &<< (shift &- 1)
    let (row, column) = (Int64(row), Int64(column))
    let startX: Int64 = p.pointee.startX &+ row &* p.pointee.rowX &+ column &* p.pointee.columnX
    let startY: Int64 = p.pointee.startY &+ row &* p.pointee.rowY &+ column &* p.pointee.columnY
    let columnX = Int32(truncatingIfNeeded: (p.pointee.columnX &+ half) &>> shift)
    let columnY = Int32(truncatingIfNeeded: (p.pointee.columnY &+ half) &>> shift)
    let lanes = integers(L.self)
    x = L.Bits(repeating: Int32(truncatingIfNeeded: (startX &+ half) &>> shift)) &+ lanes &* L.Bits(repeating: columnX)
    y = L.Bits(repeating: Int32(truncatingIfNeeded: (startY &+ half) &>> shift)) &+ lanes &* L.Bits(repeating: columnY)
    stepX = L.Bits(repeating: columnX &* Int32(L.count))
    stepY = L.Bits(repeating: columnY &* Int32(L.count))
  }

  @inline(always) mutating func advance() {
    x = x &+ stepX
    y = y &+ stepY
  }
}

/// The lanes' indices: 0, 1, 2 …
@inline(always)
private func integers<L: Lanes>(_ lanes: L.Type) -> L.Bits {
  // 2²³ + i as a float has i in its lowest bits.
  L.bits(L.laneIndices + L.splat(8_388_608)) & L.Bits(repeating: 0x7F_FFFF)
}

/// A mask of the lanes in which a value is negative.
@inline(always)
private func negative<L: Lanes>(_ lanes: L.Type, _ value: L.Bits) -> L.Bits {
  value &>> L.Bits(repeating: 31)
}

@inline(always)
private func store<L: Lanes>(_ lanes: L.Type, _ bits: L.Bits, _ destination: UnsafeMutablePointer<Int32>) {
  L.store(L.vector(bits), UnsafeMutableRawPointer(destination).assumingMemoryBound(to: Float.self))
}

/// Copies the pixel of the source that is nearest to each output, ties to even; the fill where there is none.
///
/// The offsets of some rows are computed before their pixels are copied, so that neither loop waits for the other.
@inline(always)
func rotateNearest<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ImageRotationArguments>) {
  let (height, width) = (p.pointee.height, p.pointee.width)
  let band = rotationBand / width > 1 ? rotationBand / width : 1
  let isOutside = p.pointee.scratch + p.pointee.bandCount
  var row = 0
  while row < height {
    let end = height &- row < band ? height : row &+ band
    var outside = L.Bits(repeating: 0)
    var offsets = p.pointee.scratch
    var masks = isOutside
    var y = row
    while y < end {
      outside = outside | locateNearest(lanes, p, offsets, masks, row: y)
      offsets += width
      masks += width
      y &+= 1
    }
    let output = p.pointee.destination + row &* width
    let count = (end &- row) &* width
    gatherPixels(p, output, height &* width, count)
    if L.sum(L.vector(outside & L.bits(L.splat(1)))) != 0 { fillOutside(lanes, p, output, height &* width, count) }
    row = end
  }
}

/// Computes the source offsets of a row of outputs, in whole vectors, and masks of the outputs that lie outside of the
/// source.
///
/// - Returns: the union of the masks.
@inline(always)
private func locateNearest<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<ImageRotationArguments>, _ offsets: UnsafeMutablePointer<Int32>,
  _ masks: UnsafeMutablePointer<Int32>, row: Int
) -> L.Bits {
  let width = p.pointee.width
  let bits = L.Bits(repeating: p.pointee.fractionBits)
  let belowHalf = L.Bits(repeating: ((1 as Int32) &<< (p.pointee.fractionBits &- 1)) &- 1)
  let one = L.Bits(repeating: 1)
  let width32 = L.Bits(repeating: Int32(truncatingIfNeeded: width))
  let lastColumn = width32 &- one
  let lastRow = L.Bits(repeating: Int32(truncatingIfNeeded: p.pointee.height &- 1))
  var any = L.Bits(repeating: 0)
  var column = 0
  while column < width {
    let end = width &- column < rotationBlock ? width : column &+ rotationBlock
    var positions = RotationPositions<L>(p, row: row, column: column)
    while column < end {
      let wholeX: L.Bits = positions.x &>> bits
      let wholeY: L.Bits = positions.y &>> bits
      let sourceColumn: L.Bits = (positions.x &+ belowHalf &+ (wholeX & one)) &>> bits
      let sourceRow: L.Bits = (positions.y &+ belowHalf &+ (wholeY & one)) &>> bits
      let columnSigns: L.Bits = sourceColumn | (lastColumn &- sourceColumn)
      let rowSigns: L.Bits = sourceRow | (lastRow &- sourceRow)
      let outside = negative(lanes, columnSigns | rowSigns)
      let offset: L.Bits = sourceRow &* width32 &+ sourceColumn
      store(lanes, offset & (outside ^ L.Bits(repeating: -1)), offsets + column)
      store(lanes, outside, masks + column)
      any = any | outside
      positions.advance()
      column &+= L.count
    }
    column = end
  }
  return any
}

/// Copies the pixels at a band's offsets, four of a plane in one store.
@inline(always)
private func gatherPixels(
  _ p: UnsafePointer<ImageRotationArguments>, _ output: UnsafeMutablePointer<Float>, _ plane: Int, _ count: Int
) {
  let offsets = p.pointee.scratch
  let channels = p.pointee.channels
  var channel = 0
  // Three planes at a time, so that each offset is read once.
  while channel &+ 3 <= channels {
    let red = p.pointee.source + channel &* plane
    let (green, blue) = (red + plane, red + 2 &* plane)
    let target = UnsafeMutableRawPointer(output + channel &* plane)
    var i = 0
    while i &+ 4 <= count {
      let (a, b) = (Int(offsets[i]), Int(offsets[i &+ 1]))
      let (c, d) = (Int(offsets[i &+ 2]), Int(offsets[i &+ 3]))
      let reds = SIMD4(red[a], red[b], red[c], red[d])
      let greens = SIMD4(green[a], green[b], green[c], green[d])
      let blues = SIMD4(blue[a], blue[b], blue[c], blue[d])
      let byte = 4 &* i
      target.storeBytes(of: reds, toByteOffset: byte, as: SIMD4<Float>.self)
      target.storeBytes(of: greens, toByteOffset: byte &+ 4 &* plane, as: SIMD4<Float>.self)
      target.storeBytes(of: blues, toByteOffset: byte &+ 8 &* plane, as: SIMD4<Float>.self)
      i &+= 4
    }
    while i < count {
      let offset = Int(offsets[i])
      output[channel &* plane &+ i] = red[offset]
      output[(channel &+ 1) &* plane &+ i] = green[offset]
      output[(channel &+ 2) &* plane &+ i] = blue[offset]
      i &+= 1
    }
    channel &+= 3
  }
  while channel < channels {
    let source = p.pointee.source + channel &* plane
    let values = output + channel &* plane
    var i = 0
    while i &+ 4 <= count {
      let (a, b) = (Int(offsets[i]), Int(offsets[i &+ 1]))
      let (c, d) = (Int(offsets[i &+ 2]), Int(offsets[i &+ 3]))
      let four = SIMD4(source[a], source[b], source[c], source[d])
      UnsafeMutableRawPointer(values + i).storeBytes(of: four, as: SIMD4<Float>.self)
      i &+= 4
    }
    while i < count {
      values[i] = source[Int(offsets[i])]
      i &+= 1
    }
    channel &+= 1
  }
}

/// Overwrites the outputs of a band that lie outside of the source with the fill.
@inline(always)
private func fillOutside<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<ImageRotationArguments>, _ output: UnsafeMutablePointer<Float>, _ plane: Int,
  _ count: Int
) {
  let isOutside = p.pointee.scratch + p.pointee.bandCount
  let masks = UnsafeMutableRawPointer(isOutside).assumingMemoryBound(to: Float.self)
  var channel = 0
  while channel < p.pointee.channels {
    let values = output + channel &* plane
    let fill = p.pointee.fill[channel]
    let fills = L.bits(L.splat(fill))
    var i = 0
    while i &+ L.count <= count {
      let mask = L.bits(L.load(masks + i))
      let inside: L.Bits = L.bits(L.load(values + i)) & (mask ^ L.Bits(repeating: -1))
      L.store(L.vector(inside | (fills & mask)), values + i)
      i &+= L.count
    }
    while i < count {
      if isOutside[i] != 0 { values[i] = fill }
      i &+= 1
    }
    channel &+= 1
  }
}

/// Interpolates the four pixels around each output. Pixels outside of the source count as 0, and the weight that they
/// would have is that of the fill.
///
/// The source is first copied with a border of zeros, so that no output needs a condition. The two neighbours in a row
/// are copied as one.
@inline(always)
func rotateBilinear<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ImageRotationArguments>) {
  let (height, width) = (p.pointee.height, p.pointee.width)
  let stride = width &+ 2
  let paddedPlane = (height &+ 2) &* stride
  copyPadded(lanes, p, stride)
  let weights = UnsafeMutableRawPointer(p.pointee.scratch + rotationBlock).assumingMemoryBound(to: Float.self)
  let (a, b) = (weights, weights + rotationBlock)
  let (c, d) = (weights + 2 &* rotationBlock, weights + 3 &* rotationBlock)
  let coverages = weights + 4 &* rotationBlock
  let upper = weights + 5 &* rotationBlock
  let lower = weights + 7 &* rotationBlock
  var row = 0
  while row < height {
    var column = 0
    while column < width {
      let count = width &- column < rotationBlock ? width &- column : rotationBlock
      locateBilinear(lanes, p, weights, row: row, column: column, count: count, stride: stride)
      var channel = 0
      while channel < p.pointee.channels {
        let output = p.pointee.destination + ((channel &* height &+ row) &* width &+ column)
        copyPairs(p.pointee.scratch, p.pointee.padded + channel &* paddedPlane, stride, upper, lower, count)
        let fill = L.splat(p.pointee.fill[channel])
        var i = 0
        while i < count {
          let (ofA, ofB) = L.Vector.deinterleave(L.load(upper + 2 &* i), L.load(upper + (2 &* i &+ L.count)))
          let (ofC, ofD) = L.Vector.deinterleave(L.load(lower + 2 &* i), L.load(lower + (2 &* i &+ L.count)))
          let first = L.load(a + i) * ofA + L.load(b + i) * ofB
          let value = first + L.load(c + i) * ofC + L.load(d + i) * ofD
          let coverage = L.load(coverages + i)
          let mixed = coverage * (value - fill) + fill
          let result = mixed.replacing(with: value, where: coverage .== L.splat(1))
          if i &+ L.count <= count {
            L.store(result, output + i)
          } else {
            // The pairs in `upper` have been read.
            L.store(result, upper)
            L.copy(upper, output + i, first: count &- i)
          }
          i &+= L.count
        }
        channel &+= 1
      }
      column &+= count
    }
    row &+= 1
  }
}

/// Computes, for the outputs of a block, the offset of the upper left pixel in the padded source, the weights of the
/// four pixels, and the coverage: the sum of the weights, 1 where all four are inside.
@inline(always)
private func locateBilinear<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<ImageRotationArguments>, _ weights: UnsafeMutablePointer<Float>, row: Int,
  column: Int, count: Int, stride: Int
) {
  let bits = L.Bits(repeating: p.pointee.fractionBits)
  let toMantissa = L.Bits(repeating: 32 &- p.pointee.fractionBits)
  let lastColumn = L.Bits(repeating: Int32(truncatingIfNeeded: p.pointee.width &- 1))
  let lastRow = L.Bits(repeating: Int32(truncatingIfNeeded: p.pointee.height &- 1))
  let stride32 = L.Bits(repeating: Int32(truncatingIfNeeded: stride))
  let one = L.Bits(repeating: 1)
  let all = L.Bits(repeating: -1)
  var positions = RotationPositions<L>(p, row: row, column: column)
  var i = 0
  while i < count {
    let left: L.Bits = positions.x &>> bits
    let top: L.Bits = positions.y &>> bits
    let dx = fraction(lanes, positions.x &<< toMantissa)
    let dy = fraction(lanes, positions.y &<< toMantissa)
    // Masks of the columns and rows that lie outside.
    let noLeft = negative(lanes, left | (lastColumn &- left))
    let noRight = negative(lanes, (left &+ one) | (lastColumn &- left &- one))
    let noUpper = negative(lanes, top | (lastRow &- top))
    let noLower = negative(lanes, (top &+ one) | (lastRow &- top &- one))
    let ofLeft = L.vector(L.bits(L.splat(1) - dx) & (noLeft ^ all))
    let ofRight = L.vector(L.bits(dx) & (noRight ^ all))
    let ofUpper = L.vector(L.bits(L.splat(1) - dy) & (noUpper ^ all))
    let ofLower = L.vector(L.bits(dy) & (noLower ^ all))
    let (a, b) = (ofLeft * ofUpper, ofRight * ofUpper)
    let (c, d) = (ofLeft * ofLower, ofRight * ofLower)
    let isPartial = noLeft | noRight | noUpper | noLower
    let whole: L.Bits = L.bits(L.splat(1)) & (isPartial ^ all)
    let partial: L.Bits = L.bits((a + b) + (c + d)) & isPartial
    L.store(a, weights + i)
    L.store(b, weights + (rotationBlock &+ i))
    L.store(c, weights + (2 &* rotationBlock &+ i))
    L.store(d, weights + (3 &* rotationBlock &+ i))
    L.store(L.vector(whole | partial), weights + (4 &* rotationBlock &+ i))
    // Where both columns or both rows are outside, all weights are 0; the offset is set to 0, which can be read.
    let offset: L.Bits = (top &+ one) &* stride32 &+ left &+ one
    let isNowhere = (noLeft & noRight) | (noUpper & noLower)
    store(lanes, offset & (isNowhere ^ all), p.pointee.scratch + i)
    positions.advance()
    i &+= L.count
  }
}

/// The upper 23 bits as a number of at least 0 and below 1.
@inline(always)
private func fraction<L: Lanes>(_ lanes: L.Type, _ bits: L.Bits) -> L.Vector {
  let mantissa: L.Bits = (bits &>> L.Bits(repeating: 9)) & L.Bits(repeating: 0x7F_FFFF)
  return L.vector(mantissa | L.bits(L.splat(1))) - L.splat(1)
}

/// Copies the two neighbours at each offset, and the two in the row below.
@inline(always)
private func copyPairs(
  _ offsets: UnsafePointer<Int32>, _ source: UnsafePointer<Float>, _ stride: Int, _ upper: UnsafeMutablePointer<Float>,
  _ lower: UnsafeMutablePointer<Float>, _ count: Int
) {
  let (ofUpper, ofLower) = (UnsafeMutableRawPointer(upper), UnsafeMutableRawPointer(lower))
  var i = 0
  while i < count {
    let first = UnsafeRawPointer(source + Int(offsets[i]))
    let (byte, below) = (8 &* i, 4 &* stride)
    ofUpper.storeBytes(of: first.loadUnaligned(as: UInt64.self), toByteOffset: byte, as: UInt64.self)
    ofLower.storeBytes(
      of: first.loadUnaligned(fromByteOffset: below, as: UInt64.self), toByteOffset: byte, as: UInt64.self)
    i &+= 1
  }
}

/// Copies the source with a border of one zero around each plane.
@inline(always)
private func copyPadded<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ImageRotationArguments>, _ stride: Int) {
  let (height, width) = (p.pointee.height, p.pointee.width)
  var source = p.pointee.source
  var output = p.pointee.padded
  var channel = 0
  while channel < p.pointee.channels {
    output.update(repeating: 0, count: stride)
    output += stride
    var y = 0
    while y < height {
      output[0] = 0
      output[width &+ 1] = 0
      var x = 0
      while x &+ L.count <= width {
        L.store(L.load(source + x), output + (x &+ 1))
        x &+= L.count
      }
      if x < width { L.copy(source + x, output + (x &+ 1), first: width &- x) }
      source += width
      output += stride
      y &+= 1
    }
    output.update(repeating: 0, count: stride)
    output += stride
    channel &+= 1
  }
}
