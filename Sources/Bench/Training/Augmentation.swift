import Layers

/// What is done to training images, as a text that people write: `crop:4,flip,rotate:10`.
struct Augmentation: Equatable, Codable {
  /// The text.
  let description: String
  private let terms: [TermList.Term]

  /// No augmentation.
  static let none = Augmentation(description: "", terms: [])

  var isEmpty: Bool { terms.isEmpty }

  /// The words, what they do, and how many numbers may follow.
  static let forms: [(name: String, counts: ClosedRange<Int>, help: String)] = [
    ("crop", 0...1, "crop:N pads by N pixels (4) and crops at random"),
    ("crop-reflect", 0...1, "crop-reflect:N pads with the mirrored image"),
    ("flip", 0...1, "flip:P mirrors left and right with probability P (0.5)"),
    ("vertical-flip", 0...1, "vertical-flip:P mirrors top and bottom"),
    ("rotate", 0...1, "rotate:D turns by up to D degrees (10)"),
    ("resized-crop", 0...2, "resized-crop:A:B crops A to B of the area (0.08 to 1), resized to the whole"),
    ("blur", 0...3, "blur:K:A:B blurs with a K×K kernel (3), sigma A to B (0.1 to 2)"),
    ("noise", 0...1, "noise:S adds normal noise of standard deviation S (0.1), colours being 0 to 1"),
    ("jitter", 0...4, "jitter:B:C:S:H changes brightness, contrast, saturation, hue (0.2, 0.2, 0.2, 0)"),
    ("erase", 0...1, "erase:P erases a rectangle with probability P (0.5)"),
    ("cutout", 0...1, "cutout:N erases a square of N×N pixels (8)"),
  ]

  /// - Throws: ``UsageError`` for a word that is unknown or has the wrong numbers.
  init(_ text: String, option: String = "--augmentation") throws(UsageError) {
    guard !text.isEmpty, text != "none" else {
      self = .none
      return
    }
    let list = try TermList(text, option: option, known: Augmentation.forms.map { ($0.name, $0.counts) })
    for term in list.terms {
      if let name = ["crop", "crop-reflect", "cutout", "blur"].first(where: { $0 == term.name }),
        let number = term.numbers.first, number != number.rounded() || !(0...1024 ~= number)
      {
        throw UsageError("\(option) has '\(name):\(number)'; expected a whole number from 0 to 1024")
      }
      if ["blur", "resized-crop"].contains(term.name) {
        let range = term.numbers.suffix(2)
        if term.numbers.count == (term.name == "blur" ? 3 : 2), let low = range.first, let high = range.last, low > high
        {
          throw UsageError("\(option) has '\(term.name)' with \(low) to \(high); expected the smaller number first")
        }
      }
    }
    self.init(description: text, terms: list.terms)
  }

  private init(description: String, terms: [TermList.Term]) {
    self.description = description
    self.terms = terms
  }

  init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// The transforms, in the text's order.
  /// - Parameter imageShape: `[channels, height, width]` of the images.
  func transforms(imageShape: Shape) -> [any ImageTransform] {
    let size = Size2D(imageShape[1], imageShape[2])
    return terms.map { term in
      func number(_ index: Int, _ value: Double) -> Double { term.number(index, default: value) }
      func range(_ first: Int, _ low: Double, _ high: Double) -> ClosedRange<Double> {
        let (low, high) = (number(first, low), number(first + 1, high))
        return min(low, high)...max(low, high)
      }
      switch term.name {
      case "crop": return RandomCrop(size, padding: Int(number(0, 4)))
      case "crop-reflect": return RandomCrop(size, padding: Int(number(0, 4)), mode: .reflect)
      case "flip": return RandomHorizontalFlip(number(0, 0.5))
      case "vertical-flip": return RandomVerticalFlip(number(0, 0.5))
      case "rotate": return RandomRotation(degrees: number(0, 10))
      case "resized-crop": return RandomResizedCrop(size, scale: range(0, 0.08, 1))
      case "blur": return GaussianBlur(Int(number(0, 3)), sigma: range(1, 0.1, 2))
      case "noise": return GaussianNoise(std: Float(number(0, 0.1)))
      case "jitter":
        return ColorJitter(
          brightness: Float(number(0, 0.2)), contrast: Float(number(1, 0.2)), saturation: Float(number(2, 0.2)),
          hue: Float(number(3, 0)))
      case "erase": return RandomErasing(number(0, 0.5))
      default: return Cutout(Int(number(0, 8)))
      }
    }
  }
}
