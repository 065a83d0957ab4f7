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
    ("alternating-flip", 0...0, "alternating-flip mirrors left and right in every other epoch, at random in the first"),
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
    for term in list.terms { try Augmentation.check(term, option: option) }
    self.init(description: text, terms: list.terms)
  }

  /// Which numbers each word takes.
  private static let ranges: [String: [ClosedRange<Double>]] = [
    "crop": [0...1024], "crop-reflect": [0...1024], "flip": [0...1], "vertical-flip": [0...1], "rotate": [0...360],
    "resized-crop": [0...1, 0...1], "blur": [1...1023, 0.001...1000, 0.001...1000], "noise": [0...1000],
    "jitter": [0...1000, 0...1000, 0...1000, 0...0.5], "erase": [0...1], "cutout": [0...1024],
  ]

  private static func check(_ term: TermList.Term, option: String) throws(UsageError) {
    let isWhole = ["crop", "crop-reflect", "cutout", "blur"].contains(term.name)
    for (i, (number, range)) in zip(term.numbers, ranges[term.name] ?? []).enumerated() {
      let mustBeWhole = isWhole && i == 0
      let isRight = range.contains(number) && (!mustBeWhole || number == number.rounded())
      guard isRight, term.name != "blur" || i > 0 || Int(number) % 2 == 1 else {
        let kind = term.name == "blur" && i == 0 ? "an odd number" : mustBeWhole ? "a whole number" : "a number"
        throw UsageError(
          "\(option) has '\(term.name)' with \(TermList.text(number)); expected \(kind) from "
            + "\(TermList.text(range.lowerBound)) to \(TermList.text(range.upperBound))")
      }
    }
    guard let interval = interval(of: term), interval.low > interval.high else { return }
    throw UsageError(
      "\(option) has '\(term.name)' with \(TermList.text(interval.low)) to \(TermList.text(interval.high)); "
        + "expected the smaller number first")
  }

  /// The interval that numbers are drawn from, for the words that have one.
  private static func interval(of term: TermList.Term) -> (low: Double, high: Double)? {
    switch term.name {
    case "resized-crop": (term.number(0, default: 0.08), term.number(1, default: 1))
    case "blur": (term.number(1, default: 0.1), term.number(2, default: 2))
    default: nil
    }
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
      // Checked to be in order when the text was read.
      let interval = Augmentation.interval(of: term).map { min($0.low, $0.high)...$0.high }
      switch term.name {
      case "crop": return RandomCrop(size, padding: Int(number(0, 4)))
      case "crop-reflect": return RandomCrop(size, padding: Int(number(0, 4)), mode: .reflect)
      case "flip": return RandomHorizontalFlip(number(0, 0.5))
      case "alternating-flip": return AlternatingFlip()
      case "vertical-flip": return RandomVerticalFlip(number(0, 0.5))
      case "rotate": return RandomRotation(degrees: number(0, 10))
      case "resized-crop": return RandomResizedCrop(size, scale: interval ?? 0.08...1)
      case "blur": return GaussianBlur(Int(number(0, 3)), sigma: interval ?? 0.1...2)
      case "noise": return GaussianNoise(standardDeviation: Float(number(0, 0.1)))
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
