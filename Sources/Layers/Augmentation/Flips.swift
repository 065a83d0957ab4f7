/// Mirrors an image left to right, with probability `p`.
public struct RandomHorizontalFlip: ImageTransform {
  public var probability: Double

  public init(_ probability: Double = 0.5) { self.probability = probability }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkProbability("RandomHorizontalFlip", probability)
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    guard random.chance(probability) else { return }
    let width = image.width
    for row in 0..<(image.channels * image.height) {
      let values = image.pixels + row * width
      for i in 0..<(width / 2) {
        let left = values[i]
        values[i] = values[width - 1 - i]
        values[width - 1 - i] = left
      }
    }
  }
}

/// Mirrors an image top to bottom, with probability `p`.
public struct RandomVerticalFlip: ImageTransform {
  public var probability: Double

  public init(_ probability: Double = 0.5) { self.probability = probability }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try checkProbability("RandomVerticalFlip", probability)
    return shape
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    guard random.chance(probability) else { return }
    let (height, width) = (image.height, image.width)
    for channel in 0..<image.channels {
      let plane = image.pixels + channel * image.plane
      for y in 0..<(height / 2) {
        let (upper, lower) = (plane + y * width, plane + (height - 1 - y) * width)
        for x in 0..<width {
          let value = upper[x]
          upper[x] = lower[x]
          lower[x] = value
        }
      }
    }
  }
}

func checkProbability(_ name: String, _ probability: Double) throws(DataError) {
  guard 0...1 ~= probability else {
    throw .invalidOption(name: "the probability of \(name)", value: "\(probability)", expected: "0 to 1")
  }
}
