import KernelsISA

// The same for every level: LLVM's loop vectoriser makes these loops into the level's own instructions. Products are
// rounded before they are added, so all levels give the same bits.

struct ImageColorArguments {
  /// In place.
  var image: UnsafeMutablePointer<Float>
  /// 1 or 3 where grey is needed, 3 for the hue.
  var channels: Int
  var plane: Int
  /// Of the hue: the share of the circle.
  var factor: Float
}

@inline(always)
func brightness(_ p: UnsafePointer<ImageColorArguments>) {
  scale(p, adding: 0)
}

/// Every value times the factor, plus a number.
@inline(always)
private func scale(_ p: UnsafePointer<ImageColorArguments>, adding rest: Float) {
  let (image, count, factor) = (p.pointee.image, p.pointee.channels &* p.pointee.plane, p.pointee.factor)
  var i = 0
  while i < count {
    image[i] = clamped(factor * image[i] + rest)
    i &+= 1
  }
}

@inline(always)
func contrast(_ p: UnsafePointer<ImageColorArguments>) {
  let plane = p.pointee.plane
  let image = p.pointee.image
  // Sixteen sums at every level, and a sum in Double of no more than some thousand values each.
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
    let rest = (1 - factor) * grey(red[i], green[i], blue[i])
    red[i] = clamped(factor * red[i] + rest)
    green[i] = clamped(factor * green[i] + rest)
    blue[i] = clamped(factor * blue[i] + rest)
    i &+= 1
  }
}

@inline(always)
func hue(_ p: UnsafePointer<ImageColorArguments>) {
  let plane = p.pointee.plane
  let turn = 6 * p.pointee.factor
  let (red, green, blue) = (p.pointee.image, p.pointee.image + plane, p.pointee.image + 2 &* plane)
  var i = 0
  while i < plane {
    let (r, g, b) = (red[i], green[i], blue[i])
    let larger = g > b ? g : b
    let smaller = g < b ? g : b
    let value = r > larger ? r : larger
    let range = value - (r < smaller ? r : smaller)
    // Where all are alike, all differences are 0.
    let inverse: Float = 1 / (range == 0 ? 1 : range)
    // The hue in sixths of the circle, from red over green to blue.
    let ofRed: Float = (g - b) * inverse
    let ofGreen: Float = 2 + (b - r) * inverse
    let ofBlue: Float = 4 + (r - g) * inverse
    let notRed: Float = value == g ? ofGreen : ofBlue
    let hue: Float = (value == r ? ofRed : notRed) + turn
    red[i] = value - range * dimming(hue + 5)
    green[i] = value - range * dimming(hue + 3)
    blue[i] = value - range * dimming(hue + 1)
    i &+= 1
  }
}

/// How far a colour channel lies below the largest one, as a share of the range between the channels, by its place on
/// the circle in sixths from −3 to 14: 0, up to 1 in the second, 1 for two, down to 0 in the fifth.
@inline(always)
private func dimming(_ place: Float) -> Float {
  let raised = place < 0 ? place + 6 : place
  let lowered = raised >= 6 ? raised - 6 : raised
  let wrapped = lowered >= 6 ? lowered - 6 : lowered
  let tent = wrapped < 4 - wrapped ? wrapped : 4 - wrapped
  return tent < 0 ? 0 : tent > 1 ? 1 : tent
}

/// A colour from 0 to 1; NaN stays.
@inline(always)
private func clamped(_ value: Float) -> Float {
  value < 0 ? 0 : value > 1 ? 1 : value
}

/// How light a pixel is.
@inline(always)
private func grey(_ red: Float, _ green: Float, _ blue: Float) -> Float {
  0.2989 * red + 0.587 * green + 0.114 * blue
}

/// How light sixteen pixels are.
@inline(always)
private func grey(_ image: UnsafeMutablePointer<Float>, _ i: Int, _ plane: Int, isColor: Bool) -> SIMD16<Float> {
  let red = UnsafeRawPointer(image + i).loadUnaligned(as: SIMD16<Float>.self)
  if !isColor { return red }
  let green = UnsafeRawPointer(image + (plane &+ i)).loadUnaligned(as: SIMD16<Float>.self)
  let blue = UnsafeRawPointer(image + (2 &* plane &+ i)).loadUnaligned(as: SIMD16<Float>.self)
  let pair = SIMD16<Float>(repeating: 0.2989) * red + SIMD16<Float>(repeating: 0.587) * green
  return pair + SIMD16<Float>(repeating: 0.114) * blue
}
