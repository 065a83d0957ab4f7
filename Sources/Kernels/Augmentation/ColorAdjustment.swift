import KernelsISA

// LLVM's loop vectoriser compiles these loops to each level's instructions. Products are rounded before they are added,
// so all levels give the same bits.

/// The arguments of the level functions that adjust brightness, contrast, saturation and hue.
struct ImageColorArguments {
  /// `[channels, plane]`; read and written.
  var image: UnsafeMutablePointer<Float>
  /// 1 or 3 for the contrast, 3 for saturation and hue.
  var channels: Int
  /// The pixels of a channel.
  var plane: Int
  /// The factor of the adjustment; for the hue, the angle as a fraction of the circle.
  var factor: Float
}

@inline(always)
func brightness(_ p: UnsafePointer<ImageColorArguments>) {
  scale(p, adding: 0)
}

/// Multiplies every value by the factor, adds an offset and clamps to 0 … 1.
@inline(always)
private func scale(_ p: UnsafePointer<ImageColorArguments>, adding offset: Float) {
  let (image, count, factor) = (p.pointee.image, p.pointee.channels &* p.pointee.plane, p.pointee.factor)
  var i = 0
  while i < count {
    image[i] = clamped(factor * image[i] + offset)
    i &+= 1
  }
}

@inline(always)
func contrast(_ p: UnsafePointer<ImageColorArguments>) {
  let plane = p.pointee.plane
  let image = p.pointee.image
  // 16 sums in Float at every level, of at most 4,096 values together; the chunks are added in Double.
  let chunk = 4096
  var total = 0.0
  var first = 0
  while first < plane {
    let end = plane &- first < chunk ? plane : first &+ chunk
    var sums = SIMD16<Float>(repeating: 0)
    var i = first
    while i &+ 16 <= end {
      sums += grey(image, i, plane, isColor: p.pointee.channels == 3)
      i &+= 16
    }
    let eight = sums.lowHalf + sums.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    total += Double(two.x + two.y)
    while i < end {
      total += Double(p.pointee.channels == 3 ? grey(image[i], image[plane &+ i], image[2 &* plane &+ i]) : image[i])
      i &+= 1
    }
    first = end
  }
  scale(p, adding: (1 - p.pointee.factor) * Float(total / Double(plane)))
}

@inline(always)
func saturation(_ p: UnsafePointer<ImageColorArguments>) {
  let (plane, factor) = (p.pointee.plane, p.pointee.factor)
  let (red, green, blue) = (p.pointee.image, p.pointee.image + plane, p.pointee.image + 2 &* plane)
  var i = 0
  while i < plane {
    let offset = (1 - factor) * grey(red[i], green[i], blue[i])
    red[i] = clamped(factor * red[i] + offset)
    green[i] = clamped(factor * green[i] + offset)
    blue[i] = clamped(factor * blue[i] + offset)
    i &+= 1
  }
}

@inline(always)
func hue(_ p: UnsafePointer<ImageColorArguments>) {
  let plane = p.pointee.plane
  let shift = 6 * p.pointee.factor
  let (red, green, blue) = (p.pointee.image, p.pointee.image + plane, p.pointee.image + 2 &* plane)
  var i = 0
  while i < plane {
    let (r, g, b) = (red[i], green[i], blue[i])
    let larger = g > b ? g : b
    let smaller = g < b ? g : b
    let value = r > larger ? r : larger
    let range = value - (r < smaller ? r : smaller)
    // Grey pixels: all differences are 0, whatever they are divided by.
    let inverse: Float = 1 / (range == 0 ? 1 : range)
    // The hue in sixths of the circle, from red over green to blue.
    let ofRed: Float = (g - b) * inverse
    let ofGreen: Float = 2 + (b - r) * inverse
    let ofBlue: Float = 4 + (r - g) * inverse
    let notRed: Float = value == g ? ofGreen : ofBlue
    let hue: Float = (value == r ? ofRed : notRed) + shift
    red[i] = value - range * dimming(hue + 5)
    green[i] = value - range * dimming(hue + 3)
    blue[i] = value - range * dimming(hue + 1)
    i &+= 1
  }
}

/// How far a colour channel lies below the largest one, as a fraction of the range between the channels.
///
/// - Parameter position: the hue relative to the channel, in sixths of the circle, −3 to 14. Modulo 6 the result rises
///   from 0 to 1 between 0 and 1, stays 1 up to 3, and falls to 0 between 3 and 4.
@inline(always)
private func dimming(_ position: Float) -> Float {
  let raised = position < 0 ? position + 6 : position
  let lowered = raised >= 6 ? raised - 6 : raised
  let wrapped = lowered >= 6 ? lowered - 6 : lowered
  let tent = wrapped < 4 - wrapped ? wrapped : 4 - wrapped
  return tent < 0 ? 0 : tent > 1 ? 1 : tent
}

/// A value clamped to 0 … 1; NaN stays NaN.
@inline(always)
private func clamped(_ value: Float) -> Float {
  value < 0 ? 0 : value > 1 ? 1 : value
}

/// The luma of a pixel (ITU-R BT.601).
@inline(always)
private func grey(_ red: Float, _ green: Float, _ blue: Float) -> Float {
  0.2989 * red + 0.587 * green + 0.114 * blue
}

/// The luma of 16 pixels.
@inline(always)
private func grey(_ image: UnsafeMutablePointer<Float>, _ i: Int, _ plane: Int, isColor: Bool) -> SIMD16<Float> {
  let red = UnsafeRawPointer(image + i).loadUnaligned(as: SIMD16<Float>.self)
  if !isColor { return red }
  let green = UnsafeRawPointer(image + (plane &+ i)).loadUnaligned(as: SIMD16<Float>.self)
  let blue = UnsafeRawPointer(image + (2 &* plane &+ i)).loadUnaligned(as: SIMD16<Float>.self)
  let pair = SIMD16<Float>(repeating: 0.2989) * red + SIMD16<Float>(repeating: 0.587) * green
  return pair + SIMD16<Float>(repeating: 0.114) * blue
}
